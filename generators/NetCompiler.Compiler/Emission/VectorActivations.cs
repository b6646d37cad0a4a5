namespace NetCompiler.Compiler.Emission;

/// <summary>
/// Activations that no composition of float functions computes right to a few units: far below 0 their factors underflow before they
/// do, or lose their digits against 1. With g(x) = x f(x) and f(x) + f(-x) = 1, g(x) is max(x, 0) less the tail |x| f(-|x|), and
/// the last power of two comes at the very end.
/// </summary>
internal static class VectorActivations
{
    /// <summary>The templates, see <see cref="VectorMathTemplate"/>, with the functions that each calls.</summary>
    public static Dictionary<string, (string[] Needs, string Text)> Functions { get; } = new(StringComparer.Ordinal)
    {
        ["Silu"] = (["Twos", "Remainder", "ExpM1Near", "FirstPower", "SecondPower"], """
            /// <summary>x / (1 + e^-x).</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Silu({F} x)
            {
                var t = {V}.MinNative({V}.Create(112f), {V}.Abs(x));
                var n = Twos(-t);
                var e = (ExpM1Near(Remainder(-t, n)) + {V}<float>.One) * FirstPower(n);
                var power = SecondPower(n);
                return {V}.MaxNative(x, {F}.Zero) - (t * e / {Fma}(e, power, {V}<float>.One) * power);
            }
            """),
        ["Mish"] = (["Twos", "Remainder", "ExpM1Near", "FirstPower", "SecondPower"], """
            /// <summary>x tanh(log(1 + e)) = x e (e + 2) / (e (e + 2) + 2) for e = e^x; from 20 on it is x.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Mish({F} x)
            {
                var t = {V}.MinNative({V}.Create(20f), {V}.MaxNative({V}.Create(-112f), x));
                var n = Twos(t);
                var m = ExpM1Near(Remainder(t, n));
                var first = FirstPower(n);
                var second = SecondPower(n);
                var e = (m + {V}<float>.One) * first * second;
                var e2 = e + {V}.Create(2f);
                var result = {Fma}(t, m, t) * first * (e2 / {Fma}(e, e2, {V}.Create(2f))) * second;
                return {V}.ConditionalSelect({V}.GreaterThan(x, {V}.Create(20f)), x, result);
            }
            """),
        ["Gelu"] = (["NormalVariable", "NormalTail", "NormalPeak", "NormalTwos", "NormalPower"], """
            /// <summary>x times the share of a normal distribution below x.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Gelu({F} x)
            {
                var t = {V}.MinNative({V}.Create(14.5f), {V}.Abs(x));
                var w = NormalVariable(t);
                var n = NormalTwos(t);
                var tail = t * NormalTail(w);
                tail = {Fma}(tail, NormalPeak(t, w, n), tail) * NormalPower(n);
                return {Fma}(tail, {V}.Create(-5.42101086e-20f), {V}.MaxNative(x, {F}.Zero));
            }
            """),
        ["GeluSlope"] = (["NormalVariable", "NormalTail", "NormalPeak", "NormalTwos", "NormalPower"], """
            /// <summary>The derivative of Gelu: the share of a normal distribution below x, and x times its density.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} GeluSlope({F} x)
            {
                var t = {V}.MinNative({V}.Create(14.5f), {V}.Abs(x));
                var w = NormalVariable(t);
                var n = NormalTwos(t);
                var s = {Fma}(t, {V}.Create(-0.398942280f), NormalTail(w));
                s = {Fma}(s, NormalPeak(t, w, n), s) * NormalPower(n) * {V}.Create(5.42101086e-20f);
                return {V}.ConditionalSelect({V}.LessThan(x, {F}.Zero), s, {V}<float>.One - s);
            }
            """),
        ["GeluWithSlope"] = (["NormalVariable", "NormalTail", "NormalPeak", "NormalTwos", "NormalPower"], """
            /// <summary>Gelu and its derivative, which have all but the last steps in common.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Gelu({F} x, out {F} slope)
            {
                var t = {V}.MinNative({V}.Create(14.5f), {V}.Abs(x));
                var w = NormalVariable(t);
                var n = NormalTwos(t);
                var peak = NormalPeak(t, w, n);
                var power = NormalPower(n);
                var tail = NormalTail(w);
                var s = {Fma}(t, {V}.Create(-0.398942280f), tail);
                s = {Fma}(s, peak, s) * power * {V}.Create(5.42101086e-20f);
                slope = {V}.ConditionalSelect({V}.LessThan(x, {F}.Zero), s, {V}<float>.One - s);
                tail *= t;
                tail = {Fma}(tail, peak, tail) * power;
                return {Fma}(tail, {V}.Create(-5.42101086e-20f), {V}.MaxNative(x, {F}.Zero));
            }
            """),
        ["NormalCdf"] = (["NormalVariable", "NormalTail", "NormalPeak", "NormalTwos", "NormalPower"], """
            /// <summary>The share of a normal distribution below x.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} NormalCdf({F} x)
            {
                var t = {V}.MinNative({V}.Create(14.5f), {V}.Abs(x));
                var w = NormalVariable(t);
                var n = NormalTwos(t);
                var tail = NormalTail(w);
                tail = {Fma}(tail, NormalPeak(t, w, n), tail) * NormalPower(n) * {V}.Create(5.42101086e-20f);
                return {V}.ConditionalSelect({V}.LessThan(x, {F}.Zero), tail, {V}<float>.One - tail);
            }
            """),
        ["NormalTwos"] = ([], """
            /// <summary>n = -t^2 / 2 / ln 2 rounded, and 64 more, as 1.5 * 2^23 + n: the low bits are the integer.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} NormalTwos({F} t) => {Fma}({V}.Create(-0.5f) * t * t, {V}.Create(1.44269504f), {V}.Create(12582976f));
            """),
        ["NormalPower"] = ([], """
            /// <summary>2 to the power n, which with the 64 more is a normal float for all t.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} NormalPower({F} n) => ((n.AsInt32() << 23) + {V}<float>.One.AsInt32()).AsSingle();
            """),
        ["NormalVariable"] = ([], """
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} NormalVariable({F} t) => {V}<float>.One / {Fma}(t, {V}.Create(0.25f), {V}<float>.One);
            """),
        ["NormalTail"] = ([], """
            /// <summary>e^(t^2 / 2) times the share of a normal distribution beyond t, for t from 0 to 14.5, as a polynomial in w = 1 / (1 + t / 4).</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} NormalTail({F} w)
            {
                var v = w - {V}.Create(0.5f); // around the middle, powers of v lose less than those of w
                var p = {V}.Create(0.0165920947f);
                p = {Fma}(p, v, {V}.Create(0.0122987982f));
                p = {Fma}(p, v, {V}.Create(-0.0506103896f));
                p = {Fma}(p, v, {V}.Create(-0.0563173443f));
                p = {Fma}(p, v, {V}.Create(0.0602736808f));
                p = {Fma}(p, v, {V}.Create(0.241621748f));
                p = {Fma}(p, v, {V}.Create(0.373043001f));
                p = {Fma}(p, v, {V}.Create(0.387136668f));
                p = {Fma}(p, v, {V}.Create(0.303948343f));
                p = {Fma}(p, v, {V}.Create(0.188821286f));
                return p * w;
            }
            """),
        ["NormalPeak"] = (["ExpM1Near"], """
            /// <summary>
            /// e^(-t^2 / 2) / 2^n - 1. To the remainder is added what t^2 loses in rounding, which far out is many units of the result, and what the tail loses
            /// by the rounding of w: about 3.2 (w = 1) to 1.2 (w = 0.2) times as much as w, relatively.
            /// </summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {F} NormalPeak({F} t, {F} w, {F} n)
            {
                var off = {V}.FusedMultiplyAdd(-w, {V}.Create(0.25f) * t, {V}<float>.One - w);
                var half = {V}.Create(-0.5f) * t;
                var square = half * t;
                var lost = {Fma}(off, {Fma}(w, {V}.Create(2.44f), {V}.Create(0.75f)), {V}.FusedMultiplyAdd(half, t, -square));
                n -= {V}.Create(12582976f);
                return ExpM1Near({Fma}(n, {V}.Create(2.12194440e-4f), {Fma}(n, {V}.Create(-0.693359375f), square)) + lost);
            }
            """),
        ["GeluTanh"] = (["Twos", "Remainder", "ExpM1Near", "FirstPower", "SecondPower"], """
            /// <summary>
            /// x / (1 + e^-v), v = sqrt(8 / pi) (x + 0.044715 x^3), which is x (1 + tanh(v / 2)) / 2. Far out a rounding of v is many units of the result,
            /// so v is the sum of two floats, and so are its parts: coefficients, square, product with the square, sum.
            /// </summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} GeluTanh({F} x)
            {
                var t = {V}.MinNative({V}.Create(11f), {V}.Abs(x));
                var square = t * t;
                var cubic = {V}.Create(0.0713548139f) * square;
                var rest = {V}.FusedMultiplyAdd({V}.Create(0.0713548139f), square, -cubic);
                rest = {Fma}({V}.Create(0.0713548139f), {V}.FusedMultiplyAdd(t, t, -square), rest);
                rest = {Fma}({V}.Create(2.3988324e-9f), square, rest);
                var slope = cubic + {V}.Create(1.595703125f);
                rest += cubic - (slope - {V}.Create(1.595703125f)) + {V}.Create(6.59966057e-5f);
                var v = t * slope;
                rest = {Fma}(t, rest, {V}.FusedMultiplyAdd(t, slope, -v));
                var n = Twos(-v);
                var e = (ExpM1Near(Remainder(-v, n) - rest) + {V}<float>.One) * FirstPower(n);
                var power = SecondPower(n);
                return {V}.MaxNative(x, {F}.Zero) - (t * e / {Fma}(e, power, {V}<float>.One) * power);
            }
            """),
    };
}
