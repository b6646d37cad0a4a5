using System.Numerics;

namespace NetCompiler;

/// <summary>Products of matrices that are filled up: rows to <see cref="Rows"/>, columns to <see cref="Columns"/>.</summary>
internal static class RowProducts
{
    /// <summary>Rows that are computed together.</summary>
    public const int Rows = 4;

    /// <summary>Columns that are computed together: two vectors, a multiple of the rows.</summary>
    public static int Columns => 2 * Vector<float>.Count;

    /// <summary>So many, filled up to whole tiles of columns.</summary>
    public static int WholeTiles(int count) => checked(count + Columns - 1) / Columns * Columns;

    /// <summary>result[i][x] = sum over k of weights[i * rowStride + k * innerStride] * vectors[k][x].</summary>
    /// <param name="weights">The left matrix; strides make it a transposed one.</param>
    /// <param name="rowStride">From one row to the next.</param>
    /// <param name="innerStride">From one summand to the next.</param>
    /// <param name="rows">Rows, of which as many are computed as are in whole tiles.</param>
    /// <param name="inner">Number of summands.</param>
    /// <param name="vectors">The right matrix, [inner, vectorStride].</param>
    /// <param name="vectorStride">From one of its rows to the next.</param>
    /// <param name="columns">Whole tiles.</param>
    /// <param name="result">[rows, resultStride].</param>
    /// <param name="resultStride">From one of its rows to the next.</param>
    /// <param name="strip">Room for [inner, Columns].</param>
    public static unsafe void Compute(
        ReadOnlySpan<float> weights,
        int rowStride,
        int innerStride,
        int rows,
        int inner,
        ReadOnlySpan<float> vectors,
        int vectorStride,
        int columns,
        Span<float> result,
        int resultStride,
        Span<float> strip)
    {
        fixed (float* w = weights, v = vectors, to = result, packed = strip)
        {
            for (int x = 0; x < columns; x += Columns)
            {
                // Side by side they stay in the cache: rows that are a power of two apart would drive each other out.
                for (int k = 0; k < inner; k++)
                {
                    float* from = v + ((nint)k * vectorStride) + x;
                    Vector.Load(from).Store(packed + (k * Columns));
                    Vector.Load(from + Vector<float>.Count).Store(packed + (k * Columns) + Vector<float>.Count);
                }

                for (int i = 0; i < rows; i += Rows)
                {
                    Tile(w + ((nint)i * rowStride), rowStride, innerStride, inner, packed, to + ((nint)i * resultStride) + x, resultStride);
                }
            }
        }
    }

    private static unsafe void Tile(float* w, nint rowStride, nint innerStride, int inner, float* v, float* to, nint resultStride)
    {
        Vector<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (int k = 0; k < inner; k++)
        {
            Vector<float> left = Vector.Load(v);
            Vector<float> right = Vector.Load(v + Vector<float>.Count);
            Vector<float> a = new(w[0]);
            Vector<float> b = new(w[rowStride]);
            Vector<float> c = new(w[2 * rowStride]);
            Vector<float> d = new(w[3 * rowStride]);
            a0 = Vector.MultiplyAddEstimate(a, left, a0);
            a1 = Vector.MultiplyAddEstimate(a, right, a1);
            b0 = Vector.MultiplyAddEstimate(b, left, b0);
            b1 = Vector.MultiplyAddEstimate(b, right, b1);
            c0 = Vector.MultiplyAddEstimate(c, left, c0);
            c1 = Vector.MultiplyAddEstimate(c, right, c1);
            d0 = Vector.MultiplyAddEstimate(d, left, d0);
            d1 = Vector.MultiplyAddEstimate(d, right, d1);
            w += innerStride;
            v += 2 * Vector<float>.Count;
        }

        Store(a0, a1, to);
        Store(b0, b1, to + resultStride);
        Store(c0, c1, to + (2 * resultStride));
        Store(d0, d1, to + (3 * resultStride));
    }

    private static unsafe void Store(Vector<float> left, Vector<float> right, float* to)
    {
        left.Store(to);
        right.Store(to + Vector<float>.Count);
    }
}
