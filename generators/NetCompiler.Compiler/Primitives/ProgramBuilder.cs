using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Primitives;

/// <summary>What lowering writes with: one method for each kind of nest, with shapes checked as they are built.</summary>
public sealed class ProgramBuilder(Program program, bool training)
{
    private readonly Dictionary<string, Value> _parameters = new(StringComparer.Ordinal);
    private Value? _inverseBatch;
    private int _streams;

    public Program Program { get; } = program;

    /// <summary>True while the training step is built: dropout drops, batch normalisation uses the minibatch's statistics.</summary>
    public bool Training { get; } = training;

    /// <summary>1 / (samples in the minibatch), as an expression.</summary>
    public Expr InverseBatch => Read(Given, 0);

    /// <summary>Outputs whose labels are class numbers, of which -1 says that a position does not count; see <see cref="OfThoseThatCount"/>.</summary>
    public int CountedOutputs { get; init; }

    /// <summary>
    /// What makes a mean over all positions in the minibatch one over those that count: all labels of that output / those that are not -1, as an expression. 1 when all
    /// count, so that nothing that it multiplies changes in a bit; 0 when none does.
    /// </summary>
    public Expr OfThoseThatCount(int output) => Read(Given, 1 + output);

    /// <summary>What is known of a minibatch before it is computed with.</summary>
    private Value Given => _inverseBatch ??= Program.NewValue("inverse_batch", [1 + CountedOutputs], batched: false, ValueKind.InverseBatch);

    /// <summary>The path of the layer that is being lowered; the nests that are added belong to it.</summary>
    public string Owner { get; set; } = "";

    /// <summary>While set, the nests that are added are parts of that carried chain.</summary>
    public Chain? Chain { get; set; }

    /// <summary>While set, the nests that are added are in that case of a group.</summary>
    public (TurnGroup Group, int Case)? Turn { get; set; }

    /// <summary>While set, what is computed has an element for each pair of positions: see <see cref="Value.Pairs"/>.</summary>
    public PairShape? Pairs { get; set; }

    /// <summary>A fresh stream of random numbers.</summary>
    public int NewStream() => _streams++;

    public Value Input(string name, int[] shape, int limit = 0)
    {
        var value = Program.AddValue(id => new Value(id, name, shape, true, ValueKind.Input) { Position = Program.Inputs.Count, Limit = limit });
        Program.Inputs.Add(value);
        return value;
    }

    public Value Label(string name, int[] shape)
    {
        var value = Program.AddValue(id => new Value(id, name, shape, true, ValueKind.Label) { Position = Program.Labels.Count });
        Program.Labels.Add(value);
        return value;
    }

    /// <summary>Rows of the network's input that one step of the layer takes; 0: it is run on all that it ever sees at once.</summary>
    public int StepRows { get; set; }

    /// <summary>Recurrent layers begin with a state that is given, and hand on the one that they end with; else they begin with zeros.</summary>
    public bool CarriesStates { get; set; }

    /// <summary>What a layer keeps from step to step, or from one training step to the next: zeros at first.</summary>
    public Value State(string name, int[] shape, bool columnsTogether = false) => AddState(name, shape, columnsTogether, 0);

    private Value AddState(string name, int[] shape, bool columnsTogether, int limit)
    {
        var value = Program.AddValue(id => new Value(id, name, shape, true, ValueKind.State) { ColumnsTogether = columnsTogether, Limit = limit });
        Program.States.Add(value);
        return value;
    }

    /// <summary>
    /// How many rows there were before this step, of a layer that has <paramref name="rows"/> of them for each step: modulo <paramref name="modulus"/>, or of at
    /// most so many with <paramref name="limits"/>.
    /// </summary>
    public Access Counter(int rows, int modulus, bool limits)
    {
        if (limits) LimitSteps(modulus / rows);
        var turns = limits ? 0 : modulus;
        var known = Program.Counters.FirstOrDefault(c => c.Modulus == turns && c.Rows == rows).Value;
        if (known is null)
        {
            known = AddState($"rows before{(turns > 0 ? $" modulo {turns}" : "")}", [1], false, 1 << 24);
            Program.Counters.Add((known, turns, rows));
        }

        return new Access(known, new EquatableArray<Affine>([0]));
    }

    /// <summary>No more than so many steps fit a layer.</summary>
    public void LimitSteps(int steps) => Program.Capacity = Program.Capacity == 0 ? steps : Math.Min(Program.Capacity, steps);

    /// <summary>Writes a part of a state, from the row on that a counter gives if there is one, and gives the state as it is then.</summary>
    public Value Write(string name, Value state, LoopIndex[] indices, Affine[] at, Expr body, Access? row = null)
    {
        var written = Program.AddValue(id => new Value(id, state.Name, state.Shape, true, ValueKind.Intermediate) { StateOf = state.StateOf ?? state });
        Program.Nests.Add(new Nest(name, NestKind.Store, indices, new Access(written, new EquatableArray<Affine>(at), row), body) { Owner = Owner });
        Program.StateWrites.Add(written);
        return written;
    }

    /// <summary>A value whose parts several nests write: see <see cref="StoreInto"/>.</summary>
    public Value NewValue(string name, int[] shape, bool batched) => Program.NewValue(name, shape, batched);

    /// <summary>The parameter or buffer of that declaration; the same value each time it is asked for.</summary>
    public Value Parameter(ParameterDeclaration declaration)
    {
        if (_parameters.TryGetValue(declaration.Name, out var known)) return known;
        var value = Program.AddValue(id => new Value(
            id, declaration.Name, [.. declaration.Shape], false, declaration.IsBuffer ? ValueKind.Buffer : ValueKind.Parameter) { Parameter = declaration });
        Program.Parameters.Add(value);
        return _parameters[declaration.Name] = value;
    }

    public static LoopIndex Index(string name, int extent) => new(name, extent);

    /// <summary>One index for each dimension of a shape: c, y, x for three; i0, i1 ... otherwise.</summary>
    public static LoopIndex[] IndicesOf(int[] shape)
    {
        string[] names = shape.Length switch { 1 => ["i"], 2 => ["t", "i"], 3 => ["c", "y", "x"], _ => [] };
        return [.. shape.Select((extent, d) => new LoopIndex(names.Length > 0 ? names[d] : "i" + d, extent))];
    }

    public static Expr Read(Value value, params Affine[] at)
    {
        if (at.Length != value.Shape.Length)
            throw new ArgumentException($"{value.Name} has {value.Shape.Length} dimensions, {at.Length} given.", nameof(at));
        return new ReadExpr(new Access(value, new EquatableArray<Affine>(at)));
    }

    /// <summary>An element of the row of a table that a whole number names.</summary>
    public static Expr ReadRow(Value table, Access row, params Affine[] at) => new ReadExpr(new Access(table, new EquatableArray<Affine>([0, .. at]), row));

    public static Expr Read(Value value, LoopIndex[] at) => Read(value, [.. at.Select(Affine.Of)]);

    public Value Store(string name, int[] shape, LoopIndex[] indices, Affine[] at, Expr body, Guard[]? guards = null, double fill = 0, bool? batched = null) =>
        Add(NestKind.Store, name, shape, indices, at, body, guards, fill, batched);

    public Value Sum(string name, int[] shape, LoopIndex[] indices, Affine[] at, Expr body, Guard[]? guards = null, bool? batched = null) =>
        Add(NestKind.Sum, name, shape, indices, at, body, guards, 0, batched);

    public Value Max(string name, int[] shape, LoopIndex[] indices, Affine[] at, Expr body, Guard[]? guards = null) =>
        Add(NestKind.Max, name, shape, indices, at, body, guards, 0, null);

    /// <summary>A function of each element of values of one shape.</summary>
    public Value Pointwise(string name, Func<Expr[], Expr> body, params Value[] values)
    {
        var indices = IndicesOf(values[0].Shape);
        var expression = body([.. values.Select(v => Read(v, indices))]);

        // A user's function may ignore its argument; the result still has a row for each sample.
        return Store(name, values[0].Shape, indices, [.. indices.Select(Affine.Of)], expression, batched: values.Any(v => v.Batched));
    }

    /// <summary>An expression for each element; the indices are the output's dimensions.</summary>
    public Value Pointwise(string name, LoopIndex[] indices, Expr body) =>
        Store(name, [.. indices.Select(i => i.Extent)], indices, [.. indices.Select(Affine.Of)], body);

    /// <summary>
    /// Adds a nest and gives its output. <paramref name="batched"/>: whether the output has a row for each sample; when not
    /// said, it has if any read has.
    /// </summary>
    public Value Add(NestKind kind, string name, int[] shape, LoopIndex[] indices, Affine[] at, Expr body, Guard[]? guards, double fill, bool? batched)
    {
        if (at.Length != shape.Length) throw new ArgumentException($"{name}: an output of {shape.Length} dimensions, {at.Length} given.", nameof(at));
        var isBatched = batched ?? body.Reads().Any(r => r.Value.Batched || r.Row is not null);
        var output = Program.AddValue(id => new Value(id, name, shape, isBatched, ValueKind.Intermediate) { Pairs = Pairs });
        Program.Nests.Add(new Nest(name, kind, indices, new Access(output, new EquatableArray<Affine>(at)), body) { Guards = guards ?? [], Fill = fill, Owner = Owner, Part = Part, Turn = Turn });
        return output;
    }

    /// <summary>
    /// Adds a Store nest that writes a part of a value that others write too. The parts of all of them must be disjoint and
    /// cover the value.
    /// </summary>
    public void StoreInto(string name, Value output, LoopIndex[] indices, Affine[] at, Expr body)
    {
        if (at.Length != output.Shape.Length) throw new ArgumentException($"{name}: an output of {output.Shape.Length} dimensions, {at.Length} given.", nameof(at));
        Program.Nests.Add(new Nest(name, NestKind.Store, indices, new Access(output, new EquatableArray<Affine>(at)), body) { Owner = Owner, Part = Part });
    }

    private (Chain, int)? Part => Chain is null ? null : (Chain, 0);
}
