using NetCompiler.Benchmarks.Peers;
using static TorchSharp.torch;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>One line of the table: a network, predicting or training, with a batch size.</summary>
internal abstract record Case(string Network, bool Training, int Batch, Step[] Steps, int[] Input, int Output)
{
    public string Name => $"{(Training ? "training " : "")}{Network}, batch {Batch}";

    public Cost Cost { get; } = Cost.Of(Steps, Input);

    public double Flops => Batch * (Training ? Cost.TrainingFlops : Cost.Flops);

    public long Bytes => Training ? Cost.TrainingBytes : Cost.PredictionBytes;

    public long Footprint => Training ? Cost.TrainingFootprint : Cost.PredictionBytes;

    /// <summary>All systems with the same parameters and the same samples; NetCompiler first.</summary>
    /// <param name="threads">Threads that each may use.</param>
    /// <param name="withTorch">Whether libtorch could be loaded.</param>
    public abstract List<Peer> MakePeers(int threads, bool withTorch);

    /// <summary>libtorch in float64, with the same parameters and samples.</summary>
    /// <param name="kinks">For one training step: what is done at the Relus.</param>
    public abstract Peer MakeExact(Kinks? kinks = null);
}

internal sealed record Case<TNetwork>(string Network, bool Training, int Batch, Step[] Steps, Forward<TNetwork> Forward)
    : Case(Network, Training, Batch, Steps, TNetwork.Description.Inputs[0].Shape, TNetwork.Description.Outputs[0].Length)
    where TNetwork : class, INetwork<TNetwork>
{
    private static bool Classifies => TNetwork.Description.Training!.Labels[0].Classes > 0;

    public override List<Peer> MakePeers(int threads, bool withTorch)
    {
        var (network, task) = Make(threads);
        var peers = new List<Peer>();
        if (Training)
        {
            peers.Add(new NetCompilerTrainer<TNetwork>(network, task));
            if (withTorch) peers.Add(new TorchTrainer(task, Classifies, float32));
            if (threads == 1 && TensorsMlp.Covers(Steps)) peers.Add(new TensorsTrainer(task, Classifies));
        }
        else
        {
            peers.Add(new NetCompilerPredictor<TNetwork>(network, task, Forward));
            peers.Add(new OnnxPredictor(task));
            if (withTorch) peers.Add(new TorchPredictor(task, float32));
            if (threads == 1 && TensorsMlp.Covers(Steps)) peers.Add(new TensorsPredictor(task));
        }

        return peers;
    }

    public override Peer MakeExact(Kinks? kinks = null)
    {
        var (_, task) = Make(Environment.ProcessorCount);
        return Training ? new TorchTrainer(task, Classifies, float64, kinks) : new TorchPredictor(task, float64);
    }

    private (TNetwork Network, Assignment Task) Make(int threads)
    {
        var network = TNetwork.Create(1);
        Disturb(network.Parameters);
        var parameters = network.Parameters.ToDictionary(p => p.Name, p => (p.Shape, p.ToArray()), StringComparer.Ordinal);
        var task = new Assignment(Input, Output, Batch, threads, Steps, parameters) { Vocabulary = TNetwork.Description.Inputs[0].Limit };
        return (network, Classifies ? task with { Classes = TNetwork.Description.Training!.Labels[0].Classes } : task);
    }

    /// <summary>Normalisations begin as identities; a check of the numbers would not see one that is missing.</summary>
    private static void Disturb(ParameterCollection parameters)
    {
        var random = new Random(3);
        foreach (var parameter in parameters.Where(p => p.Shape.Length == 1))
        {
            var values = parameter.ToArray();
            var positive = parameter.Name.EndsWith("running_var", StringComparison.Ordinal);
            for (var i = 0; i < values.Length; i++) values[i] = positive ? 0.75f + (random.NextSingle() / 2) : values[i] + (random.NextSingle() / 5) - 0.1f;
            parameter.CopyFrom(values);
        }
    }
}

internal static class Cases
{
    public static IReadOnlyList<Case> All { get; } =
    [
        .. Predict<MlpTiny>("mlp-tiny", Blueprint.Mlp(32, 32, 1), (n, x, y) => n.Forward(x, y), 1),
        .. Predict<MlpSmall>("mlp-small", Blueprint.Mlp(64, 64, 1), (n, x, y) => n.Forward(x, y), 1),
        .. Predict<MlpMnist>("mlp-mnist", Blueprint.Mlp(128, 10), (n, x, y) => n.Forward(x, y), 1, 64, 256),
        .. Predict<MlpMid>("mlp-mid", Blueprint.Mlp(512, 512, 64), (n, x, y) => n.Forward(x, y), 1, 64),
        .. Predict<Cnn>("cnn", Blueprint.Cnn, (n, x, y) => n.Forward(x, y), 1, 32, 128),
        .. Predict<ResNet20>("resnet20", Blueprint.ResNet20, (n, x, y) => n.Forward(x, y), 1, 32),
        .. Predict<Depthwise>("depthwise", Blueprint.Depthwise, (n, x, y) => n.Forward(x, y), 1, 32),
        .. Train<MlpMnist>("mlp-mnist", Blueprint.Mlp(128, 10), 32, 128),
        .. Train<MlpMid>("mlp-mid", Blueprint.Mlp(512, 512, 64), 64),
        .. Train<Cnn>("cnn", Blueprint.Cnn, 32, 128),
        .. Train<ResNet20>("resnet20", Blueprint.ResNet20, 32),
        .. Train<Dqn>("dqn", Blueprint.Mlp(64, 64, 2), 64),
        .. Train<Gpt>("gpt", Blueprint.Gpt, 12),
        .. Train<Gpt1024>("gpt-1024", Blueprint.Gpt, 4),
    ];

    private static IEnumerable<Case> Predict<TNetwork>(string name, Step[] steps, Forward<TNetwork> forward, params int[] batches)
        where TNetwork : class, INetwork<TNetwork> => batches.Select(b => new Case<TNetwork>(name, Training: false, b, steps, forward));

    private static IEnumerable<Case> Train<TNetwork>(string name, Step[] steps, params int[] batches)
        where TNetwork : class, INetwork<TNetwork> => batches.Select(b => new Case<TNetwork>(name, Training: true, b, steps, (_, _, _) => { }));
}
