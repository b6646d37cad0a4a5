namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>Distances in units in the last place.</summary>
internal static class Ulp
{
    private const double Overflow = 340282366920938463463374607431768211456.0; // 2^128, which the next float after the largest would be

    /// <summary>
    /// How far a float is from an exact number, in the spacing of floats at the exact number: below the normal range that is 2^-149.
    /// Infinity stands for 2^128 and what is beyond. Infinite where only one of the two is a number.
    /// </summary>
    public static double Error(float actual, double exact)
    {
        if (double.IsNaN(exact) || float.IsNaN(actual)) return double.IsNaN(exact) == float.IsNaN(actual) ? 0 : double.PositiveInfinity;
        var bounded = Math.Clamp(exact, -Overflow, Overflow);
        var value = Math.Clamp((double)actual, -Overflow, Overflow);
        if (double.IsInfinity(exact) && !float.IsInfinity(actual)) return double.PositiveInfinity;
        var exponent = exact == 0 ? -149 : Math.Clamp(Math.ILogB(bounded) - 23, -149, 104);
        return Math.ScaleB(Math.Abs(value - bounded), -exponent);
    }
}
