using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>Gradients of the layers of sequences.</summary>
public class SequenceGradientTests
{
    private static readonly LossSpec s_squares = Loss("MeanSquaredError");

    private static readonly Dictionary<string, NetworkSpec> s_layers = new()
    {
        ["Embedding"] = Chain(s_squares, Tokens(4), L("Embedding", ("Vocabulary", 5), ("Width", 3))),
        ["Positions"] = Chain(s_squares, Input(4, 3), L("Positions")),
        ["Positions, sinusoidal"] = Chain(s_squares, Input(4, 5), Dense(5), L("Positions", ("Kind", "Sinusoidal"))),
        ["Tied weights"] = Network(s_squares, [],
            P("Ids", Tokens(4)), P("Rows", L("Embedding", ("Vocabulary", 6), ("Width", 3)), L("Tanh")),
            P("Logits", L("Dense", ("Units", 6), ("Bias", false)), L("TiedTo", ("Name", "Rows")))),
        ["SelfAttention"] = Chain(s_squares, Input(5, 6), L("SelfAttention", ("Heads", 2))),
        ["SelfAttention, causal"] = Chain(s_squares, Input(5, 6), L("SelfAttention", ("Heads", 3), ("Causal", true))),
        ["SelfAttention, window"] = Chain(s_squares, Input(6, 4), L("SelfAttention", ("Causal", true), ("Window", 2), ("Bias", false))),
        ["SelfAttention, grouped and rotary"] = Chain(s_squares, Input(4, 16), L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 2), ("Rotary", true))),
        ["SelfAttention, dropout"] = Chain(s_squares, Input(5, 6), L("SelfAttention", ("Heads", 2), ("Dropout", 0.4))),
        ["SelfAttention, lengths"] = Network(s_squares, [],
            P("X", Input(5, 4)), P("Length", Tokens(1)), P("Y", L("From", ("Name", "X")), L("SelfAttention", ("Lengths", "Length")))),
        ["CrossAttention"] = Network(s_squares, [],
            P("X", Input(3, 4)), P("Memory", Input(5, 4)), P("Y", L("From", ("Name", "X")), L("CrossAttention", ("Memory", "Memory"), ("Heads", 2)))),
        ["Conv1D"] = Chain(s_squares, Input(6, 3), Conv(4)),
        ["Conv1D, causal and dilated"] = Chain(s_squares, Input(7, 2), Conv(3, ("Causal", true), ("Dilation", 2)), Conv(2, ("Causal", true), ("Kernel", 2), ("Stride", 2))),
        ["Conv1D, Valid, stride and groups"] = Chain(s_squares, Input(9, 4), Conv(6, ("Padding", "Valid"), ("Stride", 3), ("Groups", 2), ("Bias", false))),
        ["Conv1D, depthwise and padded"] = Chain(s_squares, Input(5, 3), L("Conv1D", ("Depthwise", true), ("Pad", 2), ("Kernel", 4))),
        ["ConvTranspose1D"] = Chain(s_squares, Input(4, 3), L("ConvTranspose1D", ("Channels", 2), ("Stride", 2)), L("ConvTranspose1D", ("Channels", 4), ("Padding", "Valid"), ("Dilation", 2), ("Groups", 2))),
        ["MaxPool1D"] = Chain(s_squares, Input(9, 3), L("MaxPool1D", ("Kernel", 3), ("Stride", 2), ("Pad", 1))),
        ["AveragePool1D"] = Chain(s_squares, Input(9, 3), L("AveragePool1D"), L("AveragePool1D", ("Kernel", 3), ("Stride", 1), ("Padding", "Same"))),
        ["GlobalAveragePool of a sequence"] = Chain(s_squares, Input(5, 3), L("GlobalAveragePool")),
        ["GlobalMaxPool of a sequence"] = Chain(s_squares, Input(5, 3), L("GlobalMaxPool")),
        ["BatchNorm of a sequence"] = Chain(s_squares, Input(5, 3), L("BatchNorm")),
        ["Frame"] = Chain(s_squares, Input(5, 3), L("Frame", ("Size", 8))),
        ["Frame, smaller than a row"] = Chain(s_squares, Input(4, 5), L("Frame", ("Size", 3))),
        ["Spectrogram"] = Chain(s_squares, Input(3, 7), L("Spectrogram")),
        ["Spectrogram of frames, Hamming, zeros after"] = Chain(s_squares, Input(4, 3), L("Frame", ("Size", 7)), L("Spectrogram", ("Window", "Hamming"), ("FftLength", 12))),
        ["MelSpectrogram and Log"] = Chain(s_squares, Input(4, 6), Dense(4), L("Frame", ("Size", 32)), L("MelSpectrogram", ("Bands", 5), ("SampleRate", 8000)), L("Log", ("Floor", 1e-3)), Dense(2)),
        ["MelSpectrogram, Slaney"] = Chain(s_squares, Input(3, 8), L("Frame", ("Size", 20)), L("MelSpectrogram", ("Bands", 3), ("MelScale", "Slaney"), ("LowFrequency", 300), ("HighFrequency", 5000))),
        ["Log"] = Chain(s_squares, Input(6), L("Log", ("Floor", 0.3)), Dense(2)),
    };

    internal static IEnumerable<NetworkSpec> Networks => s_layers.Values;

    public static TheoryData<string> Layers => [.. s_layers.Keys];

    [Theory]
    [MemberData(nameof(Layers))]
    public void Agree_with_differences(string layer) => new FiniteDifference().Check(LoweringStage.Lower(Build(s_layers[layer]), training: true));

    private static LayerSpec Conv(int channels, params (string, object)[] arguments) => L("Conv1D", [("Channels", channels), .. arguments]);

    private static LayerSpec Tokens(int length) => L("Input", ("Shape", new[] { length }), ("Type", "Int32"));
}
