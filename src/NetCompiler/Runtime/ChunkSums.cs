using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NetCompiler;

/// <summary>For generated code: adds up the partial results that the chunks of a minibatch gave.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ChunkSums
{
    /// <summary>
    /// destination[i] = sum over chunks c, in order, of partials[c * length + i], for i in [begin, end). The order never
    /// depends on the number of threads, so neither do the bits.
    /// </summary>
    /// <param name="partials">One block of <paramref name="length"/> floats for each chunk.</param>
    /// <param name="chunks">Number of chunks, at least 1.</param>
    /// <param name="length">Floats of one block.</param>
    /// <param name="destination">The sums.</param>
    /// <param name="begin">First element.</param>
    /// <param name="end">Behind the last element.</param>
    public static void Combine(ref float partials, nint chunks, nint length, ref float destination, nint begin, nint end)
    {
        nint i = begin;
        for (; i <= end - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> sum = Vector256.LoadUnsafe(ref partials, (nuint)i);
            for (nint c = 1; c < chunks; c++)
            {
                sum += Vector256.LoadUnsafe(ref partials, (nuint)((c * length) + i));
            }

            sum.StoreUnsafe(ref destination, (nuint)i);
        }

        for (; i < end; i++)
        {
            float sum = Unsafe.Add(ref partials, i);
            for (nint c = 1; c < chunks; c++)
            {
                sum += Unsafe.Add(ref partials, (c * length) + i);
            }

            Unsafe.Add(ref destination, i) = sum;
        }
    }
}
