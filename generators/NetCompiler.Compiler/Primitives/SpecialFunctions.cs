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

        return Math.Sign(x) * (1 - (Math.Exp(-z * z) * ErfcFactor(z)));
    }

    /// <summary>The share of a normal distribution below x.</summary>
    public static double NormalCdf(double x)
    {
        if (double.IsNaN(x)) return x;
        var z = Math.Abs(x) * Math.Sqrt(0.5);
        var tail = z < 2.5 ? (1 - Erf(z)) / 2 : z > 30 ? 0 : Math.Exp(-x * x / 2) * ErfcFactor(z) / 2;
        return x < 0 ? tail : 1 - tail;
    }

    public static double Gelu(double x) => x * NormalCdf(x);

    /// <summary>The derivative of <see cref="Gelu"/>.</summary>
    public static double GeluSlope(double x) => double.IsInfinity(x) ? NormalCdf(x) : NormalCdf(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));

    public static double GeluTanh(double x) => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * x * (1 + (0.044715 * x * x))));

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    /// <summary>tanh(log(1 + e)) is n / (n + 2) for n = e (e + 2), which is 1 to the last bit of a double beyond 20.</summary>
    public static double Mish(double x)
    {
        var e = Math.Exp(Math.Min(x, 20));
        var n = e * (e + 2);
        return x * (n / (n + 2));
    }

    /// <summary>log(1 + x), exact for small x (Kahan's correction).</summary>
    public static double Log1P(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : double.IsInfinity(u) ? u : Math.Log(u) * x / (u - 1);
    }

    /// <summary>erfc(z) / e^(-z^2), for z from 2.5 on.</summary>
    private static double ErfcFactor(double z)
    {
        var fraction = 0.0;
        for (var k = 120; k >= 1; k--) fraction = k / 2.0 / (z + fraction);
        return 1 / (Math.Sqrt(Math.PI) * (z + fraction));
    }

    /// <summary>exp(x) - 1, exact for small x (Kahan's correction).</summary>
    public static double ExpM1(double x)
    {
        if (Math.Abs(x) > 0.5) return Math.Exp(x) - 1;
        var u = Math.Exp(x);
        return u == 1 ? x : (u - 1) * x / Math.Log(u);
    }
}
