using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Networks large enough for predictions on several threads.</summary>
public static partial class Cases
{
    private static IEnumerable<NetworkSpec> Threads()
    {
        // Samples are shared.
        yield return Squares("SharedMlp", [170], Dense(260), L("Relu"), Dense(130), L("Tanh"), Dense(3));
        yield return Squares("SharedCnn", [1, 28, 28], Conv(8), L("Relu"), L("MaxPool2D"), Conv(17), L("Relu"), L("MaxPool2D"), L("Flatten"), Dense(10));
        yield return Net("SharedInputs", P("X", Input(70)), P("Y", Input(30)), P("C", Merge("Concat", "X", "Y"), Dense(230), L("Relu")), P("A", Dense(7)), P("B", From("C"), Dense(5)));

        // Also layers: rows of images, and of 5 of them the last tile is smaller.
        yield return Net("SharedResNet", P("X", Input(3, 23, 25)), P("A", Conv(24, ("Bias", false)), L("BatchNorm"), L("Relu")),
            P("B", Conv(24, ("Bias", false)), L("BatchNorm"), L("Relu"), Conv(24, ("Bias", false)), L("BatchNorm")), P("S", Merge("Add", "A", "B"), L("Relu")),
            P("C", Conv(40, ("Stride", 2)), L("Relu"), Conv(40)), P("D", Conv(64, ("Kernel", 1)), L("MaxPool2D"), Conv(64)), P("O", L("Flatten"), Dense(10)));
        yield return Squares("SharedPools", [8, 46, 42], Conv(24), L("Relu"), L("MaxPool2D"), Conv(48), L("Relu"), L("AveragePool2D"), Conv(64, ("Kernel", 1)), L("MaxPool2D"), L("Flatten"), Dense(3));

        // More weights than a second-level cache holds: chunks of several samples, and preparing them is no part of a prediction.
        yield return Squares("SharedWeights", [32, 16, 16], [Conv(32), L("Relu"), Conv(32), L("Relu"), Conv(32), L("Relu"), Conv(64, ("Stride", 2)), L("Relu"), Conv(64), L("Relu"), Conv(64), L("Relu"), Conv(64), L("Relu"), Conv(64), L("MaxPool2D"), L("Flatten"), Dense(3)]);
        yield return Squares("SharedDense", [600], Dense(1600), L("Relu"), Dense(1000), L("Relu"), Dense(10));
        yield return Squares("SharedSequence", [20, 11], L("Lstm", ("Units", 100), ("Bidirectional", true)), L("Gru", ("Units", 70), ("Returns", "Last")), Dense(3));
        yield return Squares("SharedAttention", [160, 64], L("SelfAttention", ("Heads", 4), ("Causal", true)));
        yield return Squares("SharedSquare", [40, 5, 5], Conv(160), L("Relu"), Conv(160), L("Relu"), Conv(160, ("Padding", "Valid")));
    }

    /// <summary>So large that several threads share a step: with weights in blocks of vectors, an odd number of them, and some without. The others are too small, or one method.</summary>
    private static IEnumerable<NetworkSpec> SharedSteps()
    {
        static LayerSpec Attention(int heads) => L("SelfAttention", ("Heads", heads), ("Causal", true));
        yield return Named("StepsShared", Chain(s_squares, Tokens(21), Embedding(65, 176), L("Positions"), Attention(4), Dense(656), L("Gelu"), Dense(176), L("LayerNorm"), Attention(8), Dense(601), L("Relu"), Dense(176), Dense(65)));
        yield return Named("StepsSharedRows", Chain(s_squares, Input(19, 160), Attention(4), Dense(640), L("Gelu"), Dense(160), Attention(4), Dense(640), L("Relu"), Dense(160)));
        yield return Named("StepsAlone", Chain(s_squares, Tokens(21), Embedding(65, 64), L("Positions"), Attention(4), Dense(256), L("Gelu"), Dense(64)));
        yield return Named("StepsOfOneMethod", Chain(s_squares, Input(19, 300), L("Lstm", ("Units", 500)), Dense(300)));
    }
}
