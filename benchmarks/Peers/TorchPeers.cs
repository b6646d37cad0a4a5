using NetCompiler.Benchmarks.Compare;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>A network in libtorch: its functions called in order, intermediate values disposed of at once.</summary>
internal abstract class TorchPeer : Peer
{
    public const string SystemName = "TorchSharp";

    private readonly Step[] steps;
    private readonly int threads;
    private readonly Dictionary<string, Tensor> tensors;

    protected TorchPeer(Assignment task, bool training)
        : base(SystemName)
    {
        (steps, threads, Training) = (task.Steps, task.Threads, training);
        tensors = task.Parameters.ToDictionary(p => p.Key, p => Parameter(p.Key, p.Value.Shape, p.Value.Values), StringComparer.Ordinal);
        Inputs = tensor(task.Inputs, task.InputShape);
    }

    protected bool Training { get; }

    protected Tensor Inputs { get; }

    protected IEnumerable<KeyValuePair<string, Tensor>> Parameters => tensors.Where(t => t.Value.requires_grad);

    public override void Enter() => set_num_threads(threads);

    public override void Dispose()
    {
        Inputs.Dispose();
        foreach (var parameter in tensors.Values) parameter.Dispose();
    }

    protected Tensor Forward() => Forward(steps, Inputs);

    /// <summary>The value itself where there are no steps.</summary>
    private Tensor Forward(Step[] path, Tensor x)
    {
        var value = x;
        foreach (var step in path)
        {
            var next = Forward(step, value);
            if (!ReferenceEquals(value, x)) value.Dispose();
            value = next;
        }

        return value;
    }

    private Tensor Forward(Step step, Tensor x)
    {
        switch (step)
        {
            case Dense: return functional.linear(x, tensors[step.Name + ".weight"], tensors[step.Name + ".bias"]);
            case Conv conv:
                return functional.conv2d(
                    x,
                    tensors[step.Name + ".weight"],
                    conv.Bias ? tensors[step.Name + ".bias"] : null,
                    [conv.Stride, conv.Stride],
                    [conv.Pad, conv.Pad],
                    groups: conv.Depthwise ? conv.Channels : 1);
            case Norm:
                return functional.batch_norm(
                    x,
                    tensors[step.Name + ".running_mean"],
                    tensors[step.Name + ".running_var"],
                    tensors[step.Name + ".weight"],
                    tensors[step.Name + ".bias"],
                    Training,
                    Norm.Momentum,
                    Norm.Epsilon);
            case Compare.Relu: return functional.relu(x);
            case MaxPool: return functional.max_pool2d(x, Compare.MaxPool.Size);
            case Compare.Flatten: return x.flatten(1);
            case GlobalAverage:
                using (var average = functional.adaptive_avg_pool2d(x, 1)) return average.flatten(1);
            case Residual residual:
                var main = Forward(residual.Main, x);
                var shortcut = Forward(residual.Shortcut, x);
                var sum = main + shortcut;
                main.Dispose();
                if (!ReferenceEquals(shortcut, x)) shortcut.Dispose();
                return sum;
            default: throw new ArgumentException($"There is no counterpart of {step.GetType().Name} here.", nameof(step));
        }
    }

    private Tensor Parameter(string name, int[] shape, float[] values)
    {
        var data = tensor(values, [.. shape.Select(d => (long)d)]);
        return Training && !name.Contains("running_", StringComparison.Ordinal) ? new TorchParameter(data, requires_grad: true) : data;
    }
}

/// <summary>Prediction in inference mode.</summary>
internal sealed class TorchPredictor(Assignment task) : TorchPeer(task, training: false)
{
    private IDisposable? mode;
    private Tensor? output;

    public override void Enter()
    {
        base.Enter();
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
        output = Forward();
    }

    public override Dictionary<string, float[]> Results() => new() { ["output"] = output!.data<float>().ToArray() };

    public override void Dispose()
    {
        output?.Dispose();
        base.Dispose();
    }
}

/// <summary>A step with Adam: gradients to zero, forward, loss, backward, update, and the loss as a number.</summary>
internal sealed class TorchTrainer : TorchPeer
{
    private readonly optim.Optimizer optimizer;
    private readonly Tensor labels;
    private readonly bool classifies;
    private float loss;

    public TorchTrainer(Assignment task, bool classifies)
        : base(task, training: true)
    {
        this.classifies = classifies;
        labels = classifies ? tensor(Array.ConvertAll(task.Labels, l => (long)l)) : tensor(task.Targets, [task.Batch, task.Output]);
        optimizer = optim.Adam(Parameters.Select(p => (TorchParameter)p.Value), lr: Assignment.LearningRate);
    }

    public override void Run()
    {
        optimizer.zero_grad();
        using var output = Forward();
        using var value = classifies ? functional.cross_entropy(output, labels) : functional.mse_loss(output, labels);
        value.backward();
        using var none = optimizer.step();
        loss = value.item<float>();
    }

    public override Dictionary<string, float[]> Results()
    {
        var results = Parameters.ToDictionary(p => p.Key, p => p.Value.grad!.contiguous().data<float>().ToArray(), StringComparer.Ordinal);
        results["loss"] = [loss];
        return results;
    }

    public override void Dispose()
    {
        optimizer.Dispose();
        labels.Dispose();
        base.Dispose();
    }
}
