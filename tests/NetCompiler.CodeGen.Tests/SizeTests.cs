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
        Assert.InRange(shallow, 1, 1_500_000);
        Assert.InRange(deep, 1, (int)(1.2 * shallow));
    }
}
