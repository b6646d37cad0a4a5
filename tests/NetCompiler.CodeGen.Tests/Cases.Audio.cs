using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Frames of a waveform and their spectra.</summary>
public static partial class Cases
{
    private static LayerSpec Frame(int size) => L("Frame", ("Size", size));

    private static LayerSpec Mel(int bands, params (string, object)[] arguments) => L("MelSpectrogram", [("Bands", bands), ("SampleRate", 8000), .. arguments]);

    private static IEnumerable<NetworkSpec> Audio()
    {
        yield return Squares("FrameAlone", [5, 3], Frame(8));
        yield return Squares("FrameOne", [1, 1], Frame(1));
        yield return Squares("FrameOdd", [9, 5], Frame(33), L("Tanh"), Dense(3));
        yield return Squares("FrameLess", [4, 9], Frame(5), L("Relu"), Dense(3));
        yield return Squares("FrameLearned", [7, 5], Dense(4), Frame(19), Dense(3));
        yield return Squares("FrameDropout", [36, 17], Frame(17), L("Silu"), Frame(33), L("Dropout", ("Rate", 0.3)));
        yield return Squares("FrameRanges", [7, 40], Frame(100), Dense(3));
        yield return Squares("FrameRangesExact", [9, 16], Frame(48), L("Tanh"), Dense(5));
        yield return Squares("FrameRangesOneMore", [40, 17], L("Tanh"), Frame(18), L("Silu"), Dense(2));
        yield return Squares("FrameFew", [2, 20], Frame(130), Dense(3));
        yield return Squares("SpectrogramOfTwo", [3, 2], L("Spectrogram", ("Window", "Rectangular")), Dense(2));
        yield return Squares("SpectrogramOdd", [3, 7], Frame(15), L("Spectrogram", ("Window", "Hamming")), Dense(4));
        yield return Squares("SpectrogramLong", [3, 20], Frame(50), L("Spectrogram", ("FftLength", 128)), L("Log"), Dense(3));
        yield return Squares("MelAlone", [3, 64], Mel(10));
        yield return Squares("MelFrames", [9, 20], Frame(64), Mel(12), L("Log", ("Floor", 1e-4)), Dense(5));
        yield return Squares("MelSlaney", [4, 40], Frame(128), Mel(17, ("MelScale", "Slaney"), ("LowFrequency", 80), ("HighFrequency", 3800)), L("Log"), L("BatchNorm", ("Epsilon", 0.1)), Dense(3));
        yield return Squares("MelLearned", [5, 6], Dense(16), Frame(40), Mel(4), L("Log", ("Floor", 1e-2)), Dense(3));
        yield return Named("MelClasses", Chain(
            Loss("SoftmaxCrossEntropy"), Input(7, 80), Frame(256), Mel(40), L("Log", ("Floor", 1e-5)), L("BatchNorm"), Causal(16, 1), L("Relu"), L("Gru", ("Units", 9)), Dense(5)));
        yield return Squares("LogBetween", [7], Dense(19), L("Log", ("Floor", 0.3)), Dense(3));
    }
}
