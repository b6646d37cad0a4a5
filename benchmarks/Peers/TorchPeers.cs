using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>Prediction in inference mode.</summary>
internal sealed class TorchPredictor(Assignment task, ScalarType precision) : Peer(TorchTrainer.NameOf(precision))
{
    private readonly TorchNetwork network = new(task, training: false, precision);
    private IDisposable? mode;
    private Tensor? output;

    public override void Enter()
    {
        set_num_threads(task.Threads);
        mode = inference_mode();
    }

    public override void Leave()
    {
        mode?.Dispose();
        mode = null;
    }

    public override void Run()
    {
        output?.Dispose();
        output = network.Forward();
    }

    public override Dictionary<string, double[]> Results() => new() { [Output] = TorchTrainer.Numbers(output!) };

    public override void Dispose()
    {
        output?.Dispose();
        network.Dispose();
    }
}

/// <summary>A step with Adam: gradients to zero, forward, loss, backward, update, and the loss as a number.</summary>
internal sealed class TorchTrainer : Peer
{
    public const string SystemName = "TorchSharp";

    private readonly TorchNetwork network;
    private readonly optim.Optimizer optimizer;
    private readonly Tensor labels;
    private readonly bool classifies;
    private readonly int threads;
    private double loss;

    public TorchTrainer(Assignment task, bool classifies, ScalarType precision, Kinks? kinks = null)
        : base(NameOf(precision))
    {
        (this.classifies, threads) = (classifies, task.Threads);
        network = new(task, training: true, precision, kinks);
        labels = classifies ? tensor(Array.ConvertAll(task.Labels, l => (long)l)) : tensor(task.Targets, [task.Batch, task.Output], precision);
        optimizer = optim.Adam(network.Parameters.Select(p => (TorchParameter)p.Value), lr: Assignment.LearningRate);
    }

    public static string NameOf(ScalarType precision) => precision == float64 ? $"{SystemName} in float64" : SystemName;

    public static double[] Numbers(Tensor values)
    {
        using var numbers = values.detach().to(float64).contiguous();
        return numbers.data<double>().ToArray();
    }

    public override void Enter() => set_num_threads(threads);

    public override void Run()
    {
        optimizer.zero_grad();
        using var output = network.Forward();
        using var value = classifies ? Classify(output) : functional.mse_loss(output, labels);
        value.backward();
        using var none = optimizer.step();
        loss = value.ToDouble();
    }

    /// <summary>At each position of a sequence, where there are several.</summary>
    private Tensor Classify(Tensor output)
    {
        if (output.dim() == 2) return functional.cross_entropy(output, labels);
        using var rows = output.view(-1, output.size(-1));
        return functional.cross_entropy(rows, labels);
    }

    public override Dictionary<string, double[]> Results()
    {
        var results = network.Parameters.ToDictionary(p => p.Key, p => Numbers(p.Value.grad!), StringComparer.Ordinal);
        results[Loss] = [loss];
        return results;
    }

    public override void Dispose()
    {
        optimizer.Dispose();
        labels.Dispose();
        network.Dispose();
    }
}
