using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>Where the elements of a value lie: element i is at Origin + sum of Strides[d] * i[d], in floats, within a block of Length.</summary>
internal sealed record Layout(int[] Strides, int Origin, int Length)
{
    /// <summary>Zeros before and after each dimension that reads may run into; empty: none.</summary>
    public (int Before, int After)[] Halo { get; init; } = [];

    public bool HasHalo => Halo.Any(h => h.Before + h.After > 0);

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
                origin += halo[d].Before * stride;
                extent += halo[d].Before + halo[d].After;
            }

            if (at == order.Length - 1) extent = Math.Max(extent, innerPitch);
            stride *= extent;
        }

        return new Layout(strides, origin, stride) { Halo = halo ?? [] };
    }

    /// <summary>The address of an access as an affine expression of its indices.</summary>
    public Affine Address(Access access)
    {
        Affine address = Origin;
        for (var d = 0; d < access.Map.Count; d++) address += access.Map[d] * Strides[d];
        return address;
    }

    public bool SameAs(Layout other) => Origin == other.Origin && Length == other.Length && Strides.SequenceEqual(other.Strides);
}
