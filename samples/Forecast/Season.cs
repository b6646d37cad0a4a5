namespace Forecast;

/// <summary>Finds after how many values a series repeats itself.</summary>
internal static class Season
{
    /// <summary>Below this correlation, what looks like a season is chance.</summary>
    private const double Least = 0.3;

    /// <summary>Multiples of a season correlate about as well as the season itself, which is the first of them.</summary>
    private const double AsGood = 0.9;

    /// <summary>
    /// The season; 1 where there is none. The straight line of least squares is taken away; then it is the first peak of the autocorrelation, beyond the lags over which
    /// neighbours are alike, that is about as high as the highest. Three seasons must be there, or it is not found.
    /// </summary>
    public static int Find(ReadOnlySpan<double> values)
    {
        var rest = WithoutTrend(values);
        var power = rest.Sum(r => r * r);
        if (power == 0) return 1;
        var correlations = new double[(values.Length / 3) + 1];
        for (var lag = 0; lag < correlations.Length; lag++)
        {
            var sum = 0.0;
            for (var i = lag; i < rest.Length; i++) sum += rest[i] * rest[i - lag];

            // Divided by what there would be without a lag, so that long lags, with fewer products, do not look worse.
            correlations[lag] = sum / power * rest.Length / (rest.Length - lag);
        }

        // A season's correlations go below 0 between one peak and the next; neighbours that are alike come before that.
        var begin = Array.FindIndex(correlations, c => c < 0);
        if (begin < 0) return 1;
        var highest = correlations.AsSpan(begin).ToArray().Max();
        if (highest < Least) return 1;
        var first = Array.FindIndex(correlations, begin, c => c >= AsGood * highest);
        var end = Array.FindIndex(correlations, first, c => c < AsGood * highest);
        return Enumerable.Range(first, (end < 0 ? correlations.Length : end) - first).MaxBy(lag => correlations[lag]);
    }

    private static double[] WithoutTrend(ReadOnlySpan<double> values)
    {
        var middle = (values.Length - 1) / 2.0;
        var (mean, slope, square) = (0.0, 0.0, 0.0);
        foreach (var value in values) mean += value / values.Length;
        for (var i = 0; i < values.Length; i++)
        {
            slope += (i - middle) * (values[i] - mean);
            square += (i - middle) * (i - middle);
        }

        var rest = new double[values.Length];
        for (var i = 0; i < rest.Length; i++) rest[i] = values[i] - mean - (square == 0 ? 0 : slope / square * (i - middle));
        return rest;
    }
}
