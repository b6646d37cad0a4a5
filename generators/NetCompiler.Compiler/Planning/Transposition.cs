using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Inserts copies of values with samples, the other way round, where both factors of a product run along what is summed (queries and keys): it
/// would end in a sum across a vector for each element; or where neither has rows along what the result's rows run along (both transposed): it would be scalar code. With the
/// second factor transposed it runs vectors along its rows.
/// </summary>
internal static class Transposition
{
    /// <summary>Sums that each element takes part in, from which on a copy costs little beside them.</summary>
    private const int ManySums = 16;

    private const int LongRow = 8;

    [MethodImpl(HotPath.Optimized)]
    public static void Run(Program program, Dictionary<Value, Layout> layouts)
    {
        for (var at = 0; at < program.Nests.Count; at++)
        {
            var nest = program.Nests[at];
            if (Find(nest, layouts) is { } found) Insert(program, layouts, at++, found.Read, found.Axis);
        }
    }

    private static void Insert(Program program, Dictionary<Value, Layout> layouts, int at, Access read, LoopIndex axis)
    {
        var nest = program.Nests[at];
        LoopIndex[] others = [.. nest.Indices.Where(i => i != axis && read.Uses(i))];
        var row = others.Aggregate(Affine.Zero, (place, i) => (place * i.Extent) + i);
        var copy = program.NewValue($"{read.Value.Name} transposed", [others.Aggregate(1, (a, i) => a * i.Extent), axis.Extent], batched: true);
        layouts[copy] = Layout.RowMajor(copy.Shape);
        var place = new Access(copy, new Affine[] { row, axis }.ToEquatableArray());
        program.Nests.Insert(at, new Nest(copy.Name, NestKind.Store, [.. others, axis], place, new ReadExpr(read)) { Owner = nest.Owner });
        program.Nests[at + 1] = nest.With(nest.Body.Rewrite(e => e is ReadExpr r && r.Access.Equals(read) ? new ReadExpr(place) : null));
    }

    private static (Access Read, LoopIndex Axis)? Find(Nest nest, Dictionary<Value, Layout> layouts)
    {
        if (nest.Kind != NestKind.Sum || !nest.Output.Value.Batched || nest.Part is not null || nest.HasRows || nest.Guards.Count > 0) return null;
        if (VectorAxis.Choose(nest, layouts, mayPack: false).Axis is { } chosen && nest.Output.Uses(chosen)) return null;
        var output = layouts[nest.Output.Value].Address(nest.Output);
        foreach (var axis in nest.Indices.Where(i => i.Extent >= LongRow && output.Coefficient(i) == 1))
        {
            var across = nest.Reads.Where(r => layouts[r.Value].Address(r).Coefficient(axis) is not (0 or 1)).ToList();
            if (across.Count == 1 && across[0].Value is { Batched: true, Kind: ValueKind.Intermediate or ValueKind.Input } && ReadsOnce(nest, across[0])) return (across[0], axis);
        }

        return null;
    }

    /// <summary>Its elements are no more than the value has (unlike windows of an image), and each is in many sums.</summary>
    private static bool ReadsOnce(Nest nest, Access read)
    {
        var (elements, sums) = (1L, 1L);
        foreach (var index in nest.Indices)
        {
            if (read.Uses(index)) elements *= index.Extent;
            else sums *= index.Extent;
        }

        return elements <= read.Value.Length && sums >= ManySums;
    }
}
