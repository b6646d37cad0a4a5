using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Convolutions, pooling, resizing and normalisation.</summary>
public static partial class Cases
{
    private static IEnumerable<NetworkSpec> Convolutions()
    {
        yield return Squares("ConvSmall", [3, 7, 9], Conv(5), L("Relu"), L("Flatten"), Dense(3));
        foreach (var channels in new[] { 1, 3, 8, 17, 20, 33 })
            yield return Squares("ConvChannels" + channels, [3, 5, 4], Conv(channels), L("Relu"), Conv(channels), L("Relu"), Conv(2));
        yield return Squares("ConvBlocked", [3, 5, 6], Conv(32), L("Relu"), Conv(48, ("Stride", 2)), L("Flatten"), Dense(3));
        yield return Squares("ConvOneToOne", [1, 5, 5], Conv(1));
        yield return Squares("ConvNoBias", [2, 7, 5], Conv(3, ("Bias", false)), Conv(8, ("Bias", false), ("Padding", "Valid")));
        yield return Squares("ConvValid", [2, 7, 5], Conv(3, ("Padding", "Valid")), L("Relu"), Conv(4, ("Padding", "Valid")));
        yield return Squares("ConvPad2", [2, 5, 6], Conv(3, ("Pad", 2)), Conv(3, ("PadHeight", 1)), Conv(2, ("PadWidth", 3)));
        yield return Squares("ConvStride2", [3, 7, 6], Conv(9, ("Stride", 2)), L("Relu"), Conv(5, ("Stride", 2)));
        yield return Squares("ConvStride2Pad", [3, 8, 8], Conv(8, ("Stride", 2), ("Pad", 1)), L("Relu"), Conv(5, ("Stride", 2), ("Pad", 1)));
        yield return Squares("ConvStride2Valid", [2, 8, 8], Conv(4), Conv(4, ("Stride", 2), ("Padding", "Valid")));
        yield return Squares("ConvStride2One", [3, 7, 6], Conv(4), Conv(9, ("Stride", 2), ("Kernel", 1)));
        yield return Squares("ConvStride3", [3, 11, 10], Conv(4), Conv(9, ("Stride", 3)), Conv(2));
        yield return Squares("ConvStride3Kernel2", [2, 9, 10], Conv(4), Conv(5, ("Stride", 3), ("Kernel", 2)));
        yield return Squares("ConvStride4Valid", [2, 11, 10], Conv(4), Conv(5, ("Stride", 4), ("Kernel", 3), ("Padding", "Valid")));
        yield return Squares("ConvRectangular", [2, 9, 8], Conv(3, ("StrideHeight", 3), ("StrideWidth", 2), ("KernelHeight", 2), ("KernelWidth", 5)), Conv(2, ("KernelHeight", 1), ("KernelWidth", 3)));
        yield return Squares("ConvGaps", [2, 7, 9], Conv(4), Conv(5, ("KernelHeight", 2), ("StrideHeight", 3), ("KernelWidth", 3), ("StrideWidth", 2)));
        yield return Squares("ConvGapsGuarded", [2, 4, 9], Conv(4), Conv(5, ("KernelHeight", 2), ("StrideHeight", 3), ("KernelWidth", 1), ("StrideWidth", 2)));
        yield return Squares("ConvOddRows", [2, 5, 7], Conv(4), Conv(5, ("KernelHeight", 2), ("StrideHeight", 2), ("KernelWidth", 1), ("StrideWidth", 2)));
        yield return Squares("ConvEven", [3, 6, 7], Conv(5, ("Kernel", 2)), L("Relu"), Conv(5, ("Kernel", 4)));
        yield return Squares("ConvEvenStride", [3, 6, 7], Conv(5, ("Kernel", 4), ("Stride", 2)), Conv(3, ("Kernel", 2), ("Stride", 2)));
        yield return Squares("ConvFive", [3, 8, 7], Conv(6, ("Kernel", 5)), Conv(3, ("Kernel", 7)));
        yield return Squares("ConvBiggerThanImage", [3, 2, 2], Conv(6, ("Kernel", 5)), Conv(3));
        yield return Squares("ConvOnOnePixel", [4, 1, 1], Conv(6), L("Relu"), Conv(3, ("Stride", 2)));
        yield return Squares("ConvOne", [5, 4, 3], Conv(17, ("Kernel", 1)), L("Relu"), Conv(3, ("Kernel", 1)));
        yield return Squares("ConvDilation", [2, 8, 7], Conv(3, ("Dilation", 2), ("Pad", 1)), Conv(4, ("Dilation", 3)));
        yield return Squares("ConvDilationStride", [2, 9, 11], Conv(3), Conv(3, ("Dilation", 2), ("Stride", 2)), Conv(3, ("DilationHeight", 2), ("StrideWidth", 3)));
        yield return Squares("ConvDilationStride3", [2, 12, 13], Conv(3), Conv(3, ("Dilation", 2), ("Stride", 3)));
        yield return Squares("ConvGroups", [4, 5, 5], Conv(6, ("Groups", 2)), L("Relu"), Conv(9, ("Groups", 3)));
        yield return Squares("ConvGroupsWide", [16, 5, 5], Conv(32, ("Groups", 2)), Conv(34, ("Groups", 2), ("Stride", 2)));
        yield return Squares("ConvDepthwise", [3, 6, 5], Conv(6, ("Depthwise", true), ("Stride", 2)), L("Relu"), L("Conv2D", ("Depthwise", true)));
        yield return Squares("ConvDepthwiseWide", [20, 6, 5], L("Conv2D", ("Depthwise", true)), L("Relu"), Conv(33, ("Kernel", 1)), L("Conv2D", ("Depthwise", true), ("Stride", 2)));
        yield return Squares("ConvDepthwise17", [17, 5, 6], L("Conv2D", ("Depthwise", true)), L("Conv2D", ("Depthwise", true), ("Kernel", 5), ("Bias", false)));
        yield return Squares("ConvThin", [3, 1, 19], Conv(8), Conv(4, ("KernelHeight", 1)));
        yield return Squares("ConvTall", [2, 19, 1], Conv(8), Conv(4, ("KernelWidth", 1)));
        yield return Squares("Transpose", [3, 4, 3], L("ConvTranspose2D", ("Channels", 2)), L("Relu"), L("ConvTranspose2D", ("Channels", 9)));
        yield return Squares("TransposeStride2", [3, 4, 3], L("ConvTranspose2D", ("Channels", 17), ("Stride", 2)), L("Relu"), L("ConvTranspose2D", ("Channels", 2), ("Stride", 2)));
        yield return Squares("TransposeStride3", [3, 3, 4], Conv(8), L("ConvTranspose2D", ("Channels", 5), ("Stride", 3), ("Bias", false)));
        yield return Squares("TransposeKernel2", [3, 4, 3], L("ConvTranspose2D", ("Channels", 8), ("Stride", 2), ("Kernel", 2)), L("ConvTranspose2D", ("Channels", 3), ("Stride", 2), ("Kernel", 4)));

        // Small enough for a method of one sample, in which a layer is still transposed as a whole.
        yield return Squares("TransposeGaps", [6, 5, 7], L("ConvTranspose2D", ("Channels", 5), ("Stride", 3), ("Kernel", 2), ("Padding", "Valid")));
        yield return Squares("TransposeKernel1", [3, 4, 3], L("ConvTranspose2D", ("Channels", 8), ("Stride", 2), ("Kernel", 1)), L("Relu"));
        yield return Squares("TransposeValid", [2, 3, 4], L("ConvTranspose2D", ("Channels", 3), ("Stride", 2), ("Padding", "Valid"), ("Dilation", 2)), Conv(2));
        yield return Squares("TransposePad", [4, 3, 4], L("ConvTranspose2D", ("Channels", 6), ("Stride", 2), ("Pad", 1), ("OutputPadding", 1)), Conv(3));
        yield return Squares("TransposeGroups", [4, 3, 4], L("ConvTranspose2D", ("Channels", 2), ("Stride", 2), ("Pad", 1), ("OutputPadding", 1), ("Groups", 2)), L("ConvTranspose2D", ("Channels", 4), ("Groups", 2)));
        yield return Squares("TransposeRectangular", [2, 3, 4], L("ConvTranspose2D", ("Channels", 5), ("StrideHeight", 2), ("KernelHeight", 4), ("KernelWidth", 2)));
        yield return Squares("TransposeValid3", [2, 3, 4], L("ConvTranspose2D", ("Channels", 5), ("Stride", 3), ("Kernel", 2), ("Padding", "Valid")));
    }

    private static IEnumerable<NetworkSpec> Resizing()
    {
        (string, LayerSpec)[] layers =
        [
            ("Max", L("MaxPool2D")),
            ("Max3", L("MaxPool2D", ("Kernel", 3), ("Stride", 2))),
            ("MaxSame", L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Padding", "Same"))),
            ("MaxPad", L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1))),
            ("MaxPadDilation", L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1), ("Dilation", 2))),
            ("MaxOverlap", L("MaxPool2D", ("Kernel", 3), ("Stride", 1), ("Padding", "Same"))),
            ("MaxRectangular", L("MaxPool2D", ("KernelHeight", 1), ("KernelWidth", 4), ("StrideHeight", 2), ("StrideWidth", 3), ("PadWidth", 2))),
            ("MaxStrideOver", L("MaxPool2D", ("Kernel", 2), ("Stride", 3))),
            ("MaxKernel1", L("MaxPool2D", ("Kernel", 1), ("Stride", 2))),
            ("Average", L("AveragePool2D")),
            ("Average3", L("AveragePool2D", ("Kernel", 3), ("Stride", 2))),
            ("AverageSame", L("AveragePool2D", ("Kernel", 3), ("Stride", 2), ("Padding", "Same"))),
            ("AveragePad", L("AveragePool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1))),
            ("AverageNotPad", L("AveragePool2D", ("Kernel", 3), ("Stride", 1), ("Pad", 1), ("CountIncludePad", false))),
            ("AverageStrideOver", L("AveragePool2D", ("Kernel", 2), ("Stride", 3))),
            ("GlobalAverage", L("GlobalAveragePool")),
            ("GlobalMax", L("GlobalMaxPool")),
            ("Nearest", L("Upsample")),
            ("Nearest3", L("Upsample", ("Factor", 3))),
            ("Bilinear", L("Upsample", ("Mode", "Bilinear"))),
            ("Bilinear3", L("Upsample", ("Mode", "Bilinear"), ("Factor", 3))),
            ("BilinearCorners", L("Upsample", ("Mode", "Bilinear"), ("Factor", 3), ("AlignCorners", true))),
            ("PadOne", L("Pad", ("Size", 1))),
            ("PadSides", L("Pad", ("Top", 1), ("Left", 3), ("Right", 2))),
            ("PadValue", L("Pad", ("Size", 1), ("Right", 2), ("Value", 0.5))),
        ];
        foreach (var (name, layer) in layers)
        {
            yield return Squares(name + "Alone", [3, 7, 6], layer);
            yield return Squares(name + "Between", [2, 7, 8], Conv(17, ("Kernel", 1)), L("Relu"), layer, layer.Kind.StartsWith("Global", StringComparison.Ordinal) ? Dense(3) : Conv(3));
            if (!layer.Kind.StartsWith("Global", StringComparison.Ordinal)) yield return Squares(name + "Dense", [3, 6, 7], L("Tanh"), layer, L("Flatten"), Dense(5));
        }

        yield return Squares("MaxFirst", [5, 6, 6], L("MaxPool2D"), Conv(4), L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)));
        yield return Squares("PadThenMax", [3, 5, 5], Conv(4), L("Pad", ("Size", 1), ("Value", 0.25)), L("MaxPool2D"));
        yield return Squares("PadTwice", [3, 5, 5], Conv(4), L("Pad", ("Size", 1), ("Value", 0.25)), L("Pad", ("Size", 1), ("Value", -0.25)), Conv(4));
    }

    private static IEnumerable<NetworkSpec> Normalisation()
    {
        // Two samples differ by little: with the usual epsilon their normalisation would amplify rounding beyond any tolerance.
        var (norm, soft) = (L("BatchNorm"), L("BatchNorm", ("Epsilon", 0.1)));
        foreach (var features in new[] { 1, 5, 17, 33 })
        {
            yield return Squares("BatchNormFeatures" + features, [features], soft, Dense(4));
            yield return Squares("BatchNormFeaturesBetween" + features, [6], Dense(features), soft, L("Relu"), Dense(4));
        }

        yield return Squares("BatchNormFeaturesLast", [6], Dense(5), soft);
        yield return Squares("BatchNormFeaturesOnly", [5], soft);
        yield return Squares("BatchNormImageFirst", [3, 5, 6], norm, Conv(4));
        yield return Squares("BatchNormImageLast", [3, 5, 6], Conv(4), norm);
        yield return Squares("BatchNormImageOnly", [3, 5, 6], norm);
        yield return Squares("BatchNormTwice", [3, 5, 6], Conv(8, ("Bias", false)), norm, L("Relu"), Conv(17, ("Bias", false), ("Stride", 2)), norm, L("Relu"), L("GlobalAveragePool"), Dense(3));
        yield return Squares("BatchNormSettings", [3, 5, 6], Conv(4), L("BatchNorm", ("Epsilon", 1e-3), ("Momentum", 0.3), ("Affine", false)));
        yield return Squares("BatchNormDropout", [12], Dense(20), soft, L("Relu"), L("Dropout", ("Rate", 0.3)), Dense(4));
        yield return Squares("LayerNorm1", [7], L("LayerNorm"), Dense(3));
        yield return Squares("LayerNorm33", [33], Dense(33), L("LayerNorm"));
        yield return Squares("LayerNorm2", [4, 19], L("LayerNorm"), Dense(3));
        yield return Squares("LayerNorm2All", [4, 7], L("LayerNorm", ("Dimensions", 2)));
        yield return Squares("LayerNorm3", [2, 3, 5], Conv(5), L("LayerNorm"), Conv(3));
        yield return Squares("LayerNorm3One", [2, 3, 17], L("LayerNorm", ("Dimensions", 1)));
        yield return Squares("LayerNormPlain", [4, 7], L("LayerNorm", ("Affine", false), ("Epsilon", 1e-3)), Dense(2));
        yield return Squares("RmsNorm1", [7], L("RmsNorm"), Dense(3));
        yield return Squares("RmsNorm33", [33], Dense(33), L("RmsNorm"));
        yield return Squares("RmsNorm2", [4, 19], Dense(20), L("RmsNorm"), Dense(3));
        yield return Squares("RmsNorm3", [2, 3, 17], Conv(5), L("RmsNorm", ("Dimensions", 2), ("Affine", false), ("Epsilon", 1e-3)));
        yield return Squares("GroupNorm3", [6, 3, 5], L("GroupNorm", ("Groups", 3)), Conv(2));
        yield return Squares("GroupNormWide", [3, 4, 5], Conv(34), L("GroupNorm", ("Groups", 2)), L("Relu"), Conv(2));
        yield return Squares("GroupNormPlain", [4, 3, 5], L("GroupNorm", ("Groups", 2), ("Affine", false)));
        yield return Squares("GroupNormOne", [3, 4, 5], Conv(8), L("GroupNorm", ("Groups", 1)));
        yield return Squares("GroupNormEach", [3, 4, 5], Conv(8), L("GroupNorm", ("Groups", 8)), L("Relu"));
        yield return Squares("GroupNormFeatures", [5], Dense(12), L("GroupNorm", ("Groups", 4)), Dense(3));
        yield return Squares("GroupNormSequence", [5, 7], Dense(8), L("GroupNorm", ("Groups", 4)), Dense(3));
        yield return Squares("GroupNormSequenceWide", [5, 7], Dense(34), L("GroupNorm", ("Groups", 2)), L("Relu"), Dense(3));
        yield return Squares("GroupNormSequenceOne", [6, 5], L("GroupNorm", ("Groups", 1), ("Affine", false)));
    }
}
