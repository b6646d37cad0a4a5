using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// One layer of a recurrent network in one direction, while it is written: what its gates get from the input, for all steps at once;
/// the rest is a carried chain. Of a sequence of one step there is no chain.
/// </summary>
internal sealed class RecurrentCell
{
    /// <summary>Large weights are kept in blocks of so many rows.</summary>
    private const int BlockRows = 16;

    private readonly string _title;
    private readonly int _steps;
    private readonly int _gates;
    private readonly bool _isReverse;
    private readonly Func<int, int, Value> _input;
    private readonly GateRows?[] _rows;
    private readonly TurnGroup _turn = new();
    private readonly List<RecurrentState> _kept = [];

    /// <param name="builder">What it is written with.</param>
    /// <param name="title">Of its values.</param>
    /// <param name="steps">Number of steps T.</param>
    /// <param name="width">Number of units.</param>
    /// <param name="isReverse">From the last step to the first.</param>
    /// <param name="recurrentWeight">[gates x width, width].</param>
    /// <param name="input">Writes what so many rows of all gates, from the given one on, get from the input: [T, rows].</param>
    public RecurrentCell(ProgramBuilder builder, string title, int steps, int width, bool isReverse, Value recurrentWeight, Func<int, int, Value> input)
    {
        (Builder, _title, _steps, Width, _isReverse, RecurrentWeight, _input) = (builder, title, steps, width, isReverse, recurrentWeight, input);
        _gates = recurrentWeight.Shape[0] / width;
        _rows = new GateRows?[HasGatesApart ? _gates : 1];
        if (!HasGatesApart) _ = RowsOf(0);
    }

    public ProgramBuilder Builder { get; }

    /// <summary>Number of units.</summary>
    public int Width { get; }

    public Value RecurrentWeight { get; }

    public Value? RecurrentBias { get; init; }

    /// <summary>
    /// Each gate has products of its own. A single step reads far more weights than it computes with: one gate's function is done while the next one's weights come. Where the
    /// blocks of weights would have rows of two gates, there is one product for all.
    /// </summary>
    private bool HasGatesApart => _gates > 1 && _steps == 1 && Builder is { CarriesStates: true, Training: false } && Width % BlockRows == 0;

    /// <summary>A state of so many units; before the first step it is what was kept, or 0. To be made before <see cref="Begin"/>.</summary>
    public RecurrentState NewState(string name)
    {
        var kept = Builder.CarriesStates ? Builder.State($"{_title} {name}", [1, Width]) : null;
        Value? rows = null;
        if (_steps > 1)
        {
            rows = Builder.Program.NewValue($"{_title} {name}", [_steps + 1, Width], batched: true);
            var j = Index("j", Width);
            Builder.StoreInto(rows.Name, rows, [j], [_isReverse ? _steps : 0, j], kept is null ? 0.0 : Read(kept, 0, j));
        }

        var state = new RecurrentState(this, $"{_title} {name}", rows, kept, _isReverse);
        if (kept is not null) _kept.Add(state);
        return state;
    }

    /// <summary>What is written until <see cref="End"/> is done step by step.</summary>
    public void Begin()
    {
        if (_steps > 1) Builder.Chain = new Chain(_isReverse ? ChainOrder.Descending : ChainOrder.Ascending);
    }

    public void End()
    {
        Builder.Chain = null;
        foreach (var state in _kept) state.Keep();
    }

    /// <summary>For each step and unit; the result is [T, Width].</summary>
    public Value Store(string name, Func<LoopIndex, LoopIndex, Expr> body)
    {
        var (t, j) = Loops();
        return Builder.Store($"{_title} {name}", [_steps, Width], [t, j], [t, j], body(t, j), batched: true);
    }

    /// <summary>The same of what is computed from that gate's products alone.</summary>
    public Value Store(string name, int gate, Func<LoopIndex, LoopIndex, Expr> body) => InTurn(gate, () => Store(name, body));

    public (LoopIndex T, LoopIndex J) Loops() => (Index("t", _steps), Index("j", Width));

    /// <summary>What a gate gets from the input.</summary>
    public Expr Input(LoopIndex t, int gate, LoopIndex j) => Read(RowsOf(gate).Input, t, RowsOf(gate).At(gate, j));

    /// <summary>What the gates get from the state, for each step, gate and unit: the product with it, and the bias.</summary>
    public Func<LoopIndex, int, LoopIndex, Expr> Recurrent(RecurrentState state) => Gates(state, (rows, product, t, k) =>
        RecurrentBias is { } bias ? product + Read(bias, k + rows.From) : product);

    /// <summary>The same with what the gates get from the input; the bias of the state is taken to be in that already.</summary>
    public Func<LoopIndex, int, LoopIndex, Expr> InputAndRecurrent(RecurrentState state) => Gates(state, (rows, product, t, k) => Read(rows.Input, t, k) + product);

    private Func<LoopIndex, int, LoopIndex, Expr> Gates(RecurrentState state, Func<GateRows, Expr, LoopIndex, Affine, Expr> with)
    {
        if (state.IsZero) return (t, gate, j) => with(RowsOf(gate), 0, t, RowsOf(gate).At(gate, j));
        if (!HasGatesApart) _ = ProductOf(0);
        return (t, gate, j) => Read(ProductOf(gate), t, RowsOf(gate).At(gate, j));

        Value ProductOf(int gate)
        {
            var rows = RowsOf(gate);
            return rows.Gates ??= InTurn(gate, () => NewProduct(rows));
        }

        Value NewProduct(GateRows rows)
        {
            LoopIndex t = Index("t", _steps), k = Index("k", rows.Count), j = Index("j", Width);
            var product = Builder.Sum($"{_title} recurrent product", [_steps, rows.Count], [t, k, j], [t, k], Read(RecurrentWeight, k + rows.From, j) * state.Before(t, j), batched: true);
            LoopIndex u = Index("t", _steps), l = Index("k", rows.Count);
            return Builder.Store($"{_title} gates", [_steps, rows.Count], [u, l], [u, l], with(rows, Read(product, u, l), u, l), batched: true);
        }
    }

    private GateRows RowsOf(int gate)
    {
        return HasGatesApart ? _rows[gate] ??= InTurn(gate, () => NewRows(gate * Width, Width)) : _rows[0] ??= NewRows(0, _gates * Width);

        GateRows NewRows(int from, int count) => new(from, count, Width, _input(from, count));
    }

    private T InTurn<T>(int gate, Func<T> write)
    {
        var before = Builder.Turn; // a gate's products may be written while the gate is
        if (HasGatesApart) Builder.Turn = (_turn, gate);
        var value = write();
        Builder.Turn = before;
        return value;
    }

    /// <summary>Rows of the gates that have products together: all, or those of one gate.</summary>
    private sealed class GateRows(int from, int count, int width, Value input)
    {
        /// <summary>The first.</summary>
        public int From { get; } = from;

        public int Count { get; } = count;

        /// <summary>What they get from the input: [T, Count].</summary>
        public Value Input { get; } = input;

        /// <summary>And from the state.</summary>
        public Value? Gates { get; set; }

        /// <summary>Where the units of a gate are in these.</summary>
        public Affine At(int gate, LoopIndex j) => j + ((gate * width) - From);
    }
}

/// <summary>
/// What goes from one step to the next. It has a row for the state before the first step and one for the state after each; backwards in time,
/// the row before the first step is the last.
/// </summary>
internal sealed class RecurrentState(RecurrentCell cell, string name, Value? rows, Value? kept, bool isReverse)
{
    private Value? _single;

    /// <summary>It is 0 before every step that there is.</summary>
    public bool IsZero => rows is null && kept is null;

    public Expr Before(LoopIndex t, Affine j) => rows is null ? kept is null ? 0 : Read(kept, 0, j) : Read(rows, isReverse ? t + 1 : t, j);

    public Expr After(LoopIndex t, Affine j) => rows is null ? Read(_single!, t, j) : Read(rows, isReverse ? t : t + 1, j);

    public void Write(Func<LoopIndex, LoopIndex, Expr> body)
    {
        var (t, j) = cell.Loops();
        if (rows is null) _single = cell.Builder.Store(name, [1, cell.Width], [t, j], [t, j], body(t, j), batched: true);
        else cell.Builder.StoreInto(name, rows, [t, j], [isReverse ? t : t + 1, j], body(t, j));
    }

    /// <summary>For the next run.</summary>
    public void Keep()
    {
        var j = Index("j", cell.Width);
        cell.Builder.Write($"{name}, kept", kept!, [j], [0, j], Last(j));
    }

    /// <summary>The state after the last step.</summary>
    public Expr Last(Affine j) => rows is null ? Read(_single!, 0, j) : Read(rows, isReverse ? 0 : rows.Shape[0] - 1, j);
}
