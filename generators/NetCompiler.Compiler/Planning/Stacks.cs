using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Values with three dimensions that are no images but stacks of matrices: what products of two layers read and write, matrix by matrix (scores of several heads), and what is gone through with
/// that element by element. They lie row by row: channels innermost would mean the matrices, of which there may be few, and along which no product runs.
/// </summary>
internal static class Stacks
{
    public static HashSet<Value> Of(Program program)
    {
        var products = program.Nests.FindAll(IsProduct);
        var stacks = new HashSet<Value>(products.SelectMany(Places).Select(p => p.Value));
        if (stacks.Count == 0) return stacks;

        // What goes together lies alike, so what a convolution has a part in keeps its channels innermost.
        var together = new Dictionary<Value, Value>();
        var images = new HashSet<Value>();
        foreach (var nest in program.Nests)
        {
            List<Access> places = [.. Places(nest)];
            for (var p = 0; p < places.Count; p++)
                for (var q = 0; q < p; q++)
                    if (GoTogether(places[p], places[q])) together[First(together, places[p].Value)] = First(together, places[q].Value);
            if (nest.Reads.Exists(r => r.Value is { Batched: false, Shape.Length: > 2 })) images.UnionWith(places.Select(p => p.Value));
        }

        var groups = new HashSet<Value>(stacks.Select(v => First(together, v)));
        groups.ExceptWith(images.Select(v => First(together, v)));
        return [.. program.Values.Where(v => groups.Contains(First(together, v)))];
    }

    /// <summary>A sum of products of two values with samples, of which each has an index of the result that the other has not. Gradients of weights, which have no samples, are of images too.</summary>
    [MethodImpl(HotPath.Optimized)]
    private static bool IsProduct(Nest nest)
    {
        if (nest is not { Kind: NestKind.Sum, Body: BinaryExpr { Op: BinaryOp.Mul, A: ReadExpr { Access: var a }, B: ReadExpr { Access: var b } }, HasRows: false }) return false;
        if (!a.Value.Batched || !b.Value.Batched || !nest.Output.Value.Batched) return false;
        var (ofA, ofB, ofBoth) = (false, false, false);
        foreach (var index in nest.Indices)
        {
            var (inA, inB) = (a.Uses(index), b.Uses(index));
            if (nest.Output.Uses(index))
            {
                ofA |= inA && !inB;
                ofB |= inB && !inA;
            }
            else ofBoth |= inA && inB;
        }

        return ofA && ofB && ofBoth;
    }

    private static IEnumerable<Access> Places(Nest nest) => nest.Reads.Append(nest.Output).Where(p => p.Value is { Kind: ValueKind.Intermediate, Batched: true, StateOf: null, Shape.Length: 3 });

    /// <summary>Along each dimension by the same index, or one of them stays at its one element.</summary>
    private static bool GoTogether(Access a, Access b)
    {
        for (var d = 0; d < a.Map.Count; d++)
            if (!a.Map[d].Equals(b.Map[d]) && a.Value.Shape[d] > 1 && b.Value.Shape[d] > 1) return false;
        return true;
    }

    private static Value First(Dictionary<Value, Value> together, Value value)
    {
        while (together.TryGetValue(value, out var other) && !ReferenceEquals(other, value)) value = other;
        return value;
    }
}
