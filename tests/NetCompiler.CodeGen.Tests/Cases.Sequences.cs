using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Tests;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Layers of sequences.</summary>
public static partial class Cases
{
    private static LayerSpec Tokens(int length) => L("Input", ("Shape", new[] { length }), ("Type", "Int32"));

    private static LayerSpec Embedding(int vocabulary, int width) => L("Embedding", ("Vocabulary", vocabulary), ("Width", width));

    private static IEnumerable<NetworkSpec> Sequences()
    {
        yield return Named("EmbeddingOne", Chain(s_squares, Tokens(1), Embedding(1, 1)));
        yield return Named("EmbeddingOdd", Chain(s_squares, Tokens(5), Embedding(7, 5), Dense(3)));
        yield return Named("EmbeddingWide", Chain(s_squares, Tokens(9), Embedding(65, 33), L("Positions"), L("LayerNorm")));
        yield return Named("EmbeddingLarge", Chain(s_squares, Tokens(3), Embedding(600, 32), L("Positions", ("Kind", "Sinusoidal"))));
        yield return Named("Tied", Network(Loss("SoftmaxCrossEntropy"), [],
            P("Ids", Tokens(6)), P("Rows", Embedding(19, 12), L("Positions")), P("Logits", L("Dense", ("Units", 19), ("Bias", false)), L("TiedTo", ("Name", "Rows")))));
        yield return Named("NumbersAsFloats", Chain(s_squares, Tokens(7), Dense(3)));

        yield return Named("Attention", Chain(s_squares, Input(5, 8), L("SelfAttention", ("Heads", 2))));
        yield return Named("AttentionOne", Chain(s_squares, Input(1, 1), L("SelfAttention", ("Heads", 1))));
        yield return Named("AttentionCausal", Chain(s_squares, Input(17, 24), L("SelfAttention", ("Heads", 3), ("Causal", true))));
        yield return Named("AttentionWindow", Chain(s_squares, Input(9, 8), L("SelfAttention", ("Heads", 2), ("Causal", true), ("Window", 3), ("Bias", false))));
        yield return Named("AttentionGrouped", Chain(s_squares, Input(6, 24), L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 2), ("Causal", true), ("Rotary", true))));
        yield return Named("AttentionMultiQuery", Chain(s_squares, Input(33, 16), L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 1))));
        yield return Named("AttentionDropout", Chain(s_squares, Input(7, 8), L("SelfAttention", ("Heads", 2), ("Dropout", 0.3))));
        yield return Named("AttentionLengths", Network(s_squares, [],
            P("X", Input(6, 8)), P("Length", Tokens(1)), P("Y", L("From", ("Name", "X")), L("SelfAttention", ("Heads", 2), ("Lengths", "Length")))));
        yield return Named("AttentionCross", Network(s_squares, [],
            P("X", Input(5, 8)), P("Memory", Input(7, 8)), P("Y", L("From", ("Name", "X")), L("CrossAttention", ("Memory", "Memory"), ("Heads", 2), ("KeyValueHeads", 1)))));
        yield return Named("Transformer", Network(Loss("SoftmaxCrossEntropy"), [TransformerBlock],
            P("Ids", Tokens(16)), P("Rows", Embedding(19, 32), L("Positions")), P("Blocks", Use("Some.GptBlock", 2)),
            P("Logits", L("LayerNorm"), Dense(19))));
        yield return Named("TransformerDropout", Network(Loss("SoftmaxCrossEntropy"), [DropoutBlock],
            P("Ids", Tokens(9)), P("Rows", Embedding(19, 16), L("Positions"), L("Dropout", ("Rate", 0.1))), P("Blocks", Use("Some.DropoutBlock", 3)),
            P("Logits", L("RmsNorm"), Dense(19))));
        yield return Examples.EncoderDecoder("EncoderDecoder", 2);
        yield return Examples.EncoderDecoder("EncoderDecoderOdd", 3, source: 19, target: 1, width: 6, hidden: 17);
    }

    /// <summary>
    /// Dense layers whose weights are large and see many positions: their gradients are split over blocks of outputs, over inputs in parts that leave a rest, over outputs without blocks; products
    /// go panel by panel, with rows and blocks left over.
    /// </summary>
    private static IEnumerable<NetworkSpec> Positions()
    {
        yield return Named("PositionsToBlocks", Chain(s_squares, Input(33, 70), Dense(256), L("Relu"), Dense(3)));
        yield return Named("PositionsFromBlocks", Chain(s_squares, Input(35, 250), Dense(96), L("Tanh"), Dense(1)));
        yield return Named("PositionsPanels", Chain(s_squares, Input(37, 72), Dense(208), L("Tanh"), Dense(144)));
        yield return Named("PositionsOdd", Chain(s_squares, Input(40, 96), Dense(131), L("Relu"), Dense(67)));
    }

    private static IEnumerable<NetworkSpec> Steps()
    {
        yield return Named("StepDropout", Network(Loss("SoftmaxCrossEntropy"), [DropoutBlock],
            P("Ids", Tokens(20)), P("Rows", Embedding(19, 16), L("Positions"), L("Dropout", ("Rate", 0.1))), P("Blocks", Use("Some.DropoutBlock", 2)),
            P("Logits", L("RmsNorm"), L("Dense", ("Units", 19), ("Bias", false)))));
        yield return Named("StepGpt", Network(Loss("SoftmaxCrossEntropy"), [TransformerBlock],
            P("Ids", Tokens(40)), P("Rows", Embedding(19, 32), L("Positions")), P("Blocks", Use("Some.GptBlock", 2)),
            P("Logits", L("LayerNorm"), L("Dense", ("Units", 19), ("Bias", false)))));
        yield return Named("StepRotary", Chain(Input(21, 12), L("SelfAttention", ("Heads", 2), ("KeyValueHeads", 1), ("Causal", true), ("Rotary", true)), L("Relu"), Dense(5)));
        yield return Named("StepSines", Chain(Input(35, 7), Dense(8), L("Positions", ("Kind", "Sinusoidal")), L("SelfAttention", ("Causal", true), ("Bias", false)), L("Softmax")));
        yield return Named("StepLstm", Chain(Input(20, 5), L("Lstm", ("Units", 9)), Dense(3)));
        yield return Named("StepGru", Chain(Input(33, 4), L("Gru", ("Units", 17), ("Layers", 2)), L("Tanh")));
        yield return Named("StepTwo", Chain(Input(20, 3), L("Gru", ("Units", 4)), L("Gru", ("Units", 8))));
        yield return Named("StepTwoTurned", Chain(Input(20, 3), L("Gru", ("Units", 8)), L("Gru", ("Units", 4))));
        yield return Named("StepLstmWide", Chain(Input(24, 19), L("Lstm", ("Units", 48), ("Layers", 2)), Dense(3)));
        yield return Named("StepGruWide", Chain(Input(20, 33), L("Gru", ("Units", 64)), L("Gru", ("Units", 96), ("Bias", false))));
        yield return Named("StepRnnWide", Chain(Input(20, 7), L("Rnn", ("Units", 112))));
        yield return Named("StepRnn", Chain(Input(3, 1), L("Rnn", ("Units", 1), ("Nonlinearity", "Relu"))));
        yield return Named("StepConv", Chain(Input(40, 1), Causal(16, 1), L("Tanh"), Causal(16, 2), L("Relu"), Causal(1, 4)));
        yield return Named("StepConvOdd", Chain(Input(21, 3), Causal(5, 3, ("Kernel", 2)), L("BatchNorm"), L("Relu"), Causal(17, 1, ("Kernel", 5), ("Bias", false)), Dense(2)));
        yield return Named("StepConvStride", Chain(Input(48, 2), Causal(5, 1, ("Stride", 2)), L("Relu"), Causal(9, 2, ("Kernel", 4), ("Stride", 3)), L("Silu"), Causal(3, 1)));
        yield return Named("StepConvStrideLong", Chain(Input(40, 3), Causal(4, 1, ("Kernel", 2), ("Stride", 4)), L("Tanh"), Causal(4, 1, ("Stride", 2), ("Kernel", 2))));
        yield return Named("StepSlopes", Chain(Input(20, 3), Causal(9, 2), L("PRelu", ("PerChannel", true)), Causal(2, 1), L("PRelu")));
        yield return Named("StepConvGroups", Chain(Input(20, 4), Causal(6, 1, ("Groups", 2)), L("Conv1D", ("Depthwise", true), ("Causal", true), ("Kernel", 4)), Causal(9, 2, ("Groups", 3))));
        yield return Named("StepPools", Chain(Input(72, 3), Conv1(8, ("Kernel", 2), ("Stride", 2), ("Padding", "Valid")), L("MaxPool1D", ("Kernel", 3)), L("AveragePool1D"), Causal(5, 1), L("LayerNorm")));
        yield return Named("StepConvGru", Chain(Input(34, 3), Causal(8, 1, ("Stride", 2)), L("Relu"), L("Gru", ("Units", 6)), Dense(2)));
        yield return Named("StepConvWide", Chain(Input(20, 33), Causal(64, 2), L("Relu"), Causal(40, 1, ("Kernel", 4))));

        // Windows that reach far back keep the rows in a ring: as one method, in several, of several rows for each step, and beside another ring.
        yield return Named("StepRing", Chain(Input(90, 1), Causal(16, 9), L("Relu"), Causal(5, 12), L("Tanh"), Causal(1, 20, ("Kernel", 2))));
        yield return Named("StepRingWide", Chain(Input(50, 33), Causal(64, 9), L("Relu"), L("Conv1D", ("Depthwise", true), ("Causal", true), ("Dilation", 6), ("Kernel", 4))));
        yield return Named("StepRingStride", Chain(Input(120, 3), Causal(5, 1, ("Stride", 2)), L("Relu"), Causal(9, 25, ("Stride", 3)), Causal(2, 9)));
        yield return Named("StepRingRows", Chain(Input(120, 4), Causal(6, 25), L("Relu"), Causal(5, 1, ("Stride", 3))));
        yield return Named("StepRingWindow", Chain(Input(70, 8), Causal(8, 9), L("SelfAttention", ("Heads", 2), ("Causal", true), ("Window", 5)), Causal(3, 11)));
        yield return Named("StepFrame", Chain(Input(20, 5), L("Frame", ("Size", 17)), L("Tanh"), Dense(3)));
        yield return Named("StepFrameHop", Chain(Input(20, 6), L("Frame", ("Size", 6)), L("Frame", ("Size", 4)), Causal(3, 1)));
        yield return Named("StepMel", Chain(
            Input(36, 20), L("Frame", ("Size", 64)), L("MelSpectrogram", ("Bands", 9), ("SampleRate", 8000)), L("Log", ("Floor", 1e-4)), L("BatchNorm"), Causal(7, 1, ("Stride", 2)), L("Relu"), L("Gru", ("Units", 5)), Dense(3)));
        yield return Named("StepSpectrogram", Chain(Input(18, 8), Causal(8, 1), L("Frame", ("Size", 16)), L("Spectrogram"), L("Gru", ("Units", 5))));
        yield return Named("StepWindow", Chain(
            Input(70, 8), L("SelfAttention", ("Heads", 2), ("Causal", true), ("Rotary", true), ("Window", 5)),
            L("SelfAttention", ("Heads", 1), ("Causal", true), ("Rotary", true), ("Window", 5)), Dense(3)));

        // A step is three rows of the attention, a block of steps 48: more than the sequence has, or than the window.
        yield return Named("StepAttentionStride", Chain(Input(18, 4), L("SelfAttention", ("Causal", true)), Causal(5, 1, ("Stride", 3))));
        yield return Named("StepWindowStride", Chain(Input(120, 4), L("SelfAttention", ("Causal", true), ("Window", 40)), Causal(5, 1, ("Stride", 3))));

        // More places than one group of those that count: ends between groups, in vectors of any width, and layers that take their rows in different numbers.
        yield return Named("StepLong", Chain(Input(200, 8), L("SelfAttention", ("Heads", 2), ("Causal", true), ("Rotary", true)), Dense(3)));
        yield return Named("StepLongGroups", Chain(Input(131, 12), L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 2), ("Causal", true), ("Bias", false)), L("Relu"), Dense(2)));
        yield return Named("StepLongOne", Chain(Input(128, 1), L("SelfAttention", ("Causal", true)), L("SelfAttention", ("Causal", true))));
        yield return Named("StepLongWide", Chain(Input(193, 40), L("SelfAttention", ("Heads", 1), ("Causal", true))));
        yield return Net("StepGates", P("X", Input(40, 3)), P("Both", Causal(18, 2)), P("Value", L("Slice", ("Axis", 1), ("Length", 9)), L("Tanh")), P("Gate", From("Both"), L("Slice", ("Axis", -1), ("Start", 9)), L("Sigmoid")), P("Y", Merge("Multiply", "Value", "Gate"), Dense(2)));
        yield return Net("StepWeightedRows", P("X", Input(40, 3)), P("Rows", L("Gru", ("Units", 9))), P("Weights", Dense(1), L("Sigmoid")), P("Weighted", Merge("Multiply", "Weights", "Rows"), Dense(4)));
        yield return Named("StepLongStride", Chain(Input(390, 4), L("SelfAttention", ("Causal", true)), Causal(5, 1, ("Stride", 3)), L("SelfAttention", ("Causal", true))));
    }

    /// <summary>What comes after the last state of a sequence, seen whole in each step: an image, and layers that would remember if it were the sequence.</summary>
    private static IEnumerable<NetworkSpec> LastSteps()
    {
        yield return Named("StepLastImage", Chain(Input(20, 3), L("Lstm", ("Units", 12), ("Returns", "Last")), L("Reshape", ("Shape", new[] { 1, 3, 4 })), Conv(2), L("Flatten")));
        yield return Named("StepLastGru", Chain(Input(20, 3), L("Gru", ("Units", 12), ("Returns", "Last")), L("Reshape", ("Shape", new[] { 4, 3 })), L("Gru", ("Units", 5)), L("Flatten")));
        yield return Named("StepLastCausal", Chain(Input(20, 3), L("Gru", ("Units", 12), ("Returns", "Last")), L("Reshape", ("Shape", new[] { 4, 3 })), Causal(4, 1), L("Frame", ("Size", 6)), L("Flatten")));
        yield return Named("StepLastAttention", Chain(Input(20, 3), L("Rnn", ("Units", 12), ("Returns", "Last")), L("Reshape", ("Shape", new[] { 4, 3 })), L("Positions"), L("SelfAttention", ("Causal", true)), L("Flatten")));
    }

    /// <summary>What looks like a sequence, but cannot be run step by step.</summary>
    public static IEnumerable<NetworkSpec> WithoutSteps()
    {
        var attention = L("SelfAttention", ("Causal", true));
        yield return Net("TokensAsFeatures", P("Ids", Tokens(8)), Out("Rows", Embedding(5, 4), attention), Out("All", L("From", ("Name", "Ids")), Dense(3)));
        yield return Net("TokensThroughRelu", P("Ids", Tokens(8)), Out("Rows", Embedding(5, 4), attention), Out("All", L("From", ("Name", "Ids")), L("Relu")));
        yield return Net("AddedToNoSequence", P("X", Input(8, 4)), P("Rows", attention), P("Y", Input(3)), P("Z", Dense(32), L("Reshape", ("Shape", new[] { 8, 4 }))), P("Sum", Merge("Add", "Rows", "Z")));
        yield return Net("AddedToOneRow", P("X", Input(8, 4)), P("Rows", attention), P("Y", Input(1, 4)), P("Sum", Merge("Add", "Rows", "Y")));
        yield return Named("SlicedRows", Chain(Input(8, 4), attention, L("Slice", ("Start", 4))));
        yield return Net("BesideNoSequence", P("X", Input(8, 4)), P("Rows", attention), P("Y", Input(3)), P("Z", Dense(8), L("Reshape", ("Shape", new[] { 8, 1 }))), P("Sum", Concat(1, "Rows", "Z")));
        yield return Named("StepLongerThanAll", Chain(Input(5, 4), attention, Causal(3, 1, ("Stride", 8))));
    }

    /// <summary>Attention over sequences so long that scores are computed in strips: whole ones, a lower last one; blocks of keys that nobody sees; one strip for each head.</summary>
    private static IEnumerable<NetworkSpec> Strips()
    {
        yield return Named("StripsCausal", Chain(s_squares, Input(160, 4), L("SelfAttention", ("Causal", true))));
        yield return Named("StripsRest", Chain(s_squares, Input(131, 3), L("SelfAttention", ("Dropout", 0.3), ("Bias", false))));
        yield return Named("StripsWindow", Chain(s_squares, Input(96, 8), L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 2), ("Causal", true), ("Rotary", true), ("Window", 20))));
        yield return Named("StripsWindowRest", Chain(s_squares, Input(144, 4), L("SelfAttention", ("Heads", 2), ("KeyValueHeads", 1), ("Causal", true), ("Window", 33), ("Dropout", 0.2))));
        yield return Named("StripsHeads", Network(s_squares, [],
            P("X", Input(64, 6)), P("Length", Tokens(1)), P("Y", L("From", ("Name", "X")), L("SelfAttention", ("Heads", 6), ("KeyValueHeads", 2), ("Lengths", "Length")))));
        yield return Named("StripsCross", Network(s_squares, [],
            P("X", Input(90, 4)), P("Memory", Input(203, 4)), P("Y", L("From", ("Name", "X")), L("CrossAttention", ("Memory", "Memory")))));

        // The gradients of their weights add up over strips of 80 and of 64 positions.
        yield return Named("StripsOfSums", Chain(s_squares, Input(160, 64), Dense(132), Dense(3)));
        yield return Named("StripsOfBlockedSums", Chain(s_squares, Input(128, 48), Dense(176), L("Relu"), Dense(1)));
    }

    private static BlockSpec TransformerBlock => Block("Some.GptBlock",
        P("X", Input()),
        P("Attended", L("LayerNorm"), L("SelfAttention", ("Heads", 2), ("Causal", true))),
        P("Middle", L("Add", ("Names", new[] { "X", "Attended" }))),
        P("Fed", L("LayerNorm"), Dense(128), L("Gelu"), Dense(32)),
        P("Sum", L("Add", ("Names", new[] { "Middle", "Fed" }))));

    /// <summary>Dropout of tokens, attention weights and both residual branches.</summary>
    private static BlockSpec DropoutBlock => Block("Some.DropoutBlock",
        P("X", Input()),
        P("Attended", L("RmsNorm"), L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 2), ("Causal", true), ("Rotary", true), ("Bias", false), ("Dropout", 0.2)), L("Dropout", ("Rate", 0.2))),
        P("Middle", L("Add", ("Names", new[] { "X", "Attended" }))),
        P("Fed", L("RmsNorm"), L("SwiGlu", ("Units", 40), ("Bias", false)), L("Dense", ("Like", "X"), ("Bias", false)), L("Dropout", ("Rate", 0.3))),
        P("Sum", L("Add", ("Names", new[] { "Middle", "Fed" }))));
}
