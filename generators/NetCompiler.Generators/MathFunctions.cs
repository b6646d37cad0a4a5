using System.Globalization;

namespace NetCompiler.Generators;

/// <summary>The functions of Math, MathF and float, in the compiler's own few.</summary>
internal static class MathFunctions
{
    private static readonly string s_log2 = (1 / Math.Log(2)).ToString("R", CultureInfo.InvariantCulture);
    private static readonly string s_log10 = (1 / Math.Log(10)).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The call in prefix notation; null if there is no such function here.</summary>
    public static string? Write(string name, string[] a, Func<string, string[], string> make)
    {
        return (name, a.Length) switch
        {
            ("Exp" or "Log" or "Sqrt" or "Tanh" or "Abs" or "Sin" or "Cos" or "Floor" or "ExpM1" or "Sinh" or "Cosh", 1) => Make(name.ToLowerInvariant(), a[0]),
            ("LogP1", 1) => Make("log1p", a[0]),
            ("Max" or "Min" or "Pow", 2) => Make(name.ToLowerInvariant(), a[0], a[1]),
            ("Log", 2) => Make("div", Make("log", a[0]), Make("log", a[1])),
            ("Log2", 1) => Make("mul", Make("log", a[0]), s_log2),
            ("Log10", 1) => Make("mul", Make("log", a[0]), s_log10),
            ("Tan", 1) => Make("div", Make("sin", a[0]), Make("cos", a[0])),
            ("Ceiling", 1) => Ceiling(a[0]),
            ("Truncate", 1) => Make("select", Make("lt", a[0], "0"), Ceiling(a[0]), Make("floor", a[0])),
            ("Sign", 1) => Make("select", Make("gt", a[0], "0"), "1", Make("select", Make("lt", a[0], "0"), "-1", "0")),
            ("Clamp", 3) => Make("min", Make("max", a[0], a[1]), a[2]),
            ("FusedMultiplyAdd", 3) => Make("add", Make("mul", a[0], a[1]), a[2]),
            ("Lerp", 3) => Make("add", Make("mul", a[0], Make("sub", "1", a[2])), Make("mul", a[1], a[2])),
            _ => null,
        };

        string Make(string function, params string[] arguments) => make(function, arguments);

        string Ceiling(string x) => Make("neg", Make("floor", Make("neg", x)));
    }
}
