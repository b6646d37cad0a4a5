using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Rewrites Sum nests that scatter (several points of different output-side indices meet in one element, as in the input
/// gradient of a convolution) into nests that gather: each output element is visited once and its sum stays in a register.
/// An output dimension s*y + d*k - p is solved for y: directly when s = 1; for larger s, one nest for each phase of the
/// output (q = s*t + phase) with the part of k that meets that phase. This is also how strided transposed convolutions run.
/// </summary>
internal static class ScatterToGather
{
    /// <summary>Neighbouring phases that the same number of taps reach are one nest from so many on: of frames that overlap, each sample of a hop is a phase.</summary>
    private const int LongRange = 16;

    /// <summary>One phase: how many elements it has, and by which tap each is reached first, by how many, and from how many positions further.</summary>
    private sealed record Phase(int Extent, int Tap, int Taps, int Shift);

    public static void Run(Program program)
    {
        for (var at = 0; at < program.Nests.Count; at++)
        {
            var nest = program.Nests[at];
            if (nest.Kind != NestKind.Sum || nest.Output.Row is not null || IsInjective(nest)) continue;
            var parts = Solve(nest);
            if (parts is null) continue; // stays a scatter: scheduled as additions in memory
            program.Nests.RemoveAt(at);
            program.Nests.InsertRange(at, parts);
            at += parts.Count - 1;
        }
    }

    /// <summary>Points with different output-side indices have different elements.</summary>
    public static bool IsInjective(Nest nest) => nest.HasInjectiveOutput;

    /// <summary>How many places along one dimension an access with injective places reaches.</summary>
    public static long Covered(Access output, int d)
    {
        var place = output.Map[d];
        var points = 1L;
        foreach (var (index, _) in place.Terms) points *= index.Extent;
        return place.Minimum >= 0 && place.Maximum < output.Value.Shape[d] ? points : CountInside(place, output.Value.Shape[d]);
    }

    private static long CountInside(Affine place, int extent)
    {
        IEnumerable<int> places = [place.Constant];
        foreach (var (index, coefficient) in place.Terms) places = places.SelectMany(p => Enumerable.Range(0, index.Extent).Select(i => p + (i * coefficient)));
        return places.LongCount(p => p >= 0 && p < extent);
    }

    private static List<Nest>? Solve(Nest nest)
    {
        var parts = new List<Nest> { nest };
        for (var d = 0; d < nest.Output.Map.Count; d++)
        {
            var next = new List<Nest>();
            foreach (var part in parts)
            {
                if (part.Output.Map[d].IsInjective()) next.Add(part);
                else if (SolveDimension(part, d) is { } solved) next.AddRange(solved);
                else return null;
            }

            parts = next;
        }

        if (!parts.All(IsInjective)) return null;

        // Several parts share the output, so none of them fills it: what none of them reaches is cleared before.
        if (parts.Count > 1 && Enumerable.Range(0, nest.Output.Map.Count).Any(d => nest.Output.Map[d].IsInjective() && Covered(nest.Output, d) < nest.Output.Value.Shape[d]))
        {
            var indices = ProgramBuilder.IndicesOf(nest.Output.Value.Shape);
            parts.Insert(0, new Nest(nest.Name, NestKind.Store, indices, new Access(nest.Output.Value, indices.Select(Affine.Of).ToEquatableArray()), 0.0) { Owner = nest.Owner });
        }

        return parts;
    }

    private static List<Nest>? SolveDimension(Nest nest, int d)
    {
        var dimension = nest.Output.Map[d];
        if (dimension.Terms.Count != 2 || dimension.Terms.Any(t => t.Coefficient < 0)) return null;
        var size = nest.Output.Value.Shape[d];

        // Eliminate the index that reaches further (the position), so that fewer taps are left for each element; the other one is the kernel's.
        var (position, kernel) = Reach(dimension.Terms[0]) >= Reach(dimension.Terms[1]) ? (dimension.Terms[0], dimension.Terms[1]) : (dimension.Terms[1], dimension.Terms[0]);
        int stride = position.Coefficient, dilation = kernel.Coefficient, pad = -dimension.Constant, step = stride / Gcd(stride, dilation);
        var result = new List<Nest>();
        for (var phase = 0; phase < stride;)
        {
            var first = PhaseOf(phase);
            var alike = 1;
            while (phase + alike < stride && dilation == 1 && PhaseOf(phase + alike) is var other && other == (first with { Tap = first.Tap + alike })) alike++;
            if (alike < LongRange) alike = 1;
            if (first.Extent > 0) result.Add(Gather(phase, first, alike));
            phase += alike;
        }

        return result;

        // Kernel taps k with dilation * k = phase + pad (mod stride): k = first + step * j.
        Phase PhaseOf(int phase)
        {
            var extent = (size - phase + stride - 1) / stride;
            for (var k = 0; k < Math.Min(stride, kernel.Index.Extent); k++)
                if (((dilation * k) - phase - pad) % stride == 0) return new(extent, k, ((kernel.Index.Extent - 1 - k) / step) + 1, (phase + pad - (dilation * k)) / stride);
            return new(extent, -1, 0, 0);
        }

        static long Reach((LoopIndex Index, int Coefficient) term) => (long)term.Index.Extent * term.Coefficient;

        Nest Gather(int number, Phase phase, int alike)
        {
            var t = new LoopIndex(position.Index.Name, phase.Extent);
            var r = new LoopIndex("within", alike);
            var within = alike == 1 ? Affine.Zero : Affine.Of(r);
            var q = (Affine.Of(t) * stride) + within + number;
            if (phase.Tap < 0) return Zero(nest, d, q, t);
            var j = new LoopIndex(kernel.Index.Name, phase.Taps);
            var tap = phase.Taps == 1 ? Affine.Zero : Affine.Of(j);
            var y = Affine.Of(t) + phase.Shift + (tap * (-dilation * step / stride));
            var map = new Dictionary<LoopIndex, Affine> { [position.Index] = y, [kernel.Index] = (tap * step) + within + phase.Tap };
            LoopIndex[] places = alike == 1 ? [t] : [t, r], taps = phase.Taps == 1 ? [] : [j];
            var indices = nest.Indices.SelectMany<LoopIndex, LoopIndex>(i => i == position.Index ? places : i == kernel.Index ? taps : [i]).ToList();
            var guards = nest.Guards.Select(g => g with { Expression = g.Expression.Substitute(map) })
                .Append(new Guard(y, position.Index.Extent))
                .Where(g => g.Expression.Minimum < 0 || g.Expression.Maximum >= g.Upper).ToList();
            var output = new Access(nest.Output.Value, nest.Output.Map.Select((m, e) => e == d ? q : m.Substitute(map)).ToEquatableArray());
            return new Nest(nest.Name, NestKind.Sum, indices, output, nest.Body.Substitute(map)) { Guards = guards, Owner = nest.Owner };
        }
    }

    /// <summary>Elements that no tap reaches, wherever they are along the other dimensions.</summary>
    private static Nest Zero(Nest nest, int d, Affine q, LoopIndex t)
    {
        var indices = new List<LoopIndex> { t };
        var map = new List<Affine>();
        for (var e = 0; e < nest.Output.Map.Count; e++)
        {
            if (e == d)
            {
                map.Add(q);
                continue;
            }

            var index = new LoopIndex("z" + e, nest.Output.Value.Shape[e]);
            indices.Add(index);
            map.Add(index);
        }

        return new Nest(nest.Name, NestKind.Store, indices, new Access(nest.Output.Value, map.ToEquatableArray()), 0.0);
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
