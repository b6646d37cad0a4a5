using System.Text;

namespace NetCompiler.Compiler.Emission;

/// <summary>
/// Functions that vector instructions lack, as polynomials. Written once for any width; the emitter adds those that a
/// network uses, for the widths it uses, to its file.
/// Coefficients: exp, log, tanh from the Cephes library's single-precision functions (Moshier); erf after Juffa's
/// two-interval approximation.
/// </summary>
internal static class VectorMathTemplate
{
    // {V}: Vector256; {F}: Vector256<float>; {I}: Vector256<int>; {U}: Vector256<uint>; {H}: half-wide type; {Fma}: the multiply-add.
    private static readonly Dictionary<string, (string[] Needs, string Text)> Functions = new(StringComparer.Ordinal)
    {
        ["Exp"] = ([], """
            /// <summary>e^x: x = n ln 2 + r, a polynomial for e^r, and 2^n in two steps so that results below the normal range come out too.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Exp({F} x)
            {
                var clamped = {V}.MinNative({V}.MaxNative(x, {V}.Create(-104f)), {V}.Create(89f));
                var n = {V}.Floor({Fma}(clamped, {V}.Create(1.44269504f), {V}.Create(0.5f)));
                var r = {Fma}(n, {V}.Create(-0.693359375f), clamped);
                r = {Fma}(n, {V}.Create(2.12194440e-4f), r);
                var p = {V}.Create(1.9875691500e-4f);
                p = {Fma}(p, r, {V}.Create(1.3981999507e-3f));
                p = {Fma}(p, r, {V}.Create(8.3334519073e-3f));
                p = {Fma}(p, r, {V}.Create(4.1665795894e-2f));
                p = {Fma}(p, r, {V}.Create(1.6666665459e-1f));
                p = {Fma}(p, r, {V}.Create(5.0000001201e-1f));
                p = {Fma}(p, r * r, r) + {V}<float>.One;
                var k = {V}.ConvertToInt32(n);
                var half = k >> 1;
                var result = p * ((half + {V}.Create(127)) << 23).AsSingle() * ((k - half + {V}.Create(127)) << 23).AsSingle();
                return {V}.ConditionalSelect({V}.Equals(x, x), result, x);
            }
            """),
        ["Log"] = ([], """
            /// <summary>The natural logarithm: x = m 2^k with m in [sqrt(1/2), sqrt(2)), a polynomial for log m.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Log({F} x)
            {
                var tiny = {V}.LessThan(x, {V}.Create(1.17549435e-38f));
                var scaled = {V}.ConditionalSelect(tiny, x * {V}.Create(16777216f), x);
                var bits = scaled.AsInt32();
                var k = {V}.ConvertToSingle((bits >> 23) - {V}.Create(126)) - {V}.ConditionalSelect(tiny, {V}.Create(24f), {F}.Zero);
                var m = ((bits & {V}.Create(0x007fffff)) | {V}.Create(0x3f000000)).AsSingle();
                var small = {V}.LessThan(m, {V}.Create(0.707106781f));
                k -= {V}.ConditionalSelect(small, {V}<float>.One, {F}.Zero);
                m = m - {V}<float>.One + {V}.ConditionalSelect(small, m, {F}.Zero);
                var z = m * m;
                var p = {V}.Create(7.0376836292e-2f);
                p = {Fma}(p, m, {V}.Create(-1.1514610310e-1f));
                p = {Fma}(p, m, {V}.Create(1.1676998740e-1f));
                p = {Fma}(p, m, {V}.Create(-1.2420140846e-1f));
                p = {Fma}(p, m, {V}.Create(1.4249322787e-1f));
                p = {Fma}(p, m, {V}.Create(-1.6668057665e-1f));
                p = {Fma}(p, m, {V}.Create(2.0000714765e-1f));
                p = {Fma}(p, m, {V}.Create(-2.4999993993e-1f));
                p = {Fma}(p, m, {V}.Create(3.3333331174e-1f));
                var y = p * m * z;
                y = {Fma}(k, {V}.Create(-2.12194440e-4f), y);
                y = {Fma}(z, {V}.Create(-0.5f), y);
                var result = {Fma}(k, {V}.Create(0.693359375f), m + y);
                result = {V}.ConditionalSelect({V}.Equals(x, {V}.Create(float.PositiveInfinity)), x, result);
                result = {V}.ConditionalSelect({V}.Equals(x, {F}.Zero), {V}.Create(float.NegativeInfinity), result);
                return {V}.ConditionalSelect({V}.GreaterThanOrEqual(x, {F}.Zero), result, {V}.Create(float.NaN));
            }
            """),
        ["Tanh"] = (["Exp"], """
            /// <summary>The hyperbolic tangent: an odd polynomial near 0, 1 - 2 / (e^2|x| + 1) beyond.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Tanh({F} x)
            {
                var a = {V}.Abs(x);
                var z = x * x;
                var p = {V}.Create(-5.70498872745e-3f);
                p = {Fma}(p, z, {V}.Create(2.06390887954e-2f));
                p = {Fma}(p, z, {V}.Create(-5.37397155531e-2f));
                p = {Fma}(p, z, {V}.Create(1.33314422036e-1f));
                p = {Fma}(p, z, {V}.Create(-3.33332819422e-1f));
                var near = {Fma}(p * z, x, x);
                var far = {V}<float>.One - ({V}.Create(2f) / (Exp(a + a) + {V}<float>.One));
                return {V}.ConditionalSelect({V}.LessThan(a, {V}.Create(0.625f)), near, {V}.CopySign(far, x));
            }
            """),
        ["Sigmoid"] = (["Exp"], """
            /// <summary>1 / (1 + e^-x).</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Sigmoid({F} x) => {V}<float>.One / ({V}<float>.One + Exp(-x));
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
        ["Log1P"] = (["Log"], """
            /// <summary>log(1 + x), with the rounding of 1 + x taken back out (Kahan).</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Log1P({F} x)
            {
                var u = {V}<float>.One + x;
                var d = u - {V}<float>.One;
                var corrected = Log(u) * (x / d);
                var exact = {V}.Equals(d, {F}.Zero) | {V}.Equals(u, {V}.Create(float.PositiveInfinity));
                return {V}.ConditionalSelect(exact, x, corrected);
            }
            """),
        ["ExpM1"] = (["Exp"], """
            /// <summary>e^x - 1: its series near 0.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} ExpM1({F} x)
            {
                var p = {V}.Create(1.98412698e-4f);
                p = {Fma}(p, x, {V}.Create(1.38888889e-3f));
                p = {Fma}(p, x, {V}.Create(8.33333333e-3f));
                p = {Fma}(p, x, {V}.Create(4.16666667e-2f));
                p = {Fma}(p, x, {V}.Create(1.66666667e-1f));
                p = {Fma}(p, x, {V}.Create(5e-1f));
                var near = {Fma}(p, x * x, x);
                return {V}.ConditionalSelect({V}.LessThan({V}.Abs(x), {V}.Create(0.35f)), near, Exp(x) - {V}<float>.One);
            }
            """),
        ["Pow"] = ([], """
            /// <summary>x to the power y, lane by lane.</summary>
            public static {F} Pow({F} x, {F} y)
            {
                var result = x;
                for (var lane = 0; lane < {F}.Count; lane++) result = result.WithElement(lane, MathF.Pow(x.GetElement(lane), y.GetElement(lane)));
                return result;
            }
            """),
        ["MaxAcross"] = ([], """
            /// <summary>The largest lane.</summary>
            public static float MaxAcross({F} x)
            {
                var largest = x.ToScalar();
                for (var lane = 1; lane < {F}.Count; lane++) largest = MathF.Max(largest, x.GetElement(lane));
                return largest;
            }
            """),
        ["Uniform"] = (["Mix"], """
            /// <summary>Uniform random numbers in [0, 1) for the counters first + step * lane.</summary>
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            public static {F} Uniform{W}(uint rowKey, uint first, uint step)
            {
                var x = Mix(Mix({V}.CreateSequence(first, step) ^ {V}.Create(rowKey)) + {V}.Create(rowKey));
                return {V}.ConvertToSingle((x >> 8).AsInt32()) * {V}.Create(1f / 16777216);
            }
            """),
        ["Mix"] = ([], """
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            private static {U} Mix({U} x)
            {
                x = (x ^ (x >> 16)) * {V}.Create(0x7feb352du);
                x = (x ^ (x >> 15)) * {V}.Create(0x846ca68bu);
                return x ^ (x >> 16);
            }
            """),
        ["LoadFirst"] = ([], """
            /// <summary>The first floats of a place that ends there; the other lanes are 0.</summary>
            public static {F} LoadFirst{W}(ref float source, int lanes)
            {
                var result = {F}.Zero;
                for (var lane = 0; lane < lanes; lane++) result = result.WithElement(lane, Unsafe.Add(ref source, lane));
                return result;
            }
            """),
    };

    private const string StoreFirst512 = """
        /// <summary>Stores the first lanes and no more.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void StoreFirst(Vector512<float> value, ref float target, int lanes)
        {
            if ((lanes & 8) != 0)
            {
                value.GetLower().StoreUnsafe(ref target);
                StoreFirst(value.GetUpper(), ref Unsafe.Add(ref target, 8), lanes & 7);
            }
            else
            {
                StoreFirst(value.GetLower(), ref target, lanes);
            }
        }
        """;

    private const string StoreFirst256 = """
        /// <summary>Stores the first lanes and no more.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void StoreFirst(Vector256<float> value, ref float target, int lanes)
        {
            if ((lanes & 4) != 0)
            {
                value.GetLower().StoreUnsafe(ref target);
                StoreFirst(value.GetUpper(), ref Unsafe.Add(ref target, 4), lanes & 3);
            }
            else
            {
                StoreFirst(value.GetLower(), ref target, lanes);
            }
        }
        """;

    private const string StoreFirst128 = """
        /// <summary>Stores the first lanes and no more.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void StoreFirst(Vector128<float> value, ref float target, int lanes)
        {
            if (lanes > 0) target = value.ToScalar();
            if (lanes > 1) Unsafe.Add(ref target, 1) = value.GetElement(1);
            if (lanes > 2) Unsafe.Add(ref target, 2) = value.GetElement(2);
        }
        """;

    private const string Scalars = """
        /// <summary>The key of one sample's random numbers in one stream.</summary>
        public static uint RowKey(uint seed, uint stream, uint sample) => unchecked(Mix(Mix(seed + (stream * 0x9E3779B9u)) + (sample * 0x85EBCA6Bu)));

        /// <summary>A uniform random number in [0, 1).</summary>
        public static float Uniform(uint rowKey, uint counter) => unchecked(Mix(Mix(counter ^ rowKey) + rowKey) >> 8) * (1f / 16777216);

        private static uint Mix(uint x)
        {
            x = unchecked((x ^ (x >> 16)) * 0x7feb352du);
            x = unchecked((x ^ (x >> 15)) * 0x846ca68bu);
            return x ^ (x >> 16);
        }
        """;

    /// <summary>
    /// The class with the functions asked for, as (name, width) pairs; width 1 asks for the scalar form, which runs on one lane
    /// of the 128-bit one. Empty when nothing is asked for.
    /// </summary>
    public static string Write(IEnumerable<(string Name, int Width)> asked, string className)
    {
        var all = new SortedSet<(string, int)>();
        var scalars = false;
        var scalarForms = new SortedSet<string>(StringComparer.Ordinal);
        void Want(string name, int width)
        {
            if (width == 1)
            {
                if (name is "Uniform" or "RowKey")
                {
                    scalars = true;
                    return;
                }

                scalarForms.Add(name);
                width = 4;
            }

            if (!all.Add((name, width))) return;
            if (name == "StoreFirst")
            {
                if (width > 4) Want(name, width / 2);
                return;
            }

            foreach (var need in Functions[name].Needs) Want(need, width);
        }

        foreach (var (name, width) in asked) Want(name, width);
        if (all.Count == 0 && !scalars) return "";
        var text = new StringBuilder();
        text.Append($"/// <summary>Functions that vector instructions lack.</summary>\nfile static class {className}\n{{\n");
        var first = true;
        void Add(string function)
        {
            if (!first) text.Append('\n');
            first = false;
            foreach (var line in function.Split('\n')) text.Append(line.Trim('\r').Length == 0 ? "" : "\t" + line.TrimEnd('\r').Replace("    ", "\t")).Append('\n');
        }

        if (scalars) Add(Scalars);
        foreach (var name in scalarForms) Add($"public static float {name}(float x) => {name}(Vector128.Create(x)).ToScalar();");
        foreach (var (name, width) in all)
            Add(name == "StoreFirst" ? width switch { 16 => StoreFirst512, 8 => StoreFirst256, _ => StoreFirst128 } : Fill(Functions[name].Text, width));
        return text.Append("}\n").ToString();
    }

    private static string Fill(string text, int width)
    {
        var vector = VectorType(width);
        return text.Replace("{V}<float>", $"{vector}<float>").Replace("{F}", $"{vector}<float>").Replace("{I}", $"{vector}<int>").Replace("{U}", $"{vector}<uint>")
            .Replace("{Fma}", $"{vector}.{(width == 4 ? "MultiplyAddEstimate" : "FusedMultiplyAdd")}").Replace("{V}", vector).Replace("{W}", (width * 32).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    public static string VectorType(int width) => width switch { 16 => "Vector512", 8 => "Vector256", 4 => "Vector128", _ => throw new ArgumentOutOfRangeException(nameof(width)) };
}
