using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Primitives;

public enum ValueKind
{
    /// <summary>A network input: the caller's memory, row-major.</summary>
    Input,

    /// <summary>What the loss compares an output with: the caller's memory, row-major; class numbers arrive as floats.</summary>
    Label,

    /// <summary>Learned.</summary>
    Parameter,

    /// <summary>Kept with the parameters but not learned: running statistics.</summary>
    Buffer,

    /// <summary>1 / (samples in the minibatch); and then, for each output whose labels are class numbers, all its labels in the minibatch / those that count.</summary>
    InverseBatch,

    /// <summary>Kept by who runs a network step by step, or window by window in training, from each run to the next; zeros at first.</summary>
    State,

    /// <summary>Computed by a nest.</summary>
    Intermediate,
}

/// <summary>How a parameter starts: normal around 0 with the deviation; or, when that is 0, uniform in [-Bound, Bound]; or the constant when Bound is 0 too.</summary>
public sealed record Initializer(double Bound, double Constant, double Deviation = 0)
{
    public static Initializer Normal(double deviation) => new(0, 0, deviation);

    public static Initializer Uniform(double bound) => new(bound, 0);

    public static Initializer Value(double constant) => new(0, constant);
}

/// <summary>A parameter or buffer as the user sees it: PyTorch's name and shape.</summary>
public sealed record ParameterDeclaration(string Name, EquatableArray<int> Shape, Initializer Initializer, bool IsBuffer)
{
    /// <summary>For the weights of a convolution: it is computed as it is written, without Winograd's method.</summary>
    public bool DirectConvolution { get; init; }
}

/// <summary>
/// A named array. The shape is of one sample; a batched value has one such array for each sample of the minibatch, and
/// the sample's number is implicit everywhere: a nest always works on the same sample of all its batched values.
/// </summary>
public sealed class Value(int id, string name, int[] shape, bool batched, ValueKind kind)
{
    public int Id { get; } = id;

    public string Name { get; } = name;

    public int[] Shape { get; } = shape;

    public bool Batched { get; } = batched;

    public ValueKind Kind { get; } = kind;

    /// <summary>For <see cref="ValueKind.Parameter"/> and <see cref="ValueKind.Buffer"/>.</summary>
    public ParameterDeclaration? Parameter { get; init; }

    /// <summary>For <see cref="ValueKind.Input"/> and <see cref="ValueKind.Label"/>: which one, from 0.</summary>
    public int Position { get; init; }

    /// <summary>For an input of whole numbers (tokens, lengths), which arrive as floats: they are from 0 up to, not including, this; 0: any floats.</summary>
    public int Limit { get; init; }

    /// <summary>Holds whole numbers; no gradient reaches them.</summary>
    public bool IsInteger => Limit > 0;

    /// <summary>
    /// A state after a nest has written a part of it, in the same memory: elements that the nest does not write are as they were. In a program of separate
    /// states (<see cref="Program.SeparateStates"/>): what the state is to be afterwards, all of it, in memory of its own.
    /// </summary>
    public Value? StateOf { get; init; }

    /// <summary>
    /// For a value that has an element for each pair of two positions (the scores of attention); else null. Where it is large, planning sees to it that never all of it is in memory.
    /// </summary>
    public PairShape? Pairs { get; init; }

    /// <summary>For a state: elements of one column lie together, so that sums over columns read along rows.</summary>
    public bool ColumnsTogether { get; init; }

    public int Length { get; } = LengthOf(shape);

    // The runtime's own hash of an object takes far longer.
    public override int GetHashCode() => Id;

    public override string ToString() => $"%{Id}";

    private static int LengthOf(int[] shape)
    {
        var length = 1;
        foreach (var extent in shape) length *= extent;
        return length;
    }
}

/// <summary>What the elements of a value with two dimensions are, where each is of a pair of positions.</summary>
/// <param name="Rows">What its rows are numbered by: heads first, the first positions last.</param>
/// <param name="Causal">The second position is never after the first: elements of other pairs are 0, or nobody reads them.</param>
/// <param name="Window">With Causal: it is fewer than so many positions before the first; 0: any number.</param>
public sealed record PairShape(EquatableArray<int> Rows, bool Causal, int Window);

/// <summary>One element of a value for each point of a domain: an affine expression for each dimension of the value's shape.</summary>
public sealed class Access(Value value, EquatableArray<Affine> map, Access? row = null) : IEquatable<Access>
{
    public Value Value { get; } = value;

    public EquatableArray<Affine> Map { get; } = map;

    /// <summary>
    /// A place that depends on data: the whole number that this reads, of an integer input, is added to the place in dimension 0 (the row of a
    /// table that a token names). What the numbers may be is checked before anything runs.
    /// </summary>
    public Access? Row { get; } = row;

    /// <summary>The same place in another value of that shape.</summary>
    public Access In(Value other) => new(other, Map, Row);

    private int _hash;

    [MethodImpl(HotPath.Optimized)]
    public Access Substitute(IReadOnlyDictionary<LoopIndex, Affine> map)
    {
        Affine[]? places = null;
        for (var d = 0; d < Map.Count; d++)
        {
            var place = Map[d].Substitute(map);
            if (!ReferenceEquals(place, Map[d])) (places ??= [.. Map])[d] = place;
        }

        var number = Row?.Substitute(map);
        return places is null && ReferenceEquals(number, Row) ? this : new(Value, places is null ? Map : new EquatableArray<Affine>(places), number);
    }

    [MethodImpl(HotPath.Optimized)]
    public bool Equals(Access? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || !ReferenceEquals(Value, other.Value) || Map.Count != other.Map.Count) return false;
        for (var d = 0; d < Map.Count; d++)
            if (!Map[d].Equals(other.Map[d])) return false;
        return Equals(Row, other.Row);
    }

    public override bool Equals(object? obj) => Equals(obj as Access);

    public override int GetHashCode() => _hash != 0 ? _hash : _hash = Hash();

    [MethodImpl(HotPath.Optimized)]
    private int Hash()
    {
        var hash = Value.Id * 397;
        foreach (var place in Map) hash = unchecked((hash * 31) + place.GetHashCode());
        if (Row is not null) hash = unchecked((hash * 31) + Row.GetHashCode());
        return hash;
    }

    /// <summary>The place depends on that index.</summary>
    [MethodImpl(HotPath.Optimized)]
    public bool Uses(LoopIndex index)
    {
        foreach (var place in Map)
            if (place.Uses(index)) return true;
        return Row is not null && Row.Uses(index);
    }

    public override string ToString() => Map.Count == 0 ? Value.ToString() : $"{Value}[{(Row is null ? "" : Row + " + ")}{string.Join(", ", Map)}]";
}

/// <summary>A condition on the points of a domain: 0 &lt;= Expression &lt; Upper. Points that fail it are not in the domain.</summary>
public sealed record Guard(Affine Expression, int Upper)
{
    /// <summary>Points that fail it may be in the domain or not: nobody reads what they would store, and what they would add is 0.</summary>
    public bool IsOptional { get; init; }
}

public enum NestKind
{
    /// <summary>
    /// Each point stores its own element; elements without a point hold <see cref="Nest.Fill"/>. Several Store nests may share one output
    /// (Concat): then their points are disjoint and together cover it, and Fill means nothing.
    /// </summary>
    Store,

    /// <summary>Points that share an element of the output add up (an element without a point is 0).</summary>
    Sum,

    /// <summary>Points that share an element: the largest body.</summary>
    Max,

    /// <summary>
    /// Points that share an element: the row-major number, over the indices that the output does not use, of the first point
    /// with the largest body. No gradient.
    /// </summary>
    ArgMax,
}

/// <summary>
/// The one primitive: for each point of a box of loop indices (less the points that a guard excludes), evaluate an
/// expression over affine reads and store, add or maximise it into an affine place of the output.
/// Dense layers, convolutions, pooling, normalisation, activations, views, losses and all their gradients are this:
/// the set is closed under differentiation, since the gradient of a read is a Sum over the same domain.
/// The minibatch's index is implicit; a nest with a batched read and an output that is not batched also reduces over it.
/// </summary>
public sealed class Nest(string name, NestKind kind, IReadOnlyList<LoopIndex> indices, Access output, Expr body)
{
    /// <summary>What it computes, for people: <c>Stem.0 Conv2D</c>, <c>gradient of 0.weight</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The path of the layer that it belongs to; empty: none (what a training step adds).</summary>
    public string Owner { get; init; } = "";

    public NestKind Kind { get; } = kind;

    public IReadOnlyList<LoopIndex> Indices { get; } = indices;

    public IReadOnlyList<Guard> Guards { get; init; } = [];

    public Access Output { get; } = output;

    public Expr Body { get; } = body;

    /// <summary>For Store: the value of elements that no point stores.</summary>
    public double Fill { get; init; }

    /// <summary>The chain that it is a part of, and which stage of it; null: none.</summary>
    public (Chain Chain, int Stage)? Part { get; init; }

    /// <summary>The group of a step's work that it is in, and which case of it; null: none.</summary>
    public (TurnGroup Group, int Case)? Turn { get; init; }

    /// <summary>Distinct reads, in order of first mention; also what gives a place its row.</summary>
    public List<Access> Reads => _reads ??= AllReads();

    private static int s_count;

    private readonly int _hash = unchecked(++s_count * 0x61c88647);
    private List<Access>? _reads;
    private IReadOnlyList<LoopIndex>? _reductionIndices;
    private Answer _readsSamples;
    private Answer _hasRows;
    private Answer _hasIdentityOutput;
    private Answer _hasInjectiveOutput;

    /// <summary>Its verifier has found nothing wrong with it, whatever program it is in.</summary>
    internal bool IsSound { get; set; }

    /// <summary>Of a question that was asked before, perhaps by several threads at once: one byte is written as a whole.</summary>
    private enum Answer : byte { Unknown, No, Yes }

    /// <summary>Points with different output-side indices have different elements.</summary>
    internal bool HasInjectiveOutput => Kept(ref _hasInjectiveOutput, static nest => nest.Output.IsInjective());

    /// <summary>Indices that the output's place does not depend on: the nest reduces over them.</summary>
    public IReadOnlyList<LoopIndex> ReductionIndices => _reductionIndices ??= [.. Indices.Where(i => !Output.Uses(i))];

    /// <summary>The row-major number of a point over <see cref="ReductionIndices"/>: what ArgMax gives.</summary>
    public Affine ReductionNumber
    {
        get
        {
            var number = Affine.Zero;
            foreach (var index in ReductionIndices) number = (number * index.Extent) + index;
            return number;
        }
    }

    /// <summary>Any value here has a row for each sample.</summary>
    public bool IsBatched => Output.Value.Batched || ReadsSamples;

    /// <summary>Reduces over the samples of the minibatch.</summary>
    public bool ReducesBatch => !Output.Value.Batched && ReadsSamples;

    /// <summary>Any place depends on data.</summary>
    public bool HasRows => Kept(ref _hasRows, static nest => nest.FindsRows());

    /// <summary>The same nest, but for what is given.</summary>
    public Nest With(Expr? body = null, IReadOnlyList<LoopIndex>? indices = null, Access? output = null, IReadOnlyList<Guard>? guards = null, (Chain Chain, int Stage)? part = null, string? name = null) =>
        new(name ?? Name, Kind, indices ?? Indices, output ?? Output, body ?? Body) { Guards = guards ?? Guards, Fill = Fill, Owner = Owner, Part = part ?? Part, Turn = Turn };

    /// <summary>The same nest over other loop indices: the old ones replaced by affine expressions of these where the map says so.</summary>
    public Nest Over(IReadOnlyList<LoopIndex> indices, IReadOnlyDictionary<LoopIndex, Affine> map) =>
        With(Body.Substitute(map), indices, Output.Substitute(map), [.. Guards.Select(g => g with { Expression = g.Expression.Substitute(map) })]);

    private bool Kept(ref Answer answer, Func<Nest, bool> find)
    {
        if (answer == Answer.Unknown) answer = find(this) ? Answer.Yes : Answer.No;
        return answer == Answer.Yes;
    }

    /// <summary>A guard depends on that index.</summary>
    [MethodImpl(HotPath.Optimized)]
    internal bool IsGuarded(LoopIndex index)
    {
        for (var g = 0; g < Guards.Count; g++)
            if (Guards[g].Expression.Uses(index)) return true;
        return false;
    }

    [MethodImpl(HotPath.Optimized)]
    private bool FindsRows()
    {
        if (Output.Row is not null) return true;
        foreach (var read in Reads)
            if (read.Row is not null) return true;
        return false;
    }

    [MethodImpl(HotPath.Optimized)]
    private List<Access> AllReads()
    {
        var reads = Body.DistinctReads();
        for (var r = -1; r < reads.Count; r++)
            if ((r < 0 ? Output : reads[r]).Row is { } row && !reads.Contains(row)) reads.Add(row);
        return reads;
    }

    private bool ReadsSamples => Kept(ref _readsSamples, static nest => nest.Reads.Exists(r => r.Value.Batched));

    // As for indices: the runtime's own takes far longer.
    public override int GetHashCode() => _hash;

    /// <summary>Every dimension of the output is one distinct index that covers it: each point has its own element and all are covered.</summary>
    public bool HasIdentityOutput => Kept(ref _hasIdentityOutput, static nest => IsIdentity(nest.Output));

    [MethodImpl(HotPath.Optimized)]
    private static bool IsIdentity(Access output)
    {
        if (output.Row is not null) return false;
        for (var d = 0; d < output.Map.Count; d++)
        {
            if (output.Map[d].SingleIndex is not { } index)
            {
                if (output.Value.Shape[d] != 1 || !output.Map[d].Equals(Affine.Zero)) return false;
                continue;
            }

            if (index.Extent != output.Value.Shape[d]) return false;
            for (var e = 0; e < d; e++)
                if (output.Map[e].SingleIndex == index) return false;
        }

        return true;
    }
}

/// <summary>A network, or its training step, as a list of nests in order of execution.</summary>
public sealed class Program(string name)
{
    public string Name { get; } = name;

    public List<Value> Values { get; } = [];

    public List<Nest> Nests { get; } = [];

    public List<Value> Inputs { get; } = [];

    public List<Value> Labels { get; } = [];

    public List<Value> Outputs { get; } = [];

    /// <summary>
    /// Of a training step whose loss is computed outside of it: what that is given. The labels are then the gradients of the outputs, which are there only
    /// when these have been computed for the whole minibatch.
    /// </summary>
    public List<Value> ShownOutputs { get; } = [];

    /// <summary>Parameters and buffers in order of declaration.</summary>
    public List<Value> Parameters { get; } = [];

    /// <summary>The mean loss of the minibatch: one number, not batched. Null in a program that predicts.</summary>
    public Value? Loss { get; set; }

    /// <summary>Buffers that a training step replaces: the buffer and the value that replaces it when the step is done.</summary>
    public List<(Value Buffer, Value NewValue)> BufferUpdates { get; } = [];

    /// <summary>After autodiff: the gradient of the loss for each parameter that has one.</summary>
    public Dictionary<Value, Value> ParameterGradients { get; } = [];

    /// <summary>After autodiff: the gradient of the loss for each input, in order.</summary>
    public List<Value> InputGradients { get; } = [];

    /// <summary>Of a program that makes one step, or one training step: what is kept between them, in order.</summary>
    public List<Value> States { get; } = [];

    /// <summary>States as they are after the step, or after a part of them was written.</summary>
    public List<Value> StateWrites { get; } = [];

    /// <summary>
    /// What states are to be is written beside what they are: the gradients of a training step still need that, and who runs it may not want to go on
    /// (gradients alone). Otherwise states are written in place.
    /// </summary>
    public bool SeparateStates { get; init; }

    /// <summary>States of one number that whoever makes the steps sets before each: how many rows there were before, modulo so many where that is not 0; and how many rows a step has.</summary>
    public List<(Value Value, int Modulus, int Rows)> Counters { get; } = [];

    /// <summary>Of a program that makes one step, or a block of them: so many; otherwise 0.</summary>
    public int StepRows { get; init; }

    /// <summary>How many steps there can be from a state of zeros on; 0: any number.</summary>
    public int Capacity { get; set; }

    public Value NewValue(string name, int[] shape, bool batched, ValueKind kind = ValueKind.Intermediate)
    {
        var value = new Value(Values.Count, name, shape, batched, kind);
        Values.Add(value);
        return value;
    }

    /// <summary>A value with the same elements as another: its gradient, or itself once more.</summary>
    public Value NewLike(Value other, string name) => AddValue(id => new Value(id, name, other.Shape, other.Batched, ValueKind.Intermediate) { Pairs = other.Pairs });

    public Value AddValue(Func<int, Value> create)
    {
        var value = create(Values.Count);
        Values.Add(value);
        return value;
    }
}
