namespace NetCompiler.Compiler.Primitives;

/// <summary>Functions in double that netstandard2.0's <see cref="Math"/> lacks, exact to a few units in the last place.</summary>
public static class SpecialFunctions
{
    /// <summary>The error function: its Taylor series near 0, the continued fraction of erfc (Abramowitz and Stegun 7.1.14) beyond.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        var z = Math.Abs(x);
        if (z > 6) return Math.Sign(x);
        if (z < 2.5)
        {
            double term = x, sum = x;
            for (var n = 1; n < 80; n++)
            {
                term *= -x * x / n;
                var next = sum + (term / ((2 * n) + 1));
                if (next == sum) break;
                sum = next;
            }

            return sum * 2 / Math.Sqrt(Math.PI);
        }

        var fraction = 0.0;
        for (var k = 120; k >= 1; k--) fraction = k / 2.0 / (z + fraction);
        return Math.Sign(x) * (1 - (Math.Exp(-z * z) / (Math.Sqrt(Math.PI) * (z + fraction))));
    }

    /// <summary>log(1 + x), exact for small x (Kahan's correction).</summary>
    public static double Log1P(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : double.IsInfinity(u) ? u : Math.Log(u) * x / (u - 1);
    }

    /// <summary>exp(x) - 1, exact for small x (Kahan's correction).</summary>
    public static double ExpM1(double x)
    {
        if (Math.Abs(x) > 0.5) return Math.Exp(x) - 1;
        var u = Math.Exp(x);
        return u == 1 ? x : (u - 1) * x / Math.Log(u);
    }
}
