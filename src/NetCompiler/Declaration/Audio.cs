namespace NetCompiler;

/// <summary>
/// Overlapping frames of a waveform, which comes as rows of Hop samples: frame t is the last Size samples up to the end of row t, with zeros before the first.
/// Shapes: [T, Hop] to [T, Size]. A waveform of N samples is [N / Hop, Hop] in the same memory. No frame sees what comes after its row, so a network can be run hop by
/// hop: one step takes Hop samples.
/// </summary>
/// <param name="size">Samples of a frame; 256 at 8 kHz are 32 ms.</param>
/// <example><code>
/// [Network]
/// [Input(100, 80), Frame(256), MelSpectrogram(40, SampleRate = 8000), Log, Gru(64), Dense(11)]
/// public sealed partial class Hearing;
/// </code></example>
public sealed class FrameAttribute(int size) : LayerAttribute
{
    /// <summary>Samples of a frame.</summary>
    public int Size { get; } = size;
}

/// <summary>What each frame is multiplied with before its spectrum is taken. With N samples in a frame, sample n has the weight given.</summary>
public enum WindowKind
{
    /// <summary>0.5 - 0.5 cos(2 pi n / N). PyTorch: <c>hann_window</c>.</summary>
    Hann,

    /// <summary>0.54 - 0.46 cos(2 pi n / N). PyTorch: <c>hamming_window</c>.</summary>
    Hamming,

    /// <summary>1.</summary>
    Rectangular,
}

/// <summary>What layers that take the spectrum of each frame share.</summary>
public abstract class SpectrumAttribute : LayerAttribute
{
    private protected SpectrumAttribute()
    {
    }

    /// <summary>What each frame is multiplied with; <see cref="WindowKind.Hann"/> unless set. torchaudio: <c>window_fn</c>.</summary>
    public WindowKind Window { get; set; }

    /// <summary>Length of the Fourier transform, up to 4096: as long as the frames unless set, else zeros follow them. torchaudio: <c>n_fft</c>.</summary>
    public int FftLength { get; set; }
}

/// <summary>
/// The power in each frequency of each frame: y[t, k] = |sum over n of w[n] x[t, n] e^(-2 pi i k n / N)|^2 with the window w and N = FftLength; frequency k is
/// k SampleRate / N. Shapes: [T, Size] to [T, N / 2 + 1]; see <see cref="FrameAttribute"/>. torchaudio: <c>Spectrogram(power=2)</c>.
/// </summary>
public sealed class SpectrogramAttribute : SpectrumAttribute;

/// <summary>A scale of frequencies on which distances are heard alike.</summary>
public enum MelScale
{
    /// <summary>2595 log10(1 + f / 700), with f in Hz (the HTK Book, section 5.4).</summary>
    Htk,

    /// <summary>3 f / 200 up to 1000 Hz, 15 + 27 ln(f / 1000) / ln 6.4 above (Slaney, Auditory Toolbox, 1998).</summary>
    Slaney,
}

/// <summary>
/// The power of each frame's spectrum in bands that are heard as equally wide: y[t, m] = sum over k of F[m, k] P[t, k], where P is what
/// <see cref="SpectrogramAttribute"/> gives. Band m is a triangle that rises from edge m to 1 at edge m + 1 and falls to 0 at edge m + 2, linear in Hz; the
/// Bands + 2 edges are equally far from each other on the scale. Shapes: [T, Size] to [T, Bands]. A band without a frequency of the transform is an error (NETC0018).
/// torchaudio: <c>MelSpectrogram</c>. <see cref="LogAttribute"/> usually comes next.
/// </summary>
/// <param name="bands">Number of bands. torchaudio: <c>n_mels</c>.</param>
public sealed class MelSpectrogramAttribute(int bands) : SpectrumAttribute
{
    /// <summary>Number of bands.</summary>
    public int Bands { get; } = bands;

    /// <summary>Samples of the waveform for each second; 16000 unless set. torchaudio: <c>sample_rate</c>.</summary>
    public int SampleRate { get; set; } = 16000;

    /// <summary>The first edge, in Hz; 0 unless set. torchaudio: <c>f_min</c>.</summary>
    public double LowFrequency { get; set; }

    /// <summary>The last edge, in Hz; half the sample rate unless set. torchaudio: <c>f_max</c>.</summary>
    public double HighFrequency { get; set; }

    /// <summary>The scale of frequencies; <see cref="NetCompiler.MelScale.Htk"/> unless set. torchaudio: <c>mel_scale</c>.</summary>
    public MelScale MelScale { get; set; }
}
