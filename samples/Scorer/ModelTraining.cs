using NetCompiler;
using Scorer.Data;

namespace Scorer;

/// <summary>Trains a network on a table.</summary>
internal static class ModelTraining
{
    private const double TestShare = 0.2;
    private const double ValidationShare = 0.1;

    /// <summary>The same table, schema and settings give the same network, on any number of threads.</summary>
    /// <returns>The network with its training, judged on rows that were kept from it.</returns>
    public static (RiskNet Network, FitResult Result, Judgement Test) Run(
        CsvTable table, Schema schema, TrainSettings settings, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var (features, labels) = schema.Encode(table);
        if (labels.Length < 20)
            throw new UserErrorException($"{table.Source} has {labels.Length} rows; at least 20 are needed to learn from some and be tested on others.");
        Shuffle(features, labels, settings.Seed);
        var test = (int)(TestShare * labels.Length);
        var data = new DataSet(features.AsMemory(test * RiskNet.InputSize), labels.AsMemory(test), labels.Length - test);
        var (training, validation) = data.Split(ValidationShare, settings.Seed);

        var network = new RiskNet(settings.Seed);
        var steps = (training.Count + settings.Batch - 1) / settings.Batch;
        using var trainer = new Trainer<RiskNet>(network, new AdamW { LearningRate = 4e-3f, WeightDecay = 1e-2f }, settings.Threads)
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
            EarlyStopping = new EarlyStopping { Patience = settings.Epochs },
        };
        var result = trainer.Fit(training, options, progress, cancellation);
        return (network, result, Judgement.Of(network, features.AsSpan(0, test * RiskNet.InputSize), labels.AsSpan(0, test)));
    }

    /// <summary>Files are often sorted, and the first rows become the test.</summary>
    private static void Shuffle(float[] features, float[] labels, long seed)
    {
        var random = new Random((int)(seed ^ (seed >> 32)));
        var order = Enumerable.Range(0, labels.Length).ToArray();
        random.Shuffle(order);
        var (oldFeatures, oldLabels) = ((float[])features.Clone(), (float[])labels.Clone());
        for (var i = 0; i < order.Length; i++)
        {
            oldFeatures.AsSpan(order[i] * RiskNet.InputSize, RiskNet.InputSize).CopyTo(features.AsSpan(i * RiskNet.InputSize));
            labels[i] = oldLabels[order[i]];
        }
    }
}
