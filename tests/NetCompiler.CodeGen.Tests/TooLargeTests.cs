using NetCompiler.Compiler;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Networks whose layers fit, but whose working memory does not.</summary>
public sealed class TooLargeTests
{
    [Fact]
    public void A_tile_of_samples_beyond_int_offsets_is_a_diagnostic()
    {
        var spec = Cases.Named("Huge", Chain(Input(1, 16384, 16384), L("Conv2D", ("Channels", 4)), L("Relu"), L("Conv2D", ("Channels", 4)), L("GlobalAveragePool"), Dense(1)));
        var result = Pipeline.Compile(spec);
        Assert.Empty(result.Files);
        var diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal("NETC0016", diagnostic.Id);
        Assert.Contains("Some.Huge", diagnostic.Arguments[0], StringComparison.Ordinal);
    }
}
