using NetCompiler;

namespace Listener;

/// <summary>
/// The network: a waveform in, and every 20 ms what it hears. Of each frame the power in 40 bands, then what changes in them over 130 ms, then a memory of what came before.
/// Nothing looks ahead, so it runs hop by hop as the sound arrives.
/// </summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
internal sealed partial class Ear
{
    /// <summary>Samples of a waveform for each second.</summary>
    public const int SampleRate = 8000;

    /// <summary>Samples of a hop: 10 ms.</summary>
    public const int Hop = 80;

    /// <summary>Hops of a sequence to learn from: 1.28 s.</summary>
    public const int Hops = 128;

    /// <summary>The number of words; class 0 is none of them, and class n + 1 is word n.</summary>
    public const int Words = 10;

    /// <summary>Samples between two results; a step takes so many.</summary>
    public const int Stride = 2 * Hop;

    /// <summary>Results of a sequence.</summary>
    public const int Results = Hops / 2;

    [Input(Hops, Hop)]
    public partial Layer Wave { get; }

    [Frame(256), MelSpectrogram(40, SampleRate = SampleRate, LowFrequency = 60), Log(Floor = 1e-4), BatchNorm]
    public partial Layer Bands { get; }

    [Conv1D(64, Kernel = 5, Causal = true, Bias = false), BatchNorm, Relu,
     Conv1D(64, Kernel = 5, Causal = true, Stride = 2, Bias = false), BatchNorm, Relu,
     Conv1D(64, Kernel = 3, Causal = true, Bias = false), BatchNorm, Relu, Dropout(0.2)]
    public partial Layer Changes { get; }

    [Gru(96), Dropout(0.3)]
    public partial Layer Memory { get; }

    [Dense(Words + 1)]
    public partial Layer Heard { get; }
}
