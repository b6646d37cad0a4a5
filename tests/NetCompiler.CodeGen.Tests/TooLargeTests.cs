using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Networks whose layers fit, but whose working memory does not.</summary>
public sealed class TooLargeTests
{
    [Fact]
    public void A_tile_of_samples_beyond_int_offsets_is_a_diagnostic()
    {
        LayerSpec[] layers = [Input(2, 8192, 8192), .. Enumerable.Repeat(new[] { L("Conv2D", ("Channels", 2)), L("Tanh") }, 7).SelectMany(l => l), L("GlobalAveragePool"), Dense(1)];
        var spec = Cases.Named("Huge", Chain(Loss("MeanSquaredError"), layers));
        var result = Pipeline.Compile(spec);
        Assert.Empty(result.Files);
        var diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal("NETC0016", diagnostic.Id);
        Assert.Contains("Some.Huge", diagnostic.Arguments[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_layer_computes_on_the_way_is_counted_too()
    {
        var result = Pipeline.Compile(Cases.Named("Wide", Chain(Input(32768, 8), L("SelfAttention", ("Heads", 2), ("Causal", true)))));
        Assert.Empty(result.Files);
        var diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal("NETC0016", diagnostic.Id);
        Assert.Equal(["SelfAttention", "8.0 GB", "'0 SelfAttention scores' [65536, 32768]", "0.5 GB"], diagnostic.Arguments);
    }
}
