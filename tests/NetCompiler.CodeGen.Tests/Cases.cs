using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Small networks that between them use every layer, loss and form of declaration, at sizes that are not multiples of a vector.</summary>
public static class Cases
{
    public static IReadOnlyList<NetworkSpec> All { get; } = [.. Build()];

    private static IEnumerable<NetworkSpec> Build()
    {
        var loss = Loss("MeanSquaredError");
        yield return Named("DenseOne", Chain(loss, Input(1), Dense(1)));
        yield return Named("DenseOdd", Chain(loss, Input(13), Dense(7), L("Relu"), Dense(5)));
        yield return Named("DenseWide", Chain(Loss("SoftmaxCrossEntropy"), Input(70), Dense(130), L("Relu"), Dense(10)));
        yield return Named("DenseBlocked", Chain(loss, Input(301), Dense(64), L("Relu"), Dense(144), L("Tanh"), Dense(5)));
        yield return Named("ConvBlocked", Chain(loss, Input(3, 5, 6), L("Conv2D", ("Channels", 32)), L("Relu"), L("Conv2D", ("Channels", 48), ("Stride", 2)), L("Flatten"), Dense(3)));
        yield return Named("ConvSmall", Chain(loss, Input(3, 7, 9), L("Conv2D", ("Channels", 5)), L("Relu"), L("Flatten"), Dense(3)));
    }

    public static NetworkSpec Named(string name, NetworkSpec spec) => spec with { Name = name };
}
