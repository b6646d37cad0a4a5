using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Large weights are kept in blocks of 16 outputs, so that a kernel, which computes that many outputs at once, reads its part of
/// the weights as one stream; rows as wide as the layer would be read 64 bytes at a time, far apart.
/// The nests that touch such a value have their index over the blocked dimension split in two.
/// </summary>
internal static class Blocking
{
    /// <summary>One AVX-512 vector, two of AVX2: the tile of 6 rows by 2 vectors that AVX2's 16 registers hold.</summary>
    public const int Size = 16;

    /// <summary>Weights up to so many floats stay in the first-level cache, whatever their layout.</summary>
    public const int SmallWeights = 8192;

    /// <summary>Blocks outermost, kernel positions next, the block's own elements innermost.</summary>
    public static Layout Layout(int[] shape, int inner)
    {
        var strides = new int[shape.Length];
        strides[inner] = 1;
        var stride = Size;
        foreach (var d in Enumerable.Range(0, shape.Length).Where(d => d != inner).OrderBy(d => d < 2 ? 0 : 1).ThenByDescending(d => d))
        {
            strides[d] = stride;
            stride *= shape[d];
        }

        return new Layout(strides, 0, stride * (shape[inner] / Size)) { Block = (inner, Size, stride) };
    }

    /// <summary>The access runs over whole blocks of the dimension with one index, which can be split.</summary>
    public static bool CanSplit(Access access, int dimension) => access.Row is null && IndexOver(access.Map[dimension]) is { } index && (index.Extent == access.Value.Shape[dimension] || index.Extent % Size == 0);

    private static LoopIndex? IndexOver(Affine place) => place.Constant % Size == 0 && place.Terms.Count == 1 && place.Terms[0].Coefficient == 1 ? place.Terms[0].Index : null;

    /// <summary>Splits the indices of all nests that run over blocked dimensions.</summary>
    [MethodImpl(HotPath.Optimized)]
    public static void Run(Program program, IReadOnlyDictionary<Value, Layout> layouts)
    {
        if (!layouts.Values.Any(l => l.Block is not null)) return;
        for (var at = 0; at < program.Nests.Count; at++) program.Nests[at] = Split(program.Nests[at], layouts);
    }

    public static Nest Split(Nest nest, IReadOnlyDictionary<Value, Layout> layouts)
    {
        return HasBlocks(nest, layouts) ? SplitBlocks(nest, layouts) : nest;
    }

    [MethodImpl(HotPath.Optimized)]
    private static bool HasBlocks(Nest nest, IReadOnlyDictionary<Value, Layout> layouts)
    {
        if (layouts[nest.Output.Value].Block is not null) return true;
        foreach (var read in nest.Reads)
            if (layouts[read.Value].Block is not null) return true;
        return false;
    }

    private static Nest SplitBlocks(Nest nest, IReadOnlyDictionary<Value, Layout> layouts)
    {
        var parts = new Dictionary<LoopIndex, (LoopIndex Block, LoopIndex Inside)>();
        foreach (var access in nest.Reads.Append(nest.Output))
        {
            if (layouts[access.Value].Block is not { } block || !CanSplit(access, block.Dimension)) continue;
            var index = IndexOver(access.Map[block.Dimension])!;
            if (!parts.ContainsKey(index)) parts[index] = (new LoopIndex(index.Name + "b", index.Extent / Size), new LoopIndex(index.Name, Size));
        }

        if (parts.Count == 0) return nest;
        var map = parts.ToDictionary(p => p.Key, p => (Affine.Of(p.Value.Block) * Size) + p.Value.Inside);
        return nest.Over([.. nest.Indices.SelectMany<LoopIndex, LoopIndex>(i => parts.TryGetValue(i, out var p) ? [p.Block, p.Inside] : [i])], map);
    }
}
