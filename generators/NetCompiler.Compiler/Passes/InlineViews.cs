using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Passes;

/// <summary>
/// Readers of a view read what the view shows instead. A view is a Store nest that only copies: a reshape, permutation, slice,
/// or the gradient of one. Two kinds are seen through:
/// <list type="bullet">
/// <item>each output dimension is one index (permute, slice, split): the reader's places take the indices' part;</item>
/// <item>output dimensions number several indices, as in c*H*W + y*W + x (flatten): a reader that runs over such a dimension with one
/// plain index has this index split into those.</item>
/// </list>
/// A view that some reader cannot see through, or that is itself a result, stays.
/// </summary>
public static class InlineViews
{
    public static Program Run(Program program)
    {
        var writers = program.Writers();
        var views = new Dictionary<Value, Nest>();
        var nests = new List<Nest>();
        foreach (var nest in program.Nests)
        {
            var seen = Through(nest, views);
            if (IsView(seen) && writers[seen.Output.Value.Id] == 1) views[seen.Output.Value] = seen;
            nests.Add(seen);
        }

        return program.With(nests);
    }

    /// <summary>Copies every element to a place of its own, so that each place of the output has one source.</summary>
    private static bool IsView(Nest nest) =>
        nest.Kind == NestKind.Store && nest.Output.Value.StateOf is null && nest.Body is ReadExpr { Access: { Row: null, Value.Kind: not ValueKind.State } read } && read.Value.StateOf is null && nest.Guards.Count == 0 && nest.Output.IsBijection(nest.Indices);

    private static Nest Through(Nest nest, Dictionary<Value, Nest> views)
    {
        var stays = new HashSet<Access>();
        while (nest.Reads.FirstOrDefault(r => views.ContainsKey(r.Value) && !stays.Contains(r)) is { } read)
        {
            // The same read after an index was split is another access: what stays is remembered as it is now, and asked again then.
            if (Through(nest, read, views[read.Value]) is { } rewritten) nest = rewritten;
            else stays.Add(read);
        }

        return nest;
    }

    private static Nest? Through(Nest nest, Access read, Nest view)
    {
        var source = new Dictionary<LoopIndex, Affine>();
        var split = new Dictionary<LoopIndex, Affine>();
        var parts = new Dictionary<LoopIndex, LoopIndex[]>();
        foreach (var index in view.Indices.Where(i => i.Extent == 1)) source[index] = 0;
        for (var d = 0; d < read.Map.Count; d++)
        {
            var shown = view.Output.Map[d];
            if (shown.IsConstant) continue;
            if (shown.SingleIndex is { } single)
            {
                source[single] = read.Map[d];
                continue;
            }

            // Counting in several indices: the reader's place must be one index over all of it, which then is counted the same way.
            if (Digits(read.Map[d], shown) is { } digits)
            {
                foreach (var digit in digits) source[digit.Key] = digit.Value;
                continue;
            }

            if (read.Map[d].SingleIndex is not { } whole || whole.Extent != read.Value.Shape[d] || parts.ContainsKey(whole)) return null;
            if (nest.CarriedChain() is not null && whole == nest.Indices[0]) return null; // all of its nests have the strip as one index
            var order = shown.Terms.OrderByDescending(t => t.Coefficient).Select(t => t.Index).ToArray();
            parts[whole] = [.. order.Select(i => new LoopIndex(i.Name, i.Extent))];
            for (var i = 0; i < order.Length; i++) source[order[i]] = parts[whole][i];
            split[whole] = shown.Substitute(order.ToDictionary(i => i, i => source[i]));
        }

        // Places that mention a split index elsewhere must be split too: substitute in what the map gave so far.
        foreach (var key in source.Keys.ToArray()) source[key] = source[key].Substitute(split);
        Expr replacement = new ReadExpr(((ReadExpr)view.Body).Access.Substitute(source));
        if (LosesPadding(nest, read, ((ReadExpr)replacement).Access, split)) return null;
        var target = new ReadExpr(read.Substitute(split));
        var result = nest.Over([.. nest.Indices.SelectMany(i => parts.TryGetValue(i, out var of) ? of : [i])], split);
        result = result.With(result.Body.Rewrite(e => e.Equals(target) ? replacement : null));

        // A copy of something shared by all samples: who sums it over the samples must go on reading the copies.
        return result.ReducesBatch == nest.ReducesBatch ? result : null;
    }

    /// <summary>
    /// A guard that keeps a read inside one dimension of its value can later become zeros around that value; through a view that has no
    /// such dimension it could not, and every point would be tested.
    /// </summary>
    private static bool LosesPadding(Nest nest, Access read, Access replacement, Dictionary<LoopIndex, Affine> split)
    {
        static bool Limits(Access access, Affine place, int upper) =>
            Enumerable.Range(0, access.Map.Count).Any(d => access.Value.Shape[d] == upper && access.Map[d].Equals(place));
        return nest.Guards.Any(g => Limits(read, g.Expression, g.Upper) && !Limits(replacement, g.Expression.Substitute(split), g.Upper));
    }

    /// <summary>
    /// The reader already counts in the same digits (its index was split before): which of its indices, or sums of them, stands for
    /// which of the view's; null if it does not.
    /// </summary>
    private static Dictionary<LoopIndex, Affine>? Digits(Affine place, Affine shown)
    {
        if (place.Constant != 0 || place.Terms.Count != shown.Terms.Count) return null;
        var result = new Dictionary<LoopIndex, Affine>();
        foreach (var (index, coefficient) in shown.Terms)
        {
            var match = place.Terms.Where(t => t.Coefficient == coefficient && t.Index.Extent == index.Extent).ToArray();
            if (match.Length != 1) return null;
            result[index] = match[0].Index;
        }

        return result;
    }
}
