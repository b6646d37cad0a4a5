using System.Reflection;
using TorchSharp;

namespace NetCompiler.Torch.Tests;

/// <summary>
/// Runs one network beside its counterpart in libtorch, from the same parameters, copied by name. libtorch computes in double, so that the
/// difference is the error of the generated code alone; and once more in float, as a yardstick of rounding.
/// </summary>
internal sealed class Comparison(TorchCase which)
{
    /// <summary>Of the Euclidean norm.</summary>
    public const double Tolerance = 2e-5;

    /// <summary>Where results are sums that cancel, they keep the rounding of their terms: there the error may be so many times that of libtorch in float.</summary>
    private const double TimesFloatError = 4;

    public static void Run(TorchCase which, Assembly assembly)
    {
        var method = typeof(Comparison).GetMethod(nameof(RunScales), BindingFlags.NonPublic | BindingFlags.Instance)!;
        try
        {
            method.MakeGenericMethod(assembly.GetType(which.Named.FullName)!).Invoke(new Comparison(which), []);
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e.InnerException).Throw();
        }
    }

    /// <param name="what">For the message.</param>
    /// <param name="expected">libtorch's result in double.</param>
    /// <param name="inFloat">libtorch's result in float.</param>
    /// <param name="actual">The network's.</param>
    /// <param name="whole">The norm of the vector that the result is a part of, if it is.</param>
    public static void Close(string what, double[] expected, double[] inFloat, ReadOnlySpan<float> actual, double whole = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        double norm = 0, error = 0, floatError = 0;
        var worst = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = Math.Abs(expected[i] - actual[i]);
            if (!(difference <= Math.Abs(expected[worst] - actual[worst]))) worst = i;
            norm += expected[i] * expected[i];
            error += difference * difference;
            floatError += (expected[i] - inFloat[i]) * (expected[i] - inFloat[i]);
        }

        (norm, error, floatError) = (Math.Sqrt(norm), Math.Sqrt(error), Math.Sqrt(floatError));
        Assert.True(error <= Math.Max(Tolerance * Math.Max(norm, whole), TimesFloatError * floatError),
            $"{what} is off by {error:G3} (libtorch in float: {floatError:G3}), of norm {norm:G3} (in a vector of norm {whole:G3}); "
            + $"worst at {worst}: libtorch has {expected[worst]:G7}, the network {actual[worst]:G7}.");
    }

    /// <summary>Random values for all parameters, as large as PyTorch's initial ones, so that activations stay of order one.</summary>
    public static Dictionary<string, float[]> Parameters(NetworkDescription description, Random random) => description.Parameters.ToDictionary(p => p.Name, p =>
    {
        var scale = p.Shape.Length > 1 ? 2 / MathF.Sqrt((float)p.Length / p.Shape[0]) : 1;
        var isVariance = p.Name.EndsWith("running_var", StringComparison.Ordinal);
        return Enumerable.Range(0, p.Length).Select(_ => isVariance ? 0.5f + random.NextSingle() : (random.NextSingle() - 0.5f) * scale).ToArray();
    });

    /// <summary>Class numbers or targets between 0 and 1 for a minibatch.</summary>
    public static float[] Labels(LabelDescription label, int batch, Random random, int least = 0) =>
        [.. Enumerable.Range(0, batch * label.Length).Select(_ => label.Classes > 0 ? random.Next(least, label.Classes) : random.NextSingle())];

    public static float[] Inputs(int length, float scale, Random random) =>
        [.. Enumerable.Range(0, length).Select(_ => ((random.NextSingle() * 2) - 1) * scale)];

    /// <summary>So many minibatches for a network of one input and one output.</summary>
    public static List<(float[] Inputs, float[] Labels)> Minibatches(NetworkDescription description, int count, int batch, Random random) =>
        [.. Enumerable.Range(0, count).Select(_ => (Inputs(batch * description.Inputs[0].Length, 1, random), Labels(description.Training!.Labels[0], batch, random)))];

    private static float[] Numbers(int length, int least, int limit, Random random) => [.. Enumerable.Range(0, length).Select(_ => random.Next(least, limit))];

    private void RunScales<T>()
        where T : class, INetwork<T>
    {
        Assert.Single(T.Description.Outputs);
        foreach (var scale in which.Scales) RunNetwork<T>(scale);
    }

    private void RunNetwork<T>(float scale)
        where T : class, INetwork<T>
    {
        var description = T.Description;
        var random = new Random(5);
        var parameters = Parameters(description, random);
        float[] inputs = [.. description.Inputs.SelectMany(i => i.Limit > 0 ? Numbers(which.Batch * i.Length, which.Least, i.Limit, random) : Inputs(which.Batch * i.Length, scale, random))];
        var labels = Labels(description.Training!.Labels[0], which.Batch, random, which.LeastClass);
        if (which.LeastClass < 0) Assert.Contains(-1, labels);
        var exact = new TorchRun(which, description, parameters, inputs, labels, torch.float64);
        var inFloat = new TorchRun(which, description, parameters, inputs, labels, torch.float32);
        foreach (var path in new[] { InstructionPath.Vector512, InstructionPath.Vector256, InstructionPath.Vector128 })
        {
            var network = T.Create(1);
            network.InstructionPath = path;
            foreach (var parameter in network.Parameters) parameter.CopyFrom(parameters[parameter.Name]);
            RunPath(network, inputs, labels, (what, actual) =>
                Close($"Inputs up to {scale}, {path}: {what}", exact[what], inFloat[what], actual, exact.Whole(what)));
        }
    }

    private void RunPath<T>(T network, float[] inputs, float[] labels, Action<string, float[]> close)
        where T : class, INetwork<T>
    {
        var description = T.Description;
        var classes = description.Training!.Labels[0].Classes > 0 ? Array.ConvertAll(labels, l => (int)l) : null;
        var outputs = new float[which.Batch * description.Outputs[0].Length];
        network.ForwardAll(inputs, outputs);
        close("the output", outputs);

        using var trainer = new Trainer<T>(network, new Sgd { LearningRate = 0 }, threads: 2);
        close("the loss", [classes is null ? trainer.ComputeGradients(inputs, labels) : trainer.ComputeGradients(inputs, classes)]);
        foreach (var parameter in description.Parameters)
            if (!parameter.IsBuffer) close(TorchRun.GradientOf + parameter.Name, trainer.Gradients[parameter.Name].ToArray());
        var inputGradient = new float[inputs.Length];
        trainer.InputGradient.CopyTo(inputGradient);
        var at = 0;
        foreach (var input in description.Inputs)
        {
            if (input.Limit == 0) close(TorchRun.GradientOfInput + input.Name, inputGradient.AsSpan(at, which.Batch * input.Length).ToArray());
            at += which.Batch * input.Length;
        }

        _ = classes is null ? trainer.Step(inputs, labels) : trainer.Step(inputs, classes);
        foreach (var parameter in description.Parameters)
            if (parameter.IsBuffer) close("the new " + parameter.Name, network.Parameters[parameter.Name].ToArray());
    }
}
