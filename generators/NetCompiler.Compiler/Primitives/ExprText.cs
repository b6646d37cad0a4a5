using System.Globalization;
using System.Text;

namespace NetCompiler.Compiler.Primitives;

/// <summary>
/// The prefix notation of expressions: <c>(div x0 (add 1 (exp (neg x0))))</c>. Writing also shows what only a program has:
/// reads (<c>%7[o, k]</c>), loop indices (<c>(index 2*y + 1)</c>) and random numbers (<c>(random 3 i)</c>).
/// </summary>
public static class ExprText
{
    // In the order of the operations.
    private static readonly string[] s_binaryNames = ["add", "sub", "mul", "div", "max", "min", "pow", "lt", "le", "gt", "ge", "eq", "ne"];

    private static readonly string[] s_unaryNames = Array.ConvertAll(Enum.GetNames(typeof(UnaryOp)), n => n.ToLowerInvariant());

    public static string Write(Expr expression)
    {
        var text = new StringBuilder();
        Write(expression, text);
        return text.ToString();
    }

    /// <summary>Reads an expression of numbers, parameters and functions.</summary>
    /// <exception cref="FormatException">The text is not such an expression; the message says where.</exception>
    public static Expr Parse(string text)
    {
        var at = 0;
        var result = ParseOne(text, ref at);
        SkipSpace(text, ref at);
        if (at < text.Length) throw Wrong(text, at, "the end of the text");
        return result;
    }

    private static string Number(double value)
    {
        // "R" is not exact on every .NET Framework, which may host the generator; 17 digits always are.
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        return double.Parse(shortest, CultureInfo.InvariantCulture).Equals(value) ? shortest : value.ToString("G17", CultureInfo.InvariantCulture);
    }

    private static void Write(Expr expression, StringBuilder text)
    {
        switch (expression)
        {
            case ConstExpr c: text.Append(Number(c.Value)); break;
            case ParameterExpr p: text.Append('x').Append(p.Index.ToString(CultureInfo.InvariantCulture)); break;
            case ReadExpr r: text.Append(r.Access); break;
            case IndexExpr i: text.Append("(index ").Append(i.Index).Append(')'); break;
            case RandomExpr r: text.Append("(random ").Append(r.Stream.ToString(CultureInfo.InvariantCulture)).Append(' ').Append(r.Counter).Append(')'); break;
            case UnaryExpr u: WriteCall(s_unaryNames[(int)u.Op], text, u.X); break;
            case BinaryExpr b: WriteCall(s_binaryNames[(int)b.Op], text, b.A, b.B); break;
            case SelectExpr s: WriteCall("select", text, s.Condition, s.WhenTrue, s.WhenFalse); break;
            case StopGradientExpr s: WriteCall("stop", text, s.X); break;
            default: throw new InvalidOperationException($"No notation for {expression.GetType().Name}.");
        }
    }

    private static void WriteCall(string name, StringBuilder text, params Expr[] arguments)
    {
        text.Append('(').Append(name);
        foreach (var argument in arguments) Write(argument, text.Append(' '));
        text.Append(')');
    }

    private static Expr ParseOne(string text, ref int at)
    {
        SkipSpace(text, ref at);
        if (at == text.Length) throw Wrong(text, at, "an expression");
        if (text[at] != '(') return ParseLeaf(text, ref at);
        at++;
        var nameAt = at;
        var name = Word(text, ref at);
        var arguments = new List<Expr>();
        while (true)
        {
            SkipSpace(text, ref at);
            if (at == text.Length) throw Wrong(text, at, "')'");
            if (text[at] == ')') break;
            arguments.Add(ParseOne(text, ref at));
        }

        at++;
        return Build(name, arguments) ?? throw Wrong(text, nameAt, $"a function that takes {arguments.Count.ToString(CultureInfo.InvariantCulture)} arguments");
    }

    private static Expr? Build(string name, List<Expr> arguments)
    {
        if (arguments.Count == 1 && Array.IndexOf(s_unaryNames, name) is >= 0 and var unary) return ExprFactory.Unary((UnaryOp)unary, arguments[0]);
        if (arguments.Count == 1 && name == "stop") return Expr.StopGradient(arguments[0]);
        if (arguments.Count == 2 && Array.IndexOf(s_binaryNames, name) is >= 0 and var binary) return ExprFactory.Binary((BinaryOp)binary, arguments[0], arguments[1]);
        if (arguments.Count == 3 && name == "select") return ExprFactory.Select(arguments[0], arguments[1], arguments[2]);
        return null;
    }

    private static Expr ParseLeaf(string text, ref int at)
    {
        var start = at;
        var word = Word(text, ref at);
        if (word.Length > 1 && word[0] == 'x' && int.TryParse(word.Substring(1), NumberStyles.None, CultureInfo.InvariantCulture, out var parameter))
            return new ParameterExpr(parameter);
        if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return number;
        throw Wrong(text, start, "a number, a parameter (x0) or '('");
    }

    private static string Word(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && text[at] != '(' && text[at] != ')' && !char.IsWhiteSpace(text[at])) at++;
        return text.Substring(start, at - start);
    }

    private static void SkipSpace(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
    }

    private static FormatException Wrong(string text, int at, string expected) =>
        new($"Expected {expected} at position {at.ToString(CultureInfo.InvariantCulture)} of '{text}', found '{text.Substring(at, Math.Min(12, text.Length - at))}'.");
}
