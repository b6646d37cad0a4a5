using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Generators.Tests;

/// <summary>C# methods as expressions.</summary>
public sealed class FunctionTests
{
    [Theory]
    [InlineData("x / (1 + MathF.Exp(-x))", "(div x0 (add 1 (exp (neg x0))))")]
    [InlineData("-x * +x - 2", "(sub (mul (neg x0) x0) 2)")]
    [InlineData("x > 0 ? x : 0.5f * x", "(select (gt x0 0) x0 (mul 0.5 x0))")]
    [InlineData("(float)Math.Tanh(x) * 1 / 4", "(div (mul (tanh x0) 1) 4)")]
    [InlineData("x * (1 / 2)", "(mul x0 0)")] // C# divides integers.
    [InlineData("x * MathF.PI", "(mul x0 3.1415927410125732)")]
    [InlineData("x * Slope", "(mul x0 0.25)")]
    [InlineData("MathF.Max(MathF.Min(x, 6f), -6)", "(max (min x0 6) -6)")]
    [InlineData("Math.Clamp(x, -1f, 1f)", "(min (max x0 -1) 1)")]
    [InlineData("MathF.Log(x, 2)", "(div (log x0) (log 2))")]
    [InlineData("float.LogP1(float.ExpM1(x))", "(log1p (expm1 x0))")]
    [InlineData("MathF.Pow(x: x, y: 3)", "(pow x0 3)")]
    [InlineData("x * MathF.Sign(x)", "(mul x0 (select (gt x0 0) 1 (select (lt x0 0) -1 0)))")]
    [InlineData("x >= -1 && !(x > 1) ? x : 0", "(select (ge x0 -1) (select (gt x0 1) 0 x0) 0)")]
    [InlineData("x <= -1 || x == 1 ? 1 : 2", "(select (le x0 -1) 1 (select (eq x0 1) 1 2))")]
    [InlineData("Twice(Twice(x)) + Other.Half(x)", "(add (mul 2 (mul 2 x0)) (div x0 2))")]
    public void Expression(string body, string expected) => Assert.Equal(expected, Read($"static float F(float x) => {body};"));

    [Theory]
    [InlineData("var y = x * x; float z = y + 1; return y / z;", "(div (mul x0 x0) (add (mul x0 x0) 1))")]
    [InlineData("const float a = 0.5f; return a * x;", "(mul 0.5 x0)")]
    [InlineData("if (x > 0) return x; return -x;", "(select (gt x0 0) x0 (neg x0))")]
    [InlineData("if (x > 1) { return 1; } else if (x < -1) { return -1; } return x;", "(select (gt x0 1) 1 (select (lt x0 -1) -1 x0))")]
    [InlineData("if (true) { } if (Slope > 1) return 1; if (x > 0) { } return x;", "(select (gt x0 0) x0 x0)")]
    [InlineData("bool small = x < 1; return small ? 0 : x;", "(select (lt x0 1) 0 x0)")]
    [InlineData("var y = x; if (y > 2) { var z = y - 2; return z; } { return y; }", "(select (gt x0 2) (sub x0 2) x0)")]
    public void Statements(string body, string expected) => Assert.Equal(expected, Read($"static float F(float x) {{ {body} }}"));

    [Theory]
    [InlineData("static float F(float x) => MathF.Sinh(x) - MathF.Cosh(x);", 0.7, -0.49658530379140953)]
    [InlineData("static float F(float x) => MathF.Ceiling(x) + 10 * MathF.Truncate(x);", -1.5, -11)]
    [InlineData("static float F(float x) => MathF.Log2(x) + MathF.Log10(x);", 100, 8.643856189774724)]
    [InlineData("static float F(float x) => MathF.Tan(x);", 0.5, 0.5463024898437905)]
    [InlineData("static float F(float x) => float.Lerp(2, 6, x) + MathF.FusedMultiplyAdd(x, 3, 1);", 0.25, 4.75)]
    public void Functions_made_of_others(string method, double x, double expected) =>
        Assert.Equal(expected, Evaluate(ExprText.Parse(Read(method)), x), 1e-12);

    private static readonly (string Body, Func<float, float> Compiled)[] s_constant =
    [
        ("var a = 0.1f; var b = 0.2f; var c = 0.3f; return x * (a + b + c - 0.6f);", x => { var a = 0.1f; var b = 0.2f; var c = 0.3f; return x * (a + b + c - 0.6f); }),
        ("var large = 1e8f; var one = 1f; return x * (large + one - large);", x => { var large = 1e8f; var one = 1f; return x * (large + one - large); }),
        ("double large = 1e8; var one = 1f; return x * (float)(large + one - large);", x => { double large = 1e8; var one = 1f; return x * (float)(large + one - large); }),
        ("var tenth = 0.1f; return x * (float)(tenth * (double)tenth);", x => { var tenth = 0.1f; return x * (float)(tenth * (double)tenth); }),
        ("double tenth = 0.1; var rounded = (float)tenth; return x * (float)(rounded - tenth);", x => { double tenth = 0.1; var rounded = (float)tenth; return x * (float)(rounded - tenth); }),
        ("var large = 1e30f; return x * (large * large / large);", x => { var large = 1e30f; return x * (large * large / large); }),
        ("var large = 1e30f; return MathF.Min(x, -large * large);", x => { var large = 1e30f; return MathF.Min(x, -large * large); }),
        ("var large = 1e30f; return x * (large * large - large * large);", x => { var large = 1e30f; return x * (large * large - large * large); }),
        ("var small = 1e-30f; return x * (small * small / small);", x => { var small = 1e-30f; return x * (small * small / small); }),
        ("var fifth = 0.2f; return x * (MathF.Sqrt(fifth) * MathF.Sqrt(fifth));", x => { var fifth = 0.2f; return x * (MathF.Sqrt(fifth) * MathF.Sqrt(fifth)); }),
        ("var fifth = 0.2f; return x * (float)(Math.Sqrt(fifth) * Math.Sqrt(fifth));", x => { var fifth = 0.2f; return x * (float)(Math.Sqrt(fifth) * Math.Sqrt(fifth)); }),
        ("var ten = 10f; var tenth = 1 / ten; return tenth + tenth + tenth > 0.3f ? x : -x;", x => { var ten = 10f; var tenth = 1 / ten; return tenth + tenth + tenth > 0.3f ? x : -x; }),
        ("return x * (Twice(0.7f) / 3f * 3f);", x => { return x * (Twice(0.7f) / 3f * 3f); }),
        ("return x * -MathF.Max(Twice(1e38f), Twice(Twice(1e38f)));", x => { return x * -MathF.Max(Twice(1e38f), Twice(Twice(1e38f))); }),
    ];

    public static TheoryData<int> Constant => [.. Enumerable.Range(0, s_constant.Length)];

    /// <summary>Also where they are of locals and calls, which the C# compiler leaves to the run.</summary>
    [Theory]
    [MemberData(nameof(Constant))]
    public void Constants_are_computed_as_CSharp_computes_them(int index)
    {
        var (body, compiled) = s_constant[index];
        Assert.Equal(compiled(1), Evaluate(ExprText.Parse(Read($"static float F(float x) {{ {body} }}")), 1));
    }

    private static float Twice(float value) => 2 * value;

    [Theory]
    [InlineData("static float F(float x) { var s = 0f; s += x; return s; }", "'s += x;' cannot be computed in a layer")]
    [InlineData("static float F(float x) { for (;;) { } }", "'for (;;) { }' cannot")]
    [InlineData("static float F(float x) => MathF.Round(x);", "'MathF.Round(x)' is not a function that layers can compute")]
    [InlineData("static float F(float x) => (int)x;", "'(int)x' becomes int")]
    [InlineData("static float F(float x) => s_changing * x;", "'s_changing' is not const")]
    [InlineData("static float F(float x) => x % 2;", "'x % 2' cannot")]
    [InlineData("static float F(float x) => F(x - 1);", "'F' calls itself")]
    [InlineData("static float F(float x) => G(x); static float G(float x) => F(x);", "'F' calls itself")]
    [InlineData("static float F(float x) => x * float.PositiveInfinity;", "not finite")]
    [InlineData("static double F(double x) => x;", "must take and return float")]
    [InlineData("static float F() => 1;", "must take a float")]
    [InlineData("static float F(in float x) => x;", "plain floats")]
    [InlineData("float F(float x) => x;", "'F' must be static")]
    [InlineData("static float F(float x) => x; static float F(float x, float y) => y;", "several methods")]
    [InlineData("static float F(float x) => new Random(1).NextSingle() * x;", "'new Random(1).NextSingle()' is not a call to a static method")]
    [InlineData("static float F(float x) => BitConverter.Int32BitsToSingle(3) * x;", "the source of 'BitConverter.Int32BitsToSingle' is not in this project")]
    [InlineData("static float F(float x, float y) => x * y;", "it has 2 parameters, but is given one float, that of the layer before; name a layer for each parameter, in order: [Map(nameof(F), nameof(A), nameof(B))]")]
    [InlineData("static float F(float x) { var a=x*x; var b=a*a; var c=b*b; var d=c*c; var e=d*d; var f=e*e; var g=f*f; var h=g*g; var i=h*h; var j=i*i; var k=j*j; var l=k*k; return l*l; }", "too long")]
    public void Unreadable_at_the_method(string method, string reason)
    {
        var complaint = Assert.Single(Driver.Complaints(Source(method)));
        Assert.StartsWith(method.EndsWith("y) => x * y;", StringComparison.Ordinal) ? "NETC0015 'Map(\"F\")' " : "NETC0015 'F' ", complaint, StringComparison.Ordinal);
        Assert.Contains(reason, complaint, StringComparison.Ordinal);
    }

    /// <summary>What would end neither soon nor well.</summary>
    [Fact]
    public void Unreadable_for_its_size()
    {
        Refused("functions of functions, more than 250", $"static float F(float x) => {string.Concat(Enumerable.Repeat("MathF.Tanh(", 300))}x{new string(')', 300)};");
        Refused("more than 1000 operations within each other", $"static float F(float x) => x{string.Concat(Enumerable.Repeat(" + x", 3000))};");
        Refused("more than 1000 operations within each other", $"static float F(float x) => x > 0{string.Concat(Enumerable.Repeat(" && x > 0", 3000))} ? x : 0;");
        Refused("more than 1000 operations within each other", $"static float F(float x) {{ {string.Concat(Enumerable.Repeat("if (x > 1) return x; ", 3000))} return 0; }}");
        Refused("takes too long", "static float F0(float x) => x;" + string.Concat(Enumerable.Range(1, 30).Select(i => $"static float F{i}(float x) => F{i - 1}(F{i - 1}(x));")) + "static float F(float x) => F30(x);");

        static void Refused(string reason, string method) => Assert.Contains(reason, Assert.Single(Driver.Complaints(Source(method))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("static float F(float x) => x * missing;", "CS0103")]
    [InlineData("static float F(float x) { if (x > 0) return x; }", "CS0161")]
    public void What_does_not_compile_is_left_to_the_compiler(string method, string id) =>
        Assert.StartsWith(id, Assert.Single(Driver.Complaints(Source(method))), StringComparison.Ordinal);

    [Fact]
    public void Missing_method_is_said_at_the_layer()
    {
        var complaint = Assert.Single(Driver.Complaints("[Network, Input(3), Map(\"F\")] public partial class Net;"));
        Assert.StartsWith("NETC0015 'Map(\"F\")' ", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_of_a_block_are_its_own()
    {
        var spec = Driver.Spec("""
            [Block] public partial class Bend
            {
                static float F(float x) => x * x;
                [Input] public partial Layer X { get; }
                [Map(nameof(F))] public partial Layer Y { get; }
            }
            [Network, Input(3), Use<Bend>] public partial class Net;
            """);
        Assert.Empty(spec.Functions);
        Assert.Equal("(mul x0 x0)", Assert.Single(Assert.Single(spec.Blocks).Functions).Body);
    }

    private static string Source(string method) => $$"""
        [Network, Input(3), Map("F")]
        public sealed partial class Net
        {
            private const float Slope = 0.25f;
            private static float s_changing = 1;
            static float Twice(float value) => 2 * value;
            static void Change() => s_changing++;
            {{method}}
        }
        static class Other { internal static double Half(double x) => x / 2; }
        """;

    private static string Read(string method)
    {
        var source = method.Contains("Other.Half", StringComparison.Ordinal) ? method.Replace("Other.Half(x)", "(float)Other.Half(x)", StringComparison.Ordinal) : method;
        var function = Assert.Single(Driver.Spec(Source(source)).Functions);
        Assert.Equal(("F", 1), (function.Name, function.Parameters));
        ExprText.Parse(function.Body);
        return function.Body;
    }

    /// <summary>Constants fold as an expression is built, so that a function of a constant is its value.</summary>
    private static double Evaluate(Expr expression, double x)
    {
        var folded = expression.Rewrite(e => e switch
        {
            ParameterExpr => new ConstExpr(x),
            SelectExpr { Condition: BinaryExpr { A: ConstExpr a, B: ConstExpr b } test } select => Compare(test.Op, a.Value, b.Value) ? select.WhenTrue : select.WhenFalse,
            _ => null,
        });
        return Assert.IsType<ConstExpr>(folded).Value;
    }

    private static bool Compare(BinaryOp op, double a, double b) => op switch
    {
        BinaryOp.Less => a < b,
        BinaryOp.Greater => a > b,
        _ => throw new ArgumentOutOfRangeException(nameof(op)),
    };
}
