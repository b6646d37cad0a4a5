using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using NetCompiler;
using Scorer.Data;
using Scorer.Serving;
using Spectre.Console;

namespace Scorer;

internal static class Program
{
    private const int MadeRows = 40_000;

    /// <summary>Longer than the service takes to stop, which keeps to times of its own.</summary>
    private static readonly TimeSpan TerminationTime = TimeSpan.FromMinutes(6);

    public static Task<int> Main(string[] args)
    {
        SocketThreads.AnswerRequests();
        return RunAsync(args, AnsiConsole.Console, Console.Error);
    }

    internal static Task<int> RunAsync(string[] args, IAnsiConsole console, TextWriter errors, CancellationToken stop = default)
    {
        var root = Commands.Create(
            (settings, cancellation) => TrainAsync(settings, console, cancellation),
            (folder, settings, cancellation) => ServeAsync(folder, settings, console, cancellation),
            (count, seed, shifted) => WriteRows(count, seed, shifted, console));
        return CommandLine.RunAsync(root, args, errors, TerminationTime, stop: stop);
    }

    private static async Task<int> TrainAsync(TrainSettings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        var plain = console.Profile.Out.Writer;
        var (table, label) = settings.Data is { } file
            ? (CsvTable.Read(file), settings.Label)
            : (Transactions.Make(MadeRows, settings.Seed), settings.Label with { Name = settings.Label.Name ?? Transactions.Label });
        var schema = SchemaBuilder.Build(table, label);
        CommandLine.MakeWritable(settings.Model);
        await plain.WriteLineAsync($"Data: {table.Source}, {table.Rows.Count.ToString("N0", CultureInfo.InvariantCulture)} rows");
        await plain.WriteLineAsync($"To predict: {schema.Label.Meaning}");
        await plain.WriteLineAsync();
        await plain.WriteLineAsync(RiskNet.Summary);
        await plain.WriteLineAsync();

        var (network, result, test) = await Task.Run(
            () => ModelTraining.Run(table, schema, settings, new EpochLines(plain), cancellation), CancellationToken.None);
        if (result.StopReason == StopReason.Cancelled)
            throw new OperationCanceledException(cancellation);
        if (result.StopReason == StopReason.LossNotFinite)
            throw new UserErrorException(result.Message);
        WriteJudgement(console, test);
        new ScorerModel(schema, network).Save(settings.Model);
        await plain.WriteLineAsync($"The model is in {Path.GetFullPath(settings.Model)}; 'serve' serves it.");
        return 0;
    }

    private static void WriteJudgement(IAnsiConsole console, Judgement test)
    {
        static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";
        var baseRate = (double)test.Positives / test.Rows;
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey35).AddColumn("on rows kept from training").AddColumn(new TableColumn("").RightAligned());
        table.AddRow("rows", test.Rows.ToString("N0", CultureInfo.InvariantCulture));
        table.AddRow("of them labelled 1", Percent(baseRate));
        table.AddRow("loss", test.Loss.ToString("0.0000", CultureInfo.InvariantCulture));
        table.AddRow("right, with a limit of one half", $"[green]{Percent(test.Accuracy)}[/]");
        table.AddRow("right, by always saying the same", Percent(Math.Max(baseRate, 1 - baseRate)));
        table.AddRow("area under the ROC curve", $"[green]{test.Auc.ToString("0.000", CultureInfo.InvariantCulture)}[/]");
        console.WriteLine();
        console.Write(table);
    }

    private static async Task<int> ServeAsync(string folder, ServeSettings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        var model = ScorerModel.Load(folder);
        await using var app = ScorerServer.Create(model, settings);
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (SocketException e)
        {
            throw new UserErrorException($"Cannot listen at {settings.Url}: {e.Message}. Say with --url an address of this machine and a port that is free.");
        }
        var plain = console.Profile.Out.Writer;
        await plain.WriteLineAsync($"Scoring at {string.Join(", ", app.Urls)}: POST /score, POST /train, GET /schema, /metrics, /health/live, /health/ready. Ctrl+C stops it.");
        await plain.FlushAsync(CancellationToken.None);
        await app.WaitForShutdownAsync(cancellation);

        var last = app.Services.GetRequiredService<Publication>().Current;
        if (last.Number > 1)
        {
            (model with { Network = last.Network }).Save(folder);
            await plain.WriteLineAsync($"Network {last.Number}, trained while serving, is in {Path.GetFullPath(folder)}.");
        }
        await plain.WriteLineAsync("Stopped.");
        return 0;
    }

    private static int WriteRows(int count, long seed, bool shifted, IAnsiConsole console)
    {
        console.Profile.Out.Writer.Write(Transactions.ToCsv(Transactions.Make(count, seed, shifted)));
        return 0;
    }

    /// <summary>A line for each epoch.</summary>
    private sealed class EpochLines(TextWriter writer) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Completed is { } epoch)
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"epoch {epoch.Epoch,3}/{value.Epochs}  loss {epoch.Loss:0.0000}  validation loss {epoch.ValidationLoss:0.0000}  right {100 * epoch.ValidationAccuracy:0.0} %"));
        }
    }
}
