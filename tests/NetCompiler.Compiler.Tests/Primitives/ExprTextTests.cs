using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Tests.Primitives;

public class ExprTextTests
{
    [Theory]
    [InlineData("x0")]
    [InlineData("0.1")]
    [InlineData("-1.5E-300")]
    [InlineData("(div x0 (add 1 (exp (neg x0))))")]
    [InlineData("(select (gt x0 0) x0 (mul 0.01 x1))")]
    [InlineData("(log1p (expm1 (erf (sigmoid (tanh (sqrt (abs (floor (sin (cos (log x0)))))))))))")]
    [InlineData("(max (min x0 x1) (pow x0 x12))")]
    [InlineData("(select (le x0 x1) (stop x0) (select (ne x0 x1) 1 (select (ge x0 2) 3 (select (eq x0 5) 6 (select (lt x0 8) 9 x2)))))")]
    public void What_is_read_is_written_again(string text) => Assert.Equal(text, ExprText.Write(ExprText.Parse(text)));

    [Fact]
    public void Every_function_has_a_notation_that_reads_back()
    {
        foreach (var op in Enum.GetValues<UnaryOp>())
        {
            Expr e = new UnaryExpr(op, new ParameterExpr(3));
            Assert.Equal(e, ExprText.Parse(e.ToString()));
        }

        foreach (var op in Enum.GetValues<BinaryOp>())
        {
            Expr e = new BinaryExpr(op, new ParameterExpr(0), new ParameterExpr(1));
            Assert.Equal(e, ExprText.Parse(e.ToString()));
        }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(1.0 / 3)]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    [InlineData(-123456.789)]
    public void Numbers_keep_every_bit(double value) => Assert.Equal((Expr)value, ExprText.Parse(ExprText.Write(value)));

    [Fact]
    public void Reads_indices_and_random_numbers_are_shown()
    {
        var (o, k) = (new LoopIndex("o", 3), new LoopIndex("k", 4));
        var value = new Value(7, "w", [3, 9], false, ValueKind.Parameter);
        var read = ProgramBuilder.Read(value, o, (k * 2) + 1);
        Assert.Equal("(mul %7[o, 2*k + 1] (index k))", (read * new IndexExpr(k)).ToString());
        Assert.Equal("(random 3 k - 1)", new RandomExpr(3, k - 1).ToString());
    }

    [Theory]
    [InlineData("", "an expression", 0)]
    [InlineData("(add x0", "')'", 7)]
    [InlineData("(add x0)", "takes 1 arguments", 1)]
    [InlineData("(frob x0 1)", "takes 2 arguments", 1)]
    [InlineData("x0 x1", "the end", 3)]
    [InlineData("y", "a number", 0)]
    [InlineData("(neg x)", "a number", 5)]
    public void Wrong_text_is_named_with_its_place(string text, string expected, int position)
    {
        var error = Assert.Throws<FormatException>(() => ExprText.Parse(text));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains($"position {position} ", error.Message, StringComparison.Ordinal);
    }
}
