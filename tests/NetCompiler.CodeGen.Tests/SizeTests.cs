using System.Diagnostics;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Tests;

namespace NetCompiler.CodeGen.Tests;

/// <summary>How much code is generated. The time it takes is in the benchmarks.</summary>
public sealed class SizeTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public void Code_grows_with_distinct_layers_not_with_depth()
    {
        Pipeline.Compile(Examples.ResNet20);
        var clock = Stopwatch.StartNew();
        var shallow = Pipeline.Compile(Examples.ResNet20).Files.Sum(f => f.Text.Length);
        output.WriteLine($"ResNet20: {shallow} characters, {clock.ElapsedMilliseconds} ms");
        clock.Restart();
        var deep = Pipeline.Compile(Examples.ResNet("ResNet110", 18)).Files.Sum(f => f.Text.Length);
        output.WriteLine($"ResNet110: {deep} characters, {clock.ElapsedMilliseconds} ms");

        // Ninety more layers cost a line of schedule for each of their calls, and no kernel.
        Assert.InRange(shallow, 1, 1_200_000);
        Assert.InRange(deep - shallow, 1, 300_000);
    }
}
