using Listener.Audio;

namespace Listener.Tests;

/// <summary>A sound at another rate is the same sound, without what that rate cannot carry.</summary>
public sealed class ResamplerTests
{
    [Theory]
    [InlineData(44100, 8000, 440)]
    [InlineData(48000, 8000, 3000)]
    [InlineData(16000, 8000, 1000.5)]
    [InlineData(11025, 8000, 3300)]
    [InlineData(6000, 8000, 2500)]
    [InlineData(4000, 8000, 300)]
    [InlineData(44101, 8000, 700)]
    public void A_sine_stays_what_it_is(int from, int to, double hertz)
    {
        var (actual, expected) = (Resampler.Resample(Sine(hertz, from, from / 2), from, to), Sine(hertz, to, to / 2));
        Assert.Equal(expected.Length, actual.Length);

        // At both ends there is silence before and after, so the sound has an edge there.
        for (var i = 200; i < actual.Length - 200; i++) Assert.Equal(expected[i], actual[i], 5e-4);
    }

    [Theory]
    [InlineData(16000, 8000, 5000)]
    [InlineData(16000, 8000, 4050)]
    [InlineData(44100, 8000, 7900)]
    [InlineData(48000, 8000, 20000)]
    [InlineData(22050, 8000, 4600)]
    public void What_the_lower_rate_cannot_carry_is_suppressed(int from, int to, double hertz)
    {
        var result = Resampler.Resample(Sine(hertz, from, from / 2), from, to)[200..^200];
        var decibels = 10 * Math.Log10(result.Sum(s => (double)s * s) / result.Length / 0.5);
        Assert.True(decibels < -75, $"{hertz} Hz is still there, at {decibels:F1} dB.");
    }

    [Fact]
    public void No_images_appear_above_the_lower_rates_limit()
    {
        var result = Resampler.Resample(Sine(1700, 4000, 4000), 4000, 8000)[400..^400];
        double cosine = 0, sine = 0;
        for (var i = 0; i < result.Length; i++)
        {
            var turn = 2 * Math.PI * 2300 * i / 8000;
            (cosine, sine) = (cosine + (result[i] * Math.Cos(turn)), sine + (result[i] * Math.Sin(turn)));
        }

        Assert.True(2 * Math.Sqrt((cosine * cosine) + (sine * sine)) / result.Length < 2e-3);
    }

    [Fact]
    public void Lengths_constants_and_what_need_not_change()
    {
        float[] sound = [0.25f, -0.5f];
        Assert.Same(sound, Resampler.Resample(sound, 8000, 8000));
        Assert.Single(Resampler.Resample(sound, 44100, 8000));
        Assert.Equal(16, Resampler.Resample(sound, 1000, 8000).Length);
        Assert.All(Resampler.Resample([.. Enumerable.Repeat(0.5f, 4000)], 44100, 8000)[60..^60], s => Assert.Equal(0.5, s, 1e-5));
    }

    private static float[] Sine(double hertz, int rate, int count) => [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin(2 * Math.PI * hertz * i / rate))];
}
