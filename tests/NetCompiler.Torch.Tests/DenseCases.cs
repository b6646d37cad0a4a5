using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

/// <summary>Dense layers, and layers that move elements.</summary>
internal static class DenseCases
{
    public static IEnumerable<TorchCase> All =>
    [
        Of("Dense13", [Input(13), Dense(7)], () => Sequence(Linear(13, 7))),
        Of("DenseOne", [Input(1), Dense(1)], () => Sequence(Linear(1, 1))),
        Of("DenseWithoutBias", [Input(13), L("Dense", ("Units", 35), ("Bias", false))], () => Sequence(Linear(13, 35, hasBias: false))),
        Of("DenseOfSequence", [Input(3, 13), Dense(7)], () => Sequence(Linear(13, 7))),
        Of("DenseWide", [Input(131), Dense(70), L("Relu"), Dense(9)], () => Sequence(Linear(131, 70), ReLU(), Linear(70, 9))),
        Of("SwiGluOfSequence", [Input(3, 13), L("SwiGlu", ("Units", 7))], () => Gated(13, 7, true, x => functional.silu(x))),
        Of("SwiGluWide", [Input(64), L("SwiGlu", ("Units", 172), ("Bias", false)), L("Dense", ("Units", 64), ("Bias", false))],
            () => Gated(64, 172, false, x => functional.silu(x), Linear(172, 64, hasBias: false))),
        Of("GeGluOfSequence", [Input(3, 13), L("GeGlu", ("Units", 8))], () => Gated(13, 8, true, x => functional.gelu(x))),
        Of("Shapes", [Input(3, 5, 7), L("Reshape", ("Shape", new[] { 5, -1 })), Dense(6), L("Permute", ("Order", new[] { 1, 0 })), L("Flatten"), Dense(2)],
            () => Sequence(Function(x => x.reshape(-1, 5, 21)), Linear(21, 6), Function(x => x.permute(0, 2, 1)), Flatten(), Linear(30, 2))),
        Of("Padded", [Input(2, 5, 7), L("Pad", ("Top", 1), ("Left", 2), ("Right", 3), ("Value", 0.5)), L("Slice", ("Axis", 2), ("Start", 1), ("Length", 5), ("Step", 2))],
            () => Sequence(Function(x => functional.pad(x, [2, 3, 1, 0], value: 0.5)), Function(x => x.slice(3, 1, 11, 2)))),
    ];

    private static Module<Tensor, Tensor> Gated(int features, int units, bool bias, Func<Tensor, Tensor> gate, Module<Tensor, Tensor>? next = null)
    {
        var both = Linear(features, 2 * units, hasBias: bias);
        return Wired(
            x =>
            {
                var halves = both.call(x).chunk(2, -1);
                var gated = gate(halves[0]) * halves[1];
                return next is null ? gated : next.call(gated);
            },
            [("0", both), .. next is null ? Array.Empty<(string, Module)>() : [("1", next)]]);
    }

    private static TorchCase Of(string name, LayerSpec[] layers, Func<Module<Tensor, Tensor>> module) =>
        new(name, Chain(Loss("MeanSquaredError"), layers), module);
}
