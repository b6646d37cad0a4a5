namespace Listener.Audio;

/// <summary>
/// Changes the rate of a sound. Each new sample is a sum of old ones around it, weighted with a sinc function, the ideal low-pass, times a Kaiser window, which ends it: what the lower of the
/// two rates cannot carry is suppressed by 80 dB, what lies below 84 % of its limit passes unchanged (Smith, Digital Audio Resampling; Kaiser 1974).
/// </summary>
internal static class Resampler
{
    // 80 dB need beta = 0.1102 (80 - 8.7), and 32 zeros of the sinc on each side leave 16 % for the slope.
    private const double Beta = 7.857;
    private const int Zeros = 32;
    private const double Cutoff = 0.92;

    /// <summary>The sound at another rate, with as many samples as then take the same time.</summary>
    public static float[] Resample(float[] samples, int from, int to)
    {
        if (from == to) return samples;
        var result = new float[checked((int)((((long)samples.Length * to) + from - 1) / from))];

        // Sample n lies at n from / to, of which the fraction takes few values: for each, the weights are computed once.
        var (step, count) = Shortened(from, to);
        var weights = new float[count][];
        var cutoff = Cutoff * Math.Min(1, (double)to / from);
        var reach = (int)Math.Ceiling(Zeros / cutoff);
        for (var n = 0; n < result.Length; n++)
        {
            var (whole, part) = ((int)((long)n * step / count), (int)((long)n * step % count));
            var w = weights[part] ??= Weights((double)part / count, cutoff, reach);
            var first = whole - reach + 1;
            var sum = 0f;
            for (var k = Math.Max(0, -first); k < w.Length && first + k < samples.Length; k++) sum += w[k] * samples[first + k];
            result[n] = sum;
        }

        return result;
    }

    /// <summary>The weights of the samples from 1 - reach to reach, for a place between 0 and 1.</summary>
    private static float[] Weights(double place, double cutoff, int reach)
    {
        var weights = new double[2 * reach];
        for (var k = 0; k < weights.Length; k++)
        {
            var distance = k + 1 - reach - place;
            var edge = distance / reach;
            if (Math.Abs(edge) >= 1) continue;
            var x = Math.PI * cutoff * distance;
            weights[k] = (x == 0 ? 1 : Math.Sin(x) / x) * Bessel(Beta * Math.Sqrt(1 - (edge * edge)));
        }

        // Silence stays silent and a constant stays itself, whatever the place.
        var sum = weights.Sum();
        return [.. weights.Select(w => (float)(w / sum))];
    }

    /// <summary>The modified Bessel function of order 0: its power series.</summary>
    private static double Bessel(double x)
    {
        double term = 1, sum = 1;
        for (var k = 1; term > 1e-12 * sum; k++)
        {
            term *= x / (2 * k) * (x / (2 * k));
            sum += term;
        }

        return sum;
    }

    private static (int From, int To) Shortened(int from, int to)
    {
        var (a, b) = (from, to);
        while (b != 0) (a, b) = (b, a % b);
        return (from / a, to / a);
    }
}
