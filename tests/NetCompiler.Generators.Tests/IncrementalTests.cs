using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using static NetCompiler.Generators.NetworkGenerator;

namespace NetCompiler.Generators.Tests;

/// <summary>What runs again after an edit.</summary>
public sealed class IncrementalTests
{
    private const string Source = """
        [Block]
        partial class Bend
        {
            [Input]                                          public partial Layer X { get; }
            [Dense(Scale = 1), Relu]                         public partial Layer Bent { get; }
            [Add(nameof(X), nameof(Bent))]                   public partial Layer Sum { get; }
        }

        [Network(Loss = Loss.SoftmaxCrossEntropy)]
        partial class Large
        {
            [Input(4)]                                       public partial Layer X { get; }
            [Use<Bend>(Repeat = 3)]                          public partial Layer Bends { get; }
            [Dense(10)]                                      public partial Layer Logits { get; }
        }

        [Network, Input(4), Map("Square")] partial class Small { static float Square(float x) => x * x; }

        class Other { int Number => 1; }
        """;

    [Theory]
    [InlineData("[Block]", "// A comment that shifts all lines.\n[Block]")]
    [InlineData("int Number => 1", "int Number => 2; void More() { }")]
    [InlineData("class Other", "[Obsolete] class Other")]
    [InlineData("[Dense(10)]      ", "  [ Dense( 5 + 5 ) ]")]
    [InlineData("x * x", "( x*x )")]
    public void Edit_elsewhere_runs_no_stage(string before, string after)
    {
        var result = RunTwice(Source, Edit(Source, before, after), out _);
        foreach (var step in new[] { Steps.Models, Steps.Compiled, Steps.Faces, Steps.Kernels })
            Assert.All(Reasons(result, step), r => Assert.True(r is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"{step}: {r}"));

        // The compile step is not even run to find that nothing changed.
        Assert.All(Reasons(result, Steps.Compiled), r => Assert.Equal(IncrementalStepRunReason.Cached, r));
        Assert.All(result.TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs), o => Assert.Equal(IncrementalStepRunReason.Cached, o.Reason));
    }

    [Theory]
    [InlineData("Dense(10)", "Dense(11)", 1)]
    [InlineData("Repeat = 3", "Repeat = 4", 1)]
    [InlineData("x * x", "x * x * x", 1)]
    [InlineData("Scale = 1", "Scale = 1.0, Bias = false", 1)]
    public void Edit_of_a_layer_compiles_that_network_again(string before, string after, int networks)
    {
        var result = RunTwice(Source, Edit(Source, before, after), out var complaints);
        Assert.Empty(complaints);
        Assert.Equal(networks, Reasons(result, Steps.Compiled).Count(r => r == IncrementalStepRunReason.Modified));
        Assert.Equal(2 - networks, Reasons(result, Steps.Compiled).Count(r => r == IncrementalStepRunReason.Cached));
    }

    [Fact]
    public void Edit_of_a_block_in_another_file_compiles_its_networks_again()
    {
        const string block = "[Block] partial class Half { [Input] public partial Layer X { get; } [Dense(4)] public partial Layer Y { get; } }";
        const string network = "[Network, Input(4), Use<Half>] partial class Net;";
        var result = RunTwice([network, block], [network, Edit(block, "Dense(4)", "Dense(5)")], out var complaints);
        Assert.Empty(complaints);
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(result, Steps.Compiled));
    }

    [Fact]
    public void A_fault_follows_its_line_without_compiling_again()
    {
        const string source = "[Network, Input(4), Dense(0)] partial class Net;";
        var result = RunTwice(source, "\n\n" + source, out var complaints);
        Assert.Equal(["NETC0010 line 3"], complaints);
        Assert.Equal([IncrementalStepRunReason.Cached], Reasons(result, Steps.Compiled));
        Assert.Equal([IncrementalStepRunReason.Modified], Reasons(result, Steps.Reported));
    }

    private static string Edit(string source, string before, string after)
    {
        Assert.Contains(before, source, StringComparison.Ordinal);
        var at = source.IndexOf(before, StringComparison.Ordinal);
        return source[..at] + after + source[(at + before.Length)..];
    }

    private static IncrementalStepRunReason[] Reasons(GeneratorRunResult result, string step) =>
        [.. result.TrackedSteps[step].SelectMany(s => s.Outputs).Select(o => o.Reason)];

    private static GeneratorRunResult RunTwice(string first, string second, out string[] complaints) => RunTwice([first], [second], out complaints);

    /// <summary>Runs on the first sources and then, as an editor does, on the same compilation with the files that changed replaced.</summary>
    private static GeneratorRunResult RunTwice(string[] first, string[] second, out string[] complaints)
    {
        var compilation = Driver.Compile(first);
        var driver = Driver.Create(trackSteps: true);
        driver = driver.RunGenerators(compilation);
        var edited = Driver.Compile(second);
        for (var i = 0; i < first.Length; i++)
            if (first[i] != second[i]) compilation = compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[i], edited.SyntaxTrees[i]);
        driver = driver.RunGenerators(compilation);
        var result = Assert.Single(driver.GetRunResult().Results);
        Assert.Null(result.Exception);
        complaints = [.. result.Diagnostics.Select(d => $"{d.Id} line {d.Location.GetLineSpan().StartLinePosition.Line}")];
        return result;
    }
}
