using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>Chains: all stages for one strip before the next.</summary>
internal sealed partial class KernelScheduler
{
    private void Rows(List<Stmt> body, Env env, bool random)
    {
        if (random)
            for (var i = 0; i < _flat.Streams.Count; i++) body.Add(new RowKeyStmt(KeyNames.Key(i), KeyNames.Stream(i), env[_batch].Terms.Select(t => t.Var).FirstOrDefault()));
        if (_flat.Unit.Kind == UnitKind.Samples) PrepareRow(body, env);
        foreach (var stage in _flat.Stages.Append(_flat))
        {
            // What adds up over the strips begins with zeros.
            var sum = stage.Unit.Main.Output.Value;
            if (stage.SumsStrips && !stage.Unit.Continued.Contains(sum)) Clear(body, sum, RowAddress(sum, env));
        }

        StripLoops(body, env, []);
    }

    /// <summary>Zeros in all of a value's memory, or run by run where others' elements are between its own.</summary>
    private void Clear(List<Stmt> body, Value value, Address row)
    {
        var layout = _flat.Layouts[value];
        if (!layout.IsPart)
        {
            body.Add(new FillStmt(_flat.BufferOf(value), row, layout.Length, 0));
            return;
        }

        var outer = Enumerable.Range(0, value.Shape.Length).Where(d => value.Shape[d] > 1).OrderByDescending(d => layout.Strides[d]).ToList();
        var run = 1;
        while (outer.Count > 0 && layout.Strides[outer[outer.Count - 1]] == run)
        {
            run *= value.Shape[outer[outer.Count - 1]];
            outer.RemoveAt(outer.Count - 1);
        }

        Runs(body, row.Plus(layout.Origin), 0);

        void Runs(List<Stmt> at, Address start, int depth)
        {
            if (depth == outer.Count) at.Add(new FillStmt(_flat.BufferOf(value), start, run, 0));
            else Loop(at, "r", Bound.Of(0), Bound.Of(value.Shape[outer[depth]]), 1, (r, inner) => Runs(inner, Add(start, r, layout.Strides[outer[depth]]), depth + 1));
        }
    }

    private void StripLoops(List<Stmt> body, Env env, List<Address> strip)
    {
        if (strip.Count == _flat.Strips.Count)
        {
            Strip(body, env, strip);
            return;
        }

        var index = _flat.Strips[strip.Count];
        var (from, to) = index == _flat.Split ? (new Bound("lo", 0), new Bound("hi", 0)) : (Bound.Of(0), Bound.Of(index.Extent));
        Loop(body, index.Name, from, to, 1, (s, inner) => StripLoops(inner, env, [.. strip, s]));
    }

    /// <summary>All stages of a chain, one after the other, for one strip.</summary>
    private void Strip(List<Stmt> body, Env env, List<Address> strip)
    {
        if (_flat.Stages.Count == 0)
        {
            Outputs(body, At(this));
            return;
        }

        foreach (var flat in _flat.Stages.Append(_flat))
        {
            // Names begin anew, so that the same stage of two kernels reads the same.
            var stage = new KernelScheduler(flat, _width, _straight, firstName: 0);
            var inner = new List<Stmt>();
            stage.Outputs(inner, At(stage));
            body.Add(new StageStmt(stage.StageName(), stage.Title(), inner));
        }

        Env At(KernelScheduler scheduler)
        {
            var result = new Env().With(scheduler._batch, env[_batch]);
            for (var s = 0; s < strip.Count; s++) result = result.With(scheduler._flat.Strips[s], strip[s]);
            return result;
        }
    }

    /// <summary>A carried chain: for each step all its stages, each for all samples.</summary>
    private void Steps(List<Stmt> body, Chain chain)
    {
        if (PreparesRows) Loop(body, "n", new Bound(null, 0), new Bound("rows", 0), 1, (n, inner) => PrepareRow(inner, new Env().With(_batch, n)));
        var strip = _flat.Strip!;
        if (_flat.Stages.Append(_flat).Any(s => s.Axis == s.Strip)) throw new InvalidOperationException($"{_main.Name}: vectors along the steps of a carried chain.");
        Loop(body, strip.Name, Bound.Of(0), Bound.Of(strip.Extent), 1, (step, inner) =>
        {
            foreach (var stage in _flat.Stages)
            {
                var scheduler = new KernelScheduler(stage, _width, _straight, _names);
                inner.Add(new CommentStmt(scheduler.Title()));
                scheduler.Outputs(inner, new Env().With(stage.Strip!, step));
                _names = scheduler._names;
                _rowTile = TileChooser.CommonMultiple(_rowTile, scheduler._rowTile);
            }

            var tile = _rowTile;
            if (_flat.Stages.Count > 0) inner.Add(new CommentStmt(Title()));
            Outputs(inner, new Env().With(strip, step));
            _rowTile = TileChooser.CommonMultiple(tile, _rowTile);
        }, chain.Order == ChainOrder.Descending);
    }
}
