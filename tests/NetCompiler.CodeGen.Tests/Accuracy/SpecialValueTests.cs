namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>Infinities, zeros with their signs, what is not a number, and the ends of ranges.</summary>
public sealed class SpecialValueTests
{
    private const float Inf = float.PositiveInfinity;
    private const float NaN = float.NaN;
    private const float Least = float.Epsilon;
    private const float Most = float.MaxValue;

    private static readonly Dictionary<string, (float X, float Y)[]> s_values = new(StringComparer.Ordinal)
    {
        ["Exp"] = [(0, 1), (-0f, 1), (Least, 1), (Inf, Inf), (-Inf, 0), (89, Inf), (Most, Inf), (-103.9f, Least), (-104, 0), (-Most, 0)],
        ["Log"] = [(1, 0), (0, -Inf), (-0f, -Inf), (Inf, Inf), (-Inf, NaN), (-1, NaN), (-Least, NaN), (Least, -103.27893f), (Most, 88.72284f)],
        ["Tanh"] = [(0, 0), (-0f, -0f), (Least, Least), (-Least, -Least), (Inf, 1), (-Inf, -1), (Most, 1), (-Most, -1), (1e-30f, 1e-30f)],
        ["Sigmoid"] = [(0, 0.5f), (-0f, 0.5f), (Inf, 1), (-Inf, 0), (Most, 1), (-Most, 0), (-103.9f, Least), (20, 1)],
        ["Erf"] = [(0, 0), (-0f, -0f), (Inf, 1), (-Inf, -1), (Most, 1), (-Most, -1)],
        ["Log1P"] = [(0, 0), (-0f, -0f), (Least, Least), (-Least, -Least), (-1, -Inf), (-1.0000001f, NaN), (-Most, NaN), (-Inf, NaN), (Inf, Inf), (Most, 88.72284f)],
        ["ExpM1"] = [(0, 0), (-0f, -0f), (1e-30f, 1e-30f), (Inf, Inf), (-Inf, -1), (89, Inf), (-30, -1), (-Most, -1)],
        ["NormalCdf"] = [(0, 0.5f), (-0f, 0.5f), (Inf, 1), (-Inf, 0), (Most, 1), (-Most, 0)],
        ["Gelu"] = [(0, 0), (Inf, Inf), (-Inf, 0), (Most, Most), (-Most, 0)],
        ["GeluTanh"] = [(0, 0), (Inf, Inf), (-Inf, 0), (Most, Most), (-Most, 0)],
        ["Silu"] = [(0, 0), (Inf, Inf), (-Inf, 0), (Most, Most), (-Most, 0)],
        ["Mish"] = [(0, 0), (Inf, Inf), (-Inf, 0), (Most, Most), (-Most, 0)],
        ["Sin"] = [(0, 0), (-0f, -0f), (Least, Least), (-Least, -Least), (1e-30f, 1e-30f), (Inf, NaN), (-Inf, NaN), (Most, -0.5218765f), (1e6f, -0.34999350f), (1e7f, 0.42054778f)],
        ["Cos"] = [(0, 1), (-0f, 1), (Least, 1), (Inf, NaN), (-Inf, NaN), (Most, 0.85302103f), (1e6f, 0.93675212f), (1e7f, -0.90727037f)],
        ["Sinh"] = [(0, 0), (-0f, -0f), (Least, Least), (-Least, -Least), (1e-30f, 1e-30f), (Inf, Inf), (-Inf, -Inf), (89.4f, 3.3488627e38f), (-89.4f, -3.3488627e38f), (89.6f, Inf), (Most, Inf), (-Most, -Inf)],
        ["Cosh"] = [(0, 1), (-0f, 1), (Least, 1), (Inf, Inf), (-Inf, Inf), (89.4f, 3.3488627e38f), (-89.4f, 3.3488627e38f), (89.6f, Inf), (Most, Inf), (-Most, Inf)],
        ["Softplus"] = [(Inf, Inf), (-Inf, 0), (Most, Most), (-Most, 0)],
        ["Elu"] = [(0, 0), (Inf, Inf), (-Inf, -1), (Most, Most), (-Most, -1)],
        ["HardSigmoid"] = [(0, 0.5f), (3, 1), (-3, 0), (-2.9999998f, 3.9736431e-8f), (Inf, 1), (-Inf, 0), (Most, 1), (-Most, 0)],
        ["HardSwish"] = [(0, 0), (3, 3), (-3, 0), (Inf, Inf), (Most, Most), (-Most, 0)],
        ["Tan"] = [(0, 0), (Inf, NaN), (-Inf, NaN), (Most, -0.6117979f)],
        ["Log2"] = [(1, 0), (8, 3), (0, -Inf), (Inf, Inf), (-1, NaN), (Least, -149)],
        ["Log10"] = [(1, 0), (0, -Inf), (Inf, Inf), (-1, NaN)],
        ["Selu"] = [(0, 0), (Inf, Inf), (-Inf, -1.7580993f), (-Most, -1.7580993f)],
    };

    // Functions that are as odd in their zeros as anywhere; the others give a zero of either sign.
    private static readonly string[] s_odd = ["Tanh", "Erf", "Log1P", "ExpM1", "Sin", "Sinh"];

    public static TheoryData<string> Functions => [.. Compiled.Functions];

    public static TheoryData<string> Layers => [.. Compiled.Layers];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Functions_have_their_special_values(string name)
    {
        foreach (var width in (int[])[1, .. Worst.Widths]) Check(name, Compiled.Function(name, width), s_odd.Contains(name));
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Layers_have_their_special_values(string name)
    {
        foreach (var width in Worst.Widths) Check(name, Compiled.Layer(name, width), signs: false);
    }

    /// <summary>
    /// Kernels compute whole vectors of which the network may use a few lanes: what happens to be in the others changes no bit of those.
    /// </summary>
    [Theory]
    [MemberData(nameof(Functions))]
    public void A_lane_has_the_same_bits_whatever_is_in_the_others(string name)
    {
        var random = new Random(26);
        var ordinary = new float[16 * 1024];
        for (var i = 0; i < ordinary.Length; i++) ordinary[i] = (float)(Math.Pow(10, (random.NextDouble() * 6) - 3) * random.Next(-1, 2));
        foreach (var width in Worst.Widths)
        {
            var sweep = Compiled.Function(name, width);
            var expected = new float[ordinary.Length];
            sweep(ordinary, expected);
            foreach (var intruder in (float[])[NaN, Inf, -Inf, Most, -Most, 1e30f, -1e7f, 1e6f, 1e5f, 100, 0, Least])
            {
                // One lane of each vector, another one from vector to vector.
                var inputs = (float[])ordinary.Clone();
                bool IsIntruder(int i) => i % width == i / width % width;
                for (var i = 0; i < inputs.Length; i++) inputs[i] = IsIntruder(i) ? intruder : inputs[i];
                var results = new float[inputs.Length];
                sweep(inputs, results);
                for (var i = 0; i < inputs.Length; i++)
                {
                    Assert.True(IsIntruder(i) || BitConverter.SingleToInt32Bits(results[i]) == BitConverter.SingleToInt32Bits(expected[i]),
                        $"{name}({inputs[i]:R}) of {width} lanes is {results[i]:R} beside {intruder:R}, {expected[i]:R} beside another number.");
                }
            }
        }
    }

    private static void Check(string name, Compiled.Sweep sweep, bool signs)
    {
        // Each number in every lane, among ordinary ones, so that no lane minds its neighbours.
        foreach (var (x, expected) in s_values[name].Append((NaN, NaN)))
        {
            for (var lane = 0; lane < 16; lane++)
            {
                var inputs = Enumerable.Repeat(0.75f, 16).ToArray();
                inputs[lane] = x;
                var results = new float[16];
                sweep(inputs, results);
                Assert.True(results[lane].Equals(expected) && (!signs || float.IsNegative(results[lane]) == float.IsNegative(expected) || float.IsNaN(expected)),
                    $"{name}({x:R}) is {results[lane]:R} instead of {expected:R}, lane {lane}.");
                Assert.All(results.Where((_, l) => l != lane), r => Assert.True(Ulp.Error(r, Reference.Functions[name](0.75)) <= AccuracyTable.Bound(name)));
            }
        }
    }
}
