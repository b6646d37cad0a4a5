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

    /// <summary>What each stage makes of one digit.</summary>
    public static IReadOnlyList<FeatureMaps> LookInto(DigitNet network, ReadOnlySpan<byte> digit)
    {
        var stages = new DigitStages();
        foreach (var parameter in stages.Parameters)
            parameter.CopyFrom(network.Parameters[parameter.Name].ToArray());
        var (edges, textures, shapes) = (Maps(stages.Edges), Maps(stages.Textures), Maps(stages.Shapes));
        stages.Forward(DigitSet.ToInputs(digit), edges.Values, textures.Values, shapes.Values);
        return [edges, textures, shapes];
    }

    private static FeatureMaps Maps(Layer layer)
    {
        var (channels, height, width) = (layer.Shape[0], layer.Shape[1], layer.Shape[2]);
        return new FeatureMaps(layer.Name, channels, height, width, new float[channels * height * width]);
    }
}
