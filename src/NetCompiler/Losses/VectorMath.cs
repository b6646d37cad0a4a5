using System.Numerics;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>Exponentials and logarithms of several doubles at once, for losses.</summary>
internal static class VectorMath
{
    // Below this the result would be subnormal.
    private const double Least = -708;

    // ln 2 in two parts; the upper one has 32 bits, so that its product with a whole number below 2^21 is exact (fdlibm's constants).
    private const double Ln2Upper = 6.93147180369123816490e-01;
    private const double Ln2Lower = 1.90821492927058770002e-10;
    private const double Ln2 = 6.93147180559945309417e-01;
    private const double Log2E = 1.44269504088896338700e+00;

    // 1.5 x 2^52: a small number that is added to it is rounded to a whole one, which the lowest bits of the sum then are.
    private const double Rounder = 6755399441055744;

    /// <summary>
    /// e to the power of x, for x up to 0 (or above it by rounding): within 2 units in the last place; 0 below -708 (where e^x is 3e-308), NaN for NaN. The framework's does one element
    /// after the other as soon as one is below that, and here many are: minus infinity is the logarithm of what cannot be.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> ExpOfNonPositive(Vector<double> x)
    {
        Vector<double> shifted = Vector.MultiplyAddEstimate(x, new Vector<double>(Log2E), new Vector<double>(Rounder));
        Vector<double> n = shifted - new Vector<double>(Rounder);
        Vector<double> r = Vector.MultiplyAddEstimate(n, new Vector<double>(-Ln2Upper), x);
        r = Vector.MultiplyAddEstimate(n, new Vector<double>(-Ln2Lower), r);

        // Taylor's series on |r| <= ln 2 / 2: the first term left out is below 5e-18.
        Vector<double> sum = new(1.0 / 479001600);
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 39916800));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 3628800));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 362880));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 40320));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 5040));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 720));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 120));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 24));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(1.0 / 6));
        sum = Vector.MultiplyAddEstimate(sum, r, new Vector<double>(0.5));
        sum = Vector.MultiplyAddEstimate(sum * r, r, r) + Vector<double>.One;

        // The exponent of the sum plus n.
        Vector<double> power = (sum.As<double, long>() + (shifted.As<double, long>() << 52)).As<long, double>();
        return Vector.ConditionalSelect(Vector.LessThan(x, new Vector<double>(Least)).As<long, double>(), Vector<double>.Zero, power);
    }

    /// <summary>The logarithm of x, for x from 1 to 3: within 4e-16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> LogOfOneToThree(Vector<double> x)
    {
        // log(m) = 2 artanh(f) with f = (m - 1) / (m + 1), for m from 3/4 to 3/2: |f| is at most 1/5, and the first term left out is below 7e-19.
        Vector<double> isLarge = Vector.GreaterThan(x, new Vector<double>(1.5)).As<long, double>();
        Vector<double> m = Vector.ConditionalSelect(isLarge, x * 0.5, x);
        Vector<double> f = (m - Vector<double>.One) / (m + Vector<double>.One);
        Vector<double> square = f * f;
        Vector<double> sum = new(1.0 / 23);
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 21));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 19));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 17));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 15));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 13));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 11));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 9));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 7));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 5));
        sum = Vector.MultiplyAddEstimate(sum, square, new Vector<double>(1.0 / 3));
        sum = Vector.MultiplyAddEstimate(sum, square, Vector<double>.One);
        return Vector.MultiplyAddEstimate(f + f, sum, isLarge & new Vector<double>(Ln2));
    }

    /// <summary>log(e^a + e^b); both may be minus infinity, neither NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> LogOfSum(Vector<double> a, Vector<double> b)
    {
        Vector<double> highest = Vector.MaxNative(a, b);
        return highest + LogOfOneToThree(Vector<double>.One + ExpOfNonPositive(Vector.MinNative(a, b) - Finite(highest)));
    }

    /// <summary>log(e^a + e^b + e^c); all may be minus infinity, none NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> LogOfSum(Vector<double> a, Vector<double> b, Vector<double> c)
    {
        Vector<double> higher = Vector.MaxNative(a, b);
        Vector<double> highest = Vector.MaxNative(higher, c);
        Vector<double> finite = Finite(highest);
        return highest + LogOfOneToThree(Vector<double>.One + ExpOfNonPositive(Vector.MinNative(a, b) - finite) + ExpOfNonPositive(Vector.MinNative(higher, c) - finite));
    }

    /// <summary>log(e^a + e^b); both may be minus infinity.</summary>
    public static double LogOfSum(double a, double b)
    {
        double highest = Math.Max(a, b);
        return double.IsNegativeInfinity(highest) ? highest : highest + Math.Log(1 + Math.Exp(Math.Min(a, b) - highest));
    }

    /// <summary>log(sum of e^x): infinities other than minus infinity beside finite numbers give NaN, as libtorch's log_softmax does.</summary>
    /// <param name="values">At least one.</param>
    /// <param name="room">As many, filled up to whole vectors; holds the values afterwards, followed by minus infinity.</param>
    public static double LogSumExp(ReadOnlySpan<float> values, Span<double> room)
    {
        Widen(values, room);
        Vector<double> highest = new(room);
        for (int i = Vector<double>.Count; i < room.Length; i += Vector<double>.Count)
        {
            highest = Vector.Max(highest, new Vector<double>(room[i..]));
        }

        double most = highest[0];
        for (int i = 1; i < Vector<double>.Count; i++)
        {
            most = Math.Max(most, highest[i]);
        }

        Vector<double> mosts = new(most);
        Vector<double> sum = Vector<double>.Zero;
        for (int i = 0; i < room.Length; i += Vector<double>.Count)
        {
            sum += ExpOfNonPositive(new Vector<double>(room[i..]) - mosts);
        }

        return most + Math.Log(Vector.Sum(sum));
    }

    /// <summary>Writes doubles, and fills the rest with minus infinity.</summary>
    public static void Widen(ReadOnlySpan<float> values, Span<double> room)
    {
        int i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[i..]), out Vector<double> low, out Vector<double> high);
            low.CopyTo(room[i..]);
            high.CopyTo(room[(i + Vector<double>.Count)..]);
        }

        for (; i < values.Length; i++)
        {
            room[i] = values[i];
        }

        room[i..].Fill(double.NegativeInfinity);
    }

    /// <summary>So many, filled up to whole vectors of doubles.</summary>
    public static int WholeVectors(int count) => (count + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;

    private static Vector<double> Finite(Vector<double> x) => Vector.MaxNative(x, new Vector<double>(double.MinValue));
}
