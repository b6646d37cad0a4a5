using Scorer.Data;

namespace Scorer.LoadTest;

/// <summary>What the service under load begins with: a network trained for a moment on payments made by the sample.</summary>
internal static class LoadModel
{
    public static ScorerModel Train(int rows)
    {
        var table = Transactions.Make(rows, seed: 100);
        var choice = new LabelChoice(Transactions.Label, null, null);
        var schema = SchemaBuilder.Build(table, choice);
        var settings = new TrainSettings(null, choice, Epochs: 3, Seed: 1, Threads: 1, Batch: 128, Model: "");
        return new ScorerModel(schema, ModelTraining.Run(table, schema, settings, new Progress<NetCompiler.FitProgress>(), CancellationToken.None).Network);
    }
}
