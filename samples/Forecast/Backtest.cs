namespace Forecast;

/// <summary>Two measures of how far forecasts were from what happened.</summary>
/// <param name="Mae">The mean of the absolute errors.</param>
/// <param name="Rmse">The square root of the mean of the squared errors.</param>
internal readonly record struct Accuracy(double Mae, double Rmse)
{
    public static Accuracy Of(ReadOnlySpan<double> forecasts, ReadOnlySpan<double> values)
    {
        var (absolute, squared) = (0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            absolute += Math.Abs(forecasts[i] - values[i]);
            squared += Math.Pow(forecasts[i] - values[i], 2);
        }

        return new(absolute / values.Length, Math.Sqrt(squared / values.Length));
    }
}

/// <summary>
/// Forecasts of a part that was kept from training: stretch by stretch, each from all that had happened before it; and for comparison each value from the one before it.
/// The naive forecast is what happened at the same place in the last season that had happened.
/// </summary>
/// <param name="Begin">The first value that was forecast.</param>
/// <param name="Horizon">Values in a stretch.</param>
/// <param name="Model">The network's forecasts.</param>
/// <param name="Naive">The naive ones.</param>
/// <param name="ModelOne">The network's of the next value only.</param>
/// <param name="NaiveOne">The naive ones of the next value only.</param>
/// <param name="Future">The network's of what comes after the end of the series.</param>
/// <param name="NaiveFuture">The naive ones of it.</param>
internal sealed record Backtest(
    int Begin, int Horizon, double[] Model, double[] Naive, double[] ModelOne, double[] NaiveOne, double[] Future, double[] NaiveFuture)
{
    public static Backtest Run(IForecaster forecaster, double[] values, int begin, int season, int horizon)
    {
        var count = values.Length - begin;
        var (model, naive, modelOne, naiveOne) = (new double[count], new double[count], new double[count], new double[count]);
        var forecast = forecaster.Begin(values.AsSpan(0, begin));
        for (var i = 0; i < count; i++)
        {
            if (i % horizon == 0)
            {
                var length = Math.Min(horizon, count - i);
                forecast.Ahead(length).CopyTo(model, i);
                NaiveAhead(values.AsSpan(0, begin + i), season, length).CopyTo(naive, i);
            }

            modelOne[i] = forecast.Next;
            naiveOne[i] = values[begin + i - season];
            forecast.Add(values[begin + i]);
        }

        return new(begin, horizon, model, naive, modelOne, naiveOne, forecast.Ahead(horizon), NaiveAhead(values, season, horizon));
    }

    /// <summary>The same with each forecast mapped, for series that were learned as logarithms.</summary>
    public Backtest Select(Func<double, double> map)
    {
        double[] All(double[] forecasts) => [.. forecasts.Select(map)];
        return new(Begin, Horizon, All(Model), All(Naive), All(ModelOne), All(NaiveOne), All(Future), All(NaiveFuture));
    }

    private static double[] NaiveAhead(ReadOnlySpan<double> history, int season, int count)
    {
        var forecasts = new double[count];
        for (var i = 0; i < count; i++) forecasts[i] = history[history.Length - season + (i % season)];
        return forecasts;
    }
}
