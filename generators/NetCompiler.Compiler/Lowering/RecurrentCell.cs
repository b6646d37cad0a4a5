using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// One layer of a recurrent network in one direction, while it is written: what its gates get from the input, for all steps at once, is there;
/// the rest is a carried chain. Of a sequence of one step there is no chain.
/// </summary>
internal sealed class RecurrentCell(ProgramBuilder builder, string title, Value input, int width, bool isReverse)
{
    private readonly int _steps = input.Shape[0];
    private readonly List<RecurrentState> _kept = [];

    public ProgramBuilder Builder { get; } = builder;

    /// <summary>Number of units.</summary>
    public int Width { get; } = width;

    public required Value RecurrentWeight { get; init; }

    public Value? RecurrentBias { get; init; }

    /// <summary>What the gates get from the input: [T, gates x Width].</summary>
    public Value Input { get; } = input;

    /// <summary>A state of so many units; before the first step it is what was kept, or 0. To be made before <see cref="Begin"/>.</summary>
    public RecurrentState NewState(string name)
    {
        var kept = Builder.CarriesStates ? Builder.State($"{title} {name}", [1, Width]) : null;
        Value? rows = null;
        if (_steps > 1)
        {
            rows = Builder.Program.NewValue($"{title} {name}", [_steps + 1, Width], batched: true);
            var j = Index("j", Width);
            Builder.StoreInto(rows.Name, rows, [j], [isReverse ? _steps : 0, j], kept is null ? 0.0 : Read(kept, 0, j));
        }

        var state = new RecurrentState(this, $"{title} {name}", rows, kept, isReverse);
        if (kept is not null) _kept.Add(state);
        return state;
    }

    /// <summary>What is written until <see cref="End"/> is done step by step.</summary>
    public void Begin()
    {
        if (_steps > 1) Builder.Chain = new Chain(isReverse ? ChainOrder.Descending : ChainOrder.Ascending);
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
        return Builder.Store($"{title} {name}", [_steps, Width], [t, j], [t, j], body(t, j), batched: true);
    }

    public (LoopIndex T, LoopIndex J) Loops() => (Index("t", _steps), Index("j", Width));

    /// <summary>What the gates get from the state, for each step, gate and unit: the product with it, and the bias.</summary>
    public Func<LoopIndex, int, LoopIndex, Expr> Recurrent(RecurrentState state) => Gates(state, (product, t, k) =>
        RecurrentBias is { } bias ? product + Read(bias, k) : product);

    /// <summary>The same with what the gates get from the input; the bias of the state is taken to be in that already.</summary>
    public Func<LoopIndex, int, LoopIndex, Expr> InputAndRecurrent(RecurrentState state) => Gates(state, (product, t, k) => Read(Input, t, k) + product);

    private Func<LoopIndex, int, LoopIndex, Expr> Gates(RecurrentState state, Func<Expr, Affine, Affine, Expr> with)
    {
        var all = RecurrentWeight.Shape[0];
        if (state.IsZero) return (t, gate, j) => with(0, t, j + (gate * Width));
        LoopIndex t = Index("t", _steps), k = Index("k", all), j = Index("j", Width);
        var product = Builder.Sum($"{title} recurrent product", [_steps, all], [t, k, j], [t, k], Read(RecurrentWeight, k, j) * state.Before(t, j), batched: true);
        LoopIndex u = Index("t", _steps), l = Index("k", all);
        var gates = Builder.Store($"{title} gates", [_steps, all], [u, l], [u, l], with(Read(product, u, l), u, l), batched: true);
        return (t, gate, j) => Read(gates, t, j + (gate * Width));
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
