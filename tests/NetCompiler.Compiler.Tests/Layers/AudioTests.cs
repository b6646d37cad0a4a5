using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Lowering;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Layers;

/// <summary>Frames, spectra and mel bands beside what their definitions say, written with complex numbers and no tables.</summary>
public class AudioTests
{
    [Theory]
    [InlineData(5, 3, 8)]
    [InlineData(4, 8, 24)]
    [InlineData(4, 6, 6)]
    [InlineData(4, 6, 4)]
    [InlineData(1, 1, 3)]
    public void A_frame_is_the_last_samples_up_to_its_row(int rows, int hop, int size)
    {
        var run = new LayerRun(new FrameRule(), [rows, hop], LayerRun.Parse($"Size={size}"));
        Assert.Equal([rows, size], run.Shape);
        for (var b = 0; b < run.Batch; b++)
        {
            var wave = run.Input.AsSpan(b * rows * hop, rows * hop);
            for (var t = 0; t < rows; t++)
            {
                for (var n = 0; n < size; n++)
                {
                    var at = ((t + 1) * hop) - size + n;
                    Assert.Equal(at < 0 ? 0 : wave[at], run.Output[(((b * rows) + t) * size) + n]);
                }
            }
        }
    }

    [Theory]
    [InlineData(12, 12, "Hann")]
    [InlineData(9, 9, "Hamming")]
    [InlineData(10, 16, "Rectangular")]
    [InlineData(2, 2, "Rectangular")]
    [InlineData(1000, 1024, "Hann")]
    public void A_spectrogram_is_the_power_of_the_Fourier_transform(int size, int length, string window)
    {
        var run = new LayerRun(new SpectrogramRule(), [2, size], LayerRun.Parse($"Window={window}{(length == size ? "" : $" FftLength={length}")}"));
        Assert.Equal([2, (length / 2) + 1], run.Shape);
        for (var row = 0; row < run.Batch * 2; row++)
        {
            var power = Power(run.Input.AsSpan(row * size, size), length, window);
            for (var k = 0; k < power.Length; k++) Assert.Equal(power[k], run.Output[(row * power.Length) + k], 1e-9 * (1 + power[k]));
        }
    }

    [Theory]
    [InlineData(256, 256, 40, 8000, "Htk", 0, 4000)]
    [InlineData(200, 256, 23, 8000, "Htk", 64, 3800)]
    [InlineData(512, 512, 40, 16000, "Slaney", 0, 8000)]
    [InlineData(64, 64, 1, 22050, "Slaney", 500, 1500)]
    [InlineData(16, 16, 3, 1000, "Htk", 0, 500)]
    public void Mel_bands_are_triangles_between_edges_equally_far_on_the_scale(int size, int length, int bands, int rate, string scale, double low, double high)
    {
        var run = new LayerRun(
            new MelSpectrogramRule(), [2, size],
            LayerRun.Parse($"Bands={bands} SampleRate={rate} MelScale={scale} FftLength={length} LowFrequency={low} HighFrequency={high}"));
        Assert.Equal([2, bands], run.Shape);
        double[] edges = [.. Enumerable.Range(0, bands + 2).Select(e => Hertz(Mel(low, scale) + ((Mel(high, scale) - Mel(low, scale)) * e / (bands + 1)), scale))];
        for (var row = 0; row < run.Batch * 2; row++)
        {
            var power = Power(run.Input.AsSpan(row * size, size), length, "Hann");
            for (var m = 0; m < bands; m++)
            {
                double expected = 0;
                for (var k = 0; k < power.Length; k++)
                {
                    var hertz = (double)k * rate / length;
                    if (hertz <= edges[m] || hertz >= edges[m + 2]) continue;
                    expected += power[k] * (hertz < edges[m + 1] ? (hertz - edges[m]) / (edges[m + 1] - edges[m]) : (edges[m + 2] - hertz) / (edges[m + 2] - edges[m + 1]));
                }

                Assert.Equal(expected, run.Output[(row * bands) + m], 1e-9 * (1 + expected));
            }
        }
    }

    /// <summary>Values of the two scales that are known: 1000 Hz are 15 mel of Slaney's, whose steps above are a 27th of the logarithm of 6.4; and about 1000 of HTK's.</summary>
    [Fact]
    public void The_scales_of_this_test_are_those_of_their_sources()
    {
        Assert.Equal(999.9855, Mel(1000, "Htk"), 1e-4);
        Assert.Equal(15, Mel(1000, "Slaney"), 1e-12);
        Assert.Equal(42, Mel(6400, "Slaney"), 1e-12);
        foreach (var scale in new[] { "Htk", "Slaney" })
            foreach (var hertz in new[] { 10.0, 999, 1001, 7000 }) Assert.Equal(hertz, Hertz(Mel(hertz, scale), scale), 1e-9);
    }

    /// <summary>The Hann window's 256 weights sum to 128; a sine has half of that in each of two frequencies.</summary>
    [Fact]
    public void The_power_of_a_sine_is_in_its_frequency()
    {
        double[] wave = [.. Enumerable.Range(0, 256).Select(n => Math.Sin(2 * Math.PI * 1000 * n / 8000))];
        var power = Power(wave, 256, "Hann");
        Assert.Equal(64 * 64, power[32], 1e-6);
        Assert.Equal(0, power[34], 1e-6);
    }

    [Theory]
    [InlineData("", "NETC0010", "Frame: Size is 0, but must be at least 1")]
    [InlineData("Size=20000", "NETC0018", "Frame: Size is 20000, but must be at most 16384")]
    public void Frames_that_cannot_be(string arguments, string id, string message) => LayerRun.MustFail(new FrameRule(), [4, 80], id, message, LayerRun.Parse(arguments));

    [Fact]
    public void Frames_and_spectra_are_of_rows()
    {
        LayerRun.MustFail(new FrameRule(), [800], "NETC0017", "Frame needs an input of shape [T, Hop]: rows of Hop samples, but gets [800]", LayerRun.Parse("Size=256"));
        LayerRun.MustFail(new SpectrogramRule(), [800], "NETC0017", "Spectrogram needs an input of shape [T, Size]: frames, as [Frame(Size)] gives them, but gets [800]");
    }

    [Theory]
    [InlineData("FftLength=100", "NETC0018", "FftLength is 100, but must be from 256, the length of the frames, to 4096")]
    [InlineData("FftLength=8192", "NETC0018", "FftLength is 8192, but must be from 256")]
    [InlineData("FftLength=0", "NETC0010", "FftLength is 0, but must be at least 1")]
    [InlineData("Window=7", "NETC0018", "Window is 7, but must be Hann, Hamming or Rectangular")]
    public void Spectra_that_cannot_be(string arguments, string id, string message)
    {
        // A number stands for an enum's member that does not exist; the front end gives it as text.
        var given = LayerRun.Parse(arguments).Select(a => a.Name == "Window" ? Model.ArgumentSpec.Of("Window", "7") : a).ToArray();
        LayerRun.MustFail(new SpectrogramRule(), [4, 256], id, message, given);
        LayerRun.MustFail(new MelSpectrogramRule(), [4, 256], id, message, [.. given, .. LayerRun.Parse("Bands=20")]);
    }

    [Theory]
    [InlineData("", "NETC0010", "Bands is 0, but must be at least 1")]
    [InlineData("Bands=20 SampleRate=0", "NETC0010", "SampleRate is 0, but must be at least 1")]
    [InlineData("Bands=20 SampleRate=8000 LowFrequency=4000", "NETC0018", "LowFrequency is 4000, but must be from 0 to less than half the sample rate, 4000 Hz")]
    [InlineData("Bands=20 SampleRate=8000 HighFrequency=4001", "NETC0018", "HighFrequency is 4001, but must be greater than LowFrequency, 0 Hz, and at most half the sample rate, 4000 Hz")]
    [InlineData("Bands=20 SampleRate=8000 LowFrequency=300 HighFrequency=200", "NETC0018", "HighFrequency is 200, but must be greater than LowFrequency, 300 Hz")]
    [InlineData("Bands=20 MelScale=Bark", "NETC0018", "MelScale is Bark, but must be Htk or Slaney")]
    [InlineData("Bands=120 SampleRate=8000", "NETC0018", "which are 31.25 Hz apart, but band 0 is from 0 to 22.38 Hz")]
    public void Bands_that_cannot_be(string arguments, string id, string message) =>
        LayerRun.MustFail(new MelSpectrogramRule(), [4, 256], id, message, LayerRun.Parse(arguments));

    [Theory]
    [InlineData("Floor=0")]
    [InlineData("Floor=-1")]
    public void Logarithms_need_a_floor(string arguments) => LayerRun.MustFail(new LogRule(), [4], "NETC0018", "from 1.2e-38 to 3.4e38", LayerRun.Parse(arguments));

    [Fact]
    public void The_logarithm_of_what_is_below_the_floor_is_that_of_the_floor()
    {
        var run = new LayerRun(new LogRule(), [9], LayerRun.Parse("Floor=0.25"));
        for (var i = 0; i < run.Output.Length; i++) Assert.Equal(Math.Log(Math.Max(run.Input[i], 0.25)), run.Output[i], 1e-12);
    }

    /// <summary>As clamp(floor).log() in PyTorch, which passes the gradient on at the floor itself.</summary>
    [Fact]
    public void The_slope_of_the_logarithm_at_the_floor_is_that_of_the_logarithm()
    {
        var program = Differentiate.Run(LoweringStage.Lower(Build(Chain(Loss("MeanAbsoluteError"), Input(4), L("Log", ("Floor", 0.5)))), training: true));
        var run = new DoubleInterpreter(program, 1) { [program.Inputs.Single()] = [0.5, 0.25, 1, 0], [program.Labels.Single()] = [-9, -9, -9, -9] };
        run.Run();
        Assert.Equal([2, 0, 1, 0], run[program.InputGradients.Single()].Select(g => g * 4));
    }

    private static double[] Power(ReadOnlySpan<double> frame, int length, string window)
    {
        var power = new double[(length / 2) + 1];
        for (var k = 0; k < power.Length; k++)
        {
            System.Numerics.Complex sum = 0;
            for (var n = 0; n < frame.Length; n++)
            {
                var turn = 2 * Math.PI * n / frame.Length;
                var weight = window switch { "Hann" => Math.Pow(Math.Sin(turn / 2), 2), "Hamming" => 0.54 - (0.46 * Math.Cos(turn)), _ => 1 };
                sum += weight * frame[n] * System.Numerics.Complex.Exp(new(0, -2 * Math.PI * k * n / length));
            }

            power[k] = (sum.Real * sum.Real) + (sum.Imaginary * sum.Imaginary);
        }

        return power;
    }

    private static double Mel(double hertz, string scale) => scale == "Htk" ? 2595 * Math.Log10(1 + (hertz / 700))
        : hertz < 1000 ? 3 * hertz / 200 : 15 + (27 * Math.Log(hertz / 1000) / Math.Log(6.4));

    private static double Hertz(double mel, string scale) => scale == "Htk" ? 700 * (Math.Pow(10, mel / 2595) - 1)
        : mel < 15 ? 200 * mel / 3 : 1000 * Math.Pow(6.4, (mel - 15) / 27);
}
