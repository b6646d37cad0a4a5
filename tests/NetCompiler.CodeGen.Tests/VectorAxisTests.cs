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
