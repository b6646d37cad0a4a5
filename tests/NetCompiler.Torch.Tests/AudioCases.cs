using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

/// <summary>
/// Frames of a waveform and their spectra, by libtorch's unfold, stft and fft. The triangles of the mel bands are written by their formula, as torchaudio has them.
/// </summary>
internal static class AudioCases
{
    private static readonly LossSpec s_squares = Loss("MeanSquaredError");

    public static IEnumerable<TorchCase> All =>
    [
        Of("Frames", [9, 5], [Frame(17)], x => Frames(x, 17)),
        Of("FramesFar", [9, 40], [Frame(100)], x => Frames(x, 100)),
        Of("FramesLess", [4, 9], [Frame(5)], x => x.slice(2, 4, 9, 1)),
        Of("SpectrumHann", [9, 10], [Frame(32), L("Spectrogram")], x => Spectrum(x, 32, hann_window(32))),
        Of("SpectrumHammingOdd", [7, 6], [Frame(27), L("Spectrogram", ("Window", "Hamming"))], x => Spectrum(x, 27, hamming_window(27))),
        Of("SpectrumRectangular", [3, 16], [Frame(16), L("Spectrogram", ("Window", "Rectangular"))], x => Spectrum(x, 16, ones(16))),
        Of("SpectrumLonger", [5, 8], [Frame(20), L("Spectrogram", ("FftLength", 64))], x => Power(fft.rfft(Frames(x, 20) * hann_window(20, dtype: x.dtype), 64))),
        Of("MelHtk", [6, 20], [Frame(64), Mel(12, "Htk", 0, 4000)], x => Banded(x, 64, 12, false, 0, 4000)),
        Of("MelSlaney", [6, 20], [Frame(128), Mel(15, "Slaney", 100, 3700)], x => Banded(x, 128, 15, true, 100, 3700)),
        Of("LogFloor", [11], [L("Log", ("Floor", 0.25))], x => x.clamp(min: 0.25).log()),
        new("HeardClasses", Chain(Loss("SoftmaxCrossEntropy"), Input(7, 80), Frame(256), Mel(40, "Htk", 0, 4000), L("Log", ("Floor", 1e-4)), Dense(9), L("Relu"), Dense(5)), () =>
        {
            var (hidden, logits) = (Linear(40, 9), Linear(9, 5));
            return Wired(x => logits.call(hidden.call(Banded(x, 256, 40, false, 0, 4000).clamp(min: 1e-4).log()).relu()), ("3", hidden), ("5", logits));
        }),
    ];

    private static TorchCase Of(string name, int[] input, LayerSpec[] layers, Func<Tensor, Tensor> function) => new(name, Chain(s_squares, [Input(input), .. layers]), () => Function(function));

    private static LayerSpec Frame(int size) => L("Frame", ("Size", size));

    private static LayerSpec Mel(int bands, string scale, double low, double high) =>
        L("MelSpectrogram", ("Bands", bands), ("SampleRate", 8000), ("MelScale", scale), ("LowFrequency", low), ("HighFrequency", high));

    /// <summary>[batch, T, Hop] as one line of samples for each, with zeros before the first, so that the first frame ends with the first row.</summary>
    private static Tensor Line(Tensor rows, int size) => functional.pad(rows.flatten(1), [size - rows.shape[2], 0]);

    private static Tensor Frames(Tensor rows, int size) => Line(rows, size).unfold(1, size, rows.shape[2]);

    /// <summary>[batch, T, Hop] -> [batch, T, size / 2 + 1].</summary>
    private static Tensor Spectrum(Tensor rows, int size, Tensor window) =>
        Power(stft(Line(rows, size), size, rows.shape[2], size, window.to(rows.dtype), center: false, return_complex: true)).transpose(1, 2);

    private static Tensor Banded(Tensor rows, int size, int count, bool isSlaney, double low, double high) =>
        matmul(Spectrum(rows, size, hann_window(size)), Bands(size, count, isSlaney, low, high).to(rows.dtype));

    private static Tensor Power(Tensor spectrum) => spectrum.real.pow(2) + spectrum.imag.pow(2);

    /// <summary>Triangles over the frequencies of a transform at a sample rate of 8 kHz, [length / 2 + 1, count].</summary>
    private static Tensor Bands(int length, int count, bool isSlaney, double low, double high)
    {
        var edges = Enumerable.Range(0, count + 2).Select(e => ToHertz(ToMel(low) + (e * (ToMel(high) - ToMel(low)) / (count + 1)))).ToArray();
        var weights = new double[(length / 2) + 1, count];
        for (var k = 0; k < weights.GetLength(0); k++)
        {
            for (var m = 0; m < count; m++)
            {
                var hertz = k * 8000.0 / length;
                weights[k, m] = Math.Max(0, Math.Min((hertz - edges[m]) / (edges[m + 1] - edges[m]), (edges[m + 2] - hertz) / (edges[m + 2] - edges[m + 1])));
            }
        }

        return tensor(weights);

        double ToMel(double hertz) => !isSlaney ? 2595 * Math.Log10(1 + (hertz / 700)) : hertz < 1000 ? 3 * hertz / 200 : 15 + (27 * Math.Log(hertz / 1000) / Math.Log(6.4));

        double ToHertz(double mel) => !isSlaney ? 700 * (Math.Pow(10, mel / 2595) - 1) : mel < 15 ? 200 * mel / 3 : 1000 * Math.Exp((mel - 15) * Math.Log(6.4) / 27);
    }
}
