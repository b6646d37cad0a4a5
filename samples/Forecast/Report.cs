using System.Globalization;
using System.Text;
using ScottPlot;
using Spectre.Console;

namespace Forecast;

/// <summary>Shows how good the forecasts were.</summary>
internal static class Report
{
    public const int Width = 1200;
    public const int Height = 600;
    private const int Ticks = 8;

    /// <summary>A table of errors, in the units of the series.</summary>
    public static void Write(IAnsiConsole console, Series series, Backtest test, string model, int season)
    {
        var values = series.Values.AsSpan(test.Begin);
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumns(
            Column("forecast"), Column($"MAE, up to {test.Horizon} ahead"), Column("RMSE"), Column("MAE, 1 ahead"), Column("RMSE"));
        Row(model, Accuracy.Of(test.Model, values), Accuracy.Of(test.ModelOne, values));
        Row(NaiveName(season), Accuracy.Of(test.Naive, values), Accuracy.Of(test.NaiveOne, values));
        console.Write(table);

        void Row(string name, Accuracy far, Accuracy near) => table.AddRow([name, .. new[] { far.Mae, far.Rmse, near.Mae, near.Rmse }.Select(e => e.ToString("G4", CultureInfo.InvariantCulture))]);
        static TableColumn Column(string header) => header == "forecast" ? new TableColumn(header) : new TableColumn(header).RightAligned();
    }

    /// <summary>Each moment that was forecast, as CSV; what comes after the end has no value and is numbered +1, +2 and on.</summary>
    public static string ToCsv(Series series, Backtest test)
    {
        var text = new StringBuilder("moment,value,forecast,naive\n");
        for (var i = 0; i < test.Model.Length; i++)
            text.Append(CultureInfo.InvariantCulture, $"\"{series.Labels[test.Begin + i].Replace("\"", "\"\"", StringComparison.Ordinal)}\",{series.Values[test.Begin + i]:G9},{test.Model[i]:G9},{test.Naive[i]:G9}\n");
        for (var i = 0; i < test.Future.Length; i++)
            text.Append(CultureInfo.InvariantCulture, $"+{i + 1},,{test.Future[i]:G9},{test.NaiveFuture[i]:G9}\n");
        return text.ToString();
    }

    /// <summary>What happened, what was forecast of it, and what is forecast to come, as a PNG.</summary>
    public static byte[] Draw(Series series, Backtest test, string model, int season)
    {
        using var plot = new Plot();
        var count = series.Values.Length;
        var from = Math.Max(0, test.Begin - Math.Max(2 * test.Horizon, test.Model.Length / 2));
        var naive = Line(test.Begin, [.. test.Naive, .. test.NaiveFuture], NaiveName(season), Colors.Orange, 1.5f);
        naive.LinePattern = LinePattern.Dotted;
        Line(from, series.Values[from..], "what happened", Colors.Black, 1.5f);
        Line(test.Begin, test.Model, $"forecast ({model})", Colors.Blue, 2);
        var future = Line(count, test.Future, "of what is to come", Colors.Blue, 2);
        future.LinePattern = LinePattern.Dashed;

        // Each stretch begins with all that had happened before it.
        for (var at = test.Begin; at <= count; at += test.Horizon)
            plot.Add.VerticalLine(at - 0.5, 1, Colors.Gray.WithAlpha(0.4));
        plot.Title($"{series.Name}: forecasts of {test.Horizon} values at once");
        Tick[] ticks = [.. Enumerable.Range(0, Ticks).Select(i => from + (i * (count - 1 - from) / (Ticks - 1))).Select(at => new Tick(at, series.Labels[at]))];
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(ticks);
        plot.YLabel(series.Name);
        plot.ShowLegend(Alignment.UpperLeft);
        return plot.GetImage(Width, Height).GetImageBytes(ImageFormat.Png);

        ScottPlot.Plottables.Scatter Line(int begin, double[] values, string name, ScottPlot.Color color, float width)
        {
            var line = plot.Add.ScatterLine([.. Enumerable.Range(begin, values.Length).Select(i => (double)i)], values, color);
            line.LegendText = name;
            line.LineWidth = width;
            return line;
        }
    }

    private static string NaiveName(int season) => season == 1 ? "naive: the last value" : $"naive, season {season}";
}
