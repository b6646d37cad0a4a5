using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

/// <summary>Convolution and pooling over time. libtorch has the channels first: [C, T] where the networks have [T, C].</summary>
internal static class TimeCases
{
    public static IEnumerable<TorchCase> All =>
    [
        Conv("TimeDefault", [9, 6], 5, [], () => Conv1d(6, 5, 3, padding: 1)),
        Conv("TimeOneChannel", [9, 1], 1, [("Bias", false)], () => Conv1d(1, 1, 3, padding: 1, bias: false)),
        Conv("TimeWide", [7, 17], 35, [("Kernel", 5)], () => Conv1d(17, 35, 5, padding: 2)),
        Conv("TimePoint", [9, 6], 5, [("Kernel", 1), ("Stride", 2)], () => Conv1d(6, 5, 1, stride: 2)),
        Conv("TimeValid", [12, 6], 5, [("Padding", "Valid"), ("Kernel", 4)], () => Conv1d(6, 5, 4)),
        Conv("TimeStride", [17, 6], 5, [("Stride", 3), ("Pad", 2), ("Kernel", 5)], () => Conv1d(6, 5, 5, stride: 3, padding: 2)),
        Conv("TimeDilated", [19, 6], 5, [("Dilation", 3)], () => Conv1d(6, 5, 3, padding: 3, dilation: 3)),
        Conv("TimeDilatedStride", [19, 6], 5, [("Dilation", 2), ("Stride", 2), ("Pad", 1)], () => Conv1d(6, 5, 3, stride: 2, padding: 1, dilation: 2)),
        Conv("TimeGroups", [9, 6], 9, [("Groups", 3)], () => Conv1d(6, 9, 3, padding: 1, groups: 3)),
        Conv("TimeDepthwise", [9, 6], 6, [("Depthwise", true), ("Kernel", 5)], () => Conv1d(6, 6, 5, padding: 2, groups: 6)),
        Causal("TimeCausal", [9, 6], [], 2, () => Conv1d(6, 5, 3)),
        Causal("TimeCausalDilated", [11, 6], [("Dilation", 4)], 8, () => Conv1d(6, 5, 3, dilation: 4)),
        Causal("TimeCausalStride", [12, 6], [("Kernel", 4), ("Dilation", 2), ("Stride", 3)], 6, () => Conv1d(6, 5, 4, stride: 3, dilation: 2)),
        Of("TimeTransposed", [7, 6], L("ConvTranspose1D", ("Channels", 5)), () => ConvTranspose1d(6, 5, 3, padding: 1)),
        Of("TimeTransposedStride", [7, 6], L("ConvTranspose1D", ("Channels", 5), ("Stride", 2), ("Kernel", 4)), () => ConvTranspose1d(6, 5, 4, stride: 2, padding: 1)),
        Of("TimeTransposedUsual", [7, 6], L("ConvTranspose1D", ("Channels", 5), ("Stride", 2), ("Pad", 1), ("OutputPadding", 1)), () => ConvTranspose1d(6, 5, 3, stride: 2, padding: 1, output_padding: 1)),
        Of("TimeTransposedGroups", [7, 6], L("ConvTranspose1D", ("Channels", 4), ("Groups", 2), ("Stride", 3), ("Padding", "Valid"), ("Dilation", 2)), () => ConvTranspose1d(6, 4, 3, stride: 3, dilation: 2, groups: 2)),
        Of("TimeMax", [11, 6], L("MaxPool1D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)), () => MaxPool1d(3, stride: 2, padding: 1)),
        Of("TimeMaxDilated", [11, 6], L("MaxPool1D", ("Kernel", 2), ("Stride", 1), ("Dilation", 3)), () => MaxPool1d(2, stride: 1, dilation: 3)),
        Of("TimeAverage", [11, 6], L("AveragePool1D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)), () => AvgPool1d(3, stride: 2, padding: 1)),
        Of("TimeNormalised", [5, 6], L("BatchNorm"), () => BatchNorm1d(6)),
        new("TimeGlobalAverage", Chain(Loss("MeanSquaredError"), Input(9, 6), L("GlobalAveragePool")), () => Function(x => x.mean([1]))),
        new("TimeGlobalMax", Chain(Loss("MeanSquaredError"), Input(9, 6), L("GlobalMaxPool")), () => Function(x => x.max(1).values)),
    ];

    private static TorchCase Conv(string name, int[] input, int channels, (string, object)[] arguments, Func<Module<Tensor, Tensor>> layer) =>
        Of(name, input, L("Conv1D", [("Channels", channels), .. arguments]), layer);

    private static TorchCase Of(string name, int[] input, LayerSpec layer, Func<Module<Tensor, Tensor>> module) => Of(name, input, layer, 0, module);

    private static TorchCase Causal(string name, int[] input, (string, object)[] arguments, long before, Func<Module<Tensor, Tensor>> layer) =>
        Of(name, input, L("Conv1D", [("Channels", 5), ("Causal", true), .. arguments]), before, layer);

    /// <param name="before">Zeros before the sequence.</param>
    private static TorchCase Of(string name, int[] input, LayerSpec layer, long before, Func<Module<Tensor, Tensor>> module) =>
        new(name, Chain(Loss("MeanSquaredError"), Input(input), layer), () =>
        {
            var made = module();
            return Wired(x =>
            {
                var turned = x.transpose(1, 2);
                return made.call(before > 0 ? functional.pad(turned, [before, 0]) : turned).transpose(1, 2);
            }, ("0", made));
        });
}
