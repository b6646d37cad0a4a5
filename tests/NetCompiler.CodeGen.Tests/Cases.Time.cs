using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Convolution and pooling over time.</summary>
public static partial class Cases
{
    private static LayerSpec Conv1(int channels, params (string, object)[] arguments) => L("Conv1D", [("Channels", channels), .. arguments]);

    private static LayerSpec Transposed1(int channels, params (string, object)[] arguments) => L("ConvTranspose1D", [("Channels", channels), .. arguments]);

    internal static LayerSpec Causal(int channels, int dilation, params (string, object)[] arguments) => Conv1(channels, [("Causal", true), ("Dilation", dilation), .. arguments]);

    private static IEnumerable<NetworkSpec> Time()
    {
        foreach (var channels in new[] { 1, 3, 8, 17, 33 })
            yield return Squares("TimeChannels" + channels, [9, 3], Conv1(channels), L("Relu"), Conv1(channels), L("Relu"), Conv1(2));
        yield return Squares("TimeOne", [1, 1], Conv1(1));
        yield return Squares("TimeOneRow", [1, 5], Conv1(7, ("Kernel", 5)), L("Relu"), Conv1(3, ("Stride", 2)));
        yield return Squares("TimeBlocked", [7, 16], Conv1(48, ("Kernel", 5)), L("Relu"), Conv1(64), L("Flatten"), Dense(3));
        yield return Squares("TimeValid", [12, 5], Conv1(9, ("Padding", "Valid"), ("Kernel", 4)), L("Tanh"), Conv1(4, ("Padding", "Valid"), ("Bias", false)));
        yield return Squares("TimePad", [7, 4], Conv1(6, ("Pad", 3), ("Kernel", 2)), Conv1(3, ("Pad", 1)));
        yield return Squares("TimeStride", [17, 3], Conv1(8, ("Stride", 2)), L("Relu"), Conv1(5, ("Stride", 3), ("Kernel", 5)));
        yield return Squares("TimeStrideValid", [20, 2], Conv1(5, ("Stride", 4), ("Kernel", 2), ("Padding", "Valid")), Conv1(3, ("Stride", 2), ("Kernel", 3), ("Padding", "Valid")));
        yield return Squares("TimeDilation", [19, 3], Conv1(4, ("Dilation", 2)), Conv1(5, ("Dilation", 3), ("Pad", 2)), Conv1(5, ("Dilation", 2), ("Stride", 2)));
        yield return Squares("TimeCausal", [13, 1], Causal(16, 1), L("Tanh"), Causal(16, 2), L("Tanh"), Causal(1, 4));
        yield return Squares("TimeCausalStride", [16, 2], Causal(5, 1, ("Stride", 2)), L("Relu"), Causal(3, 2, ("Kernel", 2), ("Stride", 4)));
        yield return Squares("TimeLongStride", [101, 2], Conv1(3, ("Kernel", 55), ("Stride", 20)), L("Tanh"), Transposed1(4, ("Kernel", 41), ("Stride", 17)), Dense(2));
        yield return Squares("TimeCausalLong", [5, 3], Causal(4, 8), L("Relu"), Causal(17, 1, ("Kernel", 9)));
        yield return Squares("TimeGroups", [9, 4], Conv1(6, ("Groups", 2)), L("Relu"), Conv1(9, ("Groups", 3), ("Stride", 2)));
        yield return Squares("TimeGroupsWide", [6, 16], Conv1(32, ("Groups", 2)), Causal(34, 2, ("Groups", 2)));
        yield return Squares("TimeDepthwise", [11, 20], L("Conv1D", ("Depthwise", true), ("Kernel", 5)), L("Silu"), Conv1(33, ("Kernel", 1)), L("Conv1D", ("Depthwise", true), ("Causal", true), ("Stride", 2)));
        yield return Squares("TimeDepthwiseMore", [7, 3], L("Conv1D", ("Depthwise", true), ("Channels", 6)), L("LayerNorm"), Conv1(3));
        yield return Squares("TimeTransposed", [5, 3], Transposed1(8), L("Relu"), Transposed1(9, ("Stride", 2)), L("Relu"), Transposed1(2, ("Stride", 3), ("Kernel", 2), ("Padding", "Valid")));
        yield return Squares("TimeTransposedPad", [5, 4], Transposed1(6, ("Stride", 2), ("Pad", 1), ("OutputPadding", 1)), Conv1(3));
        yield return Squares("TimeTransposedGroups", [6, 4], Transposed1(4, ("Stride", 2), ("Kernel", 4), ("Groups", 2)), Transposed1(6, ("Dilation", 2), ("Groups", 2)));
        yield return Squares("TimePools", [21, 5], Conv1(9), L("MaxPool1D"), L("AveragePool1D", ("Kernel", 3), ("Stride", 1), ("Padding", "Same")), L("MaxPool1D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)), L("AveragePool1D"));
        yield return Squares("TimeGlobalAverage", [7, 17], Conv1(20), L("GlobalAveragePool"), Dense(3));
        yield return Squares("TimeGlobalMax", [7, 3], Conv1(9), L("GlobalMaxPool"), Dense(3));
        yield return Squares("TimeNormalised", [6, 5], Conv1(9), L("BatchNorm"), L("Relu"), Conv1(17, ("Bias", false), ("Stride", 2)), L("BatchNorm"));
        yield return Squares("TimeAndStates", [8, 3], Causal(6, 2), L("Relu"), L("Gru", ("Units", 5)), Dense(1));
        yield return Net("TimeResidual", P("X", Input(9, 8)), P("A", Causal(8, 1), L("Relu")), P("B", Causal(8, 2)), P("S", Merge("Add", "A", "B"), L("GlobalAveragePool"), Dense(2)));
        yield return Named("TimeClasses", Chain(Loss("SoftmaxCrossEntropy"), Input(24, 3), Conv1(8, ("Kernel", 5), ("Stride", 2)), L("Relu"), L("MaxPool1D"), Conv1(16), L("Relu"), L("GlobalMaxPool"), Dense(4)));
    }
}
