using NetCompiler.Benchmarks.Compare;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>A network in libtorch: its functions called in order, intermediate values disposed of at once.</summary>
internal sealed class TorchNetwork : IDisposable
{
    private readonly Step[] steps;
    private readonly bool training;
    private readonly Kinks? kinks;
    private readonly Tensor inputs;
    private readonly Dictionary<string, Tensor> tensors;

    public TorchNetwork(Assignment task, bool training, ScalarType precision, Kinks? kinks = null)
    {
        (steps, this.training, this.kinks) = (task.Steps, training, kinks);
        tensors = task.Parameters.ToDictionary(p => p.Key, p => Parameter(p.Key, p.Value.Shape, p.Value.Values, precision), StringComparer.Ordinal);
        inputs = task.Vocabulary > 0 ? tensor(Array.ConvertAll(task.Tokens, t => (long)t), task.InputShape) : tensor(task.Inputs, task.InputShape, precision);
    }

    /// <summary>What is trained.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Parameters => tensors.Where(t => t.Value.requires_grad);

    public void Dispose()
    {
        inputs.Dispose();
        foreach (var parameter in tensors.Values) parameter.Dispose();
    }

    public Tensor Forward() => Forward(steps, inputs);

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
            case Dense dense: return functional.linear(x, tensors[(dense.TiedTo ?? step.Name) + ".weight"], dense.Bias ? tensors[step.Name + ".bias"] : null);
            case Compare.Embedding:
                using (var flat = x.flatten())
                using (var rows = tensors[step.Name + ".weight"].index_select(0, flat)) return rows.view([.. x.shape, rows.size(1)]);
            case Positions: return x + tensors[step.Name + ".weight"];
            case Compare.LayerNorm: return functional.layer_norm(x, [x.size(-1)], tensors[step.Name + ".weight"], tensors[step.Name + ".bias"], Compare.LayerNorm.Epsilon);
            case Compare.Gelu: return functional.gelu(x);
            case CausalAttention attention: return Attend(attention, x);
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
                    training,
                    Norm.Momentum,
                    Norm.Epsilon);
            case Compare.Relu: return kinks?.Rectify(x) ?? functional.relu(x);
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

    private Tensor Attend(CausalAttention step, Tensor x)
    {
        using var scope = NewDisposeScope();
        var (batch, times, width) = (x.size(0), x.size(1), x.size(2));
        var heads = functional.linear(x, tensors[step.Name + ".in_proj_weight"], null).view(batch, times, 3, step.Heads, width / step.Heads).permute(2, 0, 3, 1, 4);
        var seen = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_casual: true);
        return functional.linear(seen.transpose(1, 2).reshape(batch, times, width), tensors[step.Name + ".out_proj.weight"], null).MoveToOuterDisposeScope();
    }

    private Tensor Parameter(string name, int[] shape, float[] values, ScalarType precision)
    {
        var data = tensor(values, [.. shape.Select(d => (long)d)], precision);
        return training && !name.Contains("running_", StringComparison.Ordinal) ? new TorchParameter(data, requires_grad: true) : data;
    }
}
