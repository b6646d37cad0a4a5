using System.Reflection;
using System.Runtime.InteropServices;
using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Tests;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Runs one compiled network beside the double interpreter of the program it was compiled from.</summary>
public sealed class Runner
{
    /// <summary>Generated float code against the interpreter, relative to the tensor's norm.</summary>
    private const double Tolerance = 2e-5;

    private readonly NetworkSpec _spec;
    private readonly NetworkGraph _graph;
    private readonly Type _type;

    public Runner(NetworkSpec spec, Assembly assembly)
    {
        _spec = spec;
        _graph = Declare.Build(spec);
        _type = assembly.GetType(spec.FullName)!;
    }

    /// <summary>The interpreter runs once, then the generated code on each path.</summary>
    public void Check(int batch, InstructionPath[] paths)
    {
        Generic.Call(typeof(Runner), this, nameof(CheckNetwork), _type, batch, paths);
    }

    private void CheckNetwork<T>(int batch, InstructionPath[] paths)
        where T : class, INetwork<T>
    {
        var random = new Random(7);
        var network = T.Create(1);
        foreach (var parameter in network.State.Parameters)
        {
            var values = new float[parameter.Length];
            var positive = parameter.Name.EndsWith("running_var", StringComparison.Ordinal);
            for (var i = 0; i < values.Length; i++) values[i] = positive ? 0.5f + random.NextSingle() : (random.NextSingle() - 0.5f) * (parameter.Length > 64 ? 0.5f : 1.5f);
            parameter.CopyFrom(values);
        }

        var inputs = Enumerable.Range(0, batch * T.Description.Inputs.Sum(i => i.Length)).Select(_ => (random.NextSingle() * 2) - 1).ToArray();
        CheckForward(network, inputs, batch, paths);
        if (T.Description.Training is not null) CheckTraining(network, inputs, batch, paths, random);
    }

    private void CheckForward<T>(T network, float[] inputs, int batch, InstructionPath[] paths)
        where T : class, INetwork<T>
    {
        var program = LoweringStage.Lower(_graph, training: false);
        var oracle = Oracle(program, network, inputs, batch, 0);
        oracle.Run();
        var outputs = new float[batch * T.Description.Outputs.Sum(o => o.Length)];
        foreach (var path in paths)
        {
            network.InstructionPath = path;
            outputs.AsSpan().Fill(float.NaN);
            MemoryMarshal.CreateSpan(ref Scratch.Rent(1 << 18), 1 << 18).Fill(float.NaN);
            network.ForwardAll(inputs, outputs);
            var at = 0;
            foreach (var output in program.Outputs)
            {
                Compare($"output {output.Name}", path, batch, oracle[output], outputs.AsSpan(at, batch * output.Length));
                at += batch * output.Length;
            }
        }
    }

    private void CheckTraining<T>(T network, float[] inputs, int batch, InstructionPath[] paths, Random random)
        where T : class, INetwork<T>
    {
        const uint Seed = 12345;
        var labels = new List<float>();
        foreach (var label in T.Description.Training!.Labels)
            for (var i = 0; i < batch * label.Length; i++) labels.Add(label.Classes > 0 ? random.Next(label.Classes) : random.NextSingle());

        var program = Differentiate.Run(LoweringStage.Lower(_graph, training: true));
        var oracle = Oracle(program, network, inputs, batch, Seed);
        var at = 0;
        foreach (var label in program.Labels)
        {
            oracle[label] = [.. labels.Skip(at).Take(batch * label.Length).Select(v => (double)v)];
            at += batch * label.Length;
        }

        oracle.Run();
        var before = program.BufferUpdates.ToDictionary(u => u.Buffer.Name, u => Values(network, u.Buffer.Name));
        foreach (var path in paths)
        {
            foreach (var (name, values) in before) network.State.Parameters[name].CopyFrom(values);
            var step = new ManualStep<T>(network, path, batch, Seed);
            step.Run(inputs, [.. labels]);
            Compare("loss", path, batch, oracle[program.Loss!], [step.Loss]);
            var all = Math.Sqrt(program.ParameterGradients.Values.Sum(g => oracle[g].Sum(v => v * v)));
            foreach (var (parameter, gradient) in program.ParameterGradients)
                Compare($"gradient of {parameter.Name}", path, batch, oracle[gradient], step.Gradient(parameter.Name), all);
            for (var i = 0; i < program.InputGradients.Count; i++)
                Compare($"gradient of input {i}", path, batch, oracle[program.InputGradients[i]], step.InputGradient(i));
            foreach (var (buffer, value) in program.BufferUpdates)
                Compare($"new {buffer.Name}", path, batch, oracle[value], Values(network, buffer.Name));
        }
    }

    private static float[] Values<T>(T network, string parameter)
        where T : class, INetwork<T>
    {
        var values = new float[network.State.Parameters[parameter].Length];
        network.State.Parameters[parameter].CopyTo(values);
        return values;
    }

    private static DoubleInterpreter Oracle<T>(Program program, T network, float[] inputs, int batch, uint seed)
        where T : class, INetwork<T>
    {
        var oracle = new DoubleInterpreter(program, batch, seed);
        foreach (var value in program.Parameters)
        {
            oracle[value] = [.. Values(network, value.Name).Select(v => (double)v)];
        }

        var at = 0;
        foreach (var input in program.Inputs)
        {
            oracle[input] = [.. inputs.Skip(at).Take(batch * input.Length).Select(v => (double)v)];
            at += batch * input.Length;
        }

        return oracle;
    }

    private void Compare(string what, InstructionPath path, int batch, double[] expected, ReadOnlySpan<float> actual, double whole = 0)
    {
        Assert.Equal(expected.Length, actual.Length);
        double norm = 0, error = 0;
        var worst = 0;
        for (var i = 0; i < actual.Length; i++)
        {
            var difference = Math.Abs(expected[i] - actual[i]);
            if (!(difference <= Math.Abs(expected[worst] - actual[worst]))) worst = i;
            norm += expected[i] * expected[i];
            error += difference * difference;
        }

        // Rounding of sums that cancel to nearly nothing is relative to their terms, which are of order one here.
        // What is 0 by its mathematics (a bias before a batch normalisation) has no norm: it counts beside all gradients.
        var scale = Math.Sqrt(norm) > 1e-12 * whole ? Math.Sqrt(norm) : whole;
        var limit = Tolerance * Math.Max(scale, 1e-2);
        Assert.True(Math.Sqrt(error) <= limit,
            $"{_spec.Name} {path} batch {batch}: {what} is off by {Math.Sqrt(error):G3}, norm {Math.Sqrt(norm):G3}; worst at {worst}: expected {expected[worst]:G6}, got {actual[worst]:G6}.");
    }
}
