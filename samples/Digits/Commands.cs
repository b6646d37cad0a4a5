using System.CommandLine;
using Digits.Serving;

namespace Digits;

/// <summary>The command line.</summary>
internal static class Commands
{
    public static RootCommand Create(
        Func<TrainSettings, CancellationToken, Task<int>> train, Func<string, string, int> predict, Func<ServeSettings, CancellationToken, Task<int>> serve)
    {
        var data = new Option<string?>("--data") { Description = "Directory with the four IDX files of MNIST, plain or .gz. Without it: a cached or downloaded MNIST, else drawn digits." };
        var drawn = new Option<bool>("--drawn") { Description = "Train on digits that this program draws itself." };
        var epochs = CommandLine.Number("--epochs", 6, "Times that every digit is seen.", 1, 1000);
        var seed = new Option<long>("--seed") { Description = "The same seed gives the same network, bit for bit.", DefaultValueFactory = _ => 42 };
        var threads = CommandLine.Number("--threads", Environment.ProcessorCount, "Threads to train with; the result does not depend on it.", 1, 1024);
        var batch = CommandLine.Number("--batch", 64, "Digits in a minibatch.", 1, 4096);
        var output = CommandLine.Folder("--output", "Directory for digits.safetensors and digits.png.", recursive: true);

        var file = new Argument<string>("file") { Description = "A picture of one digit, dark on light or light on dark." };
        var predictCommand = new Command("predict", "Reads one picture with the saved network.") { file };
        predictCommand.SetAction(result => predict(result.GetRequiredValue(file), result.GetRequiredValue(output)));

        var host = new Option<string>("--host")
        {
            Description = "The address to listen at: localhost, an IP address, or * for all of this machine's, so that a phone can reach it.",
            DefaultValueFactory = _ => "localhost",
        };
        host.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && ServeSettings.ParseHost(result.Tokens[0].Value) is null)
                result.AddError($"--host must be localhost, an IP address or *, not {result.Tokens[0].Value}.");
        });
        var port = CommandLine.Number("--port", 8080, "The port to listen at; 0: any that is free.", 0, 65535);
        var serveCommand = new Command("serve", "Shows a page on which to draw a digit and watch the network read it. Uses the saved network, or trains one first.")
        {
            host, port, data, drawn, epochs, seed, threads, batch,
        };

        var root = new RootCommand("Trains a small convolutional network on handwritten digits and shows what it learned.")
        {
            data, drawn, epochs, seed, threads, batch, output, predictCommand, serveCommand,
        };
        root.SetAction((result, cancellation) => train(Training(result), cancellation));
        serveCommand.SetAction((result, cancellation) => serve(
            new ServeSettings(Training(result), ServeSettings.ParseHost(result.GetRequiredValue(host))!, result.GetValue(port)), cancellation));
        return root;

        TrainSettings Training(ParseResult result) => new(
            result.GetValue(data),
            result.GetValue(drawn),
            result.GetValue(epochs),
            result.GetValue(seed),
            result.GetValue(threads),
            result.GetValue(batch),
            result.GetRequiredValue(output));
    }
}

/// <summary>What the user asked for.</summary>
internal sealed record TrainSettings(string? Data, bool Drawn, int Epochs, long Seed, int Threads, int Batch, string Output);
