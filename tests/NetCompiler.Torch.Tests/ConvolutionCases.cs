using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

internal static class ConvolutionCases
{
    public static IEnumerable<TorchCase> All =>
    [
        Conv("ConvDefault", [6, 7, 9], 5, [], () => Conv2d(6, 5, 3, padding: 1)),
        Conv("ConvOneChannel", [1, 5, 5], 1, [], () => Conv2d(1, 1, 3, padding: 1)),
        Conv("ConvWide", [17, 5, 6], 35, [], () => Conv2d(17, 35, 3, padding: 1)),
        Conv("ConvKernel5", [6, 7, 9], 5, [("Kernel", 5)], () => Conv2d(6, 5, 5, padding: 2)),
        Conv("ConvPoint", [6, 7, 9], 5, [("Kernel", 1)], () => Conv2d(6, 5, 1)),
        Conv("ConvPointStride", [6, 7, 9], 5, [("Kernel", 1), ("Stride", 2)], () => Conv2d(6, 5, 1, stride: 2)),
        Conv("ConvRectangle", [6, 7, 9], 5, [("KernelHeight", 3), ("KernelWidth", 5)], () => Conv2d(6, 5, (3, 5), padding: (1, 2))),
        Conv("ConvValid", [6, 7, 9], 5, [("Padding", "Valid")], () => Conv2d(6, 5, 3)),
        Conv("ConvWholeImage", [6, 3, 4], 5, [("KernelHeight", 3), ("KernelWidth", 4), ("Padding", "Valid")], () => Conv2d(6, 5, (3, 4))),
        Conv("ConvStrideOdd", [6, 7, 9], 5, [("Stride", 2)], () => Conv2d(6, 5, 3, stride: 2, padding: 1)),
        Conv("ConvStridePadded", [6, 8, 10], 5, [("Stride", 2), ("Pad", 1)], () => Conv2d(6, 5, 3, stride: 2, padding: 1)),
        Conv("ConvStrideRectangle", [6, 8, 11], 5, [("StrideHeight", 2), ("StrideWidth", 3), ("Pad", 1)], () => Conv2d(6, 5, (3, 3), stride: (2, 3), padding: (1, 1))),
        Conv("ConvStrideBeyondKernel", [6, 9, 11], 5, [("Kernel", 2), ("Stride", 3), ("Padding", "Valid")], () => Conv2d(6, 5, 2, stride: 3)),
        Conv("ConvDilated", [6, 7, 9], 5, [("Dilation", 2)], () => Conv2d(6, 5, 3, padding: 2, dilation: 2)),
        Conv("ConvDilatedRectangle", [6, 7, 9], 5, [("DilationHeight", 1), ("DilationWidth", 3), ("Padding", "Valid")], () => Conv2d(6, 5, (3, 3), dilation: (1, 3))),
        Conv("ConvDilatedStride", [6, 9, 11], 5, [("Dilation", 2), ("Stride", 2), ("Pad", 1)], () => Conv2d(6, 5, 3, stride: 2, padding: 1, dilation: 2)),
        Conv("ConvGroups", [6, 7, 9], 9, [("Groups", 3)], () => Conv2d(6, 9, 3, padding: 1, groups: 3)),
        Conv("ConvGroupsStride", [8, 7, 9], 4, [("Groups", 2), ("Stride", 2), ("Pad", 1)], () => Conv2d(8, 4, 3, stride: 2, padding: 1, groups: 2)),
        Conv("ConvDepthwise", [6, 7, 9], 6, [("Depthwise", true)], () => Conv2d(6, 6, 3, padding: 1, groups: 6)),
        Conv("ConvDepthwiseMultiplied", [5, 7, 9], 15, [("Depthwise", true), ("Bias", false)], () => Conv2d(5, 15, 3, padding: 1, groups: 5, bias: false)),
        Conv("ConvWithoutBias", [6, 7, 9], 5, [("Bias", false)], () => Conv2d(6, 5, 3, padding: 1, bias: false)),
        Conv("ConvMuchPadding", [6, 5, 7], 5, [("PadHeight", 2), ("PadWidth", 3)], () => Conv2d(6, 5, (3, 3), padding: (2, 3))),
        Conv("ConvPaddedOneWay", [6, 5, 7], 5, [("PadHeight", 1)], () => Conv2d(6, 5, (3, 3), padding: (1, 0))),

        // Same is SAME_UPPER: an odd element of padding goes after the input, where libtorch's padding cannot be.
        PaddedConv("ConvSameStrideEven", [6, 8, 10], [("Stride", 2)], [0, 1, 0, 1], () => Conv2d(6, 5, 3, stride: 2)),
        PaddedConv("ConvSameEvenKernel", [6, 7, 9], [("Kernel", 4)], [1, 2, 1, 2], () => Conv2d(6, 5, 4)),
        PaddedConv("ConvSameStride3", [6, 8, 9], [("Stride", 3), ("Kernel", 5)], [1, 1, 1, 2], () => Conv2d(6, 5, 5, stride: 3)),

        Transposed("TransposedDefault", [6, 5, 7], [], () => ConvTranspose2d(6, 5, 3, padding: 1)),
        Transposed("TransposedSameStride", [6, 5, 7], [("Kernel", 4), ("Stride", 2)], () => ConvTranspose2d(6, 5, 4, stride: 2, padding: 1)),
        Transposed("TransposedValid", [6, 5, 7], [("Stride", 2), ("Padding", "Valid")], () => ConvTranspose2d(6, 5, 3, stride: 2)),
        Transposed("TransposedUsual", [6, 5, 7], [("Stride", 2), ("Pad", 1), ("OutputPadding", 1)], () => ConvTranspose2d(6, 5, 3, stride: 2, padding: 1, output_padding: 1)),
        Transposed("TransposedOutputPadding", [6, 5, 7], [("Stride", 3), ("Padding", "Valid"), ("OutputPadding", 2)], () => ConvTranspose2d(6, 5, 3, stride: 3, output_padding: 2)),
        Transposed("TransposedGaps", [6, 5, 7], [("Kernel", 2), ("Stride", 3), ("Padding", "Valid")], () => ConvTranspose2d(6, 5, 2, stride: 3)),
        Transposed("TransposedDilated", [6, 5, 7], [("Dilation", 2), ("Pad", 1)], () => ConvTranspose2d(6, 5, 3, padding: 1, dilation: 2)),
        Transposed("TransposedRectangle", [6, 5, 7], [("KernelHeight", 3), ("KernelWidth", 5), ("StrideHeight", 2), ("StrideWidth", 3), ("PadHeight", 1), ("PadWidth", 2)],
            () => ConvTranspose2d(6, 5, (3, 5), stride: (2, 3), padding: (1, 2))),
        Transposed("TransposedWithoutBias", [6, 5, 7], [("Bias", false)], () => ConvTranspose2d(6, 5, 3, padding: 1, bias: false)),
        Image("TransposedGroups", [6, 5, 7], L("ConvTranspose2D", ("Channels", 4), ("Groups", 2), ("Stride", 2), ("Pad", 1)),
            () => Sequence(ConvTranspose2d(6, 4, 3, stride: 2, padding: 1, groups: 2))),

        // Kernel 3 at stride 2 gives one row more than twice the input's; Same cuts it off at the end.
        Image("TransposedSameCut", [6, 5, 7], L("ConvTranspose2D", ("Channels", 5), ("Stride", 2)), () =>
        {
            var layer = ConvTranspose2d(6, 5, 3, stride: 2);
            return Wired(x => layer.call(x).slice(2, 0, 10, 1).slice(3, 0, 14, 1), ("0", layer));
        }),
    ];

    private static TorchCase Conv(string name, int[] input, int channels, (string, object)[] arguments, Func<Module<Tensor, Tensor>> layer) =>
        Image(name, input, L("Conv2D", [("Channels", channels), .. arguments]), () => Sequence(layer()));

    private static TorchCase Transposed(string name, int[] input, (string, object)[] arguments, Func<Module<Tensor, Tensor>> layer) =>
        Image(name, input, L("ConvTranspose2D", [("Channels", 5), .. arguments]), () => Sequence(layer()));

    /// <param name="padding">Left, right, top, bottom.</param>
    private static TorchCase PaddedConv(string name, int[] input, (string, object)[] arguments, long[] padding, Func<Module<Tensor, Tensor>> layer) =>
        Image(name, input, L("Conv2D", [("Channels", 5), .. arguments]), () =>
        {
            var made = layer();
            return Wired(x => made.call(functional.pad(x, padding)), ("0", made));
        });

    private static TorchCase Image(string name, int[] input, LayerSpec layer, Func<Module<Tensor, Tensor>> module) =>
        new(name, Chain(Loss("MeanSquaredError"), Input(input), layer), module);
}
