using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Images of the caller lie channel by channel, and those inside the network with their channels innermost. Where a nest goes through both element by element
/// (a loss, what is added to an input), no index steps through both by one: it reads a copy that lies as those inside do.
/// </summary>
internal static class NaturalCopies
{
    /// <summary>Points from which on a copy costs less than scalar code.</summary>
    private const int ManyPoints = 64;

    [MethodImpl(HotPath.Optimized)]
    public static void Run(Program program, Dictionary<Value, Layout> layouts)
    {
        foreach (var value in program.Values.Where(v => v.Batched && v.Shape.Length == 3 && v.Shape[0] > 1 && layouts[v].Strides[0] != 1).ToList())
        {
            var (there, natural) = (layouts[value], LayoutPlanner.Natural(value.Shape));
            var readers = new List<int>();
            for (var at = 0; at < program.Nests.Count; at++)
            {
                var nest = program.Nests[at];
                var reads = nest.Reads.Where(r => ReferenceEquals(r.Value, value)).ToList();
                if (reads.Count == 0 || Affine.Points(nest.Indices) < ManyPoints || IsCopy(nest) || VectorAxis.IsThere(nest, layouts)) continue;
                if (!reads.All(r => Preparation.StaysInside(r, []))) continue; // around the copy there are no zeros
                layouts[value] = natural;
                if (VectorAxis.IsThere(nest, layouts)) readers.Add(at);
                layouts[value] = there;
            }

            if (readers.Count == 0) continue;
            var copy = program.NewValue(value.Name + " with channels innermost", value.Shape, batched: true);
            layouts[copy] = natural;
            foreach (var at in readers) program.Nests[at] = Rewriter.ReplaceRead(program.Nests[at], value, copy);
            program.Nests.Insert(readers[0], Rewriter.Copy(copy.Name, value, copy));
        }
    }

    /// <summary>Copied as it is: in another order this is done in squares, faster than by code that also does something else.</summary>
    public static bool IsCopy(Nest nest) => nest is { Kind: NestKind.Store, Body: ReadExpr };
}
