using System.Numerics;

namespace NetCompiler;

/// <summary>Products of matrices that are filled up to whole tiles: rows to <see cref="Rows"/>, columns to whole vectors of floats.</summary>
internal static class RowProducts
{
    /// <summary>Rows that are computed together. A vector of floats has as many or more elements, always a multiple.</summary>
    public const int Rows = 4;

    /// <summary>So many, filled up to whole vectors of floats.</summary>
    public static int WholeVectors(int count) => checked(count + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;

    /// <summary>Four rows of a product: result[r][x] = sum over k of weights[r * rowStride + k * innerStride] * vectors[k][x].</summary>
    /// <param name="weights">The left matrix, from the first of the rows; strides make it a transposed one.</param>
    /// <param name="rowStride">From one row to the next.</param>
    /// <param name="innerStride">From one summand to the next.</param>
    /// <param name="inner">Number of summands.</param>
    /// <param name="vectors">The right matrix, [inner, columns].</param>
    /// <param name="columns">Whole vectors.</param>
    /// <param name="result">[4, columns].</param>
    public static unsafe void Compute(ReadOnlySpan<float> weights, nint rowStride, nint innerStride, int inner, ReadOnlySpan<float> vectors, int columns, Span<float> result)
    {
        fixed (float* w = weights, v = vectors, to = result)
        {
            int x = 0;
            for (; x <= columns - (2 * Vector<float>.Count); x += 2 * Vector<float>.Count)
            {
                Two(w, rowStride, innerStride, inner, v + x, columns, to + x);
            }

            if (x < columns)
            {
                One(w, rowStride, innerStride, inner, v + x, columns, to + x);
            }
        }
    }

    /// <summary>A tile of four rows and two vectors.</summary>
    private static unsafe void Two(float* w, nint rowStride, nint innerStride, int inner, float* v, nint columns, float* to)
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
            v += columns;
        }

        a0.Store(to);
        a1.Store(to + Vector<float>.Count);
        b0.Store(to + columns);
        b1.Store(to + columns + Vector<float>.Count);
        c0.Store(to + (2 * columns));
        c1.Store(to + (2 * columns) + Vector<float>.Count);
        d0.Store(to + (3 * columns));
        d1.Store(to + (3 * columns) + Vector<float>.Count);
    }

    /// <summary>A tile of four rows and one vector.</summary>
    private static unsafe void One(float* w, nint rowStride, nint innerStride, int inner, float* v, nint columns, float* to)
    {
        Vector<float> a = default, b = default, c = default, d = default;
        for (int k = 0; k < inner; k++)
        {
            Vector<float> x = Vector.Load(v);
            a = Vector.MultiplyAddEstimate(new Vector<float>(w[0]), x, a);
            b = Vector.MultiplyAddEstimate(new Vector<float>(w[rowStride]), x, b);
            c = Vector.MultiplyAddEstimate(new Vector<float>(w[2 * rowStride]), x, c);
            d = Vector.MultiplyAddEstimate(new Vector<float>(w[3 * rowStride]), x, d);
            w += innerStride;
            v += columns;
        }

        a.Store(to);
        b.Store(to + columns);
        c.Store(to + (2 * columns));
        d.Store(to + (3 * columns));
    }
}
