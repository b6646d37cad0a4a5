using Digits.Data;
using Digits.Imaging;
using NetCompiler;

namespace Digits;

/// <summary>What the sample does with its network: train it, look into it, load it.</summary>
internal static class DigitTraining
{
    private const double ValidationShare = 0.05;

    /// <summary>Trains a new network. The same seed gives the same one, on any number of threads.</summary>
    public static (DigitNet Network, FitResult Result) Run(
        DigitSet digits, TrainSettings settings, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var network = new DigitNet(settings.Seed);
        var data = new DataSet(digits.ToInputs(), digits.ToLabels());
        var (training, validation) = data.Split(ValidationShare, settings.Seed);
        var steps = (training.Count + settings.Batch - 1) / settings.Batch;

        using var trainer = new Trainer<DigitNet>(network, new AdamW { LearningRate = 4e-3f }, settings.Threads)
        {
            Schedule = new OneCycleSchedule { TotalSteps = (long)steps * settings.Epochs },
            Seed = settings.Seed,
        };
        var options = new FitOptions
        {
            Epochs = settings.Epochs,
            BatchSize = settings.Batch,
            ShuffleSeed = settings.Seed,
            Validation = validation,
        };
        return (network, trainer.Fit(training, options, progress, cancellation));
    }

    /// <summary>The first layer's filters.</summary>
    public static Filters FirstFilters(DigitNet network)
    {
        var weights = network.Parameters["Edges.0.weight"];
        return new Filters(weights.Shape[0], weights.Shape[2], weights.ToArray());
    }

    /// <summary>What each stage makes of one digit. No other thread may be using the network.</summary>
    public static IReadOnlyList<FeatureMaps> LookInto(DigitNet network, ReadOnlySpan<byte> digit)
    {
        network.KeepOutputs = true;
        network.Forward(DigitSet.ToInputs(digit), new float[DigitNet.OutputSize]);
        network.KeepOutputs = false;
        return [Maps(network.Edges), Maps(network.Textures), Maps(network.Shapes)];
    }

    private static FeatureMaps Maps(Layer layer) => new(layer.Name, layer.Shape[0], layer.Shape[1], layer.Shape[2], layer.LastOutput.ToArray());
}
