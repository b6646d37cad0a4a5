using System.Text.RegularExpressions;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Where no index steps by one through all that a nest goes through element by element, its code is scalar: what lies in memory how must not let that happen.</summary>
public sealed partial class VectorAxisTests
{
    /// <summary>The positions' weights lie as what they are added to, also where there are more rows than columns.</summary>
    [Theory]
    [InlineData(96, 48)]
    [InlineData(20, 12)]
    public void Rows_that_are_added_to_a_sequence(int rows, int width) => Assert.Equal([], Scalar(
        Chain(Loss("MeanSquaredError"), Input(rows, width), L("Positions"), L("LayerNorm"), Dense(width)), "0 Positions", "gradient of 0.weight"));

    /// <summary>Labels are the caller's, channel by channel.</summary>
    [Theory]
    [InlineData("MeanSquaredError", 3)]
    [InlineData("BinaryCrossEntropy", 2)]
    [InlineData("Huber", 24)]
    public void Labels_that_are_images(string loss, int channels) => Assert.Equal([], Scalar(
        Chain(Loss(loss), Input(1, 12, 12), L("Conv2D", ("Channels", channels))), "loss of each sample", "gradient of 0 Conv2D bias"));

    /// <summary>So are inputs, whether or not a convolution wants zeros around them.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void A_result_that_is_added_to_the_input(int kernel) => Assert.Equal([], Scalar(
        Network(Loss("MeanSquaredError"), [], P("X", Input(3, 12, 12)), P("Noise", L("Conv2D", ("Channels", 3), ("Kernel", kernel))), P("Clean", L("Add", ("Names", new[] { "X", "Noise" })))),
        "Clean Add"));

    /// <summary>Whichever of the two are transposed: of the product and of both gradients, vectors run along the result.</summary>
    [Theory]
    [InlineData(new[] { 24, 32 }, new[] { 32, 48 }, false, false)]
    [InlineData(new[] { 32, 24 }, new[] { 32, 48 }, true, false)]
    [InlineData(new[] { 24, 32 }, new[] { 48, 32 }, false, true)]
    [InlineData(new[] { 32, 24 }, new[] { 48, 32 }, true, true)]
    [InlineData(new[] { 64, 64 }, new[] { 64, 16 }, false, false)]
    [InlineData(new[] { 4, 16, 32 }, new[] { 4, 32, 24 }, false, false)]
    [InlineData(new[] { 4, 32, 16 }, new[] { 4, 24, 32 }, true, true)]
    [InlineData(new[] { 4, 16, 32 }, new[] { 32, 24 }, false, false)]
    [InlineData(new[] { 16, 32 }, new[] { 4, 32, 24 }, false, false)]
    public void Products_of_two_layers(int[] a, int[] b, bool turnA, bool turnB)
    {
        var product = L("MatMul", ("A", "A"), ("B", "B"), ("TransposeA", turnA), ("TransposeB", turnB));
        Assert.Equal([], Scalar(
            Network(Loss("MeanSquaredError"), [], P("X", Input(a)), P("A", L("Tanh")), P("Y", Input(b)), P("B", L("Sigmoid")), P("M", product, L("Relu"))),
            "A Tanh", "B Sigmoid", "M.0 MatMul", "gradient of M.1 Relu", "gradient of A Tanh", "gradient of B Sigmoid"));
        Assert.Equal([], Scalar(
            Network(Loss("MeanSquaredError"), [], P("A", Input(a)), P("B", Input(b)), P("M", product)), "M MatMul", "gradient of M MatMul", "gradient of A", "gradient of B"));
    }

    /// <summary>Attention of one's own, in heads: the scores lie head by head, and what is computed of them too.</summary>
    [Fact]
    public void Products_of_several_heads()
    {
        PropertySpec Heads(string name) => P(name, L("From", ("Name", "X")), Dense(64), L("Reshape", ("Shape", new[] { 32, 4, 16 })), L("Permute", ("Order", new[] { 1, 0, 2 })));
        Assert.Equal([], Scalar(
            Network(
                Loss("MeanSquaredError"), [], P("X", Input(32, 64)), Heads("Q"), Heads("K"), Heads("V"), P("S", L("MatMul", ("A", "Q"), ("B", "K"), ("TransposeB", true)), L("Softmax", ("Axis", 2))),
                P("O", L("MatMul", ("A", "S"), ("B", "V")), L("Permute", ("Order", new[] { 1, 0, 2 })), L("Reshape", ("Shape", new[] { 32, 64 }))), P("L", Dense(16))),
            "S.0 MatMul", "S.1 Softmax largest", "S.1 Softmax exponentials", "S.1 Softmax sum of exponentials", "S.1 Softmax", "O.0 MatMul", "gradient of O.0 MatMul", "gradient of S.1 Softmax",
            "gradient of S.1 Softmax exponentials", "gradient of Q.0 Dense bias", "gradient of K.0 Dense bias", "gradient of V.0 Dense bias"));
    }

    /// <summary>What a convolution computes keeps its channels innermost, whoever multiplies it.</summary>
    [Fact]
    public void Products_of_the_channels_of_an_image() => Assert.Equal([], Scalar(
        Network(
            Loss("MeanSquaredError"), [], P("X", Input(3, 16, 16)), P("A", L("Conv2D", ("Channels", 32)), L("Relu"), L("Reshape", ("Shape", new[] { 32, 256 }))),
            P("M", L("MatMul", ("A", "A"), ("B", "A"), ("TransposeB", true)))),
        "A.0 Conv2D", "M MatMul"));

    /// <summary>The units of those names, in all plans, that are scalar code.</summary>
    private static string[] Scalar(NetworkSpec network, params string[] owners)
    {
        var plans = new List<string>();
        Pipeline.Compile(network, (stage, dump) =>
        {
            if (stage.EndsWith(": planned", StringComparison.Ordinal)) plans.Add(dump());
        });
        var units = plans.SelectMany(p => Unit().Matches(p)).ToList();
        Assert.All(owners, o => Assert.Contains(units, u => u.Groups["owner"].Value == o));
        return [.. units.Where(u => owners.Contains(u.Groups["owner"].Value) && u.Groups["axis"].Value.StartsWith('-')).Select(u => u.Value)];
    }

    [GeneratedRegex("^  unit (?<owner>.*) axis (?<axis>.*)$", RegexOptions.Multiline)]
    private static partial Regex Unit();
}
