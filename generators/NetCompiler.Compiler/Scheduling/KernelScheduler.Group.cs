using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>One register tile: its sums, and what is computed from them.</summary>
internal sealed partial class KernelScheduler
{
    /// <summary>One result of the tile: its place along the tiled indices and along the vector axis.</summary>
    private sealed record Element(Env Env, int Lanes);

    /// <summary>What the numbers that name rows are in, where they are known.</summary>
    private readonly Dictionary<(Access Row, int Rows), LoopVar> _rows = [];

    /// <summary>The scope in which each number that names a row is known.</summary>
    private List<Stmt> Rows(List<Stmt> body, Env env)
    {
        if (!_main.HasRows) return body;
        _rows.Clear();
        foreach (var access in _flat.Branches.SelectMany(b => b.Main.Body.Reads().Append(b.Main.Output)))
        {
            if (access.Row is not { } row || _rows.ContainsKey((row, access.Value.Shape[0]))) continue;
            var known = new RowStmt(new LoopVar("row" + _names++), _flat.BufferOf(row.Value), AddressOf(row, env), access.Value.Shape[0] - access.Map[0].Maximum, []);
            _rows.Add((row, access.Value.Shape[0]), known.Var);
            body.Add(known);
            body = known.Body;
        }

        return body;
    }

    private void Group(List<Stmt> body, Env env, Dictionary<LoopIndex, int> tile, List<(int Offset, int Lanes)> vectors)
    {
        body = Rows(body, env);
        var elements = new List<Element>();
        foreach (var row in TileRows(env, tile))
        {
            foreach (var (offset, lanes) in vectors)
            {
                var place = _flat.Axis is { } axis && !IsHorizontal ? row.With(axis, row[axis].Plus(offset)) : row;
                elements.Add(new Element(place, lanes));
            }
        }

        if (_clears)
        {
            foreach (var (place, lanes) in elements)
                body.Add(new StoreStmt(_flat.BufferOf(_main.Output.Value), AddressOf(_main.Output, place), new ConstVExpr(0, IsHorizontal ? 1 : _lanes), IsHorizontal ? 1 : lanes));
            return;
        }

        body = Ahead(body, env, tile, elements);
        var resultWidth = IsHorizontal ? 1 : _lanes;
        var group = new List<Stmt>();
        var results = IsReduction ? Reduce(group, elements, shared: IsHorizontal || tile.Values.Any(rows => rows > 1)) : [.. elements.Select(e => Evaluate(_main.Body, e.Env, e.Lanes, _lanes))];
        var pooled = new List<Window>();
        for (var i = 0; i < elements.Count; i++)
        {
            foreach (var branch in _flat.Branches)
            {
                var result = Finish(group, branch, elements[i], branch == _flat.Branches[0] ? results[i] : Evaluate(branch.Main.Body, elements[i].Env, elements[i].Lanes, _lanes), resultWidth);
                if (branch.Windows is not null) Pool(pooled, branch, elements[i], result);
            }
        }

        foreach (var window in pooled) Finish(group, window, resultWidth);

        body.AddRange(CommonLoads.Hoist(group, ref _names));
    }

    /// <summary>The blocks of weights of one row follow each other: they are all in registers, and rows are broadcast into one register after the other.</summary>
    private IEnumerable<Env> TileRows(Env env, Dictionary<LoopIndex, int> tile)
    {
        IEnumerable<Env> rows = [env];
        foreach (var axis in tile.OrderBy(t => t.Key == _panel?.Blocks))
        {
            if (axis.Value == 1) continue;
            rows = rows.SelectMany(r => Enumerable.Range(0, axis.Value).Select(i => r.With(axis.Key, r[axis.Key].Plus(i)))).ToList();
        }

        return rows;
    }

    // ---- reductions ----

    /// <summary>What is summed over, from the outermost loop in.</summary>
    private List<LoopIndex> Summed() => [.. _flat.Indices.Where(i => !_flat.InOutput(i) && i != _flat.Axis)
        .OrderByDescending(i => _main.Reads.Select(r => Math.Abs(_flat.AddressOf(r).Coefficient(i))).DefaultIfEmpty(0).Max())];

    private List<VExpr> Reduce(List<Stmt> body, List<Element> elements, bool shared)
    {
        var indices = Summed();
        if (_batchInside) indices.Insert(0, _batch);
        var unroll = Unrolls(indices, elements.Count, shared, out var points);
        var chains = 1;
        if (_main.Kind is NestKind.Sum or NestKind.Max)
            while (chains * 2 * elements.Count <= LatencyChains && chains * 2 <= points) chains *= 2;

        var neutral = _main.Kind == NestKind.Sum ? 0 : double.NegativeInfinity;
        var registers = new Reg[chains, elements.Count];
        var places = new Reg[elements.Count];
        void Start(List<Stmt> block)
        {
            for (var c = 0; c < chains; c++)
            {
                for (var e = 0; e < elements.Count; e++)
                {
                    registers[c, e] = new Reg($"sum{_names++}", _lanes, IsMutable: true);
                    block.Add(new DefineStmt(registers[c, e], new ConstVExpr(neutral, _lanes)));
                    if (_main.Kind != NestKind.ArgMax || c > 0) continue;
                    places[e] = new Reg($"place{_names++}", _lanes, IsMutable: true);
                    block.Add(new DefineStmt(places[e], new ConstVExpr(0, _lanes)));
                }
            }
        }

        VExpr Chains(int e)
        {
            var parts = Enumerable.Range(0, chains).Select(c => (VExpr)new RegExpr(registers[c, e])).ToList();
            while (parts.Count > 1)
                parts = [.. Enumerable.Range(0, parts.Count / 2).Select(i => new BinaryVExpr(_main.Kind == NestKind.Sum ? BinaryOp.Add : BinaryOp.Max, parts[2 * i], parts[(2 * i) + 1]))];
            return parts[0];
        }

        var point = 0;
        void Accumulate(List<Stmt> block, Env at, int lanes)
        {
            for (var e = 0; e < elements.Count; e++)
            {
                var place = Merge(elements[e].Env, at);
                var sum = registers[point % chains, e];
                var term = Evaluate(_main.Body, place, IsHorizontal ? lanes : elements[e].Lanes, _lanes);
                if (IsHorizontal && lanes < _lanes) term = new KeepLanesExpr(term, lanes, neutral);
                Accumulate1(block, sum, places[e], term, place);
            }

            point++;
        }

        var empty = new Env();
        var totals = new List<Reg>();
        var block = Cascade(indices, unroll, elements.Count, chains, points);
        if (block == 0)
        {
            Start(body);
            Guarded(body, empty, elements[0].Env, (inner, _) => ReduceLoops(inner, indices, 0, empty, elements[0].Env, unroll, Accumulate), IsInside);
        }
        else
        {
            // In two levels, so that no long sum rounds each of its terms at the size of the whole.
            foreach (var element in elements)
            {
                totals.Add(new Reg($"total{_names++}", _lanes, IsMutable: true));
                body.Add(new DefineStmt(totals[totals.Count - 1], new ConstVExpr(0, _lanes)));
            }

            var index = indices[0];
            Guarded(body, empty, elements[0].Env, (guarded, _) => BlockLoop(guarded, index, block, (start, part) =>
            {
                Start(part);
                if (block == 1) ReduceLoops(part, indices, 1, empty.With(index, start), elements[0].Env, unroll, Accumulate);
                else
                {
                    Loop(part, index.Name, Bound.Of(0), Bound.Of(block), unroll[0], (v, inner) =>
                    {
                        for (var u = 0; u < unroll[0]; u++)
                            ReduceLoops(inner, indices, 1, empty.With(index, Add(start, v, 1).Plus(u)), elements[0].Env, unroll, Accumulate);
                    });
                }

                for (var e = 0; e < elements.Count; e++) part.Add(new AssignStmt(totals[e], new BinaryVExpr(BinaryOp.Add, new RegExpr(totals[e]), Chains(e))));
            }), IsInside);
        }

        var results = new List<VExpr>();
        for (var e = 0; e < elements.Count; e++)
        {
            var result = _main.Kind == NestKind.ArgMax ? new RegExpr(places[e]) : block > 0 ? new RegExpr(totals[e]) : Chains(e);
            if (IsHorizontal && _lanes > 1) result = new HorizontalExpr(_main.Kind, result);
            if (_accumulate) result = new BinaryVExpr(BinaryOp.Add, Load(_main.Output, elements[e].Env, IsHorizontal ? 1 : elements[e].Lanes, IsHorizontal ? 1 : _lanes), result);
            results.Add(result);
        }

        return results;
    }

    /// <summary>The guard is around what is summed, not around the whole element.</summary>
    private bool IsInside(int guard) => !_flat.GuardsOutput[guard];

    /// <summary>Steps of the outermost summed index whose sum is added to the total as one: 0 where one level of sums is enough.</summary>
    private int Cascade(List<LoopIndex> indices, int[] unroll, int elements, int chains, int points)
    {
        if (_main.Kind != NestKind.Sum || _straight || IsHorizontal || elements * chains > LatencyChains || indices.Count == 0 || indices[0] == _batch) return 0;
        if (_flat.Guards.Any(g => g.Expression.Uses(indices[0]))) return 0;
        var terms = Affine.Points(indices);
        if (terms / points < CascadeSteps) return 0;
        var inner = terms / indices[0].Extent;
        if (inner >= CascadeSteps / 2) return unroll[0] == 1 ? 1 : 0;

        // As near as possible to equally many on both levels, in whole steps; but where totals and sums together are more than the registers, totals go to memory and back after every block.
        var best = 0;
        var least = _tiles.Fits(elements, 1, elements * chains) ? 0 : SpilledBlock * points / inner;
        for (var block = unroll[0]; block < indices[0].Extent; block += unroll[0])
            if (block >= least && Divides(block, indices[0]) && (best == 0 || Imbalance(block) < Imbalance(best))) best = block;
        return best == unroll[0] ? 0 : best;

        double Imbalance(int block) => Math.Abs(Math.Log((double)block / unroll[0] / (indices[0].Extent / (double)block)));
    }

    private void Accumulate1(List<Stmt> block, Reg sum, Reg? place, VExpr term, Env env)
    {
        var old = new RegExpr(sum);
        switch (_main.Kind)
        {
            case NestKind.Sum when term is BinaryVExpr { Op: BinaryOp.Mul } product:
                block.Add(new AssignStmt(sum, new FmaExpr(product.A, product.B, old)));
                break;
            case NestKind.Sum:
                block.Add(new AssignStmt(sum, new BinaryVExpr(BinaryOp.Add, old, term)));
                break;
            case NestKind.Max:
                block.Add(new AssignStmt(sum, new BinaryVExpr(BinaryOp.Max, old, term)));
                break;
            default:
                var value = new Reg($"value{_names++}", _lanes);
                block.Add(new DefineStmt(value, term));
                var greater = new BinaryVExpr(BinaryOp.Greater, new RegExpr(value), old);
                var number = Evaluate(_flat.NumberOf(_flat.ReductionNumber), env);
                block.Add(new AssignStmt(place!, new SelectVExpr(greater, Number(number, 0, _lanes), new RegExpr(place!))));
                block.Add(new AssignStmt(sum, new SelectVExpr(greater, new RegExpr(value), old)));
                break;
        }
    }

    /// <summary>How far each reduction index is unrolled, from the innermost out, within the budget. Sums that share no load are bound by their loads: they need no more than hides the latency.</summary>
    private int[] Unrolls(List<LoopIndex> indices, int elements, bool shared, out int points)
    {
        var budget = _straight ? int.MaxValue : Math.Max(1, (shared ? UnrollLimit : LatencyChains) / elements);
        var unroll = new int[indices.Count];
        points = 1;
        if (IsHorizontal)
        {
            points = Math.Max(1, Math.Min(budget, Math.Min(8, _flat.Axis!.Extent / _lanes)));
            budget /= points;
        }

        for (var i = indices.Count - 1; i >= 0; i--)
        {
            unroll[i] = 1;
            if (budget <= 1 || indices[i] == _batch) continue;
            var extent = indices[i].Extent;
            if (extent <= budget) unroll[i] = extent;
            else
                for (var factor = Math.Min(budget, 8); factor > 1 && unroll[i] == 1; factor--)
                    if (Divides(factor, indices[i])) unroll[i] = factor;
            points *= unroll[i];
            budget = unroll[i] == extent ? budget / extent : 1;
        }

        return unroll;
    }

    private void ReduceLoops(List<Stmt> body, List<LoopIndex> indices, int at, Env bound, Env outer, int[] unroll, Action<List<Stmt>, Env, int> accumulate)
    {
        if (at == indices.Count)
        {
            Fetch(body, Merge(outer, bound));
            if (IsHorizontal) HorizontalLoop(body, bound, accumulate);
            else accumulate(body, bound, _lanes);
            return;
        }

        var index = indices[at];
        if (index == _batch)
        {
            Loop(body, "n", Bound.Of(0), new Bound("rows", 0), 1, (n, inner) => ReduceLoops(inner, indices, at + 1, bound.With(index, n), outer, unroll, accumulate));
            return;
        }

        void Steps(List<Stmt> inner, Address value)
        {
            // Unrolled steps without guards inside share one straight-line block.
            for (var u = 0; u < unroll[at]; u++)
            {
                var next = bound.With(index, value.Plus(u));
                Guarded(inner, Merge(outer, bound), Merge(outer, next), (block, _) => ReduceLoops(block, indices, at + 1, next, outer, unroll, accumulate), IsInside);
            }
        }

        if (unroll[at] == index.Extent) Steps(body, Address.Of(0));
        else Loop(body, index.Name, Bound.Of(0), End(index, index.Extent), unroll[at], (v, inner) => Steps(inner, v));
    }

    /// <summary>A loop over what is summed in blocks, each of which fetches its part of the next panel first.</summary>
    private void BlockLoop(List<Stmt> body, LoopIndex index, int block, Action<Address, List<Stmt>> inner) => Loop(body, index.Name, Bound.Of(0), End(index, index.Extent), block, (start, part) =>
    {
        FetchPanel(part, start, block);
        inner(start, part);
    });

    private void HorizontalLoop(List<Stmt> body, Env bound, Action<List<Stmt>, Env, int> accumulate)
    {
        var axis = _flat.Axis!;
        int whole = axis.Extent / _lanes, tail = axis.Extent % _lanes;
        Unrolls([], 1, shared: true, out var most);
        var factor = Math.Max(1, Math.Min(most, whole));
        while (axis == _flat.Taken && TakenPlaces.Group % (factor * _lanes) > 0) factor--;
        var groups = whole / factor;
        void Steps(List<Stmt> inner, Address start, int count)
        {
            for (var u = 0; u < count; u++) accumulate(inner, bound.With(axis, start.Plus(u * _lanes)), _lanes);
        }

        if (groups > 1) Loop(body, axis.Name, Bound.Of(0), End(axis, groups * factor * _lanes), factor * _lanes, (v, inner) => Steps(inner, v, factor));
        else if (groups == 1) Steps(body, Address.Of(0), factor);
        if (whole % factor > 0) Last(body, axis, groups * factor * _lanes, whole % factor * _lanes, (v, inner) => Steps(inner, v, whole % factor), hasScope: false);
        if (tail > 0) Last(body, axis, whole * _lanes, tail, (v, inner) => accumulate(inner, bound.With(axis, v), tail), hasScope: false);
    }

    // ---- epilogue ----

    /// <summary>The elements of one window that a tile has, in the order of the window, and one of their places in the tile.</summary>
    private sealed record Window(Windows Result, Element Element, Address At, List<VExpr> Elements);

    private VExpr Finish(List<Stmt> body, Branch branch, Element element, VExpr result, int width) => Finish(body, branch.Main.Output, branch.Epilogues, element, result, width);

    /// <summary>What the epilogues end with.</summary>
    private VExpr Finish(List<Stmt> body, Access output, List<Step> epilogues, Element element, VExpr result, int width)
    {
        var known = new Dictionary<Access, VExpr>();
        Keep(body, epilogues, output, result, element, width, known);
        foreach (var step in epilogues)
            Keep(body, epilogues, step.Output, Evaluate(step.Body, element.Env, element.Lanes, width, known), element, width, known);
        return known[epilogues.Count == 0 ? output : epilogues[epilogues.Count - 1].Output];
    }

    private void Pool(List<Window> windows, Branch branch, Element element, VExpr result)
    {
        var at = AddressOf(branch.Windows!.Place, element.Env);
        var window = windows.Find(w => w.At.Constant == at.Constant && w.At.SameTerms(at));
        if (window is null) windows.Add(window = new(branch.Windows, element, at, []));
        window.Elements.Add(result);
    }

    private void Finish(List<Stmt> body, Window window, int width)
    {
        var (nest, parts) = (_flat.Unit.Windows!.Nest, window.Elements);
        if (parts.Count != _flat.Unit.Windows.Size) throw new InvalidOperationException($"{nest.Name}: {parts.Count} elements of a window of {_flat.Unit.Windows.Size} are in one tile.");
        while (parts.Count > 1)
            parts = [.. Enumerable.Range(0, (parts.Count + 1) / 2).Select(i => (2 * i) + 1 == parts.Count ? parts[2 * i] : new BinaryVExpr(nest.Kind == NestKind.Sum ? BinaryOp.Add : BinaryOp.Max, parts[2 * i], parts[(2 * i) + 1]))];
        Finish(body, window.Result.Place, window.Result.Epilogues, window.Element, parts[0], width);
    }

    private void Keep(List<Stmt> body, List<Step> epilogues, Access output, VExpr result, Element element, int width, Dictionary<Access, VExpr> known)
    {
        // What is used once stays an expression; what is used again gets a register.
        var stored = _flat.Unit.Stored.Contains(output.Value);
        var uses = epilogues.Sum(e => e.Body.Reads().Count(r => r.Value == output.Value));
        if (result is not RegExpr && (uses > 1 || (stored && uses > 0)))
        {
            var register = new Reg($"r{_names++}", width);
            body.Add(new DefineStmt(register, result));
            result = new RegExpr(register);
        }

        known[output] = result;
        if (stored) body.Add(new StoreStmt(_flat.BufferOf(output.Value), AddressOf(output, element.Env), result, width == 1 ? 1 : element.Lanes));
    }

    // ---- expressions ----

    private VExpr Evaluate(Expr e, Env env, int lanes, int width, Dictionary<Access, VExpr>? known = null)
    {
        VExpr Sub(Expr x) => Evaluate(x, env, lanes, width, known);
        return e switch
        {
            ConstExpr c => new ConstVExpr(c.Value, width),
            ReadExpr r when known is not null && known.TryGetValue(r.Access, out var register) => register,
            ReadExpr r => Load(r.Access, env, lanes, width),
            IndexExpr i => Number(Evaluate(_flat.NumberOf(i.Index), env), AxisStep(_flat.NumberOf(i.Index), width), width),
            RandomExpr r => new RandomVExpr(KeyNames.Key(_flat.StreamNumber(r)), Evaluate(_flat.NumberOf(r.Counter), env), AxisStep(_flat.NumberOf(r.Counter), width), width),
            UnaryExpr u => new UnaryVExpr(u.Op, Sub(u.X)),
            BinaryExpr { Op: BinaryOp.Add, A: BinaryExpr { Op: BinaryOp.Mul } m } b => new FmaExpr(Sub(m.A), Sub(m.B), Sub(b.B)),
            BinaryExpr { Op: BinaryOp.Add, B: BinaryExpr { Op: BinaryOp.Mul } m } b => new FmaExpr(Sub(m.A), Sub(m.B), Sub(b.A)),
            BinaryExpr b => new BinaryVExpr(b.Op, Sub(b.A), Sub(b.B)),
            SelectExpr s => new SelectVExpr(Sub(s.Condition), Sub(s.WhenTrue), Sub(s.WhenFalse)),
            StopGradientExpr s => Sub(s.X),
            _ => throw new InvalidOperationException($"{_main.Name}: {e} cannot be compiled."),
        };
    }

    private int AxisStep(Affine number, int width) => width > 1 && _flat.Axis is { } axis ? number.Coefficient(axis) : 0;

    private static VExpr Number(Address number, int step, int width) =>
        number.Terms.Length == 0 && step == 0 ? new ConstVExpr(number.Constant, width) : new IotaExpr(number, step, width);

    private VExpr Load(Access access, Env env, int lanes, int width)
    {
        var buffer = _flat.BufferOf(access.Value);
        var address = AddressOf(access, env);
        if (width == 1) return new LoadExpr(buffer, address, 1, true, 1);
        return _flat.AddressOf(access).Coefficient(_flat.Axis!) switch
        {
            0 => new BroadcastExpr(buffer, address, width),
            1 => new LoadExpr(buffer, address, lanes, _flat.External[buffer], width),
            var stride => new StridedLoadExpr(buffer, address, stride, lanes, width),
        };
    }

    private Address AddressOf(Access access, Env env)
    {
        var address = Add(RowAddress(access.Value, env), Evaluate(_flat.AddressOf(access), env), 1);
        return access.Row is { } row ? address.Plus(_rows[(row, access.Value.Shape[0])], _flat.Layouts[access.Value].Strides[0]) : address;
    }

    private static Env Merge(Env a, Env b) => a.Join(b);
}
