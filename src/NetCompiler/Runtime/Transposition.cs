using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NetCompiler;

/// <summary>For generated code: copies a matrix so that what was next to each other in a row is next to each other in a column.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Transposition
{
    /// <summary>destination[r * destinationStride + c] = source[c * sourceStride + r] for r in [0, rows), c in [0, columns).</summary>
    /// <param name="destination">First element of the copy.</param>
    /// <param name="destinationStride">Floats from one row of the copy to the next.</param>
    /// <param name="source">First element of the original.</param>
    /// <param name="sourceStride">Floats from one row of the original (a column of the copy) to the next.</param>
    /// <param name="rows">Rows of the copy.</param>
    /// <param name="columns">Columns of the copy.</param>
    public static void Copy(ref float destination, nint destinationStride, ref float source, nint sourceStride, nint rows, nint columns)
    {
        nint wholeRows = 0, wholeColumns = 0;
        if (Avx.IsSupported)
        {
            (wholeRows, wholeColumns) = (rows & ~7, columns & ~7);
            for (nint r = 0; r < wholeRows; r += 8)
            {
                for (nint c = 0; c < wholeColumns; c += 8)
                {
                    Copy8(ref Unsafe.Add(ref destination, (r * destinationStride) + c), destinationStride, ref Unsafe.Add(ref source, (c * sourceStride) + r), sourceStride);
                }
            }
        }

        CopyRest(ref destination, destinationStride, ref source, sourceStride, 0, wholeRows, wholeColumns, columns);
        CopyRest(ref destination, destinationStride, ref source, sourceStride, wholeRows, rows, 0, columns);
    }

    private static void CopyRest(ref float destination, nint destinationStride, ref float source, nint sourceStride, nint firstRow, nint rows, nint firstColumn, nint columns)
    {
        for (nint r = firstRow; r < rows; r++)
        {
            for (nint c = firstColumn; c < columns; c++)
            {
                Unsafe.Add(ref destination, (r * destinationStride) + c) = Unsafe.Add(ref source, (c * sourceStride) + r);
            }
        }
    }

    /// <summary>Eight by eight: pairs of rows are interleaved, then pairs of pairs, then halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy8(ref float destination, nint destinationStride, ref float source, nint sourceStride)
    {
        Vector256<float> a0 = Vector256.LoadUnsafe(ref source), a1 = Row(ref source, sourceStride);
        Vector256<float> a2 = Row(ref source, 2 * sourceStride), a3 = Row(ref source, 3 * sourceStride);
        Vector256<float> a4 = Row(ref source, 4 * sourceStride), a5 = Row(ref source, 5 * sourceStride);
        Vector256<float> a6 = Row(ref source, 6 * sourceStride), a7 = Row(ref source, 7 * sourceStride);

        Vector256<float> b0 = Avx.UnpackLow(a0, a1), b1 = Avx.UnpackHigh(a0, a1), b2 = Avx.UnpackLow(a2, a3), b3 = Avx.UnpackHigh(a2, a3);
        Vector256<float> b4 = Avx.UnpackLow(a4, a5), b5 = Avx.UnpackHigh(a4, a5), b6 = Avx.UnpackLow(a6, a7), b7 = Avx.UnpackHigh(a6, a7);

        Vector256<float> c0 = Avx.Shuffle(b0, b2, 0x44), c1 = Avx.Shuffle(b0, b2, 0xEE), c2 = Avx.Shuffle(b1, b3, 0x44), c3 = Avx.Shuffle(b1, b3, 0xEE);
        Vector256<float> c4 = Avx.Shuffle(b4, b6, 0x44), c5 = Avx.Shuffle(b4, b6, 0xEE), c6 = Avx.Shuffle(b5, b7, 0x44), c7 = Avx.Shuffle(b5, b7, 0xEE);

        Avx.Permute2x128(c0, c4, 0x20).StoreUnsafe(ref destination);
        Avx.Permute2x128(c1, c5, 0x20).StoreUnsafe(ref Unsafe.Add(ref destination, destinationStride));
        Avx.Permute2x128(c2, c6, 0x20).StoreUnsafe(ref Unsafe.Add(ref destination, 2 * destinationStride));
        Avx.Permute2x128(c3, c7, 0x20).StoreUnsafe(ref Unsafe.Add(ref destination, 3 * destinationStride));
        Avx.Permute2x128(c0, c4, 0x31).StoreUnsafe(ref Unsafe.Add(ref destination, 4 * destinationStride));
        Avx.Permute2x128(c1, c5, 0x31).StoreUnsafe(ref Unsafe.Add(ref destination, 5 * destinationStride));
        Avx.Permute2x128(c2, c6, 0x31).StoreUnsafe(ref Unsafe.Add(ref destination, 6 * destinationStride));
        Avx.Permute2x128(c3, c7, 0x31).StoreUnsafe(ref Unsafe.Add(ref destination, 7 * destinationStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Row(ref float source, nint offset) => Vector256.LoadUnsafe(ref Unsafe.Add(ref source, offset));
}
