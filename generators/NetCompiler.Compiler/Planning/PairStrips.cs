using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Values with an element for each pair of positions (<see cref="Value.Pairs"/>: the scores of attention, their exponentials, the gradients of both) are, where they are large,
/// never in memory as a whole: what writes and reads them becomes a chain that goes strip by strip, a few rows of one head at a time, through all of it. For the gradients they are
/// computed again, from queries, keys and the rows' largest scores. What sums over rows, as the gradients of keys and values do, adds up from strip to strip.
/// After Dao, Fu, Ermon, Rudra and Ré, FlashAttention (2022), but for the softmax: a strip holds whole rows, so that nothing has to be rescaled.
/// </summary>
internal static class PairStrips
{
    /// <summary>Elements of one value, of one sample, from which on it is not kept.</summary>
    private const int Large = 1 << 14;

    /// <summary>Elements of a strip: what a few values of it take stays in the second-level cache.</summary>
    private const int StripFloats = 1 << 13;

    /// <summary>Rows that share what a product loads of the keys.</summary>
    private const int FewestRows = 8;

    private static readonly int[] s_blocks = [64, 48, 32, 16];

    private static bool IsLarge(Value value) => value is { Pairs: not null, Kind: ValueKind.Intermediate, Batched: true } && value.Length >= Large;

    /// <summary>What gradients read of large values is computed again, before them: chains take it to where it is needed.</summary>
    public static void Recompute(Program program)
    {
        var writers = program.Nests.Where(n => IsLarge(n.Output.Value)).ToLookup(n => n.Output.Value);
        if (writers.Count == 0) return;
        var loss = program.Nests.FindIndex(n => n.Output.Value == program.Loss);
        var forward = new HashSet<Nest>(program.Nests.Take(loss + 1));
        List<Nest> again = [], gradients = [.. program.Nests.Skip(loss + 1)];
        var copies = new Dictionary<Value, Value>();
        for (var at = 0; at < gradients.Count; at++) gradients[at] = WithCopies(gradients[at]);
        program.Nests.RemoveRange(loss + 1, gradients.Count);
        program.Nests.AddRange(again.Concat(gradients));

        Nest WithCopies(Nest nest)
        {
            foreach (var value in nest.Reads.Select(r => r.Value).Distinct().Where(v => writers[v].Any(forward.Contains)).ToList()) nest = Rewriter.ReplaceRead(nest, value, CopyOf(value));
            return nest;
        }

        Value CopyOf(Value value)
        {
            if (copies.TryGetValue(value, out var known)) return known;
            var copy = copies[value] = program.NewLike(value, value.Name);
            foreach (var writer in writers[value]) again.Add(WithCopies(Rewriter.WithOutput(writer, copy)));

            return copy;
        }
    }

    public static void Run(Program program, Dictionary<Value, Layout> layouts)
    {
        if (!program.Nests.Any(n => IsLarge(n.Output.Value))) return;
        var moments = Moments.Of(program);
        var left = program.Values.Where(v => IsLarge(v) && !program.Outputs.Contains(v)).ToList();
        while (left.Count > 0)
        {
            var (values, nests) = Group(program, left[0]);
            left.RemoveAll(values.Contains);
            if (nests.Count > 0 && nests.TrueForAll(n => moments[n] == moments[nests[0]])) MakeChain(program, layouts, values, nests);
        }
    }

    /// <summary>Large values that nests lead from one to another, and those nests in order.</summary>
    private static (HashSet<Value> Values, List<Nest> Nests) Group(Program program, Value first)
    {
        var values = new HashSet<Value> { first };
        var nests = new HashSet<Nest>();
        int before;
        do
        {
            before = values.Count;
            foreach (var nest in program.Nests.Where(n => !nests.Contains(n) && Touched(n).Any(values.Contains)))
            {
                nests.Add(nest);
                values.UnionWith(Touched(nest).Where(IsLarge));
            }
        }
        while (values.Count > before);
        return (values, [.. program.Nests.Where(nests.Contains)]);
    }

    private static IEnumerable<Value> Touched(Nest nest) => nest.Reads.Select(r => r.Value).Append(nest.Output.Value);

    private static void MakeChain(Program program, Dictionary<Value, Layout> layouts, HashSet<Value> values, List<Nest> members)
    {
        var (pairs, places) = (values.First().Pairs!, values.First().Shape[1]);
        if (!values.All(v => v.Pairs!.Equals(pairs))) return;
        var numberings = members.Select(n => RowNumbering.Of(n, values, pairs)).ToList();
        if (numberings.Contains(null) || Neighbours(program, members) is not { } order) return;

        var times = pairs.Rows[pairs.Rows.Count - 1];
        // Where the future is not seen, the upper half of the rows needs half of the columns.
        var height = Height(pairs.Causal ? Math.Max(FewestRows, times / 2) : times, times, places);
        var block = pairs.Causal ? Block(places) : places;
        var chains = new List<Nest>();
        Add(new(0, times / height, height, block));
        if (times % height > 0) Add(new(times / height * height, 1, times % height, block));
        program.Nests.RemoveRange(order.First, order.Before.Count + members.Count + order.After.Count);
        program.Nests.InsertRange(order.First, [.. order.Before, .. chains, .. order.After]);

        void Add(RowNumbering.Strips strips)
        {
            var chain = new Chain(strips: pairs.Rows.Count);
            var known = new Dictionary<Value, Value>();
            for (var m = 0; m < members.Count; m++) chains.Add(numberings[m]!.Rewrite(members[m], (chain, m), strips, OfStrip));

            Value OfStrip(Value value)
            {
                if (!values.Contains(value)) return value;
                if (known.TryGetValue(value, out var strip)) return strip;
                strip = program.NewValue(value.Name, [.. pairs.Rows.Take(pairs.Rows.Count - 1), strips.Count, strips.Height, places / strips.Block, strips.Block], batched: true);
                var pitch = Layout.Apart(Memory.Round(places));
                int[] strides = [.. pairs.Rows.Select(_ => 0), pitch, strips.Block, 1];
                layouts[strip] = new Layout(strides, 0, strips.Height * pitch) { IsTransient = true };
                return known[value] = strip;
            }
        }
    }

    /// <summary>Rows of a strip: as many as fit and at most so many, if need be with a lower last strip.</summary>
    private static int Height(int limit, int times, int places)
    {
        var most = Math.Min(limit, Math.Max(FewestRows, StripFloats / places / 4 * 4));
        var exact = Enumerable.Range(1, most).Last(h => times % h == 0);
        return exact >= most / 2 ? exact : most;
    }

    /// <summary>Columns that are needed, or not, together: whole vectors, and of few positions at most half.</summary>
    private static int Block(int places) => s_blocks.FirstOrDefault(b => places % b == 0 && b <= Math.Max(places / 2, Layout.Line)) is > 0 and var block ? block : places;

    /// <summary>The nests among the members, of which some go before all of them and the others after; null: one has its place in between.</summary>
    private static (int First, List<Nest> Before, List<Nest> After)? Neighbours(Program program, List<Nest> members)
    {
        var (first, last) = (program.Nests.IndexOf(members[0]), program.Nests.IndexOf(members[members.Count - 1]));
        var set = new HashSet<Nest>(members);
        HashSet<Value> written = [], late = [];
        List<Nest> before = [], after = [];
        for (var at = first; at <= last; at++)
        {
            var nest = program.Nests[at];
            if (set.Contains(nest))
            {
                if (Touched(nest).Any(late.Contains)) return null;
                written.Add(nest.Output.Value);
            }
            else if (Touched(nest).Any(v => written.Contains(v) || late.Contains(v)))
            {
                after.Add(nest);
                late.Add(nest.Output.Value);
            }
            else before.Add(nest);
        }

        return (first, before, after);
    }
}
