using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// How a nest goes through the rows of values with pairs of positions: which of its indices stand for heads and positions, be it one index for each or one for several. With that
/// its indices can be put into the order of strips: heads, strips of positions, positions of a strip, the others.
/// </summary>
internal sealed class RowNumbering
{
    private readonly int[] _rows;
    private readonly List<(LoopIndex Index, int First, int Last)> _parts;

    private RowNumbering(int[] rows, List<(LoopIndex Index, int First, int Last)> parts)
    {
        _rows = rows;
        _parts = parts;
    }

    /// <summary>Null: it does not touch the same row of all those values at each of its points, or cannot go strip by strip.</summary>
    public static RowNumbering? Of(Nest nest, HashSet<Value> values, int[] rows)
    {
        if (nest.Part is not null || nest.Guards.Count > 0 || nest.HasRows || nest.Output.Value is { Batched: false } or { StateOf: not null } || nest.Kind == NestKind.ArgMax) return null;
        var places = nest.Reads.Append(nest.Output).Where(a => values.Contains(a.Value)).ToList();
        var row = places[0].Map[0];
        if (places.Exists(p => !p.Map[0].Equals(row)) || row.Constant != 0) return null;

        var parts = new List<(LoopIndex Index, int First, int Last)>();
        var covered = new bool[rows.Length];
        foreach (var (index, coefficient) in row.Terms)
        {
            var last = rows.Length - 1;
            var step = 1;
            while (last >= 0 && (step != coefficient || rows[last] == 1)) step *= rows[last--];
            var first = last;
            var extent = first < 0 ? 0 : rows[first];
            while (first > 0 && extent < index.Extent) extent *= rows[--first];
            if (first < 0 || extent != index.Extent) return null;
            for (var r = first; r <= last; r++)
            {
                if (covered[r]) return null;
                covered[r] = true;
            }

            parts.Add((index, first, last));
        }

        for (var r = 0; r < rows.Length; r++)
            if (!covered[r] && rows[r] > 1) return null;

        // What is written for each row must be there strip by strip, or be a sum.
        return nest.Kind == NestKind.Sum || parts.TrueForAll(p => nest.Output.Uses(p.Index)) ? new(rows, parts) : null;
    }

    /// <summary>The nest over <paramref name="count"/> strips of <paramref name="height"/> positions each, from a position on.</summary>
    public Nest Rewrite(Nest nest, (Chain Chain, int Stage) part, int start, int height, int count, Func<Value, Value> ofStrip)
    {
        LoopIndex[] strip = [.. _rows.Select((extent, r) => r < _rows.Length - 1 ? new LoopIndex("h", extent) : new LoopIndex("b", count))];
        var position = new LoopIndex("t", height);
        var map = new Dictionary<LoopIndex, Affine>();
        foreach (var (index, first, last) in _parts)
        {
            var number = Affine.Zero;
            for (var r = first; r <= last; r++)
                number = (number * _rows[r]) + (r < _rows.Length - 1 ? Affine.Of(strip[r]) : (Affine.Of(strip[r]) * height) + position + start);
            map[index] = number;
        }

        // The position takes the place of the index that it is a part of.
        var others = nest.Indices.SelectMany(i => !map.ContainsKey(i) ? [i] : _parts.Exists(p => p.Index == i && p.Last == _rows.Length - 1) ? new[] { position } : []);
        Affine[] row = [.. strip.Select(Affine.Of), position];
        var body = nest.Body.Substitute(map).Rewrite(e => e is ReadExpr r && Strip(r.Access) is { } access ? new ReadExpr(access) : null);
        var output = nest.Output.Substitute(map);
        var words = nest.Name.Split(' ');
        var what = (nest.Name.StartsWith("gradient of ", StringComparison.Ordinal) ? "gradient of " : "") + words[words.Length - 1];
        return new Nest($"{nest.Name} by strips: {what}", nest.Kind, [.. strip, .. others], Strip(output) ?? output, body) { Fill = nest.Fill, Owner = nest.Owner, Part = part };

        Access? Strip(Access access)
        {
            var of = ofStrip(access.Value);
            return of == access.Value ? null : new Access(of, new EquatableArray<Affine>([.. row, access.Map[1]]));
        }
    }
}
