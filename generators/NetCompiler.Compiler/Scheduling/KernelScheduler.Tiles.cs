using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>Which rows and vectors a register tile has.</summary>
internal sealed partial class KernelScheduler
{
    private Dictionary<LoopIndex, int> ChooseTiles(List<LoopIndex> axes, Env env)
    {
        var tiles = ChooseRows(axes, env);
        if (_flat.Unit.Windows is { } windows)
            foreach (var index in windows.Within) tiles[index] = index.Extent; // whole windows
        return tiles;
    }

    private Dictionary<LoopIndex, int> ChooseRows(List<LoopIndex> axes, Env env)
    {
        var result = new Dictionary<LoopIndex, int>();
        var mayTile = _straight ? [] : TileCandidates(axes, env.Has(_batch));
        if (mayTile.Count == 0) return BlocksAtOnce(axes);
        var first = mayTile[0];
        var second = mayTile.Count > 1 ? mayTile[1] : null;
        var axisExtent = _flat.Axis is { } axis && !IsHorizontal ? axis.Extent : 1;
        var blocks = BlockAxis(axes, mayTile);
        if (blocks is not null)
        {
            axisExtent *= blocks.Extent;
            if (Streams) _tiles.Together = _flat.Axis!.Extent / _lanes; // elsewhere a training step with blocks of two vectors (256 bits) got 1.5 % slower by it
        }

        int Extent(LoopIndex index) => index == _flat.Unit.SplitAxis ? _flat.Unit.SplitBlock : index.Extent;
        var window = _flat.Unit.Windows?.Within.Aggregate(1, (a, i) => a * i.Extent) ?? 1;
        var (m1, m2) = _tiles.Rows(axisExtent, Extent(first), second is null ? 1 : Extent(second), first == _batch, window);
        if (IsHorizontal) (m1, m2) = (Math.Min(m1, Math.Max(1, 4 / window)), 1);
        result[first] = m1;
        if (second is not null && m2 > 1) result[second] = m2;
        if (blocks is null) return result;
        var together = _tiles.Vectors(m1 * m2 * window, axisExtent) / (_flat.Axis!.Extent / _lanes);
        NotePanel(axes, blocks, Math.Max(1, together), first, m1);
        if (together > 1 || (first == _batch && second is null)) (_blocks, result[blocks]) = (blocks, Math.Max(1, together));
        return result;
    }

    /// <summary>
    /// Where the vector axis is a block of a longer one: the index over the blocks. A tile may hold vectors of several, which share what the rows
    /// broadcast as those of one block do.
    /// </summary>
    private LoopIndex? BlockAxis(List<LoopIndex> axes, List<LoopIndex> rows)
    {
        if (_flat.Axis is not { } axis || IsHorizontal || axis.Extent % _lanes != 0 || axis.Extent / _lanes > 2) return null;
        return axes.FirstOrDefault(b => !rows.Contains(b) && b != _batch && (b != _flat.Split || Streams) && !_flat.IsWithin(b) && !_flat.Guards.Any(g => g.Expression.Uses(b))
            && _main.Reads.All(r => _flat.AddressOf(r).Uses(b) == _flat.AddressOf(r).Uses(axis)));
    }

    /// <summary>
    /// Blocks of weights that one row is multiplied with at once. Each load of a weight comes with a broadcast of the row unless several share it, and the second cache delivers less
    /// to a core whose loads are many; as many streams as vectors of <see cref="RowVectors"/>.
    /// </summary>
    private int RowBlocks(LoopIndex blocks)
    {
        var together = Math.Max(1, RowVectors / Math.Max(1, _flat.Axis!.Extent / _lanes));
        while (together > 1 && blocks.Extent < together) together /= 2;
        return together;
    }

    /// <summary>
    /// Of a product of one row with weights in blocks, several blocks at once: they share what is broadcast from the row, and their sums end, which takes the latency of all their
    /// additions, at the same time.
    /// </summary>
    private Dictionary<LoopIndex, int> BlocksAtOnce(List<LoopIndex> axes)
    {
        if (!_single || _straight || _main.Kind != NestKind.Sum || ScattersSamples || _main.HasRows || _flat.Guards.Count > 0 || _flat.Axis is not { } axis || IsHorizontal) return [];
        if (axes.FirstOrDefault(a => a.Extent > 1 && !_flat.IsWithin(a) && _main.Reads.Any(r => !_flat.AddressOf(r).Uses(a)) && _main.Reads.Any(r => _flat.AddressOf(r).Uses(a) && _flat.AddressOf(r).Uses(axis))) is not { } block) return [];
        return new() { [block] = RowBlocks(block) };
    }

    /// <summary>Whether what a loop's body reads was read by the step before, so long ago that the nearest cache may have kept only what was read last.</summary>
    private bool Turns(LoopIndex axis, int tile) =>
        _single && !_straight && _main.Kind == NestKind.Sum && axis.Extent % tile == 0
        && _main.Reads.Any(r => r.Value.Kind == ValueKind.Parameter && r.Value.Length >= Blocking.SmallWeights && _flat.AddressOf(r).Uses(axis));

    /// <summary>Output indices along which at least one vector stays the same, so that the rows of a tile share its load.</summary>
    private List<LoopIndex> TileCandidates(List<LoopIndex> axes, bool batchBound)
    {
        if (_main.Kind != NestKind.Sum || ScattersSamples || _main.HasRows || _main.Reads.Count == 0) return [];
        var vectors = _main.Reads.Where(r => _flat.Axis is null || _flat.AddressOf(r).Uses(_flat.Axis)).ToList();
        var candidates = axes.Where(a => !_flat.IsWithin(a) && !_flat.Guards.Any(g => g.Expression.Uses(a)) && vectors.Any(r => !_flat.AddressOf(r).Uses(a)))
            .OrderByDescending(a => Math.Min(a.Extent, 6)).ThenBy(a => Math.Abs(_flat.AddressOf(_main.Output).Coefficient(a))).ToList();
        var batchShares = _flat.Unit.Kind == UnitKind.Samples && !batchBound && vectors.Any(r => !r.Value.Batched);
        if (batchShares && candidates.Take(2).Aggregate(1, (a, i) => a * i.Extent) < 4) candidates.Insert(0, _batch);
        return candidates;
    }

    /// <summary>Points of one sample meet in memory.</summary>
    private bool ScattersSamples => _scatter && _flat.Unit.Kind != UnitKind.BatchSum;

    private bool TilesBatch()
    {
        if (_single) return false;
        var axes = _flat.Indices.Where(i => _flat.InOutput(i) && i != _flat.Axis).ToList();
        return TileCandidates(axes, false).Contains(_batch);
    }
}
