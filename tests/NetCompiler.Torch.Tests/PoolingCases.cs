using NetCompiler.Compiler.Model;
using TorchSharp;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

internal static class PoolingCases
{
    public static IEnumerable<TorchCase> All =>
    [
        Of("MaxDefault", L("MaxPool2D"), () => MaxPool2d(2)),
        Of("MaxOverlapping", L("MaxPool2D", ("Kernel", 3), ("Stride", 1)), () => MaxPool2d(3, stride: 1)),
        Of("MaxPadded", L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)), () => MaxPool2d(3, stride: 2, padding: 1)),
        Of("MaxSame", L("MaxPool2D", ("Kernel", 3), ("Stride", 1), ("Padding", "Same")), () => MaxPool2d(3, stride: 1, padding: 1)),
        Of("MaxDilated", L("MaxPool2D", ("Kernel", 2), ("Stride", 1), ("Dilation", 3)), () => MaxPool2d(2, stride: 1, dilation: 3)),
        Of("MaxRectangle", L("MaxPool2D", ("KernelHeight", 3), ("KernelWidth", 2), ("StrideHeight", 1), ("StrideWidth", 3), ("PadHeight", 1)),
            () => MaxPool2d((3, 2), stride: (1, 3), padding: (1, 0))),
        Of("AverageDefault", L("AveragePool2D"), () => AvgPool2d(2)),
        Of("AverageOverlapping", L("AveragePool2D", ("Kernel", 3), ("Stride", 1)), () => AvgPool2d(3, stride: 1)),
        Of("AverageCountingPadding", L("AveragePool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)), () => AvgPool2d(3, stride: 2, padding: 1, count_include_pad: true)),
        Of("AverageInsideOnly", L("AveragePool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1), ("CountIncludePad", false)),
            () => AvgPool2d(3, stride: 2, padding: 1, count_include_pad: false)),
        Of("AverageSame", L("AveragePool2D", ("Kernel", 3), ("Stride", 1), ("Padding", "Same")), () => AvgPool2d(3, stride: 1, padding: 1, count_include_pad: false)),
        Of("AverageRectangle", L("AveragePool2D", ("KernelHeight", 2), ("KernelWidth", 3), ("StrideHeight", 3), ("StrideWidth", 1), ("PadWidth", 1)),
            () => AvgPool2d((2, 3), stride: (3, 1), padding: (0, 1), count_include_pad: true)),
        Of("GlobalAverage", L("GlobalAveragePool"), () => Sequential(AdaptiveAvgPool2d(1), Flatten())),
        Of("GlobalMax", L("GlobalMaxPool"), () => Sequential(AdaptiveMaxPool2d([1, 1]), Flatten())),
        Of("Nearest2", L("Upsample"), () => Upsample(scale_factor: [2, 2])),
        Of("Nearest3", L("Upsample", ("Factor", 3)), () => Upsample(scale_factor: [3, 3])),
        Of("Bilinear2", L("Upsample", ("Mode", "Bilinear")), () => Upsample(scale_factor: [2, 2], mode: torch.UpsampleMode.Bilinear, align_corners: false)),
        Of("Bilinear3", L("Upsample", ("Factor", 3), ("Mode", "Bilinear")), () => Upsample(scale_factor: [3, 3], mode: torch.UpsampleMode.Bilinear, align_corners: false)),
        Of("BilinearAligned2", L("Upsample", ("Mode", "Bilinear"), ("AlignCorners", true)),
            () => Upsample(scale_factor: [2, 2], mode: torch.UpsampleMode.Bilinear, align_corners: true)),
        Of("BilinearAligned5", L("Upsample", ("Factor", 5), ("Mode", "Bilinear"), ("AlignCorners", true)),
            () => Upsample(scale_factor: [5, 5], mode: torch.UpsampleMode.Bilinear, align_corners: true)),
        Of("BilinearRow", L("Upsample", ("Mode", "Bilinear")), () => Upsample(scale_factor: [2, 2], mode: torch.UpsampleMode.Bilinear, align_corners: false), 2, 1, 5),
        Of("BilinearAlignedRow", L("Upsample", ("Mode", "Bilinear"), ("AlignCorners", true)),
            () => Upsample(scale_factor: [2, 2], mode: torch.UpsampleMode.Bilinear, align_corners: true), 2, 1, 5),
    ];

    private static TorchCase Of(string name, LayerSpec layer, Func<Module<Tensor, Tensor>> module, params int[] shape) =>
        new(name, Chain(Loss("MeanSquaredError"), Input(shape.Length > 0 ? shape : [5, 7, 9]), layer), module);
}
