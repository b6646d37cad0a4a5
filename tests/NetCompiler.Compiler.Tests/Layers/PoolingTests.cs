using NetCompiler.Compiler.Lowering;

namespace NetCompiler.Compiler.Tests.Layers;

public class PoolingTests
{
    /// <summary>Arguments, output of [3, 5, 7], then kernel, stride, dilation, padding before, per axis.</summary>
    public static TheoryData<string, int[], int[]> MaxCases => new()
    {
        { "", [3, 2, 3], [2, 2, 2, 2, 1, 1, 0, 0] },
        { "Kernel=3 Stride=2 Pad=1", [3, 3, 4], [3, 3, 2, 2, 1, 1, 1, 1] },
        { "Kernel=2 Padding=Same", [3, 3, 4], [2, 2, 2, 2, 1, 1, 0, 0] },
        { "Kernel=4 Stride=1 Padding=Same", [3, 5, 7], [4, 4, 1, 1, 1, 1, 1, 1] },
        { "KernelHeight=3 KernelWidth=2 StrideWidth=1", [3, 1, 6], [3, 2, 3, 1, 1, 1, 0, 0] },
        { "Kernel=2 Stride=1 Dilation=2 Pad=1", [3, 5, 7], [2, 2, 1, 1, 2, 2, 1, 1] },
        { "Kernel=1 Stride=2", [3, 3, 4], [1, 1, 2, 2, 1, 1, 0, 0] },
        { "KernelHeight=1 KernelWidth=3 Stride=1 PadWidth=1", [3, 5, 7], [1, 3, 1, 1, 1, 1, 0, 1] },
    };

    [Theory]
    [MemberData(nameof(MaxCases))]
    public void Max_is_the_plain_loop(string arguments, int[] output, int[] window)
    {
        // All elements are negative, so padding that took part would win.
        var run = new LayerRun(new MaxPooling("MaxPool2D", Grid.Image), [3, 5, 7], LayerRun.Parse(arguments), mean: -5);
        Assert.Equal(output, run.Shape);
        run.MustBe((b, c, y, x) => Taps(run, window, b, c, y, x).Where(t => t.Valid).Max(t => t.Value));
    }

    /// <summary>As above, and whether padding counts as elements.</summary>
    public static TheoryData<string, int[], int[], bool> AverageCases => new()
    {
        { "", [3, 2, 3], [2, 2, 2, 2, 1, 1, 0, 0], true },
        { "Kernel=3 Stride=2 Pad=1", [3, 3, 4], [3, 3, 2, 2, 1, 1, 1, 1], true },
        { "Kernel=3 Stride=2 Pad=1 CountIncludePad=false", [3, 3, 4], [3, 3, 2, 2, 1, 1, 1, 1], false },
        { "Kernel=2 Padding=Same", [3, 3, 4], [2, 2, 2, 2, 1, 1, 0, 0], false },
        { "Kernel=4 Stride=1 Padding=Same CountIncludePad=true", [3, 5, 7], [4, 4, 1, 1, 1, 1, 1, 1], false },
        { "KernelHeight=1 KernelWidth=3 Stride=1 PadWidth=1 CountIncludePad=false", [3, 5, 7], [1, 3, 1, 1, 1, 1, 0, 1], false },
        { "Kernel=11 Stride=1 Padding=Same", [3, 5, 7], [11, 11, 1, 1, 1, 1, 5, 5], false },
    };

    [Theory]
    [MemberData(nameof(AverageCases))]
    public void Average_is_the_plain_loop(string arguments, int[] output, int[] window, bool countsPadding)
    {
        var run = new LayerRun(new AveragePooling("AveragePool2D", Grid.Image), [3, 5, 7], LayerRun.Parse(arguments), mean: 2);
        Assert.Equal(output, run.Shape);
        run.MustBe((b, c, y, x) =>
        {
            var taps = Taps(run, window, b, c, y, x).ToList();
            return taps.Sum(t => t.Value) / (countsPadding ? taps.Count : taps.Count(t => t.Valid));
        });
    }

    [Fact]
    public void Global_pooling_sees_all_positions()
    {
        var average = new LayerRun(new GlobalAveragePooling(), [3, 5, 7], []);
        Assert.Equal([3], average.Shape);
        average.MustBe((b, c, _, _) => All(average, b, c).Average());

        var max = new LayerRun(new GlobalMaxPooling(), [3, 5, 7], [], mean: -3);
        Assert.Equal([3], max.Shape);
        max.MustBe((b, c, _, _) => All(max, b, c).Max());

        static IEnumerable<double> All(LayerRun run, int b, int c) => run.Input.Skip(((b * 3) + c) * 35).Take(35);
    }

    [Theory]
    [InlineData("Kernel=9", "NETC0008", "the kernel 9x9 is larger than the padded input 5x7")]
    [InlineData("Kernel=3 Pad=2", "NETC0018", "Pad is 2, but must be at most half the kernel (1)")]
    [InlineData("Kernel=3 PadWidth=2", "NETC0018", "PadWidth is 2")]
    [InlineData("Kernel=2 Stride=1 Dilation=8 Padding=Same", "NETC0018", "every window meets the input (5 elements)")]
    [InlineData("Kernel=0", "NETC0010", "Kernel is 0")]
    [InlineData("Stride=0", "NETC0010", "Stride is 0")]
    public void Bad_declarations_are_named(string arguments, string id, string text) =>
        LayerRun.MustFail(new MaxPooling("MaxPool2D", Grid.Image), [3, 5, 7], id, text, LayerRun.Parse(arguments));

    [Fact]
    public void All_need_images()
    {
        LayerRun.MustFail(new MaxPooling("MaxPool2D", Grid.Image), [9], "NETC0017", "MaxPool2D needs an input of shape [C, H, W], but gets [9]");
        LayerRun.MustFail(new MaxPooling("MaxPool2D", Grid.Image), [9, 4], "NETC0017", "MaxPool2D needs an input of shape [C, H, W] (MaxPool1D takes a sequence [T, C]), but gets [9, 4]");
        LayerRun.MustFail(new AveragePooling("AveragePool2D", Grid.Image), [9], "NETC0017", "AveragePool2D");
        LayerRun.MustFail(new GlobalAveragePooling(), [9], "NETC0017", "GlobalAveragePool");
        LayerRun.MustFail(new GlobalMaxPooling(), [9], "NETC0017", "GlobalMaxPool");
        LayerRun.MustFail(new Upsample(), [9, 9], "NETC0017", "Upsample");
    }

    private static IEnumerable<(double Value, bool Valid)> Taps(LayerRun run, int[] w, int b, int c, int y, int x)
    {
        for (var ky = 0; ky < w[0]; ky++)
            for (var kx = 0; kx < w[1]; kx++)
            {
                var (row, column) = ((y * w[2]) + (ky * w[4]) - w[6], (x * w[3]) + (kx * w[5]) - w[7]);
                yield return (run.X(b, c, row, column), row is >= 0 and < 5 && column is >= 0 and < 7);
            }
    }
}

public class UpsampleTests
{
    [Theory]
    [InlineData("", 2)]
    [InlineData("Factor=1", 1)]
    [InlineData("Factor=3 Mode=Nearest", 3)]
    public void Nearest_repeats(string arguments, int factor)
    {
        var run = new LayerRun(new Upsample(), [2, 5, 3], LayerRun.Parse(arguments));
        Assert.Equal([2, 5 * factor, 3 * factor], run.Shape);
        run.MustBe((b, c, y, x) => run.X(b, c, y / factor, x / factor));
    }

    [Theory]
    [InlineData(1, false, 5, 3)]
    [InlineData(2, false, 5, 3)]
    [InlineData(3, false, 4, 1)]
    [InlineData(4, false, 1, 6)]
    [InlineData(1, true, 5, 3)]
    [InlineData(2, true, 5, 3)]
    [InlineData(3, true, 4, 1)]
    [InlineData(5, true, 2, 7)]
    public void Bilinear_interpolates_as_PyTorch(int factor, bool alignCorners, int height, int width)
    {
        var run = new LayerRun(
            new Upsample(), [2, height, width], LayerRun.Parse($"Factor={factor} Mode=Bilinear AlignCorners={(alignCorners ? "true" : "false")}"));
        Assert.Equal([2, height * factor, width * factor], run.Shape);
        run.MustBe((b, c, y, x) =>
        {
            var (y0, y1, v) = Source(y, height);
            var (x0, x1, u) = Source(x, width);
            return ((1 - v) * (((1 - u) * run.X(b, c, y0, x0)) + (u * run.X(b, c, y0, x1))))
                + (v * (((1 - u) * run.X(b, c, y1, x0)) + (u * run.X(b, c, y1, x1))));
        });

        // The two neighbours of an output position and the weight of the second, as PyTorch's kernel finds them.
        (int First, int Second, double Weight) Source(int position, int length)
        {
            var source = alignCorners
                ? length * factor > 1 ? position * (length - 1.0) / ((length * factor) - 1.0) : 0
                : Math.Max(0, ((position + 0.5) / factor) - 0.5);
            var first = Math.Min((int)source, length - 1);
            return (first, Math.Min(first + 1, length - 1), source - first);
        }
    }

    [Theory]
    [InlineData("Factor=0", "NETC0010", "Factor is 0")]
    [InlineData("Factor=16000", "NETC0016", "[4, 80000, 112000]")]
    [InlineData("AlignCorners=true", "NETC0018", "AlignCorners is true")]
    [InlineData("Mode=Cubic", "NETC0018", "Mode is Cubic")]
    public void Bad_declarations_are_named(string arguments, string id, string text) =>
        LayerRun.MustFail(new Upsample(), [4, 5, 7], id, text, LayerRun.Parse(arguments));
}
