using System.Numerics.Tensors;
using NetCompiler.Benchmarks.Compare;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>Dense layers and Relus as one writes them with System.Numerics.Tensors: a sample at a time, a dot product for each unit.</summary>
internal sealed class TensorsMlp
{
    public const string SystemName = "Tensors";

    private readonly List<Layer> layers = [];

    public TensorsMlp(Assignment task)
    {
        var rectified = task.Steps.Skip(1).Select(s => s is Relu).Append(false);
        foreach (var (step, relu) in task.Steps.Zip(rectified).Where(s => s.First is Compare.Dense))
        {
            var (shape, weight) = task.Parameters[step.Name + ".weight"];
            layers.Add(new(step.Name, shape[1], shape[0], [.. weight], [.. task.Parameters[step.Name + ".bias"].Values], relu));
        }
    }

    public IReadOnlyList<Layer> Layers => layers;

    /// <summary>Whether a network is of this kind.</summary>
    public static bool Covers(Step[] steps) => steps.All(s => s is Compare.Dense or Relu);

    /// <summary>One sample; the result is the last layer's values.</summary>
    public float[] Forward(ReadOnlySpan<float> x)
    {
        foreach (var layer in layers)
        {
            layer.Forward(x);
            x = layer.Values;
        }

        return layers[^1].Values;
    }

    internal sealed class Layer(string name, int inputs, int units, float[] weight, float[] bias, bool relu)
    {
        public string Name => name;

        public float[] Values { get; } = new float[units];

        /// <summary>Gradient of the values.</summary>
        public float[] Errors { get; } = new float[units];

        public Parameter Weight { get; } = new(weight);

        public Parameter Bias { get; } = new(bias);

        public void Forward(ReadOnlySpan<float> x)
        {
            for (var o = 0; o < units; o++) Values[o] = bias[o] + TensorPrimitives.Dot(Row(weight, o), x);
            if (relu) TensorPrimitives.Max(Values, 0, Values);
        }

        /// <param name="x">What <see cref="Forward"/> was given.</param>
        /// <param name="errors">Becomes the gradient of x; empty where nobody asks for it.</param>
        public void Backward(ReadOnlySpan<float> x, Span<float> errors)
        {
            errors.Clear();
            for (var o = 0; o < units; o++)
            {
                if (relu && Values[o] <= 0) continue;
                var error = Errors[o];
                Bias.Gradient[o] += error;
                Span<float> gradient = Row(Weight.Gradient, o);
                TensorPrimitives.MultiplyAdd(x, error, gradient, gradient);
                if (!errors.IsEmpty) TensorPrimitives.MultiplyAdd(Row(weight, o), error, errors, errors);
            }
        }

        private Span<float> Row(float[] matrix, int o) => matrix.AsSpan(o * inputs, inputs);
    }

    /// <summary>Values with their gradient and what Adam keeps of them.</summary>
    internal sealed class Parameter(float[] values)
    {
        private const float Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f;

        private readonly float[] first = new float[values.Length], second = new float[values.Length], scratch = new float[values.Length];

        public float[] Gradient { get; } = new float[values.Length];

        public void Update(int step)
        {
            TensorPrimitives.Multiply(Gradient, 1 - Beta1, scratch);
            TensorPrimitives.MultiplyAdd(first, Beta1, scratch, first);
            TensorPrimitives.Multiply(Gradient, Gradient, scratch);
            TensorPrimitives.Multiply(scratch, 1 - Beta2, scratch);
            TensorPrimitives.MultiplyAdd(second, Beta2, scratch, second);

            TensorPrimitives.Sqrt(second, scratch);
            TensorPrimitives.Divide(scratch, MathF.Sqrt(1 - MathF.Pow(Beta2, step)), scratch);
            TensorPrimitives.Add(scratch, Epsilon, scratch);
            TensorPrimitives.Divide(first, scratch, scratch);
            TensorPrimitives.MultiplyAdd(scratch, -Assignment.LearningRate / (1 - MathF.Pow(Beta1, step)), values, values);
        }
    }
}

internal sealed class TensorsPredictor(Assignment task) : Peer(TensorsMlp.SystemName)
{
    private readonly TensorsMlp network = new(task);
    private readonly float[] outputs = new float[task.Batch * task.Output];

    public override void Run()
    {
        var length = task.Inputs.Length / task.Batch;
        for (var i = 0; i < task.Batch; i++) network.Forward(task.Inputs.AsSpan(i * length, length)).CopyTo(outputs, i * task.Output);
    }

    public override Dictionary<string, double[]> Results() => new() { [Output] = Numbers(outputs) };

    public override void Dispose()
    {
    }
}

/// <summary>A step with Adam.</summary>
internal sealed class TensorsTrainer(Assignment task, bool classifies) : Peer(TensorsMlp.SystemName)
{
    private readonly TensorsMlp network = new(task);
    private int steps;
    private float loss;

    public override void Run()
    {
        foreach (var layer in network.Layers)
        {
            Array.Clear(layer.Weight.Gradient);
            Array.Clear(layer.Bias.Gradient);
        }

        loss = 0;
        var length = task.Inputs.Length / task.Batch;
        for (var i = 0; i < task.Batch; i++)
        {
            ReadOnlySpan<float> x = task.Inputs.AsSpan(i * length, length);
            var output = network.Forward(x);
            var errors = network.Layers[^1].Errors;
            loss += classifies ? CrossEntropy(output, task.Labels[i], errors) : SquaredError(output, task.Targets.AsSpan(i * task.Output, task.Output), errors);
            for (var l = network.Layers.Count - 1; l > 0; l--) network.Layers[l].Backward(network.Layers[l - 1].Values, network.Layers[l - 1].Errors);
            network.Layers[0].Backward(x, []);
        }

        steps++;
        foreach (var layer in network.Layers)
        {
            layer.Weight.Update(steps);
            layer.Bias.Update(steps);
        }
    }

    public override Dictionary<string, double[]> Results()
    {
        var results = new Dictionary<string, double[]>(StringComparer.Ordinal) { [Loss] = [loss] };
        foreach (var layer in network.Layers)
        {
            results[layer.Name + ".weight"] = Numbers(layer.Weight.Gradient);
            results[layer.Name + ".bias"] = Numbers(layer.Bias.Gradient);
        }

        return results;
    }

    public override void Dispose()
    {
    }

    private float CrossEntropy(float[] scores, int label, float[] errors)
    {
        TensorPrimitives.SoftMax(scores, errors);
        var part = -MathF.Log(errors[label]) / task.Batch;
        errors[label] -= 1;
        TensorPrimitives.Divide(errors, task.Batch, errors);
        return part;
    }

    private float SquaredError(float[] output, ReadOnlySpan<float> target, float[] errors)
    {
        TensorPrimitives.Subtract(output, target, errors);
        var part = TensorPrimitives.SumOfSquares<float>(errors) / (task.Batch * task.Output);
        TensorPrimitives.Multiply(errors, 2f / (task.Batch * task.Output), errors);
        return part;
    }
}
