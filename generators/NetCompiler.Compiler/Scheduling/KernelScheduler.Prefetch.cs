using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// Sums over the minibatch read what the passes through all samples left behind, which is more than the second cache holds, and column by column, which no processor foresees. While
/// one sample's part of a tile is summed, the next sample's part of it is fetched.
/// </summary>
internal sealed partial class KernelScheduler
{
    /// <summary>Where the next sample is fetched from in each step of a tile's sum: the read, and the number of the line in it where vectors take several.</summary>
    private readonly List<(Access Read, LoopVar? Line)> _ahead = [];

    /// <summary>Whether the kernel's operands come from the whole minibatch, sample after sample.</summary>
    private bool Streams => _accumulate && _width >= 8 && _flat.Unit.Kind == UnitKind.BatchSum && _flat.Split is not null && !_flat.Unit.IsShared && _main is { Kind: NestKind.Sum, HasRows: false } && !IsHorizontal;

    /// <summary>
    /// Finds what is fetched for a tile. A row operand takes one line in each step. Vectors take several, and the tiles beside one read the same again: each of them fetches another line.
    /// </summary>
    private List<Stmt> Ahead(List<Stmt> body, Env env, Dictionary<LoopIndex, int> tile, List<Element> elements)
    {
        _ahead.Clear();
        if (!Streams || elements.Count < LatencyChains || Summed() is not { Count: > 0 } summed) return body;
        var step = summed[summed.Count - 1];
        var rows = tile.Keys.Where(k => k != _blocks).ToList();
        foreach (var read in _main.Reads.Where(r => r.Value.Batched && Math.Abs(_flat.AddressOf(r).Coefficient(step)) >= Layout.Line))
        {
            if (_flat.Axis is not null && _flat.AddressOf(read).Uses(_flat.Axis))
            {
                // The tiles beside one are along a row, which this operand does not know.
                if (rows.Find(r => env[r].Terms.Length == 1 && !_flat.AddressOf(read).Uses(r)) is not { } beside) continue;
                var places = elements.Select(e => AddressOf(read, summed.Aggregate(e.Env, (place, i) => place.With(i, Address.Of(0)))).Constant).ToList();
                var lines = (places.Max() - places.Min() + _lanes + Layout.Line - 1) / Layout.Line;
                var line = lines > 1 ? new LoopVar("line" + _names++) : null;
                _ahead.Add((read, line));
                if (line is null) continue;
                var round = new RoundStmt(line, env[beside].Terms[0].Var, tile[beside], lines, []);
                body.Add(round);
                body = round.Body;
            }
            else if (rows.TrueForAll(r => _flat.AddressOf(read).Coefficient(r) is 0 or 1)) _ahead.Add((read, null));
        }

        return body;
    }

    private void Fetch(List<Stmt> body, Env place)
    {
        foreach (var (read, line) in _ahead)
        {
            var next = AddressOf(read, place).Plus(_flat.Layouts[read.Value].RowLength);
            body.Add(new PrefetchStmt(_flat.BufferOf(read.Value), line is null ? next : next.Plus(line, Layout.Line)));
        }
    }
}
