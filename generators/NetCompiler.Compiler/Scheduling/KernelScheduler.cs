using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// Turns a unit into a kernel for one vector width: loops over the output, a register tile of rows and vectors, loops over
/// what is summed (short ones unrolled), then the epilogue on the registers.
/// </summary>
internal sealed partial class KernelScheduler
{
    /// <summary>Multiply-adds (or other points) in the straight-line body of the innermost loop, at most. A large tile hides the loop's overhead by itself.</summary>
    private const int UnrollLimit = 12;

    /// <summary>Independent sums that hide the latency of a multiply-add (4 cycles, two units).</summary>
    private const int LatencyChains = 8;

    /// <summary>Terms that one running sum takes in before it is worth summing in two levels.</summary>
    private const int CascadeSteps = 64;

    /// <summary>Terms of a running sum before it is added to a total that no register is left for.</summary>
    private const int SpilledBlock = 32;

    /// <summary>Vectors of weights that one row is multiplied with at once: with two chains each, as many sums as hide the latency.</summary>
    private const int RowVectors = 4;

    /// <summary>Vectors of what is computed point by point in one round of its loop; fewer where functions are, whose constants take the registers.</summary>
    private const int PointVectors = 4, FunctionVectors = 2;

    /// <summary>Elements of a matrix below which a call to transpose it costs more than it saves.</summary>
    private const int SmallestTransposition = 64;

    private readonly FlatUnit _flat;
    private readonly Nest _main;
    private readonly int _width;
    private readonly int _lanes;
    private readonly LoopIndex _batch = new("n", 24);
    private readonly TileChooser _tiles;
    private readonly bool _batchInside;
    private readonly bool _accumulate;
    private readonly bool _scatter;
    private readonly bool _straight;
    private readonly bool _single;
    private int _names;
    private int _rowTile = 1;
    private int _splitTile = 1;

    /// <summary>What is written now is zeros: the sums are added to them sample by sample.</summary>
    private bool _clears;

    /// <summary>The index over the blocks of the vector axis, where a tile has several; see <see cref="BlockAxis"/>.</summary>
    private LoopIndex? _blocks;

    private KernelScheduler(FlatUnit flat, int width, bool straight, int firstName, bool single = false, Func<int, int, TileChooser>? chooser = null)
    {
        _straight = straight;
        _single = single || straight;
        _names = firstName;
        _flat = flat;
        _main = flat.Unit.Main;
        _width = width;
        _lanes = flat.Axis is { } axis ? Math.Min(width, Math.Max(4, VectorAxis.NextPowerOfTwo(axis.Extent))) : 1;
        var points = Affine.Points(_main.ReductionIndices);
        _scatter = _main.Kind == NestKind.Sum && !ScatterToGather.IsInjective(_main);
        _batchInside = flat.Unit.Kind == UnitKind.BatchSum && (points < Split.LongSum || (flat.Unit.SplitAxis is not null && flat.Branches.Count > 1)) && !_scatter;
        _accumulate = _scatter || flat.SumsStrips || (flat.Unit.Kind == UnitKind.BatchSum && !_batchInside);
        _tiles = chooser is null ? new TileChooser(width, _lanes, Streams) : chooser(width, _lanes);
    }

    /// <param name="unit">What is computed.</param>
    /// <param name="width">Lanes of the path's vectors.</param>
    /// <param name="chooser">Makes what chooses register tiles, of the width and the lanes that are used; for measurements of other tiles than the compiler's.</param>
    public static Kernel Run(FlatUnit unit, int width, Func<int, int, TileChooser>? chooser = null) => new KernelScheduler(unit, width, straight: false, firstName: 0, chooser: chooser).Build();

    /// <summary>
    /// The unit for one sample as straight-line code: every loop unrolled. Names of registers begin at <paramref name="names"/>, which is
    /// moved on, so that several units can share a method.
    /// </summary>
    public static List<Stmt> Straight(FlatUnit unit, int width, ref int names)
    {
        return OneSample(new KernelScheduler(unit, width, straight: true, names), ref names);
    }

    /// <summary>The unit for one sample, in which only the loop over samples is gone.</summary>
    public static List<Stmt> Single(FlatUnit unit, int width, ref int names) => OneSample(new KernelScheduler(unit, width, straight: false, names, single: true), ref names);

    private static List<Stmt> OneSample(KernelScheduler scheduler, ref int names)
    {
        var body = scheduler.Build().Body;
        names = scheduler._names;
        return body;
    }

    private bool IsReduction => _main.Kind != NestKind.Store;

    private bool IsHorizontal => _flat.Axis is { } axis && IsReduction && !_flat.InOutput(axis);

    private Kernel Build()
    {
        var body = new List<Stmt>();
        var random = _flat.Streams.Count > 0;
        var output = _main.Output.Value;
        var start = new Env();
        if (_flat.Unit.Kind == UnitKind.BatchSum) ClearPartial(body, start);

        switch (_flat.Unit.Kind)
        {
            case UnitKind.BatchSum when !_batchInside:
                Loop(body, "n", new Bound(null, 0), new Bound("rows", 0), 1, (n, inner) => Rows(inner, start.With(_batch, n), random));
                break;
            case UnitKind.Samples when _flat.Unit.Carried is { } chain:
                Steps(body, chain);
                break;
            case UnitKind.Samples when random || _flat.Strip is not null || _flat.Stages.Count > 0 || !TilesBatch():
                Loop(body, "n", new Bound(null, 0), new Bound("rows", 0), 1, (n, inner) => Rows(inner, start.With(_batch, n), random));
                break;
            case UnitKind.Samples:
                if (PreparesRows) Loop(body, "n", new Bound(null, 0), new Bound("rows", 0), 1, (n, inner) => PrepareRow(inner, start.With(_batch, n)));
                Outputs(body, start);
                break;
            default:
                PrepareRow(body, start);
                Outputs(body, start);
                break;
        }

        var numbers = new List<string>();
        if (_flat.Unit.Kind != UnitKind.Whole) numbers.Add("rows");
        if (_flat.Split is not null) numbers.AddRange(["lo", "hi"]);
        if (_flat.Taken is not null) numbers.Add(Kernel.Taken);
        if (random) numbers.AddRange(["seed", "row", .. _flat.Streams.Select((_, i) => KeyNames.Stream(i))]);
        return new Kernel
        {
            Title = WholeTitle(),
            BaseName = BaseName(),
            Buffers = [.. _flat.Buffers.Select(v => v == output && _flat.Unit.Kind == UnitKind.BatchSum && _flat.Split is null ? "partial" : "")],
            Numbers = numbers,
            RowTile = _rowTile,
            SplitTile = _splitTile,
            Body = body,
        };
    }

    /// <summary>A sum over samples starts from zeros, padding included; a split one clears only what it computes.</summary>
    private void ClearPartial(List<Stmt> body, Env start)
    {
        if (_flat.Split is not null)
        {
            if (!_accumulate) return;
            _clears = true;
            Outputs(body, start);
            _clears = false;
            return;
        }

        body.Add(new FillStmt(_flat.BufferOf(_main.Output.Value), Address.Of(0), _flat.Layouts[_main.Output.Value].Length, 0));
    }

    private bool PreparesRows => _flat.Unit.NeedsFill || _flat.Unit.Stored.Any(v => _flat.Layouts[v].HasHalo);

    /// <summary>Zeros around values that are read with padding, and the fill of elements without a point.</summary>
    private void PrepareRow(List<Stmt> body, Env env)
    {
        // Of several threads with a part each, the one with the first part does it.
        if (_flat.Unit.IsShared && _flat.Split is not null && PreparesRows) Loop(body, "z", new Bound("lo", 0), Bound.Of(1), 1, (_, inner) => FillRow(inner, env));
        else FillRow(body, env);
    }

    private void FillRow(List<Stmt> body, Env env)
    {
        foreach (var value in _flat.Unit.Stored)
        {
            var layout = _flat.Layouts[value];
            var row = RowAddress(value, env);
            var buffer = _flat.BufferOf(value);
            var fills = value == _main.Output.Value && _flat.Unit.NeedsFill;
            if (fills) body.Add(new FillStmt(buffer, row, layout.Length, _main.Fill));
            if (!layout.HasHalo || (fills && _main.Fill == 0)) continue;
            var order = Enumerable.Range(0, value.Shape.Length).OrderByDescending(d => layout.Strides[d]).ToArray();
            if (Array.FindLastIndex(order, d => layout.Halo[d].Before + layout.Halo[d].After > 0) > 1)
            {
                ClearHalo(body, buffer, row, layout, value.Shape, order);
                continue;
            }

            foreach (var (start, length, count, stride) in Border(layout, value.Shape))
            {
                if (count == 1) body.Add(new FillStmt(buffer, row.Plus(start), length, 0));
                else Loop(body, "b", Bound.Of(0), Bound.Of(count), 1, (b, inner) => inner.Add(new FillStmt(buffer, Add(row, b, stride).Plus(start), length, 0)));
            }
        }
    }

    /// <summary>Zeros before and after along each dimension, from the outermost in, within every element of those around it.</summary>
    private void ClearHalo(List<Stmt> body, int buffer, Address at, Layout layout, int[] shape, IEnumerable<int> order)
    {
        if (!order.Any(d => layout.Halo[d].Before + layout.Halo[d].After > 0)) return;
        var d = order.First();
        var (before, after) = layout.Halo[d];
        var stride = layout.Strides[d];
        if (before > 0) body.Add(new FillStmt(buffer, at, before * stride, 0));
        if (after > 0) body.Add(new FillStmt(buffer, at.Plus((before + shape[d]) * stride), after * stride, 0));
        if (order.Skip(1).Any(i => layout.Halo[i].Before + layout.Halo[i].After > 0))
            Loop(body, "b", Bound.Of(0), Bound.Of(shape[d]), 1, (b, inner) => ClearHalo(inner, buffer, Add(at, b, stride).Plus(before * stride), layout, shape, order.Skip(1)));
    }

    /// <summary>Contiguous runs of a layout that hold no element: before the first row, between rows, after the last.</summary>
    private static IEnumerable<(int Start, int Length, int Count, int Stride)> Border(Layout layout, int[] shape)
    {
        var order = Enumerable.Range(0, shape.Length).OrderByDescending(d => layout.Strides[d]).ToArray();
        var halos = order.Where(d => layout.Halo[d].Before + layout.Halo[d].After > 0).ToArray();
        // The rows are along the outermost dimension; what lies inside it must be one run of elements and one gap.
        var inner = halos[halos.Length - 1];
        var run = layout.Strides[inner] * shape[inner];
        var outside = order.TakeWhile(d => d != inner).ToArray();
        if (outside.Length == 0)
        {
            if (layout.Origin > 0) yield return (0, layout.Origin, 1, 0);
            yield return (layout.Origin + run, layout.Length - layout.Origin - run, 1, 0);
            yield break;
        }

        var stride = layout.Strides[outside[0]];
        var rows = outside.Aggregate(1, (a, d) => a * shape[d]);
        if (layout.Origin > 0) yield return (0, layout.Origin, 1, 0);
        if (stride > run && rows > 1) yield return (layout.Origin + run, stride - run, rows - 1, stride);
        var end = layout.Origin + ((rows - 1) * stride) + run;
        if (layout.Length > end) yield return (end, layout.Length - end, 1, 0);
    }

    // ---- loops over the output ----

    private void Outputs(List<Stmt> body, Env env)
    {
        if (Transposes(out var row, out var column))
        {
            TransposeLoops(body, [.. _flat.Indices.Where(i => i != row && i != column)], 0, env, row, column);
            return;
        }

        var axes = _flat.Indices.Where(i => _flat.InOutput(i) && i != _flat.Axis && !env.Has(i))
            .OrderByDescending(i => Math.Abs(_flat.AddressOf(_main.Output).Coefficient(i))).ToList();
        var tiles = ChooseTiles(axes, env);
        if (tiles.ContainsKey(_batch) || (_flat.Unit.Carried is not null && !env.Has(_batch))) axes.Insert(0, _batch);
        if (_panel is { } panel)
        {
            axes.Remove(panel.Blocks);
            axes.Insert(axes.IndexOf(panel.Rows), panel.Blocks);
        }

        OutputLoops(body, axes, 0, env, tiles, []);
    }

    /// <summary>A plain copy that reads along <paramref name="row"/> and writes along <paramref name="column"/>.</summary>
    private bool Transposes(out LoopIndex row, out LoopIndex column)
    {
        row = column = null!;
        if (_flat.Axis is not null || _main.HasRows || _main is not { Kind: NestKind.Store, Body: ReadExpr read } || _straight || _flat.Split is not null || _flat.Guards.Count > 0 || _flat.Branches.Count > 1 || _flat.Epilogues.Any() || _flat.Unit.Windows is not null) return false;
        var (target, source) = (_flat.AddressOf(_main.Output), _flat.AddressOf(read.Access));
        var rows = _flat.Indices.Where(i => source.Coefficient(i) == 1 && target.Coefficient(i) > 1).ToList();
        var columns = _flat.Indices.Where(i => target.Coefficient(i) == 1 && source.Coefficient(i) > 1).ToList();
        if (rows.Count != 1 || columns.Count != 1) return false;
        (row, column) = (rows[0], columns[0]);
        return row.Extent * column.Extent >= SmallestTransposition;
    }

    private void TransposeLoops(List<Stmt> body, List<LoopIndex> indices, int at, Env env, LoopIndex row, LoopIndex column)
    {
        if (at < indices.Count)
        {
            Loop(body, indices[at].Name, Bound.Of(0), Bound.Of(indices[at].Extent), 1, (v, inner) => TransposeLoops(inner, indices, at + 1, env.With(indices[at], v), row, column));
            return;
        }

        var read = ((ReadExpr)_main.Body).Access;
        var start = env.With(row, Address.Of(0)).With(column, Address.Of(0));
        body.Add(new TransposeStmt(
            _flat.BufferOf(_main.Output.Value), AddressOf(_main.Output, start), _flat.AddressOf(_main.Output).Coefficient(row),
            _flat.BufferOf(read.Value), AddressOf(read, start), _flat.AddressOf(read).Coefficient(column), row.Extent, column.Extent));
    }

    private void OutputLoops(List<Stmt> body, List<LoopIndex> axes, int at, Env env, Dictionary<LoopIndex, int> tiles, Dictionary<LoopIndex, int> chosen)
    {
        if (at == axes.Count)
        {
            VectorGroups(body, env, chosen);
            return;
        }

        var axis = axes[at];
        var tile = tiles.TryGetValue(axis, out var m) ? m : 1;
        if (axis == _blocks && chosen.TryGetValue(_batch, out var samples) && samples == 1 && tiles.Keys.All(k => k == _batch || k == axis)) tile = RowBlocks(axis);
        void Next(List<Stmt> inner, Address value, int size)
        {
            void Inside(List<Stmt> block, Env next) => OutputLoops(block, axes, at + 1, next, tiles, With(chosen, axis, size));

            // An element of a reduction without a point is still stored: guards are around what is summed, but for those that say which elements exist.
            Guarded(inner, env, env.With(axis, value), Inside, g => !IsReduction || _flat.GuardsOutput[g]);
        }

        if (_flat.IsWithin(axis))
        {
            Next(body, Address.Of(0), tile);
            return;
        }

        if (axis == _batch) _rowTile = tile;
        if (axis == _flat.Split) _splitTile = tile;
        if (axis == _flat.Split && _flat.Unit.IsShared)
        {
            // The part [lo, hi) of what follows below, in the same tiles.
            var left = axis.Extent % tile;
            Loop(body, axis.Name, new Bound("lo", 0), new Bound("hi", 0, left == 0 ? 1 : tile), tile, (v, inner) => Next(inner, v, tile));
            if (left > 0) Loop(body, axis.Name, Bound.Of(axis.Extent - left), new Bound("hi", 0), left, (_, inner) => Next(inner, Address.Of(axis.Extent - left), left));
            return;
        }

        if (axis == _batch || axis == _flat.Split)
        {
            var (from, to) = axis == _batch ? (Bound.Of(0), "rows") : (new Bound("lo", 0), "hi");
            var origin = axis == _batch ? null : "lo";
            var exact = axis == _flat.Split && axis.Extent % _flat.Unit.SplitBlock == 0 && _flat.Unit.SplitBlock % tile == 0;

            // Whole tiles; of the rest first what makes a tile of four, then one by one.
            foreach (var size in TileChooser.Sizes(tile))
            {
                var end = size == 1 || exact ? new Bound(to, 0) : new Bound(to, 0, size, origin, size < tile && tile % size != 0 ? tile : 1);
                Loop(body, axis.Name, from, end, size, (v, inner) => Next(inner, v, size));
                if (exact) return;
                from = end;
            }

            return;
        }

        var full = axis.Extent / tile;
        if (full > 1) Loop(body, axis.Name, Bound.Of(0), End(axis, full * tile), tile, (v, inner) => Next(inner, v, tile), turns: Turns(axis, tile));
        else if (full == 1) Next(Block(body), Address.Of(0), tile);
        if (axis.Extent % tile is > 0 and var rest) Last(body, axis, full * tile, rest, (v, inner) => Next(inner, v, rest));
    }

    private void VectorGroups(List<Stmt> body, Env env, Dictionary<LoopIndex, int> tile)
    {
        if (_flat.Axis is not { } axis || IsHorizontal)
        {
            Group(Block(body), env, tile, [(0, 1)]);
            return;
        }

        var rows = tile.Where(t => t.Key != _blocks).Aggregate(1, (a, t) => a * t.Value);
        int whole = axis.Extent / _lanes, tail = axis.Extent % _lanes;
        var perGroup = _blocks is not null && tile.TryGetValue(_blocks, out var together) && together > 1 ? whole : IsReduction ? _tiles.Vectors(rows, axis.Extent) : Math.Min(_flat.Unit.Nests.Exists(n => HasFunction(n.Body)) ? FunctionVectors : PointVectors, Math.Max(1, whole));
        if (_main.Kind is NestKind.Max or NestKind.ArgMax) perGroup = Math.Min(perGroup, 2);
        if (_flat.Branches.Count > 1 || (_flat.Unit.Carried is not null && !IsReduction)) perGroup = 1; // their loads and sums fill the registers
        var groups = whole / perGroup;
        var vectors = Enumerable.Range(0, perGroup).Select(j => (j * _lanes, _lanes)).ToList();
        if (groups > 1)
            Loop(body, axis.Name, Bound.Of(0), End(axis, groups * perGroup * _lanes), perGroup * _lanes, (v, inner) => Group(inner, env.With(axis, v), tile, vectors));
        else if (groups == 1) Group(Block(body), env.With(axis, Address.Of(0)), tile, vectors);

        var rest = Enumerable.Range(0, whole % perGroup).Select(j => (j * _lanes, _lanes)).ToList();
        if (tail > 0) rest.Add((whole % perGroup * _lanes, tail));
        if (rest.Count > 0) Last(body, axis, groups * perGroup * _lanes, rest.Count * _lanes, (v, inner) => Group(inner, env.With(axis, v), tile, rest));
    }

    /// <summary>Has a function that is a polynomial of vectors.</summary>
    private static bool HasFunction(Expr body) => body.Has(e => e is UnaryExpr { Op: not (UnaryOp.Neg or UnaryOp.Abs or UnaryOp.Sqrt or UnaryOp.Floor) });

    // ---- small things ----

    private static Dictionary<LoopIndex, int> With(Dictionary<LoopIndex, int> map, LoopIndex key, int value) => new(map) { [key] = value };

    /// <summary>A scope for names; straight-line code needs none, since no name comes twice.</summary>
    private List<Stmt> Block(List<Stmt> body)
    {
        if (_straight) return body;
        var block = new BlockStmt([]);
        body.Add(block);
        return block.Body;
    }

    private void Loop(List<Stmt> body, string name, Bound from, Bound to, int step, Action<Address, List<Stmt>> inner, bool descending = false, bool turns = false)
    {
        if (_straight || (_single && to.Parameter == "rows"))
        {
            // One sample: rows is 1, and whole tiles of several rows do not occur.
            int first = from.Parameter is null ? from.Value : 1 / from.Multiple * from.Multiple;
            int last = to.Parameter is null ? to.Value : 1 / to.Multiple * to.Multiple;
            for (var i = first; i < last; i += step) inner(Address.Of(i), Block(body));
            return;
        }

        var variable = new LoopVar(name + _names++);
        var loop = new ForStmt(variable, from, to, step, [], descending, turns);
        body.Add(loop);
        inner(new Address(0, [(variable, 1)]), loop.Body);
    }

    /// <summary>Puts an if around what follows for each guard that the last bound index completes.</summary>
    private void Guarded(List<Stmt> body, Env before, Env after, Action<List<Stmt>, Env> inner, Predicate<int> applies)
    {
        for (var g = 0; g < _flat.Guards.Count; g++)
        {
            var guard = _flat.Guards[g];
            if (!applies(g)) continue;
            var terms = guard.Expression.Terms;
            if (!terms.All(t => after.Has(t.Index)) || (terms.Count > 0 && terms.All(t => before.Has(t.Index)))) continue;
            var value = Evaluate(guard.Expression, after);
            if (value.Terms.Length == 0)
            {
                if (value.Constant < 0 || value.Constant >= guard.Upper) return;
                continue;
            }

            var test = new IfStmt(value, guard.Upper, []);
            body.Add(test);
            body = test.Body;
        }

        inner(body, after);
    }

    [MethodImpl(HotPath.Optimized)]
    private static Address Add(Address a, Address b, int factor)
    {
        if (factor == 1 && a.Constant == 0 && a.Terms.Length == 0) return b;
        var sum = a.Plus(b.Constant * factor);
        foreach (var (variable, coefficient) in b.Terms) sum = sum.Plus(variable, coefficient * factor);
        return sum;
    }

    [MethodImpl(HotPath.Optimized)]
    private static Address Evaluate(Affine affine, Env env)
    {
        var address = Address.Of(affine.Constant);
        foreach (var (index, coefficient) in affine.Terms) address = Add(address, env[index], coefficient);
        return address;
    }

    private Address RowAddress(Value value, Env env) =>
        value.Batched ? Add(Address.Of(0), env[_batch], _flat.Layouts[value].RowLength) : Address.Of(0);

    private string BaseName()
    {
        var name = (_flat.Unit.Carried is null ? _main : _flat.Unit.Nests[_flat.Unit.Nests.Count - 1]).Name;
        var words = new string([.. name.Split(' ').Last(w => w.Length > 0).Where(c => c < 128 && char.IsLetterOrDigit(c))]);
        var shape = string.Join("x", _main.Indices.Where(i => !_flat.IsWithin(i) && _flat.Unit.Main.Output.Map.Any(m => m.Uses(i))).Select(i => i.Extent));
        var reduced = string.Join("x", _main.ReductionIndices.Select(i => i.Extent));
        return (words.Length == 0 || char.IsDigit(words[0]) ? "K" + words : words) + (shape.Length > 0 ? "_" + shape : "") + (reduced.Length > 0 ? "_" + reduced : "")
            + (_flat.Unit.Windows is { } windows ? "_pooled" + string.Join("x", windows.Nest.ReductionIndices.Select(i => i.Extent)) : "");
    }

    private string WholeTitle() => _flat.Unit.Carried is null ? Title() : "Step by step: " + string.Join("; then ", _flat.Stages.Append(_flat).SelectMany(s => s.Unit.Nests).Select(n => n.Name).Distinct(StringComparer.Ordinal));

    /// <summary>"Stage1.0 Conv2D by Winograd4: rows of tiles" is Winograd4_RowsOfTiles, with its extents.</summary>
    private string StageName()
    {
        var name = _main.Name.Substring(_main.Name.LastIndexOf(" by ", StringComparison.Ordinal) is >= 0 and var at ? at + 4 : 0);
        var words = string.Join("_", name.Split(':').Select(part => string.Concat(part.Split([' ', '.'], StringSplitOptions.RemoveEmptyEntries).Select(w => char.ToUpperInvariant(w[0]) + w.Substring(1)))));
        var extents = string.Join("x", _flat.Indices.Where(i => !_flat.Strips.Contains(i)).Select(i => i.Extent));
        return $"{words}{(words.Contains('_') ? "" : "_Result")}{(_flat.Unit.Windows is null ? "" : "Pooled")}_{extents}";
    }

    private string Title() => string.Join("; then ", _flat.Unit.Nests.Select(n => n.Name).Distinct(StringComparer.Ordinal));

    /// <summary>What each index is at this point of the kernel: a list that shares its older part with those it was made from, since there are few indices and many points.</summary>
    private sealed class Env
    {
        private readonly Env? _older;
        private readonly LoopIndex? _index;
        private readonly Address? _value;

        public Env()
        {
        }

        private Env(Env older, LoopIndex index, Address value)
        {
            _older = older;
            _index = index;
            _value = value;
        }

        public Address this[LoopIndex index] => Find(index) ?? throw new KeyNotFoundException(index.Name);

        public bool Has(LoopIndex index) => Find(index) is not null;

        /// <summary>With all of another, which counts where both know an index.</summary>
        public Env Join(Env other) => other._index is null ? this : Join(other._older!).With(other._index, other._value!);

        public Env With(LoopIndex index, Address value) => new(this, index, value);

        [MethodImpl(HotPath.Optimized)]
        private Address? Find(LoopIndex index)
        {
            for (var env = this; env?._index is { } known; env = env._older)
                if (known == index) return env._value;
            return null;
        }
    }
}
