using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// A pooling whose windows lie side by side, in the kernel that computes what it pools: a register tile there holds whole windows, so one element is stored for each window,
/// and what is pooled never is in memory. Elements that no window has (the remainder of an image) are not computed.
/// </summary>
internal sealed class WindowFusion
{
    /// <summary>Elements of the largest window: with the vectors of weights they fit 16 registers.</summary>
    private const int LargestWindow = 9;

    private readonly Dictionary<Nest, Access> _places;

    private WindowFusion(Nest nest, List<LoopIndex> within, Dictionary<Nest, Access> places)
    {
        Nest = nest;
        Within = within;
        _places = places;
    }

    /// <summary>The pooling: the sum or the largest element of each window.</summary>
    public Nest Nest { get; }

    /// <summary>Indices of the unit that go through the elements of a window; its branches may be elements of one window too.</summary>
    public List<LoopIndex> Within { get; }

    /// <summary>What is computed from the pooling's result, element by element.</summary>
    public List<Nest> Epilogues { get; } = [];

    /// <summary>Elements of a window.</summary>
    public int Size => Nest.ReductionIndices.Aggregate(1, (a, i) => a * i.Extent);

    /// <summary>Where the result is of the window that an element of that branch belongs to, in terms of the unit's indices.</summary>
    public Access PlaceOf(Nest branch) => _places[branch];

    public Dictionary<LoopIndex, Affine> EpilogueMap(Nest epilogue, Nest branch)
    {
        var map = new Dictionary<LoopIndex, Affine>();
        for (var d = 0; d < epilogue.Output.Map.Count; d++)
            if (epilogue.Output.Map[d].SingleIndex is { } index) map[index] = _places[branch].Map[d];
        return map;
    }

    /// <summary>Adds a pooling to the unit whose result it alone reads. False: it does not go with it, and nothing has changed.</summary>
    public static bool TryJoin(Unit unit, Nest nest, IReadOnlyDictionary<Value, Layout> layouts)
    {
        var read = ((ReadExpr)nest.Body).Access;
        if (read.Map.Count != nest.Output.Map.Count) return false;
        var split = new Dictionary<LoopIndex, Affine>();
        var within = new List<LoopIndex>();
        var inner = new LoopIndex?[read.Map.Count];
        var sizes = new int[read.Map.Count];
        var indices = unit.Main.Indices.ToList();
        for (var d = 0; d < read.Map.Count; d++)
        {
            var step = nest.ReductionIndices.FirstOrDefault(read.Map[d].Uses);
            sizes[d] = step?.Extent ?? 1;
            if (!read.Map[d].Equals((nest.Output.Map[d] * sizes[d]) + (step is null ? Affine.Zero : step))) return false;
            if (step is null) continue;
            if (read.Value.Shape[d] < sizes[d] * nest.Output.Value.Shape[d]) return false; // its last window reaches zeros behind the last element, which the unit would compute

            // One of the unit's indices goes through the window, all others step over it; or what goes through it is the branches.
            var place = unit.Main.Output.Map[d];
            var count = nest.Output.Value.Shape[d];
            var index = place.Terms.Where(t => t.Coefficient == 1 && t.Index.Extent >= sizes[d]).Select(t => t.Index).FirstOrDefault();
            if (index == unit.VectorAxis && index is not null) return false;
            if (place.SingleIndex is null && (read.Value.Shape[d] != sizes[d] * count || place.Terms.Any(t => t.Index != index && t.Coefficient % sizes[d] != 0))) return false;
            if (index is null) continue;
            if (place.SingleIndex is null) count = index.Extent % sizes[d] == 0 ? index.Extent / sizes[d] : 0;
            if (count == 0) return false;
            var (outer, window) = (new LoopIndex(index.Name, count), new LoopIndex(index.Name + "w", sizes[d]));
            split[index] = (Affine.Of(outer) * sizes[d]) + window;
            indices[indices.IndexOf(index)] = outer;
            indices.Insert(indices.IndexOf(outer) + 1, window);
            within.Add(window);
            inner[d] = window;
        }

        if (within.Count == 0 && unit.Siblings.Count == 0) return false;
        var main = unit.Main.Over(indices, split);
        var siblings = unit.Siblings.ConvertAll(s => s.Over(indices, s.Indices.Select((i, n) => (i, n)).ToDictionary(p => p.i, p => Affine.Of(unit.Main.Indices[p.n]).Substitute(split))));
        Access PlaceOf(Nest branch) => new(nest.Output.Value, branch.Output.Map.Select((m, d) => Outside(m, inner[d], sizes[d])).ToEquatableArray());
        var places = siblings.Append(main).ToDictionary(b => b, PlaceOf);

        // Each window is in one register tile, whole.
        var fusion = new WindowFusion(nest, within, places);
        var elements = within.Aggregate(1, (a, i) => a * i.Extent);
        if (fusion.Size > LargestWindow || places.Values.GroupBy(p => p).Any(windows => windows.Count() * elements != fusion.Size)) return false;
        if (unit.VectorAxis is { } axis && main.Output.Uses(axis) && places.Values.Any(p => layouts[p.Value].Address(p).Coefficient(axis) != 1)) return false;
        unit.Main = main;
        for (var s = 0; s < siblings.Count; s++) unit.Siblings[s] = siblings[s];
        unit.Windows = fusion;
        return true;
    }

    private static Affine Outside(Affine place, LoopIndex? inner, int size)
    {
        if (size == 1) return place;
        Affine result = place.Constant / size;
        foreach (var (index, coefficient) in place.Terms)
            if (index != inner) result = result.Plus(index, coefficient / size);
        return result;
    }
}
