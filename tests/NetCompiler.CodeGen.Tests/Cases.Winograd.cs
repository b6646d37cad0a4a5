using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Convolutions that are computed by Winograd's method, with what is fused to them.</summary>
public static partial class Cases
{
    private static IEnumerable<NetworkSpec> Winograd()
    {
        yield return Squares("WinogradFour", [8, 8, 12], Conv(16), L("Relu"), Conv(9));
        yield return Squares("WinogradTwo", [16, 6, 10], Conv(8), L("Relu"), Conv(16));
        yield return Squares("WinogradOneTile", [12, 4, 4], Conv(20), L("Relu"), Conv(3));
        yield return Squares("WinogradOdd", [17, 4, 8], Conv(33), L("Relu"), Conv(18, ("Bias", false)));
        yield return Squares("WinogradWide", [64, 8, 8], Conv(64), L("Relu"));
        yield return Squares("WinogradValid", [16, 10, 6], Conv(16, ("Padding", "Valid")), L("Relu"));
        yield return Squares("WinogradPad2", [16, 6, 6], Conv(16, ("Pad", 2)), L("Relu"));
        yield return Squares("WinogradOneAxisPadded", [16, 10, 8], Conv(16, ("PadWidth", 1)), L("Relu"));
        yield return Squares("WinogradTranspose", [16, 8, 4], L("ConvTranspose2D", ("Channels", 16)), L("Relu"));
        yield return Squares("WinogradDropout", [16, 8, 8], Conv(16), L("BatchNorm"), L("Relu"), L("Dropout", ("Rate", 0.3)), Conv(16));
        yield return Squares("WinogradThenPool", [16, 8, 8], Conv(16), L("Relu"), L("MaxPool2D"), Conv(32), L("GlobalAveragePool"), Dense(3));
        yield return Named("WinogradResidual", Network(s_squares, [],
            P("X", Input(16, 8, 8)),
            P("First", Conv(16), L("BatchNorm"), L("Relu")),
            P("Second", Conv(16, ("Bias", false)), L("BatchNorm")),
            P("Sum", Merge("Add", "X", "Second"), L("Relu")),
            P("Out", Conv(5))));
    }

    /// <summary>One convolution alone, to see its rounding.</summary>
    private static IEnumerable<NetworkSpec> Rounding() =>
        new[] { 16, 64, 256 }.Select(channels => Squares("Rounding" + channels, [channels, 8, 8], Conv(channels, ("Bias", false))));
}
