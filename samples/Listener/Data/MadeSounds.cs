namespace Listener.Data;

/// <summary>Ten kinds of sounds that a program can make: something to learn on a machine without recordings.</summary>
internal static class MadeSounds
{
    private const int Rate = Ear.SampleRate;

    private static readonly string[] s_names = ["low tone", "high tone", "rising", "falling", "siren", "two beeps", "warble", "buzz", "hiss", "clicks"];

    /// <summary>So many sounds of each kind, of different pitch, length and loudness; a fifth of them are held out.</summary>
    public static Recordings Make(int each, long seed)
    {
        var random = new Random((int)(seed & int.MaxValue));
        var (learning, heldOut) = (new List<Recording>(), new List<Recording>());
        for (var kind = 0; kind < s_names.Length; kind++)
            for (var i = 0; i < each; i++) (i % 5 == 4 ? heldOut : learning).Add(new(kind, Make(kind, random), $"{s_names[kind]} {i}"));
        return new("sounds of its own making", s_names, learning, heldOut);
    }

    /// <summary>One of each kind, half a second apart.</summary>
    public static float[] InARow(long seed)
    {
        var random = new Random((int)(seed & int.MaxValue));
        var pause = new float[Rate / 2];
        return [.. pause, .. Enumerable.Range(0, s_names.Length).SelectMany(kind => (float[])[.. Make(kind, random), .. pause])];
    }

    private static float[] Make(int kind, Random random)
    {
        var length = random.Next(Rate * 3 / 10, Rate * 6 / 10);
        var loudness = 0.1f + (0.5f * random.NextSingle());
        double low = Between(200, 400), high = Between(1400, 2200), phase = 0, click = Between(80, 120);
        var samples = new float[length];
        for (var i = 0; i < length; i++)
        {
            var (time, part) = ((double)i / Rate, (double)i / length);
            var hertz = s_names[kind] switch
            {
                "high tone" => high,
                "rising" => low * Math.Pow(high / low, part),
                "falling" => high * Math.Pow(low / high, part),
                "siren" => low * Math.Pow(high / low, 0.5 + (0.5 * Math.Cos(2 * Math.PI * 4 * time))),
                "two beeps" => 2.5 * low,
                "warble" => 800 + (300 * Math.Sin(2 * Math.PI * 9 * time)),
                "buzz" => low / 3,
                _ => low,
            };
            phase += hertz / Rate;
            var wave = s_names[kind] switch
            {
                "two beeps" => part is > 0.38 and < 0.62 ? 0 : Math.Sin(2 * Math.PI * phase),
                "buzz" => 2 * (phase - Math.Floor(phase)) - 1,
                "hiss" => (2 * random.NextDouble()) - 1,
                "clicks" => time * 1000 % click < 4 ? Math.Sin(2 * Math.PI * high * time) : 0,
                _ => Math.Sin(2 * Math.PI * phase),
            };

            // 10 ms to begin and to end: otherwise each sound would click.
            samples[i] = loudness * (float)(wave * Math.Min(1, Math.Min(i, length - i) / (Rate / 100.0)));
        }

        return samples;

        double Between(double from, double to) => from + ((to - from) * random.NextDouble());
    }
}
