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
    private readonly NetworkSpec _spec;
    private readonly NetworkGraph _graph;
    private readonly Type _type;

    /// <summary>See <see cref="Oracle"/>.</summary>
    public double Margin { get; init; } = 4;

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

    /// <summary>How far a prediction is from that of the interpreter, by the norm of its only output.</summary>
    public double ForwardError(int batch, InstructionPath path) => (double)Generic.Call(typeof(Runner), this, nameof(ErrorOf), _type, batch, path)!;

    private double ErrorOf<T>(int batch, InstructionPath path)
        where T : class, INetwork<T>
    {
        var random = new Random(11);
        var network = T.Create(1);
        network.InstructionPath = path;
        var inputs = Draw(T.Description.Inputs, batch, random);
        var outputs = new float[batch * T.Description.Outputs.Sum(o => o.Length)];
        network.ForwardAll(inputs, outputs);
        var program = LoweringStage.Lower(_graph, training: false);
        return new Oracle(() => Interpreter(program, network, inputs, batch, 0)).RelativeError(program.Outputs.Single(), outputs);
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

        var inputs = Draw(T.Description.Inputs, batch, random);
        CheckForward(network, inputs, batch, paths);
        if (T.Description.Training is null) return;
        CheckTraining(network, inputs, batch, paths, random, least: 0);
        if (T.Description.Training.Labels.Any(l => l.Classes > 0)) CheckTraining(network, inputs, batch, paths, random, least: -1);
    }

    private static float[] Draw(TensorDescription[] inputs, int batch, Random random) =>
        [.. inputs.SelectMany(i => Enumerable.Range(0, batch * i.Length).Select(_ => i.Limit > 0 ? random.Next(Math.Min(i.Limit, 50)) : (random.NextSingle() * 2) - 1))];

    private void CheckForward<T>(T network, float[] inputs, int batch, InstructionPath[] paths)
        where T : class, INetwork<T>
    {
        var program = LoweringStage.Lower(_graph, training: false);
        var oracle = new Oracle(() => Interpreter(program, network, inputs, batch, 0), Margin);
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
                oracle.Compare($"{_spec.Name} {path} batch {batch}: output {output.Name}", output, outputs.AsSpan(at, batch * output.Length));
                at += batch * output.Length;
            }
        }
    }

    /// <param name="least">Of class numbers, of which -1 does not count.</param>
    private void CheckTraining<T>(T network, float[] inputs, int batch, InstructionPath[] paths, Random random, int least)
        where T : class, INetwork<T>
    {
        const uint Seed = 12345;
        var labels = new List<float>();
        foreach (var label in T.Description.Training!.Labels)
            for (var i = 0; i < batch * label.Length; i++) labels.Add(label.Classes > 0 ? random.Next(least, label.Classes) : random.NextSingle());

        var program = Differentiate.Run(LoweringStage.Lower(_graph, training: true));
        var states = program.States.ToDictionary(s => s, s => Enumerable.Range(0, batch * s.Length).Select(_ => (random.NextSingle() * 2) - 1).ToArray());
        var before = program.BufferUpdates.ToDictionary(u => u.Buffer.Name, u => Values(network, u.Buffer.Name));
        var oracle = new Oracle(() =>
        {
            Restore(network, before);
            var interpreter = Interpreter(program, network, inputs, batch, Seed);
            var at = 0;
            foreach (var label in program.Labels)
            {
                interpreter[label] = [.. labels.Skip(at).Take(batch * label.Length).Select(v => (double)v)];
                at += batch * label.Length;
            }

            foreach (var (state, values) in states) interpreter[state] = [.. values.Select(v => (double)v)];
            return interpreter;
        }, Margin);
        foreach (var path in paths)
        {
            Restore(network, before);
            var step = new ManualStep<T>(network, path, batch, Seed);
            foreach (var (state, values) in states) step.Begin(state.Name, values);
            step.Run(inputs, [.. labels]);
            var buffers = program.BufferUpdates.ToDictionary(u => u.Buffer, u => Values(network, u.Buffer.Name));
            var what = $"{_spec.Name} {path} batch {batch}{(least < 0 ? " with positions that do not count" : "")}: ";
            oracle.Compare(what + "loss", program.Loss!, [step.Loss]);
            foreach (var (parameter, gradient) in program.ParameterGradients)
                oracle.Compare($"{what}gradient of {parameter.Name}", gradient, step.Gradient(parameter.Name));
            for (var i = 0; i < program.ShownOutputs.Count; i++)
                oracle.Compare($"{what}output {i}", program.ShownOutputs[i], step.Output(i));
            for (var i = 0; i < program.InputGradients.Count; i++)
                oracle.Compare($"{what}gradient of input {i}", program.InputGradients[i], step.InputGradient(i));
            foreach (var value in program.StateWrites)
                oracle.Compare($"{what}{value.Name} at the end", value, step.End(value.Name));
            foreach (var (buffer, value) in program.BufferUpdates)
                oracle.Compare($"{what}new {buffer.Name}", value, buffers[buffer]);
        }
    }

    private static void Restore<T>(T network, Dictionary<string, float[]> buffers)
        where T : class, INetwork<T>
    {
        foreach (var (name, values) in buffers) network.State.Parameters[name].CopyFrom(values);
    }

    private static float[] Values<T>(T network, string parameter)
        where T : class, INetwork<T>
    {
        var values = new float[network.State.Parameters[parameter].Length];
        network.State.Parameters[parameter].CopyTo(values);
        return values;
    }

    private static DoubleInterpreter Interpreter<T>(Program program, T network, float[] inputs, int batch, uint seed)
        where T : class, INetwork<T>
    {
        var interpreter = new DoubleInterpreter(program, batch, seed);
        foreach (var value in program.Parameters)
        {
            interpreter[value] = [.. Values(network, value.Name).Select(v => (double)v)];
        }

        var at = 0;
        foreach (var input in program.Inputs)
        {
            interpreter[input] = [.. inputs.Skip(at).Take(batch * input.Length).Select(v => (double)v)];
            at += batch * input.Length;
        }

        return interpreter;
    }
}
