using NetCompiler.Compiler.Tests;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

/// <summary>Whole networks, wired as in PyTorch, with PyTorch's names.</summary>
internal static class NetworkCases
{
    public static IEnumerable<TorchCase> All =>
    [
        new("MlpNetwork", Examples.Mlp, () => Sequence(Linear(784, 128), ReLU(), Linear(128, 10)), Batch: 19),
        new("ResidualDigitsNetwork", Examples.ResidualDigits, ResidualDigits, Batch: 5),
        new("BasicBlockNetwork",
            Network(
                Loss("SoftmaxCrossEntropy"), [Examples.BasicBlock],
                P("Image", Input(3, 9, 11)),
                P("Stem", L("Conv2D", ("Channels", 5)), L("BatchNorm"), L("Relu")),
                P("Stage", Use("Some.BasicBlock", 2)),
                P("Logits", L("GlobalAveragePool"), Dense(4))),
            () => ResNet(3, 5, 5, 4, ("Stage", Sequence(BasicBlock(5), BasicBlock(5))))),
        new("DownBlockNetwork",
            Network(
                Loss("SoftmaxCrossEntropy"), [Examples.BasicBlock, Examples.DownBlock],
                P("Image", Input(3, 9, 11)),
                P("Stem", L("Conv2D", ("Channels", 5)), L("BatchNorm"), L("Relu")),
                P("Stage", Use("Some.DownBlock"), Use("Some.BasicBlock")),
                P("Logits", L("GlobalAveragePool"), Dense(4))),
            () => ResNet(3, 5, 10, 4, ("Stage", Sequence(DownBlock(5, odd: true), BasicBlock(10))))),
        new("ResNet20Network", Examples.ResNet20, () => ResNet(
            3, 16, 64, 10,
            ("Stage1", Sequence(BasicBlock(16), BasicBlock(16), BasicBlock(16))),
            ("Stage2", Sequence(DownBlock(16, odd: false), BasicBlock(32), BasicBlock(32))),
            ("Stage3", Sequence(DownBlock(32, odd: false), BasicBlock(64), BasicBlock(64)))), Batch: 3),
        new("BranchesNetwork",
            Network(
                Loss("MeanSquaredError"), [],
                P("Image", Input(3, 7, 9)),
                P("Left", L("Conv2D", ("Channels", 4), ("Bias", false)), L("GroupNorm", ("Groups", 2)), L("Silu")),
                P("Right", L("From", ("Name", "Image")), L("Conv2D", ("Channels", 4), ("Kernel", 1))),
                P("Gate", L("Sigmoid")),
                P("Gated", L("Multiply", ("Names", new[] { "Left", "Gate" }))),
                P("Both", L("Concat", ("Names", new[] { "Gated", "Right" })), L("MaxPool2D")),
                P("Out", L("Flatten"), Dense(5), L("Tanh"))),
            Branches),
        new("WeightsNetwork",
            Network(
                Loss("MeanSquaredError"), [],
                P("Image", Input(3, 7, 9)),
                P("Wide", L("Conv2D", ("Channels", 17))),
                P("Channels", L("GlobalAveragePool"), Dense(4), L("Relu"), Dense(17), L("Sigmoid"), L("Reshape", ("Shape", new[] { -1, 1, 1 }))),
                P("Weighted", L("Multiply", ("Names", new[] { "Wide", "Channels" }))),
                P("Place", L("Conv2D", ("Channels", 1), ("Kernel", 1)), L("Tanh")),
                P("Moved", L("Add", ("Names", new[] { "Place", "Weighted" })), L("Silu")),
                P("Out", L("GlobalAveragePool"), Dense(5))),
            Weights),
    ];

    private static Module<Tensor, Tensor> ResidualDigits()
    {
        var stem = Sequence(Conv3(1, 16), BatchNorm2d(16), ReLU());
        var inner = Sequence(Conv3(16, 16), BatchNorm2d(16), ReLU());
        var outer = Sequence(Conv3(16, 16), BatchNorm2d(16));
        var logits = Sequence(Pool(), Linear(16, 10));
        return Wired(
            x =>
            {
                var s = stem.call(x);
                return logits.call(functional.relu(s + outer.call(inner.call(s))));
            },
            ("Stem", stem), ("Inner", inner), ("Outer", outer), ("Logits", logits));
    }

    private static Module<Tensor, Tensor> Branches()
    {
        var left = Sequence(Conv2d(3, 4, 3, padding: 1, bias: false), GroupNorm(2, 4), SiLU());
        var right = Conv2d(3, 4, 1);
        var result = Sequence(Flatten(), Linear(8 * 3 * 4, 5), Tanh());
        return Wired(
            x =>
            {
                var r = right.call(x);
                var gated = left.call(x) * sigmoid(r);
                return result.call(functional.max_pool2d(cat([gated, r], 1), 2));
            },
            ("Left", left), ("Right", right), ("Out", result));
    }

    private static Module<Tensor, Tensor> Weights()
    {
        var wide = Conv3(3, 17);
        var channels = Sequence(Pool(), Linear(17, 4), ReLU(), Linear(4, 17), Sigmoid(), Unflatten(1, [17, 1, 1]));
        var place = Sequence(Conv2d(17, 1, 1), Tanh());
        var result = Sequence(Pool(), Linear(17, 5));
        return Wired(
            x =>
            {
                var w = wide.call(x);
                var weighted = w * channels.call(w);
                return result.call(functional.silu(place.call(weighted) + weighted));
            },
            ("Wide", wide), ("Channels", channels), ("Place", place), ("Out", result));
    }

    /// <param name="last">Channels after the last stage.</param>
    private static Module<Tensor, Tensor> ResNet(int input, int channels, int last, int classes, params (string Name, Module<Tensor, Tensor> Module)[] stages)
    {
        var stem = Sequence(Conv3(input, channels), BatchNorm2d(channels), ReLU());
        var logits = Sequence(Pool(), Linear(last, classes));
        return Wired(
            x => logits.call(stages.Aggregate(stem.call(x), (value, stage) => stage.Module.call(value))),
            [("Stem", stem), .. stages.Select(s => (s.Name, (Module)s.Module)), ("Logits", logits)]);
    }

    private static Module<Tensor, Tensor> BasicBlock(int channels)
    {
        var residual = Sequence(Conv3(channels, channels), BatchNorm2d(channels), ReLU(), Conv3(channels, channels), BatchNorm2d(channels));
        return Wired(x => functional.relu(x + residual.call(x)), ("Residual", residual));
    }

    /// <summary>With an odd image, libtorch's padding of 1 on each side is that of Same; with an even one, Same pads after the image only.</summary>
    private static Module<Tensor, Tensor> DownBlock(int channels, bool odd)
    {
        var residual = Sequence(
            Conv2d(channels, 2 * channels, 3, stride: 2, padding: odd ? 1 : 0), BatchNorm2d(2 * channels), ReLU(), Conv3(2 * channels, 2 * channels), BatchNorm2d(2 * channels));
        var shortcut = Sequence(Conv2d(channels, 2 * channels, 1, stride: 2), BatchNorm2d(2 * channels));
        return Wired(
            x => functional.relu(residual.call(odd ? x : functional.pad(x, [0, 1, 0, 1])) + shortcut.call(x)),
            ("Residual", residual), ("Shortcut", shortcut));
    }

    private static Module<Tensor, Tensor> Conv3(int input, int channels) => Conv2d(input, channels, 3, padding: 1);

    private static Module<Tensor, Tensor> Pool() => Sequential(AdaptiveAvgPool2d(1), Flatten());
}
