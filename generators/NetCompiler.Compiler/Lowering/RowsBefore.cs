using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Step by step: the rows before a step that a window reaches back to, which a state keeps, in one of two orders.</summary>
internal abstract class RowsBefore(ProgramBuilder builder, string title, Value x, WindowAxis axis)
{
    protected ProgramBuilder Builder => builder;

    protected string Title => title;

    /// <summary>The rows of this step.</summary>
    protected Value X => x;

    /// <summary>How many rows the window reaches back.</summary>
    protected int Kept => axis.Before;

    protected int Rows => x.Shape[0];

    protected int Channels => x.Shape[1];

    /// <summary>Where the first of the rows before is, which follow each other: from the row on that a number says, if there is one.</summary>
    public abstract (Value State, int First, Access? Turn) Place { get; }

    /// <summary>Those of a layer that has a state.</summary>
    public static RowsBefore Of(ProgramBuilder builder, LayerNode node, Value x, WindowAxis axis)
    {
        // The same for a step and for a block of steps, which share the state: decided by the rows of one step.
        var block = node.Inputs[0].BlockRows;
        return RowRing.Pays(axis, block / Stepping.Block) ? new RowRing(builder, Loops.Title(node), x, axis, block) : new RowShift(builder, Loops.Title(node), x, axis);
    }

    /// <summary>The rows before, then those of this step.</summary>
    public Value WithRows()
    {
        var all = builder.NewValue($"{title} rows", [Kept + Rows, Channels], batched: true);
        var (state, start, turn) = Place;
        Copy(Kept, 0, (t, c) => new ReadExpr(new Access(state, new([t + start, c]), turn)));
        Copy(Rows, Kept, (t, c) => ProgramBuilder.Read(x, t, c));
        return all;

        void Copy(int count, int first, Func<Affine, Affine, Expr> from)
        {
            var (t, c) = (ProgramBuilder.Index("t", count), ProgramBuilder.Index("c", Channels));
            builder.StoreInto(all.Name, all, [t, c], [t + first, c], from(t, c));
        }
    }

    /// <summary>Keeps what the next step needs; after all that reads the state.</summary>
    public abstract void Keep();
}

/// <summary>The rows lie in order, the last one last: each step moves all of them.</summary>
internal sealed class RowShift(ProgramBuilder builder, string title, Value x, WindowAxis axis) : RowsBefore(builder, title, x, axis)
{
    public override (Value State, int First, Access? Turn) Place { get; } = (builder.State($"{title} rows before", [axis.Before, x.Shape[1]]), 0, null);

    public override void Keep()
    {
        if (Kept > Rows) Move(Place.State, Rows, 0, Kept - Rows);
        Move(X, Math.Max(Rows - Kept, 0), Math.Max(Kept - Rows, 0), Math.Min(Kept, Rows));
    }

    /// <summary>In the state, from its start to its end: what is read lies behind what is written, so that it may be the state itself.</summary>
    private void Move(Value from, int first, int to, int count)
    {
        var (t, c) = (ProgramBuilder.Index("t", count), ProgramBuilder.Index("c", Channels));
        Builder.Write($"{Title} rows, kept", Place.State, [t, c], [t + to, c], ProgramBuilder.Read(from, t + first, c));
    }
}

/// <summary>
/// The rows lie in a ring, so that a step writes its own and moves none, however far the window reaches. There are two of it, one behind the other, with the same rows: from
/// any row on, a whole ring follows in one piece.
/// </summary>
internal sealed class RowRing : RowsBefore
{
    private readonly int _length;

    /// <param name="builder">What to write with.</param>
    /// <param name="title">The layer's.</param>
    /// <param name="x">The rows of this step.</param>
    /// <param name="axis">The window.</param>
    /// <param name="block">Rows of a block of steps: the ring is a whole number of blocks, so that each lies in it in one piece.</param>
    public RowRing(ProgramBuilder builder, string title, Value x, WindowAxis axis, int block)
        : base(builder, title, x, axis)
    {
        _length = (Kept + block - 1) / block * block;
        Place = (builder.State($"{title} rows before", [2 * _length, Channels]), _length - Kept, builder.Counter(Rows, _length, limits: false));
    }

    /// <summary>
    /// Moving the rows of a few steps takes no longer: 16 rows of 16 floats as long as finding the place (measured on Zen 4). The place is a float, whole up to twice as many rows as
    /// there may be.
    /// </summary>
    public static bool Pays(WindowAxis axis, int rows) => axis.Before > 16 * rows && axis.Before <= 1 << 23;

    /// <summary>The next row comes to the turn's place in both rings.</summary>
    public override (Value State, int First, Access? Turn) Place { get; }

    public override void Keep()
    {
        var (ring, t, c) = (ProgramBuilder.Index("ring", 2), ProgramBuilder.Index("t", Rows), ProgramBuilder.Index("c", Channels));
        Builder.Write($"{Title} rows, kept", Place.State, [ring, t, c], [(Affine.Of(ring) * _length) + t, c], ProgramBuilder.Read(X, t, c), Place.Turn);
    }
}
