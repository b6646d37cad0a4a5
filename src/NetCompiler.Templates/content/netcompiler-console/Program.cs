using System.Globalization;
using NetCompiler;
using NetCompilerConsole;

const string ModelFile = "moons.safetensors";

switch (args)
{
    case []:
    case ["train"]:
        Train();
        return 0;
    case ["predict", var x, var y]
        when float.TryParse(x, NumberStyles.Float, CultureInfo.InvariantCulture, out var px) && float.TryParse(y, NumberStyles.Float, CultureInfo.InvariantCulture, out var py):
        return Predict(px, py);
    default:
        Console.Error.WriteLine("Usage: train | predict X Y");
        return 2;
}

static void Train()
{
    Console.WriteLine(Moons.Summary);
    var network = new Moons(seed: 1);
    using var trainer = new Trainer<Moons>(network, new AdamW { LearningRate = 3e-3f });
    trainer.Fit(MoonData.Make(2000, seed: 1), new FitOptions { Epochs = 30, Validation = MoonData.Make(500, seed: 2) }, new EpochLines());
    network.Save(ModelFile);
    Console.WriteLine($"Saved as {ModelFile}; now try: predict 0.5 0.9");
}

static int Predict(float x, float y)
{
    if (!File.Exists(ModelFile))
    {
        Console.Error.WriteLine($"There is no {ModelFile} here yet; run train first.");
        return 1;
    }

    var network = Moons.Load(ModelFile);
    Span<float> scores = stackalloc float[Moons.OutputSize];
    network.Forward([x, y], scores);
    var probability = 1 / (1 + MathF.Exp(scores[0] - scores[1]));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"({x}, {y}) is of the {(probability < 0.5f ? "upper" : "lower")} moon; probability of the lower one: {probability:P1}"));
    return 0;
}

file sealed class EpochLines : IProgress<FitProgress>
{
    public void Report(FitProgress value)
    {
        if (value.Completed is { } epoch && epoch.Epoch % 5 == 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"epoch {epoch.Epoch,2}: loss {epoch.Loss:F3}, {epoch.ValidationAccuracy:P1} of other points right"));
    }
}
