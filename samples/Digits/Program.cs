using Digits.Data;
using Digits.Imaging;
using Digits.Reporting;
using Digits.Serving;
using NetCompiler;
using Spectre.Console;

namespace Digits;

internal static class Program
{
    private const string NetworkFile = "digits.safetensors";
    private const string PictureFile = "digits.png";

    public static Task<int> Main(string[] args) => RunAsync(args, AnsiConsole.Console, Console.Error);

    internal static Task<int> RunAsync(string[] args, IAnsiConsole console, TextWriter errors, CancellationToken stop = default)
    {
        var root = Commands.Create(
            async (settings, cancellation) =>
            {
                await TrainAsync(settings, console, cancellation);
                return 0;
            },
            (file, folder) => Predict(file, folder, console),
            (settings, cancellation) => ServeAsync(settings, console, errors, cancellation));
        return CommandLine.RunAsync(root, args, errors, stop: stop);
    }

    private static async Task<DigitNet> TrainAsync(TrainSettings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        var (data, kind) = await ReadDataAsync(settings, console, cancellation);
        CommandLine.MakeWritable(settings.Output);
        var plain = console.Profile.Out.Writer;
        await plain.WriteLineAsync($"Data: {data.Source}");
        await plain.WriteLineAsync();
        await plain.WriteLineAsync(DigitNet.Summary);
        await plain.WriteLineAsync();

        var display = new TrainingDisplay(console, data.Train.Count);
        var (network, result) = await display.RunAsync(() => Task.Run(() => DigitTraining.Run(data.Train, settings, display, cancellation), CancellationToken.None));
        if (result.StopReason == StopReason.Cancelled)
            throw new OperationCanceledException(cancellation);
        if (result.StopReason == StopReason.LossNotFinite)
            throw new UserErrorException(result.Message);

        var evaluation = Evaluation.Of(data.Test, network.Forward, settings.Threads);
        Report.WriteEvaluation(console, evaluation, data.Test, kind);

        var networkPath = Path.Combine(settings.Output, NetworkFile);
        var picturePath = Path.Combine(settings.Output, PictureFile);
        network.Save(networkPath);
        await File.WriteAllBytesAsync(picturePath, Draw(network, $"One of the {kind}", data.Test.Image(0)), cancellation);
        await plain.WriteLineAsync($"The network is in {networkPath}, a picture of what it learned in {picturePath}.");
        return network;
    }

    private static async Task<int> ServeAsync(ServeSettings settings, IAnsiConsole console, TextWriter errors, CancellationToken cancellation)
    {
        var plain = console.Profile.Out.Writer;
        var path = Path.Combine(settings.Training.Output, NetworkFile);
        DigitNet network;
        if (File.Exists(path))
        {
            network = DigitNet.Load(path);
            await plain.WriteLineAsync($"The network is the one in {path}. Without `serve`, the program trains a new one.");
        }
        else
        {
            await plain.WriteLineAsync($"There is no network {path} yet: training one first.");
            network = await TrainAsync(settings.Training, console, cancellation);
        }
        await using var server = await DigitServer.StartAsync(network, settings, errors, cancellation);
        await plain.WriteLineAsync($"Draw a digit at {server.Address}");
        foreach (var address in settings.OtherAddresses(server.Address.Port))
            await plain.WriteLineAsync($"  from other machines and phones: {address}");
        await plain.WriteLineAsync("Ctrl+C ends the program.");
        await server.RunAsync(cancellation);
        return 0;
    }

    private static async Task<(DigitData Data, string Kind)> ReadDataAsync(TrainSettings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        const string Handwritten = "handwritten digits";
        const string Drawn = "drawn digits";
        if (settings.Data is { } folder)
            return (DigitFolder.Read(folder), Handwritten);
        if (settings.Drawn)
            return (DrawnDigits.MakeStandard(settings.Seed), Drawn);
        var (data, reason) = await MnistCache.ForThisUser().ReadAsync(console.WriteLine, cancellation);
        if (data is not null)
            return (data, Handwritten);
        console.MarkupLine($"[yellow]MNIST is neither in the cache nor to be had from the network[/] ({Markup.Escape(reason!)}).");
        console.WriteLine("This run uses digits drawn by the program itself. --data DIR trains on real ones.");
        return (DrawnDigits.MakeStandard(settings.Seed), Drawn);
    }

    private static int Predict(string file, string folder, IAnsiConsole console)
    {
        var path = Path.Combine(folder, NetworkFile);
        if (!File.Exists(path))
            throw new UserErrorException($"There is no network {path}: train one first, or say with --output where it is.");
        var image = DigitScan.Read(file);
        Report.WriteReading(console, image, Probabilities(DigitNet.Load(path), image));
        return 0;
    }

    private static byte[] Draw(DigitNet network, string title, ReadOnlySpan<byte> digit) => NetworkPicture.Draw(
        title, digit, DigitTraining.FirstFilters(network), DigitTraining.LookInto(network, digit), Probabilities(network, digit));

    private static float[] Probabilities(DigitNet network, ReadOnlySpan<byte> image)
    {
        var scores = new float[DigitNet.OutputSize];
        network.Forward(DigitSet.ToInputs(image), scores);
        return Evaluation.Probabilities(scores);
    }
}
