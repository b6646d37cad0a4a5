using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Tests;

/// <summary>Programs are verified beside the stages that follow; what is reported is what would be without that.</summary>
public sealed class VerificationTests
{
    [Fact]
    public void Gives_what_the_work_gives_when_all_programs_are_well_formed() =>
        Assert.Equal("result", Verification.Of(verification =>
        {
            verification.Add(new Program("one"), "lowering");
            verification.Add(new Program("one"), "a pass");
            return "result";
        }));

    [Fact]
    public void The_first_broken_program_is_reported()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => Verification.Of(verification =>
        {
            verification.Add(new Program("one"), "lowering");
            verification.Add(Broken(), "a pass");
            verification.Add(Broken(), "the next pass");
            return "result";
        }));
        Assert.Contains("after a pass:", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>A stage that is given a broken program may fail before that has been found.</summary>
    [Fact]
    public void A_broken_program_is_reported_rather_than_what_came_of_it()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => Verification.Of<string>(verification =>
        {
            verification.Add(Broken(), "lowering");
            throw new KeyNotFoundException();
        }));
        Assert.Contains("after lowering:", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_failure_is_reported_as_it_is() =>
        Assert.Throws<KeyNotFoundException>(() => Verification.Of<string>(verification =>
        {
            verification.Add(new Program("one"), "lowering");
            throw new KeyNotFoundException();
        }));

    /// <summary>An output that nothing computes.</summary>
    private static Program Broken()
    {
        var program = new Program("broken");
        program.Outputs.Add(program.NewValue("y", [1], batched: true));
        return program;
    }
}
