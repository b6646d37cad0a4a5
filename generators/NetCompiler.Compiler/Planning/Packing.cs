using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Inserts copies of parameters in another order where a nest runs vectors across the rows of the original (the input
/// gradient of a product reads the weights the other way round than the product). One copy serves all nests that want it.
/// </summary>
internal static class Packing
{
    public static void Run(Program program, Dictionary<Value, Layout> layouts)
    {
        var copies = new Dictionary<Value, Value?[]>(); // by the dimension that is innermost; then those for reads that run over no whole blocks where the first copy has blocks
        for (var at = 0; at < program.Nests.Count; at++)
        {
            var nest = program.Nests[at];
            if (!nest.IsBatched) continue;
            var (axis, pack) = VectorAxis.Choose(nest, layouts, mayPack: true);
            foreach (var read in pack)
            {
                var inner = 0;
                for (var d = 0; d < read.Map.Count; d++)
                    if (read.Map[d].Coefficient(axis!) == 1) inner = d;
                if (!copies.TryGetValue(read.Value, out var ofValue)) copies[read.Value] = ofValue = new Value?[2 * read.Map.Count];
                var slot = ofValue[inner] is { } first && layouts[first].Block is not null && !Blocking.CanSplit(read, inner) ? read.Map.Count + inner : inner;
                if (ofValue[slot] is not { } copy)
                {
                    copy = program.NewValue(read.Value.Name + " packed", read.Value.Shape, batched: false);
                    layouts[copy] = LayoutPlanner.WithInner(copy.Shape, inner, Blocking.CanSplit(read, inner));
                    ofValue[slot] = copy;
                    program.Nests.Insert(Before(program.Nests, at), Blocking.Split(Rewriter.Copy($"{read.Value.Name} packed", read.Value, copy), layouts));
                    at++;
                }

                nest = Blocking.Split(Rewriter.ReplaceRead(nest, read.Value, copy), layouts);
                program.Nests[at] = nest;
            }
        }
    }

    /// <summary>Where something can be put that this nest reads: a carried chain stays together.</summary>
    private static int Before(List<Nest> nests, int at)
    {
        var chain = nests[at].CarriedChain();
        while (chain is not null && at > 0 && nests[at - 1].CarriedChain() == chain) at--;
        return at;
    }
}
