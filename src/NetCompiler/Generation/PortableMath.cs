namespace NetCompiler;

/// <summary>
/// Functions whose results are the same bits on every machine: they use additions, multiplications and divisions only, which IEEE 754 defines, where
/// <see cref="Math.Exp"/> is whatever the platform's C library makes of it.
/// </summary>
internal static class PortableMath
{
    // Below this the result would be subnormal.
    private const double Least = -708;

    // ln 2 in two parts; the upper one has 32 bits, so that its product with a whole number below 2^21 is exact (fdlibm's constants).
    private const double Ln2Upper = 6.93147180369123816490e-01;
    private const double Ln2Lower = 1.90821492927058770002e-10;
    private const double Log2E = 1.44269504088896338700e+00;

    /// <summary>e to the power of x, for x up to 0: within 2 units in the last place; 0 below -708 (where e^x is 3e-308).</summary>
    public static double ExpOfNonPositive(double x)
    {
        if (!(x >= Least))
        {
            return 0;
        }

        double n = Math.Floor((x * Log2E) + 0.5);
        double r = x - (n * Ln2Upper) - (n * Ln2Lower);

        // Taylor's series on |r| <= ln 2 / 2: the first term left out is below 5e-18.
        double sum = 1.0 / 479001600;
        sum = (sum * r) + (1.0 / 39916800);
        sum = (sum * r) + (1.0 / 3628800);
        sum = (sum * r) + (1.0 / 362880);
        sum = (sum * r) + (1.0 / 40320);
        sum = (sum * r) + (1.0 / 5040);
        sum = (sum * r) + (1.0 / 720);
        sum = (sum * r) + (1.0 / 120);
        sum = (sum * r) + (1.0 / 24);
        sum = (sum * r) + (1.0 / 6);
        sum = (sum * r) + 0.5;
        sum = (sum * r * r) + r + 1;
        return sum * BitConverter.Int64BitsToDouble(((long)n + 1023) << 52);
    }
}
