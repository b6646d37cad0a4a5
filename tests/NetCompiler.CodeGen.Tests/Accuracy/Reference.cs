using NetCompiler.Compiler.Primitives;

namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>The functions in double precision, in forms that keep their digits everywhere.</summary>
internal static class Reference
{
    public static Dictionary<string, Func<double, double>> Functions { get; } = new(StringComparer.Ordinal)
    {
        ["Exp"] = Math.Exp, ["Log"] = Math.Log, ["Tanh"] = Math.Tanh, ["Sigmoid"] = Sigmoid, ["Erf"] = SpecialFunctions.Erf, ["Log1P"] = SpecialFunctions.Log1P,
        ["ExpM1"] = SpecialFunctions.ExpM1, ["NormalCdf"] = SpecialFunctions.NormalCdf, ["Gelu"] = Gelu, ["GeluTanh"] = GeluTanh, ["Silu"] = Silu,
        ["Mish"] = Mish, ["Softplus"] = Softplus, ["Elu"] = Elu, ["Selu"] = Selu, ["Sin"] = Math.Sin, ["Cos"] = Math.Cos, ["Sinh"] = Math.Sinh, ["Cosh"] = Math.Cosh,
        ["Tan"] = Math.Tan, ["Log2"] = Math.Log2, ["Log10"] = Math.Log10, ["HardSigmoid"] = HardSigmoid, ["HardSwish"] = x => x * HardSigmoid(x),
    };

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Silu(double x) => Product(x, Sigmoid(x));

    private static double Gelu(double x) => Product(x, SpecialFunctions.NormalCdf(x));

    /// <summary>x (1 + tanh u) / 2 is x sigmoid(2 u).</summary>
    private static double GeluTanh(double x) => Product(x, Sigmoid(2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    private static double Softplus(double x) => Math.Max(x, 0) + SpecialFunctions.Log1P(Math.Exp(-Math.Abs(x)));

    /// <summary>tanh(log(1 + e)) is n / (n + 2) for n = e (e + 2).</summary>
    private static double Mish(double x)
    {
        var e = Math.Exp(Math.Min(x, 40));
        var n = e * (e + 2);
        return Product(x, n / (n + 2));
    }

    private static double Elu(double x) => x > 0 ? x : SpecialFunctions.ExpM1(x);

    private static double Selu(double x) => 1.0507009873554804934193349852946 * (x > 0 ? x : 1.6732632423543772848170429916717 * SpecialFunctions.ExpM1(x));

    private static double HardSigmoid(double x) => Math.Clamp((x + 3) / 6, 0, 1);

    // The limit of x f(x) where f is 0 at last.
    private static double Product(double x, double factor) => factor == 0 ? 0 : x * factor;
}
