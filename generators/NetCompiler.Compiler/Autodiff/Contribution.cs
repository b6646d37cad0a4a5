using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Autodiff;

/// <summary>
/// A gradient, or a part of one: an array of the shape of what it belongs to; or an expression of each element, for which a nest
/// is made when all parts are known, one for all; or a constant.
/// </summary>
internal sealed class Contribution
{
    public Value? Value { get; init; }

    /// <summary>With <see cref="Body"/>: the place, by the indices of the body; each dimension is one index, or 0 where it has one element.</summary>
    public Access? Place { get; init; }

    public Expr? Body { get; init; }

    public double Constant { get; init; }

    /// <summary>A part of the elements; there is no gradient yet where the parts are not all known.</summary>
    public GradientPart? Part { get; init; }

    public bool IsConstant => Value is null && Body is null && Part is null;

    public bool IsZero => IsConstant && Constant == 0;

    public Expr At(IReadOnlyList<Affine> map)
    {
        if (IsConstant) return Constant;
        if (Value is not null) return new ReadExpr(new Access(Value, map.ToEquatableArray()));
        var places = new Dictionary<LoopIndex, Affine>();
        for (var d = 0; d < map.Count; d++)
            if (Place!.Map[d].SingleIndex is { } index) places[index] = map[d];
        return Body!.Substitute(places);
    }

    public Expr At(LoopIndex[] indices) => At([.. indices.Select(Affine.Of)]);
}

/// <summary>What one reader gives to the gradient of a box of a value's elements: one of the halves of a product, say.</summary>
internal sealed record GradientPart(Access Place, IReadOnlyList<LoopIndex> Indices, Expr Body, string Owner, int[] First, int[] Extents)
{
    /// <summary>Several points meet in one element.</summary>
    public bool IsSum { get; private init; }

    /// <summary>The part, if the elements that the nest reads are a box, and not all.</summary>
    public static GradientPart? Of(Nest nest, Access read, Expr body)
    {
        if (read.Row is not null) return null;
        int[] first = [.. read.Map.Select(m => m.Constant)];
        int[] extents = [.. read.Map.Select(m => m.Terms.Aggregate(1, (n, t) => n * t.Index.Extent))];
        if (extents.SequenceEqual(read.Value.Shape)) return null;
        var used = new HashSet<LoopIndex>();
        for (var d = 0; d < extents.Length; d++)
            if (!AccessProperties.IsMixedRadix(read.Map[d] - first[d], extents[d]) || read.Map[d].Terms.Any(t => !used.Add(t.Index))) return null;
        return new(read, nest.Indices, body, nest.Owner, first, extents) { IsSum = nest.Indices.Any(i => i.Extent > 1 && !used.Contains(i)) };
    }

    /// <summary>Whether each element of the value is in just one of the parts.</summary>
    public static bool Tile(List<GradientPart> parts, Value value)
    {
        for (var p = 0; p < parts.Count; p++)
            for (var q = 0; q < p; q++)
                if (Overlap(parts[p], parts[q])) return false;
        return parts.Sum(p => p.Extents.Aggregate(1L, (n, e) => n * e)) == value.Length;
    }

    /// <summary>The same places in an array of the part alone.</summary>
    public Access Within(Value part) => new(part, Place.Map.Select((m, d) => m - First[d]).ToEquatableArray());

    private static bool Overlap(GradientPart a, GradientPart b)
    {
        for (var d = 0; d < a.First.Length; d++)
            if (a.First[d] + a.Extents[d] <= b.First[d] || b.First[d] + b.Extents[d] <= a.First[d]) return false;
        return true;
    }
}
