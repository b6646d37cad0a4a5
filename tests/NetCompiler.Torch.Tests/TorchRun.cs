using NetCompiler.Compiler.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace NetCompiler.Torch.Tests;

/// <summary>What libtorch makes of a case in one precision: everything that is compared, under the words that name it in messages.</summary>
internal sealed class TorchRun
{
    /// <summary>Before a parameter's name.</summary>
    public const string GradientOf = "the gradient of parameter ";

    /// <summary>Before an input's name.</summary>
    public const string GradientOfInput = "the gradient of input ";

    private readonly Dictionary<string, double[]> _results = new(StringComparer.Ordinal);

    public TorchRun(TorchCase which, NetworkDescription description, IReadOnlyDictionary<string, float[]> parameters, float[] inputs, float[] labels, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        using var module = which.Module();
        module.to(precision);
        var tensors = CopyParameters(description, module, parameters);
        var x = Inputs(which.Batch, description.Inputs, inputs, precision);

        module.eval();
        var predicted = Call(module, x);
        Assert.Equal(description.Outputs[0].Shape.Select(d => (long)d), predicted.shape.Skip(1));
        Keep("the output", predicted);

        module.train();
        var loss = Loss(which.Spec.Loss!, Call(module, x), labels, description.Training!.Labels[0]);
        loss.backward();
        Keep("the loss", loss);
        foreach (var (input, tensor) in description.Inputs.Zip(x))
            if (input.Limit == 0) Keep(GradientOfInput + input.Name, tensor.grad!);
        foreach (var (name, parameter) in module.named_parameters()) Keep(GradientOf + name, parameter.grad!);
        foreach (var buffer in description.Parameters.Where(p => p.IsBuffer)) Keep("the new " + buffer.Name, tensors[buffer.Name]);
    }

    public double[] this[string what] => _results[what];

    /// <summary>
    /// For a parameter's gradient, the norm of the gradient of all parameters, as one vector; 0 for anything else. A normalisation makes parts of
    /// this vector vanish, or nearly: those of all parameters before it that scale or shift its input. What is left of them in float is the
    /// rounding of sums over the minibatch whose terms are as large as the other parts' (libtorch's own is smaller: it sums these in double).
    /// </summary>
    public double Whole(string what) => !what.StartsWith(GradientOf, StringComparison.Ordinal) ? 0
        : Math.Sqrt(_results.Where(r => r.Key.StartsWith(GradientOf, StringComparison.Ordinal)).Sum(r => r.Value.Sum(v => v * v)));

    /// <summary>The module's tensors by name, with the values given, after a check that the network's have the same names and shapes.</summary>
    public static Dictionary<string, Tensor> CopyParameters(NetworkDescription description, nn.Module module, IReadOnlyDictionary<string, float[]> values)
    {
        // The network keeps no count of batches, which plays no part.
        var tensors = module.state_dict().Where(t => !t.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)).ToDictionary(t => t.Key, t => t.Value);
        Assert.Equal(
            tensors.Select(t => $"{t.Key} [{string.Join(", ", t.Value.shape)}]").Order(StringComparer.Ordinal),
            description.Parameters.Select(p => $"{p.Name} [{string.Join(", ", p.Shape)}]").Order(StringComparer.Ordinal));
        using var still = no_grad();
        foreach (var (name, tensor) in tensors)
        {
            using var copy = Of(values[name], tensor.dtype, tensor.shape);
            tensor.copy_(copy);
        }

        return tensors;
    }

    private static Tensor Call(nn.Module module, Tensor[] inputs) => module is nn.Module<Tensor[], Tensor> several ? several.call(inputs) : ((nn.Module<Tensor, Tensor>)module).call(inputs.Single());

    /// <summary>What lies one after the other, as a tensor for each input: of whole numbers, or with a gradient.</summary>
    private static Tensor[] Inputs(int batch, TensorDescription[] inputs, float[] values, ScalarType precision)
    {
        var at = 0;
        return [.. inputs.Select(input =>
        {
            long[] shape = [batch, .. input.Shape.Select(d => (long)d)];
            var its = values.AsSpan(at, batch * input.Length).ToArray();
            at += its.Length;
            return input.Limit > 0 ? tensor(Array.ConvertAll(its, v => (long)v), shape) : Of(its, precision, shape).requires_grad_();
        })];
    }

    public static Tensor Of(float[] values, ScalarType precision, params long[] shape) => tensor(values, shape).to(precision);

    public static double[] Numbers(Tensor tensor)
    {
        using var numbers = tensor.detach().to(float64).contiguous().flatten();
        return numbers.data<double>().ToArray();
    }

    /// <summary>The network's loss in libtorch's terms.</summary>
    public static Tensor Loss(LossSpec loss, Tensor output, float[] labels, LabelDescription label)
    {
        long[] shape = [output.shape[0], .. label.Shape.Select(d => (long)d)];
        if (label.Classes > 0)
        {
            // libtorch has the classes in dimension 1; here they are the last of a sequence of rank 2.
            var scores = output.dim() == 3 ? output.transpose(1, 2) : output;
            var classes = tensor(Array.ConvertAll(labels, v => (long)v), label.Length == 1 ? [shape[0]] : shape);
            return nn.functional.cross_entropy(scores, classes, ignore_index: -1, label_smoothing: loss.Number("LabelSmoothing", 0));
        }

        var target = Of(labels, output.dtype, shape);
        return loss.Kind switch
        {
            "BinaryCrossEntropy" => nn.functional.binary_cross_entropy_with_logits(output, target),
            "MeanSquaredError" => nn.functional.mse_loss(output, target),
            "MeanAbsoluteError" => nn.functional.l1_loss(output, target),
            "Huber" => nn.functional.huber_loss(output, target, loss.Number("HuberDelta", 1)),
            _ => throw new ArgumentException($"No counterpart of the loss {loss.Kind} is known.", nameof(loss)),
        };
    }

    private void Keep(string what, Tensor tensor) => _results[what] = Numbers(tensor);
}
