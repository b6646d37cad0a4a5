using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

/// <summary>The losses, behind a layer with parameters so that these have a gradient.</summary>
internal static class LossCases
{
    private static readonly (string Name, LossSpec Loss)[] Losses =
    [
        ("CrossEntropy", Loss("SoftmaxCrossEntropy")),
        ("Smoothed", Loss("SoftmaxCrossEntropy", ("LabelSmoothing", 0.15))),
        ("Binary", Loss("BinaryCrossEntropy")),
        ("Squared", Loss("MeanSquaredError")),
        ("Absolute", Loss("MeanAbsoluteError")),
        ("Huber", Loss("Huber")),
        ("HuberNarrow", Loss("Huber", ("HuberDelta", 0.3))),
        ("HuberWide", Loss("Huber", ("HuberDelta", 2.5))),
    ];

    public static IEnumerable<TorchCase> All =>
    [
        .. Losses.Select(l => Of("LossOfRow" + l.Name, l.Loss, [9], Dense(13), () => Linear(9, 13))),

        // What the other shapes add is where the classes are, and what the mean is over.
        .. Losses.Take(3).Select(l => Of("LossOfSequence" + l.Name, l.Loss, [5, 9], Dense(7), () => Linear(9, 7))),
        .. Losses.Take(4).Select(l => Of("LossOfImage" + l.Name, l.Loss, [3, 5, 7], L("Conv2D", ("Channels", 6)), () => Conv2d(3, 6, 3, padding: 1))),

        // Labels of -1 do not count (ignore_index).
        .. Losses.Take(2).Select(l => Of("LossOfSomeRows" + l.Name, l.Loss, [9], Dense(3), () => Linear(9, 3)) with { LeastClass = -1, Batch = 17 }),
        .. Losses.Take(2).Select(l => Of("LossOfSomeOfSequence" + l.Name, l.Loss, [5, 9], Dense(4), () => Linear(9, 4)) with { LeastClass = -1 }),
        .. Losses.Take(2).Select(l => Of("LossOfSomeOfImage" + l.Name, l.Loss, [3, 5, 7], L("Conv2D", ("Channels", 3)), () => Conv2d(3, 3, 3, padding: 1)) with { LeastClass = -1 }),
    ];

    /// <summary>Outputs of order one; and in the hundreds, where e^x does not fit a float.</summary>
    private static TorchCase Of(string name, LossSpec loss, int[] input, LayerSpec layer, Func<Module<Tensor, Tensor>> module) =>
        new(name, Chain(loss, Input(input), layer), () => Sequence(module())) { Scales = [3, 400] };
}
