namespace NetCompiler.Compiler.Emission;

/// <summary>
/// Exponentials, logarithms and what is made of them: within 2 units in the last place (exp, log) or 4 (docs/accuracy.md).
/// Coefficients: exp and log from the Cephes library's single-precision functions (Moshier); erf after Juffa's two-interval
/// approximation.
/// </summary>
internal static class VectorElementary
{
    /// <summary>The templates, see <see cref="VectorMathTemplate"/>, with the functions that each calls.</summary>
    public static Dictionary<string, (string[] Needs, string Text)> Functions { get; } = new(StringComparer.Ordinal)
    {
        ["Exp"] = (["Twos", "Remainder", "ExpM1Near", "FirstPower", "SecondPower"], """
            /// <summary>e^x: x = n ln 2 + r, a polynomial for e^r, and 2^n in two steps so that results below the normal range come out too.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Exp({F} x)
            {
                x = {V}.MinNative({V}.Create(89f), {V}.MaxNative({V}.Create(-104f), x)); // x last, so that a NaN stays
                var n = Twos(x);
                return (ExpM1Near(Remainder(x, n)) + {V}<float>.One) * FirstPower(n) * SecondPower(n);
            }
            """),
        ["Twos"] = ([], """
            /// <summary>n = x / ln 2 rounded, as 1.5 * 2^23 + n: the low bits are the integer.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} Twos({F} x) => {Fma}(x, {V}.Create(1.44269504f), {V}.Create(12582912f));
            """),
        ["Remainder"] = ([], """
            /// <summary>x - n ln 2, with ln 2 as a short number, of which the product is exact, and the rest.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} Remainder({F} x, {F} n)
            {
                n -= {V}.Create(12582912f);
                return {Fma}(n, {V}.Create(2.12194440e-4f), {Fma}(n, {V}.Create(-0.693359375f), x));
            }
            """),
        ["ExpM1Near"] = ([], """
            /// <summary>e^r - 1 for r up to ln(2) / 2.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} ExpM1Near({F} r)
            {
                var p = {V}.Create(1.9875691500e-4f);
                p = {Fma}(p, r, {V}.Create(1.3981999507e-3f));
                p = {Fma}(p, r, {V}.Create(8.3334519073e-3f));
                p = {Fma}(p, r, {V}.Create(4.1665795894e-2f));
                p = {Fma}(p, r, {V}.Create(1.6666665459e-1f));
                p = {Fma}(p, r, {V}.Create(5.0000001201e-1f));
                return {Fma}(p, r * r, r);
            }
            """),
        ["FirstPower"] = ([], """
            /// <summary>2 to the power n / 2 rounded down.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} FirstPower({F} n) => (((n.AsInt32() >> 1) << 23) + {V}<float>.One.AsInt32()).AsSingle();
            """),
        ["SecondPower"] = ([], """
            /// <summary>2 to the power n / 2 rounded up.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} SecondPower({F} n) => (((n.AsInt32() - (n.AsInt32() >> 1)) << 23) + {V}<float>.One.AsInt32()).AsSingle();
            """),
        ["ExpM1"] = (["Twos", "Remainder", "ExpM1Near"], """
            /// <summary>e^x - 1 = 2^n (e^r - 1) + 2^n - 1, of which one half is computed, since 2^128 is not a float.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} ExpM1({F} x)
            {
                var clamped = {V}.MinNative({V}.Create(89f), {V}.MaxNative({V}.Create(-25f), x));
                var n = Twos(clamped);
                var half = ((n.AsInt32() << 23) + {V}.Create(0.5f).AsInt32()).AsSingle();
                var result = {Fma}(half, ExpM1Near(Remainder(clamped, n)), half - {V}.Create(0.5f));
                return {V}.CopySign(result + result, x);
            }
            """),
        ["Sinh"] = (["Twos", "Remainder", "ExpM1Near"], """
            /// <summary>
            /// The hyperbolic sine: 2 (q + q / (4 q + 1)) for q = (e^|x| - 1) / 4, which is a float up to its end, 89.42, and a little further. Near 0 it is x.
            /// </summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Sinh({F} x)
            {
                var a = {V}.MinNative({V}.Create(89.6f), {V}.Abs(x)); // x last, so that a NaN stays
                var n = Twos(a);
                var quarter = ((n.AsInt32() << 23) + {V}.Create(0.25f).AsInt32()).AsSingle();
                var q = {Fma}(quarter, ExpM1Near(Remainder(a, n)), quarter - {V}.Create(0.25f));
                q += q / {Fma}({V}.Create(4f), q, {V}<float>.One);
                return {V}.ConditionalSelect({V}.LessThan(a, {V}.Create(2e-4f)), x, {V}.CopySign(q + q, x));
            }
            """),
        ["Cosh"] = (["Twos", "Remainder", "ExpM1Near", "FirstPower", "SecondPower"], """
            /// <summary>The hyperbolic cosine: h + 1 / (4 h) for h = e^|x| / 2, which is a float where e^|x| no longer is.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Cosh({F} x)
            {
                var a = {V}.MinNative({V}.Create(89.6f), {V}.Abs(x)); // x last, so that a NaN stays
                var n = Twos(a);
                var h = (ExpM1Near(Remainder(a, n)) + {V}<float>.One) * FirstPower(n) * ({V}.Create(0.5f) * SecondPower(n));
                return h + ({V}.Create(0.25f) / h);
            }
            """),
        ["Tanh"] = (["Twos", "Remainder", "ExpM1Near"], """
            /// <summary>The hyperbolic tangent: m / (m + 2) for m = e^2|x| - 1.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Tanh({F} x)
            {
                var a = {V}.Abs(x);
                a = {V}.MinNative({V}.Create(20f), a + a);
                var n = Twos(a);
                var power = ((n.AsInt32() << 23) + {V}<float>.One.AsInt32()).AsSingle();
                var m = {Fma}(power, ExpM1Near(Remainder(a, n)), power - {V}<float>.One);
                return {V}.CopySign(m / (m + {V}.Create(2f)), x);
            }
            """),
        ["Sigmoid"] = (["Exp"], """
            /// <summary>1 / (1 + e^-x), which for negative x is e^x / (1 + e^x): exponentials of negative numbers only.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Sigmoid({F} x)
            {
                var e = Exp(-{V}.Abs(x));
                return {V}.ConditionalSelect({V}.GreaterThanOrEqual(x, {F}.Zero), {V}<float>.One, e) / ({V}<float>.One + e);
            }
            """),
        ["Erf"] = (["Exp"], """
            /// <summary>The error function: an odd polynomial up to 0.93, 1 - e^q(|x|) beyond.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Erf({F} x)
            {
                var t = {V}.Abs(x);
                var s = x * x;
                var r = {Fma}({V}.Create(-1.72853470e-5f), t, {V}.Create(3.83197126e-4f));
                var u = {Fma}({V}.Create(-3.88396438e-3f), t, {V}.Create(2.42546219e-2f));
                r = {Fma}(r, s, u);
                r = {Fma}(r, t, {V}.Create(-1.06777877e-1f));
                r = {Fma}(r, t, {V}.Create(-6.34846687e-1f));
                r = {Fma}(r, t, {V}.Create(-1.28717512e-1f));
                r = {Fma}(r, t, -t);
                var far = {V}.CopySign({V}<float>.One - Exp(r), x);
                var p = {V}.Create(-5.96761703e-4f);
                p = {Fma}(p, s, {V}.Create(4.99119423e-3f));
                p = {Fma}(p, s, {V}.Create(-2.67681349e-2f));
                p = {Fma}(p, s, {V}.Create(1.12819925e-1f));
                p = {Fma}(p, s, {V}.Create(-3.76125336e-1f));
                p = {Fma}(p, s, {V}.Create(1.28379166e-1f));
                return {V}.ConditionalSelect({V}.GreaterThan(t, {V}.Create(0.927734375f)), far, {Fma}(p, x, x));
            }
            """),
        ["Log"] = (["LogNear"], """
            /// <summary>The natural logarithm: x = m 2^k with m in [sqrt(1/2), sqrt(2)), a polynomial for log m.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Log({F} x)
            {
                var tiny = {V}.LessThan(x, {V}.Create(1.17549435e-38f));
                var scaled = {V}.ConditionalSelect(tiny, x * {V}.Create(16777216f), x);
                var bits = scaled.AsInt32() - {V}.Create(0x3f3504f3); // sqrt(1/2)
                var k = {V}.ConvertToSingle(bits >> 23) - {V}.ConditionalSelect(tiny, {V}.Create(24f), {F}.Zero);
                var m = ((bits & {V}.Create(0x007fffff)) + {V}.Create(0x3f3504f3)).AsSingle();
                var result = LogNear(m - {V}<float>.One, k);
                result = {V}.ConditionalSelect({V}.Equals(x, {V}.Create(float.PositiveInfinity)), x, result);
                result = {V}.ConditionalSelect({V}.Equals(x, {F}.Zero), {V}.Create(float.NegativeInfinity), result);
                return {V}.ConditionalSelect({V}.GreaterThanOrEqual(x, {F}.Zero), result, {V}.Create(float.NaN));
            }
            """),
        ["LogNear"] = ([], """
            /// <summary>log(1 + f) + k ln 2 for 1 + f between sqrt(1/2) and sqrt(2).</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} LogNear({F} f, {F} k)
            {
                var z = f * f;
                var p = {V}.Create(7.0376836292e-2f);
                p = {Fma}(p, f, {V}.Create(-1.1514610310e-1f));
                p = {Fma}(p, f, {V}.Create(1.1676998740e-1f));
                p = {Fma}(p, f, {V}.Create(-1.2420140846e-1f));
                p = {Fma}(p, f, {V}.Create(1.4249322787e-1f));
                p = {Fma}(p, f, {V}.Create(-1.6668057665e-1f));
                p = {Fma}(p, f, {V}.Create(2.0000714765e-1f));
                p = {Fma}(p, f, {V}.Create(-2.4999993993e-1f));
                p = {Fma}(p, f, {V}.Create(3.3333331174e-1f));
                var y = p * f * z;
                y = {Fma}(k, {V}.Create(-2.12194440e-4f), y);
                y = {Fma}(z, {V}.Create(-0.5f), y);
                return {Fma}(k, {V}.Create(0.693359375f), f + y);
            }
            """),
        ["Log1P"] = (["LogNear"], """
            /// <summary>log(1 + x): like log of u = 1 + x, what u lost in rounding added to its remainder.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Log1P({F} x)
            {
                var u = {V}<float>.One + x;
                var lost = x - (u - {V}<float>.One);
                var bits = u.AsInt32() - {V}.Create(0x3f3504f3); // sqrt(1/2)
                var k = bits >> 23;
                var m = ((bits & {V}.Create(0x007fffff)) + {V}.Create(0x3f3504f3)).AsSingle();
                var power = {V}.Max({V}<float>.One.AsInt32() - (k << 23), {V}<int>.Zero).AsSingle(); // 2^-k, or 0 where nothing is lost that counts
                var result = LogNear({Fma}(lost, power, m - {V}<float>.One), {V}.ConvertToSingle(k));
                var same = {V}.Equals(x, {F}.Zero) | {V}.Equals(x, {V}.Create(float.PositiveInfinity));
                result = {V}.ConditionalSelect(same, x, result);
                var outside = {V}.ConditionalSelect({V}.Equals(x, {V}.Create(-1f)), {V}.Create(float.NegativeInfinity), {V}.Create(float.NaN));
                return {V}.ConditionalSelect({V}.GreaterThan(x, {V}.Create(-1f)), result, outside);
            }
            """),
    };
}
