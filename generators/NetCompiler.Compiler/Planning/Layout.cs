using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>Where the elements of a value lie: element i is at Origin + sum of Strides[d] * i[d], in floats, within a block of Length.</summary>
internal sealed record Layout(int[] Strides, int Origin, int Length)
{
    /// <summary>Floats of a line of the cache.</summary>
    public const int Line = 16;

    /// <summary>Zeros before and after each dimension that reads may run into; empty: none.</summary>
    public (int Before, int After)[] Halo { get; init; } = [];

    /// <summary>
    /// A dimension kept in blocks: index i is at (i / Size) * Stride + (i % Size) * Strides[Dimension]. A product then reads its weights
    /// from one end to the other.
    /// </summary>
    public (int Dimension, int Size, int Stride)? Block { get; init; }

    /// <summary>Written and read within one step of a chain, and then over again: all samples use the same memory.</summary>
    public bool IsTransient { get; init; }

    /// <summary>The elements are a part of another value's: what lies between them is not this one's.</summary>
    public bool IsPart { get; init; }

    /// <summary>From one sample's block to the next one's.</summary>
    public int RowLength => IsTransient ? 0 : Length;

    public bool HasHalo
    {
        get
        {
            foreach (var (before, after) in Halo)
                if (before + after > 0) return true;
            return false;
        }
    }

    /// <summary>Floats from one row to the next: rows a power of two apart would compete for the same few sets of the cache, so they get one more line between them.</summary>
    public static int Apart(int row) => row % (2 * Line) == 0 ? row + Line : row;

    public static Layout RowMajor(int[] shape) => Ordered(shape, [.. Enumerable.Range(0, shape.Length)]);

    /// <summary>Dimensions from outermost to innermost, each with its halo; the innermost is padded to <paramref name="innerPitch"/> elements if that is more.</summary>
    public static Layout Ordered(int[] shape, int[] order, (int Before, int After)[]? halo = null, int innerPitch = 0)
    {
        var strides = new int[shape.Length];
        int stride = 1, origin = 0;
        for (var at = order.Length - 1; at >= 0; at--)
        {
            var d = order[at];
            strides[d] = stride;
            var extent = shape[d];
            if (halo is not null)
            {
                origin = checked(origin + (halo[d].Before * stride));
                extent = checked(extent + halo[d].Before + halo[d].After);
            }

            if (at == order.Length - 1) extent = Math.Max(extent, innerPitch);
            stride = checked(stride * extent);
        }

        return new Layout(strides, origin, stride) { Halo = halo ?? [] };
    }

    /// <summary>The address of an access as an affine expression of its indices.</summary>
    public Affine Address(Access access)
    {
        if (Block is null) return Affine.Sum(Origin, access.Map, Strides);
        Affine address = Origin;
        for (var d = 0; d < access.Map.Count; d++)
            address = Block is { } block && block.Dimension == d ? address + InBlocks(access, d, block.Size, block.Stride) : address.Plus(access.Map[d], Strides[d]);
        return address;
    }

    private Affine InBlocks(Access access, int d, int size, int stride)
    {
        Affine whole = access.Map[d].Constant / size, rest = access.Map[d].Constant % size;
        foreach (var (index, coefficient) in access.Map[d].Terms)
        {
            if (coefficient % size == 0) whole += Affine.Of(index) * (coefficient / size);
            else rest += Affine.Of(index) * coefficient;
        }

        if (rest.Minimum < 0 || rest.Maximum >= size)
            throw new InvalidOperationException($"{access} runs over blocks of {size}, but is not split into them.");
        return (whole * stride) + (rest * Strides[d]);
    }

    public bool SameAs(Layout other) => Origin == other.Origin && Length == other.Length && Strides.SequenceEqual(other.Strides) && Block == other.Block;
}
