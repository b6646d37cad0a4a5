using System.Globalization;
using System.Runtime.CompilerServices;

namespace NetCompiler.Compiler.Primitives;

/// <summary>
/// Checks that a program is well formed. Every stage's result is verified: a stage that breaks a rule is found where it did
/// so, and not by what the generated code computes.
/// </summary>
public sealed class ProgramVerifier
{
    private readonly Program _program;
    private readonly string _stage;

    // By the number of a value: it runs after every pass, over thousands of them.
    private readonly bool[] _defined;
    private readonly int[] _lastWriter;

    // Of what a carried chain writes: the row of the first strip.
    private readonly Dictionary<(Chain Chain, Value Value), int> _rows = [];

    private ProgramVerifier(Program program, string stage)
    {
        _program = program;
        _stage = stage;
        _defined = new bool[program.Values.Count];
        _lastWriter = new int[program.Values.Count];
        for (var v = 0; v < _lastWriter.Length; v++) _lastWriter[v] = -1;
    }

    /// <exception cref="InvalidOperationException">A rule is broken; the message names the nest and what is wrong with it.</exception>
    public static void Verify(Program program, string stage = "lowering") => new ProgramVerifier(program, stage).Verify();

    private void Verify()
    {
        VerifyValues();
        NoteWriters();
        if (_program.Nests.Exists(n => n.CarriedChain() is not null)) VerifyChains();
        VerifyNests();

        foreach (var output in _program.Outputs) Defined(output, "an output");
        foreach (var output in _program.ShownOutputs) Defined(output, "a shown output");
        if (_program.Loss is { } loss)
        {
            Defined(loss, "the loss");
            if (loss.Batched || loss.Length != 1) throw Broken($"the loss {loss} '{loss.Name}' is not one number");
        }

        if (_program.SeparateStates) VerifyStates();
        foreach (var (buffer, value) in _program.BufferUpdates) SameShape(buffer, value, "the new value of");
        foreach (var pair in _program.ParameterGradients) SameShape(pair.Key, pair.Value, "the gradient of");
        if (_program.InputGradients.Count > 0 && _program.InputGradients.Count != _program.Inputs.Count)
            throw Broken($"{Text(_program.InputGradients.Count)} input gradients for {Text(_program.Inputs.Count)} inputs");
        for (var i = 0; i < _program.InputGradients.Count; i++) SameShape(_program.Inputs[i], _program.InputGradients[i], "the gradient of");
    }

    // Long loops have methods of their own (see HotPath).
    [MethodImpl(HotPath.Optimized)]
    private void VerifyValues()
    {
        for (var v = 0; v < _program.Values.Count; v++) Verify(_program.Values[v], v);
    }

    [MethodImpl(HotPath.Optimized)]
    private void NoteWriters()
    {
        for (var n = 0; n < _program.Nests.Count; n++)
            if (_program.Nests[n].Output.Value is var written && IsKnown(written)) _lastWriter[written.Id] = n;
    }

    [MethodImpl(HotPath.Optimized)]
    private void VerifyNests()
    {
        for (var n = 0; n < _program.Nests.Count; n++) Verify(_program.Nests[n], n);
    }

    /// <summary>Nothing of a state's memory to be is left from before: one nest writes all of it.</summary>
    private void VerifyStates()
    {
        foreach (var state in _program.States)
        {
            if (_program.StateWrites.Count(w => w.StateOf == state) != 1) throw Broken($"the state {state} '{state.Name}' is not written once");
        }

        foreach (var write in _program.StateWrites)
        {
            var writers = _program.Nests.Where(n => n.Output.Value == write).ToList();
            if (writers.Count != 1 || writers[0].Guards.Count > 0 || !writers[0].Output.IsBijection(writers[0].Indices))
                throw Broken($"the state {write} '{write.Name}' is not written as a whole by one nest");
        }
    }

    private void Verify(Value value, int at)
    {
        if (value.Id != at) throw Broken($"value '{value.Name}' has number {Text(value.Id)} at place {Text(at)}");
        if (value.Shape.Any(s => s < 1)) throw Broken($"value {value} '{value.Name}' has the shape [{string.Join(", ", value.Shape)}]");
        if (value.Kind != ValueKind.Intermediate) _defined[at] = true;
    }

    private bool IsKnown(Value value) => value.Id < _program.Values.Count && ReferenceEquals(_program.Values[value.Id], value);

    private bool IsDefined(Value value) => IsKnown(value) && _defined[value.Id];

    [MethodImpl(HotPath.Optimized)]
    private void Verify(Nest nest, int at)
    {
        var output = nest.Output.Value;
        if (output.Kind != ValueKind.Intermediate) throw Broken(nest, $"writes {output} '{output.Name}', which is given ({output.Kind})");
        if (IsDefined(output) && (nest.Kind != NestKind.Store || _program.Nests.Take(at).Any(n => n.Output.Value == output && n.Kind != NestKind.Store)))
            throw Broken(nest, $"writes {output} again; only Store nests may share a value");
        foreach (var read in nest.Reads)
        {
            if (!IsDefined(read.Value)) throw Broken(nest, $"reads {read.Value} '{read.Value.Name}' before it is computed");
            if (_lastWriter[read.Value.Id] >= at && !IsCarried(nest, read))
                throw Broken(nest, $"reads {read.Value} '{read.Value.Name}' before all parts of it are written");
            Known(nest, read.Value);
        }

        Known(nest, output);
        if (!nest.IsSound) VerifyItself(nest);
        _defined[output.Id] = true;
    }

    /// <summary>The read is of what the nest's own chain wrote in an earlier strip.</summary>
    private bool IsCarried(Nest nest, Access read) =>
        nest.CarriedChain() is { } chain && _rows.TryGetValue((chain, read.Value), out var row) && chain.Lag(row, read.Map[0].Constant) > 0;

    private void VerifyChains()
    {
        var seen = new HashSet<Chain>();
        foreach (var run in _program.Nests.InRuns())
        {
            if (run[0].CarriedChain() is not { } chain) continue;
            if (!seen.Add(chain)) throw Broken(run[0], "is apart from the rest of its chain");
            VerifyChain(chain, run);
        }
    }

    private void VerifyChain(Chain chain, IReadOnlyList<Nest> run)
    {
        foreach (var nest in run)
        {
            if (nest.Indices.Count == 0 || nest.Indices[0].Extent != run[0].Indices[0].Extent) throw Broken(nest, "has not the strips of its chain as its first index");
            if (nest.Kind is not (NestKind.Store or NestKind.Sum) || nest.Guards.Count > 0 || !nest.Output.Value.Batched)
                throw Broken(nest, "is part of a carried chain, but not a Store or Sum without guards into a value with samples");
            if (!IsRow(nest.Output, nest.Indices[0])) throw Broken(nest, "does not write one row in each strip of its chain");
            var key = (chain, nest.Output.Value);
            if (_rows.TryGetValue(key, out var row) && row != nest.FirstRow()) throw Broken(nest, $"writes {nest.Output.Value} at another row than another nest of its chain");
            _rows[key] = nest.FirstRow();
        }

        foreach (var nest in run)
            foreach (var read in nest.Reads)
                if (_rows.TryGetValue((chain, read.Value), out var row) && (!IsRow(read, nest.Indices[0]) || chain.Lag(row, read.Map[0].Constant) < 0))
                    throw Broken(nest, $"reads {read}, which its chain does not write in this strip or an earlier one");
    }

    /// <summary>The first place is the strip plus a constant, and no other depends on the strip.</summary>
    private static bool IsRow(Access access, LoopIndex strip)
    {
        if (access.Map.Count == 0 || !(access.Map[0] - strip).IsConstant) return false;
        for (var d = 1; d < access.Map.Count; d++)
            if (access.Map[d].Uses(strip)) return false;
        return true;
    }

    private void Known(Nest nest, Value value)
    {
        if (!IsKnown(value)) throw Broken(nest, $"uses {value} '{value.Name}', which is not a value of the program");
    }

    /// <summary>What concerns the nest alone. Nests never change, and most outlive several passes: each is asked once.</summary>
    private void VerifyItself(Nest nest)
    {
        if (nest.Indices.Any(i => i.Extent < 1)) throw Broken(nest, $"has an index of extent {Text(nest.Indices.First(i => i.Extent < 1).Extent)}");
        if (nest.Indices.Distinct().Count() != nest.Indices.Count) throw Broken(nest, "has the same index twice");

        foreach (var read in nest.Reads) Verify(nest, read);
        Verify(nest, nest.Output);
        if (nest.HasRows && (nest.Guards.Count > 0 || (nest.Kind != NestKind.Store && nest.Reads.Any(r => r.Row is { } row && nest.Indices.Any(row.Uses))) || (nest.Output.Row is not null && nest.Kind != NestKind.Sum && nest.Output.Value.StateOf is null)))
            throw Broken(nest, "has rows that are data: those are read by a Store nest (or by any, if all its points have the same), added to by a Sum nest, or written into a state, without guards");
        VerifyExpression(nest, nest.Body, condition: false);
        foreach (var guard in nest.Guards) Bound(nest, guard.Expression);

        if (nest.ReducesBatch && nest.Kind is NestKind.Store or NestKind.ArgMax)
            throw Broken(nest, $"reads samples but its output {nest.Output} has none: {nest.Kind} cannot reduce over them");
        if (nest.Kind == NestKind.Store && Collides(nest))
            throw Broken(nest, $"stores several points in one element: {nest.Output} over {string.Join(" ", nest.Indices.Select(i => $"{i.Name}<{Text(i.Extent)}"))}");
        nest.IsSound = true;
    }

    [MethodImpl(HotPath.Optimized)]
    private void Verify(Nest nest, Access access)
    {
        var value = access.Value;
        if (access.Map.Count != value.Shape.Length)
            throw Broken(nest, $"uses {access} with {Text(access.Map.Count)} places; '{value.Name}' has {Text(value.Shape.Length)} dimensions");
        if (access.Row is { } row && (!row.Value.IsInteger || row.Row is not null))
            throw Broken(nest, $"uses {access}: a row is a whole number of an integer input or a counter");
        for (var d = 0; d < access.Map.Count; d++)
        {
            Bound(nest, access.Map[d]);
            if (access.Map[d].Minimum >= 0 && access.Map[d].Maximum < value.Shape[d]) continue; // whatever the guards say
            var (low, high) = Range(nest, access.Map[d]);
            if (low < 0 || high >= value.Shape[d])
                throw Broken(nest, $"uses {access}: '{access.Map[d]}' runs from {Text(low)} to {Text(high)}, dimension {Text(d)} of '{value.Name}' has {Text(value.Shape[d])} elements");
        }
    }

    [MethodImpl(HotPath.Optimized)]
    private void VerifyExpression(Nest nest, Expr expression, bool condition)
    {
        var isTruth = expression is BinaryExpr { Op: >= BinaryOp.Less };
        if (isTruth != condition)
            throw Broken(nest, condition ? $"chooses by {expression}, which is not a comparison" : $"uses the comparison {expression} as a number");
        switch (expression)
        {
            case ParameterExpr: throw Broken(nest, $"has the free parameter {expression}");
            case IndexExpr i: Bound(nest, i.Index); break;
            case RandomExpr r: Bound(nest, r.Counter); break;
            case SelectExpr s:
                VerifyExpression(nest, s.Condition, condition: true);
                VerifyExpression(nest, s.WhenTrue, condition: false);
                VerifyExpression(nest, s.WhenFalse, condition: false);
                break;
            default:
                foreach (var child in expression.Children) VerifyExpression(nest, child, condition: false);
                break;
        }
    }

    [MethodImpl(HotPath.Optimized)]
    private void Bound(Nest nest, Affine expression)
    {
        foreach (var (index, _) in expression.Terms)
            if (!nest.Indices.Contains(index)) throw Broken(nest, $"uses the index '{index.Name}' in '{expression}', which is not one of its loops");
    }

    private static (int Low, int High) Range(Nest nest, Affine expression) => Range(nest.Guards, 0, expression);

    /// <summary>
    /// The values that an expression can take. It is split into a multiple of a guard's expression, whose interval is known, and
    /// the rest; any multiple gives true bounds, so those are tried that make one of the guard's terms vanish from the rest.
    /// </summary>
    [MethodImpl(HotPath.Optimized)]
    private static (int Low, int High) Range(IReadOnlyList<Guard> guards, int from, Affine expression)
    {
        var (low, high) = (expression.Minimum, expression.Maximum);
        for (var g = from; g < guards.Count; g++)
        {
            var guard = guards[g];
            var least = Math.Max(0, guard.Expression.Minimum);
            var most = Math.Min(guard.Upper - 1, guard.Expression.Maximum);
            foreach (var (index, coefficient) in guard.Expression.Terms)
            {
                var times = expression.Coefficient(index) / coefficient;
                if (times == 0 || times * coefficient != expression.Coefficient(index)) continue;
                var (restLow, restHigh) = Range(guards, g + 1, expression - (guard.Expression * times));
                low = Math.Max(low, restLow + Math.Min(times * least, times * most));
                high = Math.Min(high, restHigh + Math.Max(times * least, times * most));
            }
        }

        return (low, high);
    }

    /// <summary>Certain cases only: an index that the place does not depend on, or more points than elements.</summary>
    private static bool Collides(Nest nest)
    {
        if (nest.Guards.Count > 0) return false;
        if (nest.ReductionIndices.Any(i => i.Extent > 1)) return true;
        var points = nest.Indices.Aggregate(1L, (n, i) => n * i.Extent);
        return points > nest.Output.Value.Length;
    }

    private void SameShape(Value of, Value value, string what)
    {
        Defined(value, $"{what} {of} '{of.Name}'");
        if (of.Batched != value.Batched || !of.Shape.SequenceEqual(value.Shape))
            throw Broken($"{what} {of} '{of.Name}' [{string.Join(", ", of.Shape)}] is {value} [{string.Join(", ", value.Shape)}]{(of.Batched != value.Batched ? ", and only one of them has samples" : "")}");
    }

    private void Defined(Value value, string what)
    {
        if (!IsDefined(value)) throw Broken($"{what}, {value} '{value.Name}', is not computed");
    }

    private InvalidOperationException Broken(Nest nest, string what) => Broken($"'{nest.Name}' {what}\n{ProgramText.Dump(nest)}");

    private InvalidOperationException Broken(string what) => new($"Program '{_program.Name}' is not well formed after {_stage}: {what}.");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
