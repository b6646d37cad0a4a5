using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Tests.Primitives;

/// <summary>What building an expression simplifies: seen by reading a text and writing it again.</summary>
public class SimplificationTests
{
    [Theory]
    [InlineData("(mul x0 0)", "0")]
    [InlineData("(mul 1 x0)", "x0")]
    [InlineData("(mul x0 -1)", "(neg x0)")]
    [InlineData("(neg (neg x0))", "x0")]
    [InlineData("(add x0 (neg x1))", "(sub x0 x1)")]
    [InlineData("(add (neg x0) x1)", "(sub x1 x0)")]
    [InlineData("(sub x0 (neg x1))", "(add x0 x1)")]
    [InlineData("(sub 0 x0)", "(neg x0)")]
    [InlineData("(add x0 x0)", "(mul 2 x0)")]
    [InlineData("(mul (neg x0) x1)", "(neg (mul x0 x1))")]
    [InlineData("(div (neg x0) x1)", "(neg (div x0 x1))")]
    [InlineData("(mul 3 (mul x0 2))", "(mul 6 x0)")]
    [InlineData("(mul 1E+20 (mul x0 1E+20))", "(mul 1E+20 (mul x0 1E+20))")] // 1e40 is no float, but what x0 makes of it may be one
    [InlineData("(mul (mul 1E-30 x0) 1E-30)", "(mul (mul 1E-30 x0) 1E-30)")]
    [InlineData("(mul x0 (div 1 x1))", "(div x0 x1)")]
    [InlineData("(mul x0 (select (gt x1 0) 1 0))", "(select (gt x1 0) x0 0)")]
    [InlineData("(mul (select (gt x1 0) 0 x2) x0)", "(select (gt x1 0) 0 (mul x2 x0))")]
    [InlineData("(mul x0 (select (gt x1 0) 1 0.01))", "(mul x0 (select (gt x1 0) 1 0.01))")]
    [InlineData("(add (select (gt x1 0) x0 0) (select (gt x1 0) x2 0))", "(select (gt x1 0) (add x0 x2) 0)")]
    [InlineData("(select (gt x0 0) x1 x1)", "x1")]
    [InlineData("(select (lt 1 2) x0 x1)", "x0")]
    [InlineData("(select (ne 2 2) x0 x1)", "x1")]
    [InlineData("(pow x0 2)", "(mul x0 x0)")]
    [InlineData("(pow x0 0.5)", "(sqrt x0)")]
    [InlineData("(add 1 (mul 2 3))", "7")]
    [InlineData("(exp 0)", "1")]
    public void Is_built_as(string text, string expected) => Assert.Equal(expected, ExprText.Write(ExprText.Parse(text)));
}
