using NetCompiler.Compiler.Lowering;

namespace NetCompiler.Compiler.Tests.Layers;

/// <summary>Convolution and pooling over time, [T, C], beside plain loops.</summary>
public class SequenceConvolutionTests
{
    private static Convolution Conv1D => new("Conv1D", Grid.Sequence);

    private static ConvolutionTranspose ConvTranspose1D => new("ConvTranspose1D", Grid.Sequence);

    /// <summary>Arguments, input, output, then what the arguments mean: kernel, stride, dilation, padding before.</summary>
    public static TheoryData<string, int[], int[], int[]> Cases => new()
    {
        { "Channels=4", [7, 3], [7, 4], [3, 1, 1, 1] },
        { "Channels=4 Kernel=1", [7, 3], [7, 4], [1, 1, 1, 0] },
        { "Channels=1 Kernel=1 Bias=false", [1, 1], [1, 1], [1, 1, 1, 0] },
        { "Channels=2 Kernel=3 Stride=2", [8, 3], [4, 2], [3, 2, 1, 0] },
        { "Channels=2 Kernel=4", [5, 2], [5, 2], [4, 1, 1, 1] },
        { "Channels=2 Padding=Valid Kernel=5 Stride=2", [12, 2], [4, 2], [5, 2, 1, 0] },
        { "Channels=2 Pad=2 Stride=2 Dilation=3", [7, 2], [3, 2], [3, 2, 3, 2] },
        { "Channels=6 Groups=2 Stride=2", [7, 4], [4, 6], [3, 2, 1, 1] },
        { "Depthwise=true", [7, 3], [7, 3], [3, 1, 1, 1] },
        { "Depthwise=true Channels=6 Causal=true", [7, 3], [7, 6], [3, 1, 1, 2] },
        { "Scale=2", [5, 3], [5, 6], [3, 1, 1, 1] },
        { "Channels=2 Causal=true", [7, 3], [7, 2], [3, 1, 1, 2] },
        { "Channels=2 Causal=true Dilation=4", [5, 3], [5, 2], [3, 1, 4, 8] },
        { "Channels=2 Causal=true Kernel=2 Stride=3 Dilation=2", [8, 3], [3, 2], [2, 3, 2, 2] },
        { "Channels=2 Causal=true Kernel=1 Stride=2", [5, 3], [3, 2], [1, 2, 1, 0] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Convolution_is_the_plain_loop(string arguments, int[] input, int[] output, int[] window)
    {
        var run = new LayerRun(Conv1D, input, LayerRun.Parse(arguments));
        Assert.Equal(output, run.Shape);
        var (kernel, stride, dilation, before) = (window[0], window[1], window[2], window[3]);
        var weight = run.Parameter("weight");
        var inputsPerGroup = weight.Length / (output[1] * kernel);
        var outputsPerGroup = output[1] / (input[1] / inputsPerGroup);
        MustBe(run, (b, t, o) =>
        {
            var sum = run.Has("bias") ? run.Parameter("bias")[o] : 0;
            for (var c = 0; c < inputsPerGroup; c++)
                for (var k = 0; k < kernel; k++)
                    sum += weight[(((o * inputsPerGroup) + c) * kernel) + k] * X(run, input, b, (t * stride) + (k * dilation) - before, (o / outputsPerGroup * inputsPerGroup) + c);
            return sum;
        });
    }

    /// <summary>As above, of a transposed convolution: padding is cut off.</summary>
    public static TheoryData<string, int[], int[], int[]> TransposedCases => new()
    {
        { "Channels=4", [5, 3], [5, 4], [3, 1, 1, 1] },
        { "Channels=4 Stride=2 Kernel=4", [5, 3], [10, 4], [4, 2, 1, 1] },
        { "Channels=2 Stride=3 Kernel=2 Padding=Valid", [4, 3], [11, 2], [2, 3, 1, 0] },
        { "Channels=2 Stride=2 Pad=1 OutputPadding=1", [4, 3], [8, 2], [3, 2, 1, 1] },
        { "Channels=4 Groups=2 Dilation=2 Padding=Valid Bias=false", [4, 6], [8, 4], [3, 1, 2, 0] },
    };

    [Theory]
    [MemberData(nameof(TransposedCases))]
    public void Transposed_convolution_is_the_plain_loop(string arguments, int[] input, int[] output, int[] window)
    {
        var run = new LayerRun(ConvTranspose1D, input, LayerRun.Parse(arguments));
        Assert.Equal(output, run.Shape);
        var (kernel, stride, dilation, before) = (window[0], window[1], window[2], window[3]);
        var weight = run.Parameter("weight");
        var outputsPerGroup = weight.Length / (input[1] * kernel);
        var inputsPerGroup = input[1] / (output[1] / outputsPerGroup);
        MustBe(run, (b, t, o) =>
        {
            var sum = run.Has("bias") ? run.Parameter("bias")[o] : 0;
            for (var c = 0; c < inputsPerGroup; c++)
            {
                var channel = (o / outputsPerGroup * inputsPerGroup) + c;
                for (var k = 0; k < kernel; k++)
                    for (var s = 0; s < input[0]; s++)
                        if ((s * stride) + (k * dilation) - before == t) sum += weight[(((channel * outputsPerGroup) + (o % outputsPerGroup)) * kernel) + k] * X(run, input, b, s, channel);
            }

            return sum;
        });
    }

    [Fact]
    public void Has_the_parameters_of_PyTorch()
    {
        var (node, _, _) = LayerRun.Infer(Conv1D, [9, 8], LayerRun.Parse("Channels=6 Groups=2 Kernel=5"));
        Assert.Equal(["layer.weight", "layer.bias"], node.Parameters.Select(p => p.Name));
        Assert.Equal([6, 4, 5], node.Parameters[0].Shape);
        Assert.Equal([6], node.Parameters[1].Shape);
        Assert.All(node.Parameters, p => Assert.Equal(1 / Math.Sqrt(20), p.Initializer.Bound));

        (node, _, _) = LayerRun.Infer(ConvTranspose1D, [9, 8], LayerRun.Parse("Channels=6 Groups=2 Kernel=5"));
        Assert.Equal([8, 3, 5], node.Parameters[0].Shape);
        Assert.All(node.Parameters, p => Assert.Equal(1 / Math.Sqrt(15), p.Initializer.Bound));
    }

    /// <summary>Arguments, output of [9, 3], then kernel, stride, dilation, padding before; whether padding counts.</summary>
    public static TheoryData<string, int[], int[], bool> PoolCases => new()
    {
        { "", [4, 3], [2, 2, 1, 0], true },
        { "Kernel=3 Stride=2 Pad=1", [5, 3], [3, 2, 1, 1], true },
        { "Kernel=4 Padding=Same", [3, 3], [4, 4, 1, 1], false },
        { "Kernel=1 Stride=2", [5, 3], [1, 2, 1, 0], true },
    };

    [Theory]
    [MemberData(nameof(PoolCases))]
    public void Pooling_is_the_plain_loop(string arguments, int[] output, int[] window, bool countsPadding)
    {
        int[] input = [9, 3];
        IEnumerable<double> Taps(LayerRun run, int b, int t, int c)
        {
            for (var k = 0; k < window[0]; k++)
                if ((t * window[1]) + (k * window[2]) - window[3] is var s && s >= 0 && s < input[0]) yield return X(run, input, b, s, c);
        }

        var max = new LayerRun(new MaxPooling("MaxPool1D", Grid.Sequence), input, LayerRun.Parse(arguments), mean: -5);
        Assert.Equal(output, max.Shape);
        MustBe(max, (b, t, c) => Taps(max, b, t, c).Max());
        var average = new LayerRun(new AveragePooling("AveragePool1D", Grid.Sequence), input, LayerRun.Parse(arguments), mean: 2);
        Assert.Equal(output, average.Shape);
        MustBe(average, (b, t, c) => Taps(average, b, t, c).Sum() / (countsPadding ? window[0] : Taps(average, b, t, c).Count()));
    }

    [Fact]
    public void Global_pooling_is_over_time()
    {
        int[] input = [5, 3];
        var average = new LayerRun(new GlobalAveragePooling(), input, []);
        Assert.Equal([3], average.Shape);
        average.MustBe((b, c, _, _) => Enumerable.Range(0, 5).Average(t => X(average, input, b, t, c)));
        var max = new LayerRun(new GlobalMaxPooling(), input, []);
        Assert.Equal([3], max.Shape);
        max.MustBe((b, c, _, _) => Enumerable.Range(0, 5).Max(t => X(max, input, b, t, c)));
    }

    [Fact]
    public void Batch_normalisation_is_for_each_channel_of_all_times()
    {
        int[] input = [5, 3];
        var run = new LayerRun(new BatchNorm(), input, [], training: true);
        var weight = run.Parameter("weight");
        Assert.Equal(3, weight.Length);
        MustBe(run, (b, t, c) =>
        {
            var all = Enumerable.Range(0, run.Batch).SelectMany(s => Enumerable.Range(0, 5).Select(u => X(run, input, s, u, c))).ToArray();
            var variance = all.Average(v => Math.Pow(v - all.Average(), 2));
            return ((X(run, input, b, t, c) - all.Average()) / Math.Sqrt(variance + 1e-5) * weight[c]) + run.Parameter("bias")[c];
        });
    }

    [Theory]
    [InlineData("NETC0017", "Conv1D needs an input of shape [T, C], but gets [3, 5, 7]", "3 5 7", "Channels=2")]
    [InlineData("NETC0021", "Conv1D needs its number of channels", "9 4", "")]
    [InlineData("NETC0010", "Conv1D: Channels is 0", "9 4", "Channels=0")]
    [InlineData("NETC0010", "Conv1D: Kernel is -1", "9 4", "Channels=2 Kernel=-1")]
    [InlineData("NETC0018", "Conv1D: Dilation is 100000, but must be at most 16384", "9 4", "Channels=2 Dilation=100000")]
    [InlineData("NETC0009", "Conv1D: 3 groups do not divide 4 input channels", "9 4", "Channels=6 Groups=3")]
    [InlineData("NETC0008", "Conv1D: the kernel 11 is larger than the padded input 9 (the input is [9, 4])", "9 4", "Channels=6 Kernel=6 Dilation=2 Padding=Valid")]
    [InlineData("NETC0018", "Conv1D: Padding is Same, but must be left out when the padding is given as a number", "9 4", "Channels=2 Padding=Same Pad=1")]
    [InlineData("NETC0018", "Conv1D: Padding is Valid, but must be left out with Causal", "9 4", "Channels=2 Padding=Valid Causal=true")]
    [InlineData("NETC0018", "Conv1D: Pad is 2, but must be left out with Causal", "9 4", "Channels=2 Pad=2 Causal=true")]
    public void Refuses(string id, string message, string input, string arguments) =>
        LayerRun.MustFail(Conv1D, [.. input.Split(' ').Select(int.Parse)], id, message, LayerRun.Parse(arguments));

    [Fact]
    public void Refuses_of_the_other_layers()
    {
        LayerRun.MustFail(ConvTranspose1D, [3, 5, 7], "NETC0017", "needs an input of shape [T, C]", LayerRun.Parse("Channels=2"));
        LayerRun.MustFail(ConvTranspose1D, [9, 4], "NETC0018", "OutputPadding is 2, but must be less than the stride or the dilation (2)", LayerRun.Parse("Channels=2 Stride=2 Pad=1 OutputPadding=2"));
        LayerRun.MustFail(new MaxPooling("MaxPool1D", Grid.Sequence), [3, 5, 7], "NETC0017", "MaxPool1D needs an input of shape [T, C]");
        LayerRun.MustFail(new MaxPooling("MaxPool1D", Grid.Sequence), [9, 4], "NETC0018", "Pad is 2, but must be at most half the kernel (1)", LayerRun.Parse("Pad=2"));
        LayerRun.MustFail(new AveragePooling("AveragePool1D", Grid.Sequence), [3, 4], "NETC0008", "the kernel 4 is larger than the padded input 3", LayerRun.Parse("Kernel=4"));
        LayerRun.MustFail(new GlobalAveragePooling(), [9], "NETC0017", "needs an input of shape [C, H, W] or [T, C]");
    }

    private static double X(LayerRun run, int[] shape, int sample, int t, int c) => t < 0 || t >= shape[0] ? 0 : run.Input[(((sample * shape[0]) + t) * shape[1]) + c];

    /// <summary>Compares every element [sample, t, c] with the reference, to rounding.</summary>
    private static void MustBe(LayerRun run, Func<int, int, int, double> reference)
    {
        var at = 0;
        for (var b = 0; b < run.Batch; b++)
            for (var t = 0; t < run.Shape[0]; t++)
                for (var c = 0; c < run.Shape[1]; c++)
                    Assert.Equal(reference(b, t, c), run.Output[at++], 1e-11);
        Assert.Equal(run.Output.Length, at);
    }
}
