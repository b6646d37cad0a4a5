using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Which indices of a nest go through the rows of values of pairs, be it one for heads and one for positions or one for all, and which goes through their columns. With that
/// its indices can be put into the order of strips: heads, strips of positions, then within a strip its positions and the columns, these in blocks.
/// </summary>
internal sealed class RowNumbering
{
    private readonly PairShape _pairs;
    private readonly LoopIndex _column;
    private readonly List<(LoopIndex Index, int First, int Last)> _parts;

    private RowNumbering(PairShape pairs, LoopIndex column, List<(LoopIndex Index, int First, int Last)> parts)
    {
        _pairs = pairs;
        _column = column;
        _parts = parts;
    }

    /// <summary>Null: it does not touch the same element of all those values at each of its points, or cannot go strip by strip.</summary>
    public static RowNumbering? Of(Nest nest, HashSet<Value> values, PairShape pairs)
    {
        if (nest.Part is not null || nest.Guards.Count > 0 || nest.HasRows || nest.Output.Value is { Batched: false } or { StateOf: not null } || nest.Kind == NestKind.ArgMax) return null;
        var places = nest.Reads.Append(nest.Output).Where(a => values.Contains(a.Value)).ToList();
        var row = places[0].Map[0];
        if (row.Constant != 0 || places[0].Map[1].SingleIndex is not { } column || places.Exists(p => !p.Map.Equals(places[0].Map))) return null;

        var rows = pairs.Rows;
        var parts = new List<(LoopIndex Index, int First, int Last)>();
        var covered = new bool[rows.Count];
        foreach (var (index, coefficient) in row.Terms)
        {
            var last = rows.Count - 1;
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

        for (var r = 0; r < rows.Count; r++)
            if (!covered[r] && rows[r] > 1) return null;

        // What is written for each row must be there strip by strip, or be a sum.
        return nest.Kind == NestKind.Sum || parts.TrueForAll(p => nest.Output.Uses(p.Index)) ? new(pairs, column, parts) : null;
    }

    /// <summary>The nest over these strips; <paramref name="ofStrip"/> gives what takes the place of a value of pairs.</summary>
    public Nest Rewrite(Nest nest, (Chain Chain, int Stage) part, Strips strips, Func<Value, Value> ofStrip)
    {
        var heads = _pairs.Rows.Count - 1;
        LoopIndex[] strip = [.. _pairs.Rows.Take(heads).Select(extent => new LoopIndex("h", extent)), new LoopIndex("b", strips.Count)];
        LoopIndex position = new("t", strips.Height), block = new(_column.Name + "b", _column.Extent / strips.Block), column = new(_column.Name, strips.Block);
        var first = (Affine.Of(strip[heads]) * strips.Height) + strips.Start;
        var map = new Dictionary<LoopIndex, Affine> { [_column] = (Affine.Of(block) * strips.Block) + column };
        foreach (var (index, from, to) in _parts)
        {
            var number = Affine.Zero;
            for (var r = from; r <= to; r++) number = (number * _pairs.Rows[r]) + (r < heads ? Affine.Of(strip[r]) : first + position);
            map[index] = number;
        }

        // Positions take the place of the index that they are a part of.
        var others = nest.Indices.SelectMany(i => i == _column ? [block, column] : !map.ContainsKey(i) ? [i] : _parts.Exists(p => p.Index == i && p.Last == heads) ? new[] { position } : []);
        Affine[] place = [.. strip.Select(Affine.Of), position, block, column];
        var body = nest.Body.Substitute(map).Rewrite(e => e is ReadExpr r && Strip(r.Access) is { } access ? new ReadExpr(access) : null);
        var output = nest.Output.Substitute(map);
        var words = nest.Name.Split(' ');
        var what = (nest.Name.StartsWith("gradient of ", StringComparison.Ordinal) ? "gradient of " : "") + words[words.Length - 1];
        Guard[] needed = [.. Needed(first, Affine.Of(block) * strips.Block, strips)];
        return nest.With(body, [.. strip, .. others], Strip(output) ?? output, needed, part, $"{nest.Name} by strips: {what}");

        Access? Strip(Access access)
        {
            var of = ofStrip(access.Value);
            return of == access.Value ? null : new Access(of, new EquatableArray<Affine>(place));
        }
    }

    /// <summary>Blocks of columns of which a strip sees none are left out.</summary>
    private IEnumerable<Guard> Needed(Affine position, Affine column, Strips strips)
    {
        if (_pairs.Causal && AtLeastZero(position + (strips.Height - 1) - column) is { } before) yield return before;
        if (_pairs is { Causal: true, Window: > 0 and var window } && AtLeastZero(column - position + (strips.Block - 1 + window - 1)) is { } recent) yield return recent;

        static Guard? AtLeastZero(Affine number) => number.Minimum >= 0 ? null : new Guard(number, number.Maximum + 1) { IsOptional = true };
    }

    /// <summary>So many strips of so many positions each, from a position on, with columns in blocks.</summary>
    public sealed record Strips(int Start, int Count, int Height, int Block);
}
