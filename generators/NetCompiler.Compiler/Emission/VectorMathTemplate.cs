using System.Text;

namespace NetCompiler.Compiler.Emission;

/// <summary>
/// Functions that vector instructions lack. Written once for any width; the emitter adds those that a network uses, for the
/// widths it uses, to its file.
/// </summary>
internal static class VectorMathTemplate
{
    // {V}: Vector256; {F}: Vector256<float>; {U}: Vector256<uint>; {W}: 256; {Fma}: the multiply-add.
    private static readonly Dictionary<string, (string[] Needs, string Text)> Lanes = new(StringComparer.Ordinal)
    {
        ["Pow"] = ([], """
            /// <summary>x to the power y, lane by lane.</summary>
            public static {F} Pow({F} x, {F} y)
            {
                var result = x;
                for (var lane = 0; lane < {F}.Count; lane++) result = result.WithElement(lane, MathF.Pow(x.GetElement(lane), y.GetElement(lane)));
                return result;
            }
            """),
        ["Sin"] = ([], Angle("Sin", "sine")),
        ["Cos"] = ([], Angle("Cos", "cosine")),
        ["Max"] = ([], OfTwo("Max", "larger")),
        ["Min"] = ([], OfTwo("Min", "smaller")),
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
    };

    private static readonly Dictionary<string, (string[] Needs, string Text)> Functions =
        new[] { VectorElementary.Functions, VectorActivations.Functions, Lanes }.SelectMany(f => f).ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal);

    private static string Angle(string name, string what) => $$"""
        /// <summary>
        /// The {{what}}. That of .NET computes all lanes in another way if one of them is huge or not a number, with other last bits;
        /// such lanes are computed one by one here, so that what is in a lane that nobody uses changes no other.
        /// </summary>
        public static {F} {{name}}({F} x)
        {
            var ordinary = {V}.LessThan({V}.Abs(x), {V}.Create(1e6f));
            var result = {V}.{{name}}(x & ordinary);
            if ({V}.EqualsAll(ordinary.AsInt32(), {V}<int>.AllBitsSet)) return result;
            for (var lane = 0; lane < {F}.Count; lane++)
            {
                if (!(MathF.Abs(x.GetElement(lane)) < 1e6f)) result = result.WithElement(lane, MathF.{{name}}(x.GetElement(lane)));
            }

            return result;
        }
        """;

    private static string OfTwo(string name, string what) => $$"""
        /// <summary>
        /// The {{what}} of each two, or NaN where one of them is. The processor's own gives the second also where only the first is no number: so it is asked both ways
        /// round, and the bits of a NaN with those of any number are a NaN's.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static {F} {{name}}({F} x, {F} y) => {V}.{{name}}Native(x, y) | {V}.{{name}}Native(y, x);
        """;

    /// <summary>Part by part, so that a number of lanes known when it is compiled leaves a few moves.</summary>
    private const string LoadFirst512 = """
        /// <summary>The first floats of a place that ends there; the other lanes are 0.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> LoadFirst512(ref float source, int lanes) => (lanes & 8) != 0
            ? Vector512.Create(Vector256.LoadUnsafe(ref source), LoadFirst256(ref Unsafe.Add(ref source, 8), lanes & 7))
            : Vector512.Create(LoadFirst256(ref source, lanes), Vector256<float>.Zero);
        """;

    private const string LoadFirst256 = """
        /// <summary>The first floats of a place that ends there; the other lanes are 0.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> LoadFirst256(ref float source, int lanes) => (lanes & 4) != 0
            ? Vector256.Create(Vector128.LoadUnsafe(ref source), LoadFirst128(ref Unsafe.Add(ref source, 4), lanes & 3))
            : Vector256.Create(LoadFirst128(ref source, lanes), Vector128<float>.Zero);
        """;

    private const string LoadFirst128 = """
        /// <summary>The first floats of a place that ends there; the other lanes are 0.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> LoadFirst128(ref float source, int lanes) => lanes switch
        {
            0 => Vector128<float>.Zero,
            1 => Vector128.CreateScalar(source),
            2 => Vector128.Create(source, Unsafe.Add(ref source, 1), 0f, 0f),
            _ => Vector128.Create(source, Unsafe.Add(ref source, 1), Unsafe.Add(ref source, 2), 0f),
        };
        """;

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
        var all = new HashSet<(string Name, int Width)>();
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
            if (name is "StoreFirst" or "LoadFirst")
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
        foreach (var name in all.Select(f => f.Name).Distinct(StringComparer.Ordinal).OrderBy(n => n, StringComparer.Ordinal))
            foreach (var width in KernelLibrary.Widths.OrderBy(w => w))
                if (all.Contains((name, width))) Write(name, width);
        return text.Append("}\n").ToString();

        void Write(string name, int width) =>
            Add(name == "StoreFirst" ? width switch { 16 => StoreFirst512, 8 => StoreFirst256, _ => StoreFirst128 }
                : name == "LoadFirst" ? width switch { 16 => LoadFirst512, 8 => LoadFirst256, _ => LoadFirst128 } : Fill(Functions[name].Text, width));
    }

    private static string Fill(string text, int width)
    {
        var vector = VectorType(width);
        return text.Replace("{V}<float>", $"{vector}<float>").Replace("{F}", $"{vector}<float>").Replace("{U}", $"{vector}<uint>")
            .Replace("{Fma}", $"{vector}.{(width == 4 ? "MultiplyAddEstimate" : "FusedMultiplyAdd")}").Replace("{V}", vector).Replace("{W}", (width * 32).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    public static string VectorType(int width) => width switch { 16 => "Vector512", 8 => "Vector256", 4 => "Vector128", _ => throw new ArgumentOutOfRangeException(nameof(width)) };
}
