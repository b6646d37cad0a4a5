using NetCompiler.Compiler.Lowering;

namespace NetCompiler.Compiler.Tests.Layers;

public class ConvolutionTests
{
    /// <summary>Arguments, input, output, then what the arguments mean: kernel, stride, dilation, padding before, per axis.</summary>
    public static TheoryData<string, int[], int[], int[]> Cases => new()
    {
        { "Channels=4", [3, 5, 7], [4, 5, 7], [3, 3, 1, 1, 1, 1, 1, 1] },
        { "Channels=4 Kernel=1", [3, 5, 7], [4, 5, 7], [1, 1, 1, 1, 1, 1, 0, 0] },
        { "Channels=1 Kernel=1 Bias=false", [1, 1, 1], [1, 1, 1], [1, 1, 1, 1, 1, 1, 0, 0] },
        { "Channels=2 Kernel=3 Stride=2", [3, 5, 8], [2, 3, 4], [3, 3, 2, 2, 1, 1, 1, 0] },
        { "Channels=2 Kernel=4", [2, 5, 7], [2, 5, 7], [4, 4, 1, 1, 1, 1, 1, 1] },
        { "Channels=2 Kernel=2 Stride=3", [2, 5, 7], [2, 2, 3], [2, 2, 3, 3, 1, 1, 0, 0] },
        { "Channels=2 Kernel=2 Stride=1 Dilation=2", [2, 5, 7], [2, 5, 7], [2, 2, 1, 1, 2, 2, 1, 1] },
        { "Channels=2 Padding=Valid", [2, 5, 7], [2, 3, 5], [3, 3, 1, 1, 1, 1, 0, 0] },
        { "Channels=2 Padding=Valid KernelHeight=2 KernelWidth=5 StrideWidth=2", [2, 5, 7], [2, 4, 2], [2, 5, 1, 2, 1, 1, 0, 0] },
        { "Channels=2 Pad=2 Stride=2 DilationHeight=2", [2, 5, 7], [2, 3, 5], [3, 3, 2, 2, 2, 1, 2, 2] },
        { "Channels=2 PadWidth=3 KernelHeight=1", [2, 5, 7], [2, 5, 11], [1, 3, 1, 1, 1, 1, 0, 3] },
        { "Channels=6 Groups=2 Stride=2", [4, 5, 7], [6, 3, 4], [3, 3, 2, 2, 1, 1, 1, 1] },
        { "Channels=4 Groups=4 Dilation=2", [8, 5, 7], [4, 5, 7], [3, 3, 1, 1, 2, 2, 2, 2] },
        { "Depthwise=true", [3, 5, 7], [3, 5, 7], [3, 3, 1, 1, 1, 1, 1, 1] },
        { "Channels=6 Depthwise=true Stride=2 Bias=false", [3, 5, 7], [6, 3, 4], [3, 3, 2, 2, 1, 1, 1, 1] },
        { "Channels=3 Depthwise=true", [1, 5, 7], [3, 5, 7], [3, 3, 1, 1, 1, 1, 1, 1] },
        { "Scale=2", [3, 5, 7], [6, 5, 7], [3, 3, 1, 1, 1, 1, 1, 1] },
        { "Like=Other", [3, 5, 7], [6, 5, 7], [3, 3, 1, 1, 1, 1, 1, 1] },
        { "Channels=2 Kernel=9", [2, 3, 3], [2, 3, 3], [9, 9, 1, 1, 1, 1, 4, 4] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_the_plain_loop(string arguments, int[] input, int[] output, int[] window)
    {
        var run = new LayerRun(new Convolution("Conv2D", Grid.Image), input, LayerRun.Parse(arguments));
        Assert.Equal(output, run.Shape);
        var (kh, kw, sh, sw, dh, dw, ph, pw) = (window[0], window[1], window[2], window[3], window[4], window[5], window[6], window[7]);
        var weight = run.Parameter("weight");
        var inputsPerGroup = weight.Length / (output[0] * kh * kw);
        var outputsPerGroup = output[0] / (input[0] / inputsPerGroup);
        Assert.Equal(!arguments.Contains("Bias=false", StringComparison.Ordinal), run.Has("bias"));
        run.MustBe((b, o, y, x) =>
        {
            var sum = run.Has("bias") ? run.Parameter("bias")[o] : 0;
            for (var c = 0; c < inputsPerGroup; c++)
                for (var ky = 0; ky < kh; ky++)
                    for (var kx = 0; kx < kw; kx++)
                        sum += weight[(((((o * inputsPerGroup) + c) * kh) + ky) * kw) + kx]
                            * run.X(b, (o / outputsPerGroup * inputsPerGroup) + c, (y * sh) + (ky * dh) - ph, (x * sw) + (kx * dw) - pw);
            return sum;
        });
    }

    [Fact]
    public void Has_the_parameters_of_PyTorch()
    {
        var (node, _, _) = LayerRun.Infer(new Convolution("Conv2D", Grid.Image), [8, 5, 7], LayerRun.Parse("Channels=6 Groups=2 KernelHeight=2 KernelWidth=3"));
        Assert.Equal(["layer.weight", "layer.bias"], node.Parameters.Select(p => p.Name));
        Assert.Equal([6, 4, 2, 3], node.Parameters[0].Shape);
        Assert.Equal([6], node.Parameters[1].Shape);
        Assert.All(node.Parameters, p => Assert.Equal(1 / Math.Sqrt(4 * 2 * 3), p.Initializer.Bound, 1e-15));
        Assert.All(node.Parameters, p => Assert.False(p.IsBuffer));
    }

    [Fact]
    public void Nests_are_as_small_as_the_layer()
    {
        Assert.Equal(["o", "y", "x", "c"], Names("Channels=4 Kernel=1"));
        Assert.Equal(["g", "y", "x", "ky", "kx"], Names("Depthwise=true"));
        Assert.Equal(["g", "o", "y", "x", "c", "ky", "kx"], Names("Channels=8 Groups=2"));
        Assert.Empty(new LayerRun(new Convolution("Conv2D", Grid.Image), [4, 5, 7], LayerRun.Parse("Channels=4 Padding=Valid")).Nests[0].Guards);
        Assert.Equal(2, new LayerRun(new Convolution("Conv2D", Grid.Image), [4, 5, 7], LayerRun.Parse("Channels=4")).Nests[0].Guards.Count);

        static IEnumerable<string> Names(string arguments) =>
            new LayerRun(new Convolution("Conv2D", Grid.Image), [4, 5, 7], LayerRun.Parse(arguments)).Nests[0].Indices.Select(i => i.Name);
    }

    [Theory]
    [InlineData("Channels=4 Kernel=9 Padding=Valid", "NETC0008", "the kernel 9x9 is larger than the padded input 5x7 (the input is [3, 5, 7])")]
    [InlineData("Channels=4 Kernel=3 Dilation=5 Pad=1", "NETC0008", "the kernel 11x11 is larger than the padded input 7x9")]
    [InlineData("Channels=4 Groups=2", "NETC0009", "2 groups do not divide 3 input channels")]
    [InlineData("Channels=4 Groups=3", "NETC0009", "3 groups do not divide 4 output channels")]
    [InlineData("Channels=4 Depthwise=true", "NETC0009", "3 groups do not divide 4 output channels")]
    [InlineData("Channels=0", "NETC0010", "Channels is 0")]
    [InlineData("Channels=4 Kernel=0", "NETC0010", "Kernel is 0")]
    [InlineData("Channels=4 StrideHeight=-1", "NETC0010", "StrideHeight is -1")]
    [InlineData("Channels=4 Dilation=0", "NETC0010", "Dilation is 0")]
    [InlineData("Channels=4 Groups=0", "NETC0010", "Groups is 0")]
    [InlineData("Channels=4 Pad=-1", "NETC0018", "Pad is -1")]
    [InlineData("Channels=4 Pad=1 Padding=Same", "NETC0018", "Padding is Same")]
    [InlineData("Channels=4 Kernel=2000000000 Dilation=2000000000", "NETC0018", "Kernel is 2000000000")]
    [InlineData("Channels=3 Depthwise=true Groups=3", "NETC0018", "Groups is 3")]
    [InlineData("Scale=0.5", "NETC0018", "Scale is 0.5")]
    [InlineData("Scale=-1", "NETC0018", "Scale is -1")]
    [InlineData("", "NETC0021", "channels")]
    [InlineData("Channels=4 Scale=2", "NETC0021", "channels")]
    public void Bad_declarations_are_named(string arguments, string id, string text) =>
        LayerRun.MustFail(new Convolution("Conv2D", Grid.Image), [3, 5, 7], id, text, LayerRun.Parse(arguments));

    [Fact]
    public void Needs_an_image() => LayerRun.MustFail(new Convolution("Conv2D", Grid.Image), [3, 5], "NETC0017", "but gets [3, 5]", LayerRun.Parse("Channels=4"));
}

public class ConvolutionTransposeTests
{
    /// <summary>Arguments, input, output, then kernel, stride, dilation, padding before, per axis.</summary>
    public static TheoryData<string, int[], int[], int[]> Cases => new()
    {
        { "Channels=3 Kernel=4 Stride=2 Pad=1", [2, 5, 7], [3, 10, 14], [4, 4, 2, 2, 1, 1, 1, 1] },
        { "Channels=3 Kernel=4 Stride=2", [2, 5, 7], [3, 10, 14], [4, 4, 2, 2, 1, 1, 1, 1] },
        { "Channels=3 Kernel=3 Stride=2", [2, 5, 7], [3, 10, 14], [3, 3, 2, 2, 1, 1, 0, 0] },
        { "Channels=3", [2, 5, 7], [3, 5, 7], [3, 3, 1, 1, 1, 1, 1, 1] },
        { "Channels=3 Kernel=1 Stride=2", [2, 5, 7], [3, 10, 14], [1, 1, 2, 2, 1, 1, 0, 0] },
        { "Channels=3 Kernel=3 Stride=2 Pad=1 OutputPadding=1", [2, 5, 7], [3, 10, 14], [3, 3, 2, 2, 1, 1, 1, 1] },
        { "Channels=3 Kernel=3 Stride=2 Padding=Valid OutputPadding=1", [2, 5, 7], [3, 12, 16], [3, 3, 2, 2, 1, 1, 0, 0] },
        { "Channels=4 Groups=2 KernelHeight=2 StrideWidth=3 Padding=Valid Bias=false", [6, 5, 7], [4, 6, 21], [2, 3, 1, 3, 1, 1, 0, 0] },
        { "Channels=4 Groups=4 Dilation=2 Pad=1", [4, 5, 7], [4, 7, 9], [3, 3, 1, 1, 2, 2, 1, 1] },
        { "Scale=0.5 Kernel=2 Stride=2 Padding=Valid", [4, 3, 3], [2, 6, 6], [2, 2, 2, 2, 1, 1, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_the_plain_loop(string arguments, int[] input, int[] output, int[] window)
    {
        var run = new LayerRun(new ConvolutionTranspose("ConvTranspose2D", Grid.Image), input, LayerRun.Parse(arguments));
        Assert.Equal(output, run.Shape);
        var (kh, kw, sh, sw, dh, dw, ph, pw) = (window[0], window[1], window[2], window[3], window[4], window[5], window[6], window[7]);
        var weight = run.Parameter("weight");
        var outputsPerGroup = weight.Length / (input[0] * kh * kw);
        var inputsPerGroup = input[0] / (output[0] / outputsPerGroup);
        Assert.Equal(!arguments.Contains("Bias=false", StringComparison.Ordinal), run.Has("bias"));

        // For each output element, the input elements whose window meets it.
        run.MustBe((b, o, y, x) =>
        {
            var sum = run.Has("bias") ? run.Parameter("bias")[o] : 0;
            for (var c = 0; c < inputsPerGroup; c++)
                for (var ky = 0; ky < kh; ky++)
                    for (var kx = 0; kx < kw; kx++)
                    {
                        var (row, column) = (y + ph - (ky * dh), x + pw - (kx * dw));
                        if (row % sh != 0 || column % sw != 0) continue;
                        var i = (o / outputsPerGroup * inputsPerGroup) + c;
                        sum += weight[(((((i * outputsPerGroup) + (o % outputsPerGroup)) * kh) + ky) * kw) + kx] * run.X(b, i, row / sh, column / sw);
                    }

            return sum;
        });
    }

    [Fact]
    public void Has_the_parameters_of_PyTorch()
    {
        var (node, _, _) = LayerRun.Infer(new ConvolutionTranspose("ConvTranspose2D", Grid.Image), [8, 5, 7], LayerRun.Parse("Channels=6 Groups=2 KernelWidth=5"));
        Assert.Equal([8, 3, 3, 5], node.Parameters[0].Shape);
        Assert.Equal([6], node.Parameters[1].Shape);
        Assert.All(node.Parameters, p => Assert.Equal(1 / Math.Sqrt(3 * 3 * 5), p.Initializer.Bound, 1e-15));
    }

    [Theory]
    [InlineData("Channels=4 OutputPadding=1", "NETC0018", "left out with Padding.Same")]
    [InlineData("Channels=4 Pad=1 Stride=2 OutputPadding=2", "NETC0018", "less than the stride or the dilation (2)")]
    [InlineData("Channels=4 Pad=9", "NETC0018", "Pad is 9")]
    [InlineData("Channels=4 Groups=2", "NETC0009", "2 groups do not divide 3 input channels")]
    [InlineData("Channels=4 Stride=0", "NETC0010", "Stride is 0")]
    [InlineData("Channels=4 Stride=16000 Kernel=1", "NETC0016", "[4, 80000, 112000]")]
    [InlineData("", "NETC0021", "channels")]
    public void Bad_declarations_are_named(string arguments, string id, string text) =>
        LayerRun.MustFail(new ConvolutionTranspose("ConvTranspose2D", Grid.Image), [3, 5, 7], id, text, LayerRun.Parse(arguments));
}
