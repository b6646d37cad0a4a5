using System.CommandLine;
using Spectre.Console;

namespace Forecast;

internal static class Program
{
    private const double TestShare = 0.2;
    private const int WithoutSeason = 24;
    private const int Reports = 5;
    private const int Longest = 1_000_000;
    private const string PictureFile = "forecast.png";
    private const string TableFile = "forecast.csv";

    public static Task<int> Main(string[] args) => RunAsync(args, AnsiConsole.Console, Console.Error);

    internal static Task<int> RunAsync(string[] args, IAnsiConsole console, TextWriter errors, CancellationToken stop = default) =>
        CommandLine.RunAsync(CreateRoot(console), args, errors, stop: stop);

    private static RootCommand CreateRoot(IAnsiConsole console)
    {
        var data = new Option<string?>("--data") { Description = "A CSV file with a value in each line; a series that the program makes unless given." };
        var column = new Option<string?>("--column") { Description = "The column of the values, its name or its number from 1; the last one unless given." };
        var model = new Option<string>("--model") { Description = "lstm, or conv: causal convolutions.", DefaultValueFactory = _ => "lstm" };
        model.AcceptOnlyFromAmong("lstm", "conv");
        var season = CommandLine.Number("--season", 0, "Values after which the series repeats itself; 1: it does not; 0: the program finds out.", 0, Longest);
        var horizon = CommandLine.Number("--horizon", 0, $"Values to forecast at once; 0: two seasons, but at most {Window.Length}.", 0, Longest);
        var log = new Option<bool>("--log") { Description = "Learn the logarithms, for series that grow by percents." };
        var iterations = CommandLine.Number("--iterations", 300, "Training steps of 32 windows of 48 values.", 1);
        var threads = CommandLine.Threads();
        var seed = new Option<long>("--seed") { Description = "Decides all random numbers.", DefaultValueFactory = _ => 1 };
        var output = CommandLine.Folder("--output", $"The folder for {PictureFile} and {TableFile}.");
        var root = new RootCommand("Learns a time series and forecasts the last part of it, which was kept from training, and what is to come.")
        {
            data, column, model, season, horizon, log, iterations, threads, seed, output,
        };
        root.SetWork((result, cancellation) => Forecast(
            new(
                result.GetValue(data), result.GetValue(column), result.GetRequiredValue(model), result.GetValue(season), result.GetValue(horizon), result.GetValue(log),
                result.GetValue(iterations), result.GetValue(threads), result.GetValue(seed), result.GetRequiredValue(output)),
            console,
            cancellation));
        return root;
    }

    private static void Forecast(Settings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        var series = settings.Data is { } path ? SeriesFile.Read(path, settings.Column) : Series.Make(settings.Seed);
        if (settings.Log && Array.FindIndex(series.Values, v => v <= 0) is var bad and >= 0)
            throw new UserErrorException($"{series.Source}: {series.Labels[bad]} has the value {series.Values[bad]}, which has no logarithm. Leave --log out.");
        double[] values = settings.Log ? [.. series.Values.Select(v => Math.Log(v))] : series.Values;
        var season = settings.Season > 0 ? settings.Season : Season.Find(values.AsSpan(0, (int)((1 - TestShare) * values.Length)));
        var horizon = settings.Horizon > 0 ? settings.Horizon : season > 1 ? Math.Min(2 * season, Window.Length) : WithoutSeason;
        var begin = values.Length - (horizon * Math.Max(1, (int)(TestShare * values.Length / horizon)));
        if (begin < Window.Needed(season))
        {
            throw new UserErrorException(
                $"{series.Source} has {values.Length} values. With a season of {season}, the network needs {Window.Needed(season)} to learn from, and {horizon} more to be tested on. "
                    + "Give a longer series, or a smaller --season or --horizon.");
        }

        CommandLine.MakeWritable(settings.Output);
        console.WriteLine($"{series.Source}: {values.Length} values of {series.Name}, {(season == 1 ? "no season" : $"a season of {season}")}.");
        console.WriteLine($"Learning the first {begin}; the other {values.Length - begin} are forecast {horizon} at a time.");
        var window = new Window(values.AsSpan(0, begin), season);
        var forecaster = Train(values[..begin], window, settings, console, cancellation);
        var test = Backtest.Run(forecaster, values, begin, season, horizon);
        if (settings.Log) test = test.Select(Math.Exp);

        Report.Write(console, series, test, settings.Model, season);
        var picture = Path.Combine(settings.Output, PictureFile);
        var table = Path.Combine(settings.Output, TableFile);
        File.WriteAllBytes(picture, Report.Draw(series, test, settings.Model, season));
        File.WriteAllText(table, Report.ToCsv(series, test));
        console.Profile.Out.Writer.WriteLine($"The picture is {picture}, the numbers are in {table}.");
    }

    private static IForecaster Train(double[] values, Window window, Settings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        return settings.Model == "conv"
            ? Forecaster<ConvForecaster, ConvForecaster.State>.Train(values, window, settings, Show, cancellation)
            : Forecaster<LstmForecaster, LstmForecaster.State>.Train(values, window, settings, Show, cancellation);

        void Show(int step, double loss)
        {
            // The loss is in units of what the naive forecast misses: 1 is as good as it.
            if (step % Math.Max(1, settings.Iterations / Reports) == 0) console.MarkupLineInterpolated($"[bold]{step,6}[/] of {settings.Iterations}  loss {loss:F3} (1: as good as the naive forecast)");
        }
    }
}
