namespace NetCompiler.Benchmarks.Peers;

/// <summary>A call of a network's own Forward: the interface's would go through one call more.</summary>
internal delegate void Forward<in TNetwork>(TNetwork network, float[] inputs, float[] outputs);

/// <summary>Prediction with as many threads as the others have.</summary>
internal sealed class NetCompilerPredictor<TNetwork>(TNetwork network, Assignment task, Forward<TNetwork> forward) : Peer(SystemName)
    where TNetwork : class, INetwork<TNetwork>
{
    public const string SystemName = "NetCompiler";

    private readonly float[] inputs = task.Inputs;
    private readonly float[] outputs = new float[task.Batch * task.Output];

    public override void Enter() => network.State.Threads = task.Threads;

    public override void Run() => forward(network, inputs, outputs);

    public override Dictionary<string, double[]> Results() => new() { [Output] = Numbers(outputs) };

    public override Peer Least() => new WeightReading<TNetwork>(network);

    public override void Dispose()
    {
    }
}

/// <summary>A step with Adam.</summary>
internal sealed class NetCompilerTrainer<TNetwork>(TNetwork network, Assignment task) : Peer(NetCompilerPredictor<TNetwork>.SystemName)
    where TNetwork : class, INetwork<TNetwork>
{
    private readonly Trainer<TNetwork> trainer = new(network, new Adam { LearningRate = Assignment.LearningRate }, task.Threads);
    private readonly bool classifies = TNetwork.Description.Training!.Labels[0].Classes > 0;
    private readonly float[] inputs = task.Inputs, targets = task.Targets;
    private readonly int[] labels = task.Labels;
    private readonly int[]? tokens = task.Vocabulary > 0 ? task.Tokens : null;
    private float loss;

    public override void Run() => loss = tokens is not null ? trainer.Step(tokens, labels) : classifies ? trainer.Step(inputs, labels) : trainer.Step(inputs, targets);

    public override Dictionary<string, double[]> Results()
    {
        var results = trainer.Gradients.ToDictionary(g => g.Name, g => Numbers(g.ToArray()), StringComparer.Ordinal);
        results[Loss] = [loss];
        return results;
    }

    public override void Dispose() => trainer.Dispose();
}
