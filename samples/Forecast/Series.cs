namespace Forecast;

/// <summary>A time series: one value after the other, in steps of one size.</summary>
/// <param name="Source">Where it comes from.</param>
/// <param name="Name">What the values are.</param>
/// <param name="Labels">What the file calls the moments, one for each value.</param>
/// <param name="Values">The values.</param>
internal sealed record Series(string Source, string Name, string[] Labels, double[] Values)
{
    /// <summary>Sixty days of an hourly demand: a daily course, growth, and weather that lasts for some hours.</summary>
    public static Series Make(long seed)
    {
        const int Days = 60;
        const int Hours = 24;
        const double Persistence = 0.6;
        const double Deviation = 4;
        var random = new Random((int)(seed ^ (seed >> 32)));
        var values = new double[Days * Hours];
        var weather = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var angle = 2 * Math.PI * i / Hours;
            weather = (Persistence * weather) + (Deviation * Normal(random));
            values[i] = Math.Round(100 + (0.05 * i) + (20 * Math.Sin(angle - 2)) + (8 * Math.Sin((2 * angle) + 1)) + weather, 2);
        }

        return new Series("a series made by this program", "demand", [.. Enumerable.Range(0, values.Length).Select(i => $"day {1 + (i / Hours)}, {i % Hours:00}:00")], values);
    }

    /// <summary>Box and Muller's method.</summary>
    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
