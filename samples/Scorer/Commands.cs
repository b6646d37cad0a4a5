using System.CommandLine;
using Scorer.Data;
using Scorer.Serving;

namespace Scorer;

/// <summary>The command line.</summary>
internal static class Commands
{
    public static RootCommand Create(
        Func<TrainSettings, CancellationToken, Task<int>> train, Func<string, ServeSettings, CancellationToken, Task<int>> serve, Func<int, long, bool, int> rows)
    {
        var model = CommandLine.Folder("--model", "Directory of scorer.safetensors (the weights) and scorer.json (what the columns mean).", recursive: true);
        return new RootCommand("Scores rows with a small network, over HTTP, and trains it on while it serves.") { model, Train(model, train), Serve(model, serve), Rows(rows) };
    }

    private static Command Train(Option<string> model, Func<TrainSettings, CancellationToken, Task<int>> train)
    {
        var data = new Option<string?>("--data") { Description = "CSV file with a header, plain or .gz. Without it: payments that this program makes itself." };
        var label = new Option<string?>("--label") { Description = "The column to predict." };
        var above = new Option<double?>("--above") { Description = "A label of numbers counts as 1 above this; may be left out where it is 0 or 1." };
        var positive = new Option<string?>("--positive") { Description = "A label of text counts as 1 where it is this." };
        var epochs = CommandLine.Number("--epochs", 15, "Times that every row is seen.", 1, 1000);
        var seed = Seed();
        var threads = CommandLine.Number("--threads", Environment.ProcessorCount, "Threads to train with; the result does not depend on it.", 1, 1024);
        var batch = CommandLine.Number("--batch", 128, "Rows in a minibatch.", 1, 4096);
        var command = new Command("train", "Trains a network on a table and saves it.") { data, label, above, positive, epochs, seed, threads, batch };
        command.SetAction((result, cancellation) => train(
            new TrainSettings(
                result.GetValue(data),
                new LabelChoice(result.GetValue(label), result.GetValue(above), result.GetValue(positive)),
                result.GetValue(epochs),
                result.GetValue(seed),
                result.GetValue(threads),
                result.GetValue(batch),
                result.GetRequiredValue(model)),
            cancellation));
        return command;
    }

    private static Command Serve(Option<string> model, Func<string, ServeSettings, CancellationToken, Task<int>> serve)
    {
        var standard = new ServeSettings();
        var url = new Option<string>("--url") { Description = "Where to listen; port 0 is any free one.", DefaultValueFactory = _ => standard.Url };
        url.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var given) && IsAddress(given)))
                result.AddError($"--url must be like {standard.Url}, not '{result.Tokens[0].Value}'.");
        });
        var rows = CommandLine.Number("--max-rows", standard.MaxRows, "Rows of one request.", 1, 100_000);
        var bytes = CommandLine.Number("--max-bytes", standard.MaxBytes, "Bytes of a request's body.", 64, 1 << 28);
        var queue = CommandLine.Number("--queue", standard.QueueRows, "Labelled rows that may wait to be learned from; what is posted beyond that is refused.", 1, 1 << 22);
        var publish = CommandLine.Number("--publish-every", standard.PublishEvery, "Labelled rows after which the trained network takes the place of the one that scores.", 1, 1 << 22);
        var drain = CommandLine.Number("--drain", 0, "Seconds from 'not ready' to the end of listening, for a load balancer to look elsewhere.", 0, 300);
        var own = new Option<bool>("--own-processors")
        {
            Description = "Keep all processors but the first to the threads that answer, and awake: takes them whole, for the shortest tail of times. Linux, two processors or more.",
        };
        own.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<bool>() && OwnProcessors.Obstacle() is { } obstacle)
                result.AddError($"--own-processors cannot be had: {obstacle}.");
        });
        var command = new Command("serve", "Serves the saved network until it is stopped (Ctrl+C or SIGTERM).") { url, rows, bytes, queue, publish, drain, own };
        command.SetAction((result, cancellation) => serve(
            result.GetRequiredValue(model),
            new ServeSettings
            {
                Url = result.GetRequiredValue(url),
                MaxRows = result.GetValue(rows),
                MaxBytes = result.GetValue(bytes),
                QueueRows = result.GetValue(queue),
                PublishEvery = result.GetValue(publish),
                Drain = TimeSpan.FromSeconds(result.GetValue(drain)),
                OwnProcessors = result.GetValue(own),
            },
            cancellation));
        return command;
    }

    private static Command Rows(Func<int, long, bool, int> rows)
    {
        var count = CommandLine.Number("--count", 20, "How many.", 1, 10_000_000);
        var seed = Seed();
        var shifted = new Option<bool>("--shifted") { Description = "As after fraudsters changed their ways." };
        var command = new Command("rows", "Writes payments that this program makes itself, as CSV.") { count, seed, shifted };
        command.SetAction(result => rows(result.GetValue(count), result.GetValue(seed), result.GetValue(shifted)));
        return command;
    }

    /// <summary>Whether it is an address and a port only: what stands behind them would not be listened to. 'localhost' is two addresses, which cannot have any free port together.</summary>
    private static bool IsAddress(Uri url) =>
        url.Scheme == Uri.UriSchemeHttp && url is { PathAndQuery: "/", Fragment: "", UserInfo: "" } and not { Host: "localhost", Port: 0 };

    private static Option<long> Seed() => new("--seed") { Description = "The same seed gives the same result, bit for bit.", DefaultValueFactory = _ => 42 };
}

/// <summary>How to train.</summary>
internal sealed record TrainSettings(string? Data, LabelChoice Label, int Epochs, long Seed, int Threads, int Batch, string Model);

/// <summary>How to serve.</summary>
internal sealed record ServeSettings
{
    /// <summary>Address to listen on.</summary>
    public string Url { get; init; } = "http://127.0.0.1:5080";

    /// <summary>Most rows of one request.</summary>
    public int MaxRows { get; init; } = 1024;

    /// <summary>Most bytes of a request's body.</summary>
    public int MaxBytes { get; init; } = 1 << 20;

    /// <summary>Labelled rows that may wait.</summary>
    public int QueueRows { get; init; } = 8192;

    /// <summary>Labelled rows after which the shadow network is offered for publication.</summary>
    public int PublishEvery { get; init; } = 512;

    /// <summary>Time between not being ready and not listening.</summary>
    public TimeSpan Drain { get; init; }

    /// <summary>Whether the threads that answer have processors to themselves (<see cref="Serving.OwnProcessors"/>).</summary>
    public bool OwnProcessors { get; init; }
}
