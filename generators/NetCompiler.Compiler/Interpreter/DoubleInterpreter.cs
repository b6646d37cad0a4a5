using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Interpreter;

/// <summary>
/// Runs a program in double precision on one minibatch: the oracle for gradients and for the generated code. Values are
/// row-major, a batched one with its samples one after the other.
/// </summary>
public sealed class DoubleInterpreter
{
    /// <summary>Half the distance of floats above 1.</summary>
    private const double FloatUnit = 1.0 / (1 << 24);

    // Nests do not change and tests evaluate them often: each is compiled once, wherever it is run.
    private static readonly ConditionalWeakTable<Nest, CompiledNest> s_compiled = new();
    private static readonly ConditionalWeakTable<Nest, CompiledNest> s_single = new();

    private readonly Program _program;
    private readonly uint _seed;
    private readonly Dictionary<Value, double[]> _data = [];

    public DoubleInterpreter(Program program, int batch, uint seed = 0)
    {
        if (batch < 1) throw new ArgumentOutOfRangeException(nameof(batch), batch, "A minibatch has at least one sample.");
        _program = program;
        _seed = seed;
        Batch = batch;
        foreach (var value in program.Values.Where(v => v.Kind == ValueKind.InverseBatch)) _data[value] = [1.0 / batch, .. new double[value.Length - 1]];
        foreach (var state in program.States) _data[state] = new double[SizeOf(state)];
    }

    public int Batch { get; }

    /// <summary>
    /// If set, a source of random numbers from -1 to 1: every operation and partial sum is rounded to a float, and each computed value is moved
    /// by that part of half a unit in its last place. Several runs show what a plain evaluation in single precision does to a result
    /// (Parker, Monte Carlo Arithmetic, 1997).
    /// </summary>
    public Func<double>? Rounding { get; set; }

    /// <summary>The value's elements; to be set for inputs, labels, parameters and buffers before running.</summary>
    public double[] this[Value of]
    {
        get => _data.TryGetValue(of, out var data)
            ? data
            : throw new InvalidOperationException($"{of} '{of.Name}' ({of.Kind}) has no elements: it was neither given nor computed.");
        set
        {
            if (value.Length != SizeOf(of))
                throw new ArgumentException($"{value.Length} elements given for '{of.Name}', {SizeOf(of)} expected.", nameof(value));
            _data[of] = value;
        }
    }

    public int SizeOf(Value value) => value.Length * (value.Batched ? Batch : 1);

    /// <summary>Runs every nest in order.</summary>
    public void Run() => Run(_program.Nests);

    /// <summary>Runs these nests only; what they read must be there. For finite differences, which need just a part again.</summary>
    public void Run(IEnumerable<Nest> nests)
    {
        CountLabels();
        var started = new HashSet<Value>();
        foreach (var run in nests.InRuns())
        {
            foreach (var nest in run)
            {
                var output = nest.Output.Value;
                if (output.StateOf is { } state && !_program.SeparateStates)
                {
                    // Written in place: what the nest does not write is as it was.
                    _data[output] = this[state];
                    continue;
                }

                if (!_data.TryGetValue(output, out var data)) _data[output] = data = new double[SizeOf(output)];

                // Several Store nests may each write a part of one value: only the first clears it.
                if (started.Add(output)) Fill(data, nest.Kind == NestKind.Store ? nest.Fill : nest.Kind == NestKind.Max ? double.NegativeInfinity : 0);
            }

            if (run[0].CarriedChain() is { } chain) RunSteps(run, chain);
            else RunWhole(run[0]);
        }
    }

    /// <summary>As a trainer does before a step: all labels of an output / those that are not -1, or 0 if there are none of these.</summary>
    private void CountLabels()
    {
        foreach (var value in _program.Values.Where(v => v.Kind == ValueKind.InverseBatch && v.Length > 1))
            for (var output = 0; output < value.Length - 1; output++)
            {
                if (!_data.TryGetValue(_program.Labels[output], out var labels)) continue;
                var counted = labels.Count(l => l >= 0);
                _data[value][1 + output] = counted == 0 ? 0 : (double)labels.Length / counted;
            }
    }

    private void RunWhole(Nest nest)
    {
        var output = this[nest.Output.Value];
        Run(nest, output, 0, nest.Indices.Count > 0 ? nest.Indices[0].Extent : 1);
        if (Rounding is not null && nest.Kind != NestKind.ArgMax) Round(output, 0, output.Length, Rounding);
    }

    private void RunSteps(IReadOnlyList<Nest> nests, Chain chain)
    {
        var steps = nests[0].Indices[0].Extent;
        for (var step = 0; step < steps; step++)
        {
            var strip = chain.Order == ChainOrder.Descending ? steps - 1 - step : step;
            foreach (var nest in nests)
            {
                var value = nest.Output.Value;
                var output = this[value];
                Run(nest, output, strip, strip + 1);
                if (Rounding is null) continue;
                var row = value.Length / value.Shape[0];
                for (var sample = 0; sample < Batch; sample++) Round(output, (sample * value.Length) + ((strip + nest.FirstRow()) * row), row, Rounding);
            }
        }
    }

    /// <summary>The points of a nest whose first index is in [begin, end).</summary>
    private void Run(Nest nest, double[] output, int begin, int end)
    {
        var compiled = Rounding is null ? s_compiled.GetValue(nest, static n => new CompiledNest(n)) : s_single.GetValue(nest, static n => new CompiledNest(n, single: true));
        var arrays = new double[nest.Reads.Count + 2][];
        arrays[0] = output;
        for (var r = 0; r < nest.Reads.Count; r++) arrays[r + 1] = this[nest.Reads[r].Value];
        if (nest.Kind == NestKind.ArgMax)
        {
            // The best bodies so far, beside the numbers of their points.
            arrays[arrays.Length - 1] = new double[output.Length];
            Fill(arrays[arrays.Length - 1], double.NegativeInfinity);
        }

        var samples = nest.IsBatched ? Batch : 1;
        for (var sample = 0; sample < samples; sample++) compiled.Run(arrays, sample, _seed, begin, end);
    }

    private static void Round(double[] data, int from, int count, Func<double> rounding)
    {
        for (var i = from; i < from + count; i++) data[i] *= 1 + (rounding() * FloatUnit);
    }

    private static void Fill(double[] data, double value)
    {
        for (var i = 0; i < data.Length; i++) data[i] = value;
    }
}
