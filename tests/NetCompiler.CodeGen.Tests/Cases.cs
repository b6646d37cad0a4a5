using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Tests;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Small networks that between them use every layer, loss and form of declaration, at sizes that are not multiples of a vector.</summary>
public static partial class Cases
{
    private static readonly LossSpec s_squares = Loss("MeanSquaredError");

    /// <summary>The families: each is compiled into one assembly when the first of its tests runs.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<NetworkSpec>> Families { get; } = new Dictionary<string, IReadOnlyList<NetworkSpec>>
    {
        ["Features"] = [.. Features()],
        ["Activations"] = [.. Activations()],
        ["Losses"] = [.. Losses()],
        ["Convolutions"] = [.. Convolutions()],
        ["Winograd"] = [.. Winograd()],
        ["Rounding"] = [.. Rounding()],
        ["Windows"] = [.. Windows(), .. WindowsApart()],
        ["Resizing"] = [.. Resizing()],
        ["Normalisation"] = [.. Normalisation()],
        ["Views"] = [.. Views()],
        ["Graphs"] = [.. Graphs()],
        ["Maps"] = [.. Maps()],
        ["Products"] = [.. Products()],
        ["Sequences"] = [.. Sequences()],
        ["Positions"] = [.. Positions()],
        ["Strips"] = [.. Strips()],
        ["Time"] = [.. Time()],
        ["Audio"] = [.. Audio()],
        ["Steps"] = [.. Steps()],
        ["LastSteps"] = [.. LastSteps()],
        ["SharedSteps"] = [.. SharedSteps()],
        ["Recurrent"] = [.. Recurrent()],
        ["Training"] = [TrainedFeatures, TrainedImages, TrainedSequence],
        ["Threads"] = [.. Threads()],
        ["Custom"] = [.. Custom()],
        ["Examples"] = [Examples.Mlp, Examples.ResidualDigits, Autoencoder, Examples.ResNet20],
    };

    /// <summary>An autoencoder, the fourth of the example networks.</summary>
    public static NetworkSpec Autoencoder => Named("Autoencoder", Chain(
        Loss("BinaryCrossEntropy"), Input(1, 28, 28),
        Conv(8, ("Stride", 2)), L("Relu"), Conv(16, ("Stride", 2)), L("Relu"), L("Flatten"), Dense(24), L("Relu"),
        Dense(784), L("Reshape", ("Shape", new[] { 16, 7, 7 })), L("ConvTranspose2D", ("Channels", 8), ("Stride", 2)), L("Relu"),
        L("ConvTranspose2D", ("Channels", 1), ("Stride", 2))));

    /// <summary>Small networks with everything that a step must keep in order: statistics of the minibatch, random numbers, split sums.</summary>
    private static NetworkSpec TrainedFeatures => Named("TrainedFeatures", Chain(
        s_squares, Input(70), Dense(130), L("BatchNorm"), L("Relu"), L("Dropout", ("Rate", 0.2)), Dense(19), L("LayerNorm"), L("Tanh"), Dense(3)));

    private static NetworkSpec TrainedImages => Named("TrainedImages", Chain(
        s_squares, Input(3, 6, 7), Conv(8, ("Bias", false)), L("BatchNorm"), L("Relu"), L("Dropout", ("Rate", 0.3)), Conv(17, ("Stride", 2), ("Bias", false)), L("BatchNorm"),
        L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)), L("Flatten"), Dense(5)));

    private static NetworkSpec TrainedSequence => Named("TrainedSequence", Chain(
        s_squares, Input(9, 5), L("Lstm", ("Units", 24), ("Layers", 2), ("Bidirectional", true), ("Dropout", 0.2)), L("LayerNorm"), L("Gru", ("Units", 17), ("Returns", "Last")), Dense(3)));

    /// <summary>Networks of other families, with a loss that is computed outside: forms of outputs, and what is in the way from them to the gradients.</summary>
    private static IEnumerable<NetworkSpec> Custom()
    {
        string[] names =
        [
            "LossSquares3Wide", "LossSquaresOfInput", "OutputIsInput", "OutputIsView", "OutputsReadOn", "OutputsImages", "TwoInTwoOut", "MultiplyChannelsToOutput", "BatchNormImageLast",
            "BatchNormDropout", "TiedThroughView", "StripsRest", "StripsWindowRest",
        ];
        var all = Losses().Concat(Normalisation()).Concat(Graphs()).Concat(Sequences()).Concat(Strips()).ToDictionary(c => c.Name);
        return names.Select(n => all[n]).Concat([TrainedFeatures, TrainedImages, TrainedSequence]).Select(c => c with { Loss = Loss("Custom") });
    }

    public static NetworkSpec Named(string name, NetworkSpec spec) => spec with { Name = name };

    private static NetworkSpec Squares(string name, int[] input, params LayerSpec[] layers) => Named(name, Chain(s_squares, [Input(input), .. layers]));

    private static LayerSpec Conv(int channels, params (string, object)[] arguments) => L("Conv2D", [("Channels", channels), .. arguments]);

    private static LayerSpec From(string name) => L("From", ("Name", name));

    private static LayerSpec Merge(string kind, params string[] names) => L(kind, ("Names", names));

    private static LayerSpec Concat(int axis, params string[] names) => L("Concat", ("Names", names), ("Axis", axis));
}
