using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

internal static class NormalizationCases
{
    public static IEnumerable<TorchCase> All =>
    [
        Of("BatchNormRow", [13], L("BatchNorm"), () => Sequence(BatchNorm1d(13))),
        Of("BatchNormImage", [5, 7, 9], L("BatchNorm"), () => Sequence(BatchNorm2d(5))),
        Of("BatchNormSettings", [5, 3, 3], L("BatchNorm", ("Epsilon", 0.01), ("Momentum", 0.3)), () => Sequence(BatchNorm2d(5, eps: 0.01, momentum: 0.3))),
        Of("BatchNormPlain", [5, 7, 9], L("BatchNorm", ("Affine", false)), () => Sequence(BatchNorm2d(5, affine: false))),
        Of("LayerNormRow", [13], L("LayerNorm"), () => Sequence(LayerNorm(13))),
        Of("LayerNormSequence", [5, 13], L("LayerNorm", ("Epsilon", 0.001)), () => Sequence(LayerNorm(13, eps: 0.001))),
        Of("LayerNormImage", [3, 5, 7], L("LayerNorm"), () => Sequence(LayerNorm([3, 5, 7]))),
        Of("LayerNormPositions", [3, 5, 7], L("LayerNorm", ("Dimensions", 2)), () => Sequence(LayerNorm([5, 7]))),
        Of("LayerNormPlain", [3, 5, 7], L("LayerNorm", ("Dimensions", 1), ("Affine", false)), () => Sequence(LayerNorm(7, elementwise_affine: false))),
        Of("RmsNormRow", [13], L("RmsNorm"), () => Sequence(new RootMeanSquare([13], 1.0 / (1 << 23)))),
        Of("RmsNormSequence", [5, 13], L("RmsNorm", ("Epsilon", 1e-5)), () => Sequence(new RootMeanSquare([13], 1e-5))),
        Of("RmsNormPositions", [3, 5, 7], L("RmsNorm", ("Dimensions", 2), ("Epsilon", 0.01)), () => Sequence(new RootMeanSquare([5, 7], 0.01))),
        Of("GroupNormImage", [6, 5, 7], L("GroupNorm", ("Groups", 2)), () => Sequence(GroupNorm(2, 6))),
        Of("GroupNormRow", [15], L("GroupNorm", ("Groups", 3)), () => Row(GroupNorm(3, 15))),
        Of("GroupNormSequence", [7, 15], L("GroupNorm", ("Groups", 3)), () => ChannelsLast(GroupNorm(3, 15))),
        Of("InstanceNormSequence", [19, 5], L("GroupNorm", ("Groups", 5)), () => ChannelsLast(GroupNorm(5, 5))),
        Of("GroupNormOne", [5, 3, 3], L("GroupNorm", ("Groups", 1), ("Epsilon", 0.01)), () => Sequence(GroupNorm(1, 5, eps: 0.01))),
        Of("InstanceNorm", [5, 7, 9], L("GroupNorm", ("Groups", 5), ("Affine", false)), () => Sequence(GroupNorm(5, 5, affine: false))),
    ];

    /// <summary>TorchSharp's module refuses rows, which libtorch's function takes; a row is an image of one position.</summary>
    private static Module<Tensor, Tensor> Row(Module<Tensor, Tensor> layer) => Wired(x => layer.call(x.unsqueeze(2)).squeeze(2), ("0", layer));

    /// <summary>libtorch has the channels of a sequence before its steps.</summary>
    private static Module<Tensor, Tensor> ChannelsLast(Module<Tensor, Tensor> layer) => Wired(x => layer.call(x.transpose(1, 2)).transpose(1, 2), ("0", layer));

    private static TorchCase Of(string name, int[] shape, LayerSpec layer, Func<Module<Tensor, Tensor>> module) =>
        new(name, Chain(Loss("MeanSquaredError"), Input(shape), layer), module);
}
