using System.CommandLine;

namespace Digits;

/// <summary>The command line.</summary>
internal static class Commands
{
    public static RootCommand Create(Func<TrainSettings, CancellationToken, Task<int>> train, Func<string, string, int> predict)
    {
        var data = new Option<string?>("--data") { Description = "Directory with the four IDX files of MNIST, plain or .gz. Without it: a cached or downloaded MNIST, else drawn digits." };
        var drawn = new Option<bool>("--drawn") { Description = "Train on digits that this program draws itself." };
        var epochs = Number("--epochs", 6, "Times that every digit is seen.", 1, 1000);
        var seed = new Option<long>("--seed") { Description = "The same seed gives the same network, bit for bit.", DefaultValueFactory = _ => 42 };
        var threads = Number("--threads", Environment.ProcessorCount, "Threads to train with; the result does not depend on it.", 1, 1024);
        var batch = Number("--batch", 64, "Digits in a minibatch.", 1, 4096);
        var output = new Option<string>("--output")
        {
            Description = "Directory for digits.safetensors and digits.png.",
            DefaultValueFactory = _ => ".",
            Recursive = true,
        };

        var file = new Argument<string>("file") { Description = "A picture of one digit, dark on light or light on dark." };
        var predictCommand = new Command("predict", "Reads one picture with the saved network.") { file };
        predictCommand.SetAction(result => predict(result.GetRequiredValue(file), result.GetRequiredValue(output)));

        var root = new RootCommand("Trains a small convolutional network on handwritten digits and shows what it learned.")
        {
            data, drawn, epochs, seed, threads, batch, output, predictCommand,
        };
        root.SetAction((result, cancellation) => train(
            new TrainSettings(
                result.GetValue(data),
                result.GetValue(drawn),
                result.GetValue(epochs),
                result.GetValue(seed),
                result.GetValue(threads),
                result.GetValue(batch),
                result.GetRequiredValue(output)),
            cancellation));
        return root;
    }

    private static Option<int> Number(string name, int standard, string description, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            // A value that is no number at all has its own error already.
            if (result.Errors.Any() || result.Tokens.Count == 0 || !int.TryParse(result.Tokens[0].Value, out var value))
                return;
            if (value < least || value > most)
                result.AddError($"{name} must be from {least} to {most}, not {value}.");
        });
        return option;
    }
}

/// <summary>What the user asked for.</summary>
internal sealed record TrainSettings(string? Data, bool Drawn, int Epochs, long Seed, int Threads, int Batch, string Output);
