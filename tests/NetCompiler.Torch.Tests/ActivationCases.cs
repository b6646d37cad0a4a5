using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

internal static class ActivationCases
{
    private static readonly (string Name, LayerSpec Layer, Func<Tensor, Tensor> Function)[] Elementwise =
    [
        ("Relu", L("Relu"), x => functional.relu(x)),
        ("LeakyRelu", L("LeakyRelu"), x => functional.leaky_relu(x, 0.01)),
        ("LeakyReluSteep", L("LeakyRelu", ("Slope", 0.3)), x => functional.leaky_relu(x, 0.3)),
        ("Elu", L("Elu"), x => functional.elu(x, 1.0)),
        ("EluLarge", L("Elu", ("Alpha", 1.7)), x => functional.elu(x, 1.7)),
        ("Selu", L("Selu"), x => functional.selu(x)),
        ("Gelu", L("Gelu"), x => functional.gelu(x)),
        ("GeluTanh", L("Gelu", ("Approximate", true)), x => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh)),
        ("Silu", L("Silu"), x => functional.silu(x)),
        ("Mish", L("Mish"), x => functional.mish(x)),
        ("Sigmoid", L("Sigmoid"), x => functional.sigmoid(x)),
        ("Tanh", L("Tanh"), x => functional.tanh(x)),
        ("Softplus", L("Softplus"), x => functional.softplus(x)),
        ("HardSwish", L("HardSwish"), x => functional.hardswish(x)),
        ("HardSigmoid", L("HardSigmoid"), x => functional.hardsigmoid(x)),
    ];

    private static readonly (string Name, int[] Shape, int? Axis, long Dimension)[] Directions =
    [
        ("Row", [13], null, 1),
        ("Sequence", [5, 13], null, 2),
        ("Channels", [5, 3, 7], null, 1),
        ("Rows", [5, 3, 7], 1, 2),
        ("Columns", [5, 3, 7], -1, 3),
    ];

    public static IEnumerable<TorchCase> All =>
    [
        .. Elementwise.Select(e => Of(e.Name, [3, 5, 7], e.Layer, e.Function)),
        Slopes("PRelu", [5, 7, 9], 1),
        Slopes("PReluRow", [13], 13),
        Slopes("PReluSequence", [5, 13], 13),
        Slopes("PReluImage", [5, 7, 9], 5),
        .. Directions.Select(d => Of("Softmax" + d.Name, d.Shape, L("Softmax", Axis(d.Axis)), x => functional.softmax(x, d.Dimension))),
        .. Directions.Select(d => Of("LogSoftmax" + d.Name, d.Shape, L("LogSoftmax", Axis(d.Axis)), x => functional.log_softmax(x, d.Dimension))),
    ];

    private static (string, object)[] Axis(int? axis) => axis is null ? [] : [("Axis", axis)];

    private static TorchCase Slopes(string name, int[] shape, int slopes) =>
        new("Activation" + name, Chain(Loss("MeanSquaredError"), Input(shape), L("PRelu", ("PerChannel", slopes > 1))), () =>
        {
            // libtorch has the channels of a sequence before its positions.
            var layer = PReLU(slopes);
            return TorchCase.Wired(x => shape.Length == 2 ? layer.call(x.transpose(1, 2)).transpose(1, 2) : layer.call(x), ("0", layer));
        });

    /// <summary>Around the origin with every bend, and far out, where exponentials overflow unless care is taken.</summary>
    private static TorchCase Of(string name, int[] shape, LayerSpec layer, Func<Tensor, Tensor> function) =>
        new("Activation" + name, Chain(Loss("MeanSquaredError"), Input(shape), layer), () => Function(function)) { Scales = [4, 120] };
}
