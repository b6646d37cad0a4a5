using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Emission;

/// <summary>Text indented by tabs (deep loops make spaces a third of the file) with "\n" line ends, whatever the machine.</summary>
internal sealed class CodeWriter(int indentation = 0)
{
    /// <summary>What the library's types are called by in a user's namespace.</summary>
    public const string Library = "global::NetCompiler.";

    private readonly StringBuilder _text = new();
    private int _indentation = indentation;

    public void Line(string text = "")
    {
        if (text.Length > 0) _text.Append('\t', _indentation).Append(text);
        _text.Append('\n');
    }

    /// <summary>A line and a brace; disposing closes it.</summary>
    public Block Open(string line)
    {
        if (line.Length > 0) Line(line);
        Line("{");
        _indentation++;
        return new Block(this);
    }

    /// <summary>Several lines, each indented.</summary>
    public void Lines(string text) => Lines(text, text.Length);

    /// <summary>The same, without white space at the end.</summary>
    public void LinesTrimmed(string text)
    {
        var length = text.Length;
        while (length > 0 && char.IsWhiteSpace(text[length - 1])) length--;
        Lines(text, length);
    }

    /// <summary>Text that is not indented, as it is.</summary>
    public void Append(string text) => _text.Append(text);

    [MethodImpl(HotPath.Optimized)]
    private void Lines(string text, int total)
    {
        for (var at = 0; at <= total;)
        {
            var end = text.IndexOf('\n', at, total - at);
            if (end < 0) end = total;
            var length = end - at;
            if (length > 0 && text[end - 1] == '\r') length--;
            if (length > 0) _text.Append('\t', _indentation).Append(text, at, length);
            _text.Append('\n');
            at = end + 1;
        }
    }

    public override string ToString() => _text.ToString();

    /// <summary>A float literal that reads back as the same float; what is beyond the range of floats is infinite.</summary>
    public static string Float(double value)
    {
        var number = (float)value;
        if (float.IsNaN(number)) return "float.NaN";
        if (float.IsInfinity(number)) return number > 0 ? "float.PositiveInfinity" : "float.NegativeInfinity";
        return number.ToString("G9", CultureInfo.InvariantCulture) + "f";
    }

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A C# string literal.</summary>
    public static string Text(string value) =>
        "\"" + string.Concat(value.Select(c => c is '\\' or '"' ? "\\" + c : EndsLine(c) || char.IsControl(c) ? "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture) : c.ToString())) + "\"";

    /// <summary>Text of the user's as a part of a comment, which what ends a line would end.</summary>
    public static string OneLine(string value) => string.Concat(value.Select(c => EndsLine(c) ? ' ' : c));

    /// <summary>What C# takes for the end of a line.</summary>
    private static bool EndsLine(char c) => c is '\r' or '\n' or '\u0085' or '\u2028' or '\u2029';

    public readonly struct Block(CodeWriter writer) : IDisposable
    {
        public void Dispose()
        {
            writer._indentation--;
            writer.Line("}");
        }
    }
}
