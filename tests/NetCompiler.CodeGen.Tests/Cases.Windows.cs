using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Poolings after what they pool.</summary>
public static partial class Cases
{
    /// <summary>Predictions pool in the kernel before, wherever there is a pooling.</summary>
    private static IEnumerable<NetworkSpec> Windows()
    {
        yield return Squares("WindowsDigits", [1, 12, 20], Conv(8), L("Relu"), L("MaxPool2D"), Conv(16), L("Relu"), L("MaxPool2D"), L("Flatten"), Dense(5));
        yield return Squares("WindowsMeans", [1, 12, 20], Conv(8), L("Relu"), L("AveragePool2D"), Conv(16), L("Relu"), L("AveragePool2D"), L("Flatten"), Dense(5));
        foreach (var channels in new[] { 3, 17, 33 })
        {
            yield return Squares("WindowsMaxOdd" + channels, [3, 7, 9], Conv(channels), L("Relu"), L("MaxPool2D"), Conv(2));
            yield return Squares("WindowsMeanOdd" + channels, [2, 9, 7], Conv(channels), L("Sigmoid"), L("AveragePool2D"), L("Tanh"), Conv(2));
        }

        yield return Squares("WindowsMaxLarge", [3, 31, 29], Conv(20, ("Kernel", 5)), L("Tanh"), L("MaxPool2D"), L("Flatten"), Dense(3));
        yield return Squares("WindowsMeanLarge", [3, 29, 31], Conv(40, ("Stride", 2)), L("AveragePool2D"), L("Relu"), Conv(5, ("Kernel", 1)));
        yield return Squares("WindowsOfThree", [3, 10, 11], Conv(9), L("Relu"), L("MaxPool2D", ("Kernel", 3)), Conv(6), L("Relu"), L("AveragePool2D", ("Kernel", 3)));
        yield return Squares("WindowsThin", [3, 9, 13], Conv(9), L("Relu"), L("MaxPool2D", ("KernelHeight", 1), ("KernelWidth", 4)), Conv(6), L("AveragePool2D", ("KernelHeight", 3), ("KernelWidth", 1)));
        yield return Squares("WindowsNormalised", [2, 9, 8], Conv(12, ("Bias", false)), L("BatchNorm"), L("Relu"), L("MaxPool2D"), Conv(8), L("BatchNorm"), L("AveragePool2D"));
        yield return Squares("WindowsDepthwise", [19, 8, 6], L("Conv2D", ("Depthwise", true)), L("Relu"), L("MaxPool2D"), Conv(6, ("Groups", 1)));
        yield return Squares("WindowsWinogradTwo", [16, 6, 10], Conv(8), L("Relu"), L("MaxPool2D"), Conv(8), L("Flatten"), Dense(2));
        yield return Squares("WindowsWinogradFour", [12, 8, 12], Conv(20), L("Relu"), L("AveragePool2D"), Conv(16), L("LeakyRelu"), L("MaxPool2D"));
        yield return Squares("WindowsOfFourInTiles", [12, 8, 12], Conv(20), L("Relu"), L("MaxPool2D", ("KernelHeight", 4), ("KernelWidth", 2)), L("Tanh"));
        yield return Squares("WindowsOfTime", [22, 5], Conv1(9), L("Relu"), L("MaxPool1D"), Conv1(17), L("AveragePool1D", ("Kernel", 3)), L("Flatten"), Dense(3));
        yield return Squares("WindowsOfMaps", [3, 7, 8], L("Tanh"), L("AveragePool2D"), L("LeakyRelu"));
        yield return Squares("WindowsPhases", [3, 4, 3], L("ConvTranspose2D", ("Channels", 8), ("Stride", 2)), L("Relu"), L("AveragePool2D"));
        yield return Net("WindowsAdded", P("X", Input(3, 8, 6)), P("A", Conv(9), L("Relu"), L("MaxPool2D")), P("B", From("X"), Conv(9, ("Stride", 2))), P("S", Merge("Add", "A", "B"), L("Relu"), Conv(2)));
    }

    /// <summary>Where poolings stay kernels of their own.</summary>
    private static IEnumerable<NetworkSpec> WindowsApart()
    {
        yield return Squares("ApartOverlap", [3, 9, 9], Conv(9), L("Relu"), L("MaxPool2D", ("Kernel", 3), ("Stride", 2)));
        yield return Squares("ApartGaps", [3, 9, 9], Conv(9), L("Sigmoid"), L("MaxPool2D", ("Kernel", 2), ("Stride", 3)));
        yield return Squares("ApartPadded", [3, 9, 9], Conv(9), L("Relu"), L("MaxPool2D", ("Kernel", 3), ("Stride", 3), ("Pad", 1)));
        yield return Squares("ApartSame", [3, 7, 9], Conv(9), L("Relu"), L("AveragePool2D", ("Padding", "Same")));
        yield return Squares("ApartSameTime", [48, 5], L("Rnn", ("Units", 17)), L("Positions"), L("AveragePool1D", ("Kernel", 7), ("Padding", "Same")));

        // The other convolution gives X zeros enough for an element behind the last one.
        yield return Net("ApartSameBeside", P("X", Input(48, 5)), P("A", Conv1(9), L("AveragePool1D", ("Kernel", 7), ("Padding", "Same"))),
            P("B", From("X"), Conv1(9, ("Kernel", 21)), L("MaxPool1D", ("Kernel", 7), ("Padding", "Same"))), P("S", Merge("Add", "A", "B")));
        yield return Squares("ApartLargeWindow", [3, 9, 9], Conv(9), L("Relu"), L("MaxPool2D", ("Kernel", 4)));
        yield return Squares("ApartVectorsAlongRows", [3, 7, 9], Conv(1), L("Relu"), L("MaxPool2D"), Conv(1), L("AveragePool2D"));
        yield return Squares("ApartTiles", [16, 6, 6], Conv(16), L("Relu"), L("MaxPool2D", ("Kernel", 3)));
        yield return Net("ApartRead", P("X", Input(3, 8, 6)), P("A", Conv(9), L("Relu")), P("B", From("A"), L("MaxPool2D"), L("Flatten"), Dense(3)), P("C", From("A"), L("Flatten"), Dense(3)));
    }
}
