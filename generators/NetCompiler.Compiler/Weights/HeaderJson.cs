using System.Globalization;
using System.Text;

namespace NetCompiler.Compiler.Weights;

/// <summary>
/// Reads the JSON of a safetensors header from front to back: objects, strings and whole numbers, which is all that there is in one. (The framework that
/// the generator may run on has no JSON reader.) What is not as expected is a <see cref="FormatException"/>.
/// </summary>
internal sealed class HeaderJson(byte[] text)
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private int _at;

    /// <summary>Reads an object; the action reads the value that follows the name.</summary>
    public void Object(string what, Action<string> member)
    {
        Expect('{', what);
        if (TryTake('}')) return;
        do
        {
            var name = String($"a name in {what}");
            Expect(':', what);
            member(name);
        }
        while (TryTake(','));
        Expect('}', what);
    }

    public List<long> Numbers(string what)
    {
        var numbers = new List<long>();
        Expect('[', what);
        if (TryTake(']')) return numbers;
        do numbers.Add(Number(what));
        while (TryTake(','));
        Expect(']', what);
        return numbers;
    }

    public string String(string what)
    {
        Expect('"', what);
        var result = new StringBuilder();
        for (var start = _at; ; _at++)
        {
            var c = _at < text.Length ? (char)text[_at] : throw new FormatException($"it ends within {what}");
            if (c < ' ') throw new FormatException($"{what} has a control character");
            if (c is not ('"' or '\\')) continue;
            result.Append(Decode(start, what));
            _at++;
            if (c == '"') return Checked(result.ToString(), what);
            result.Append(Escape(what));
            start = _at--;
        }
    }

    public void End()
    {
        SkipSpace();
        if (_at < text.Length) throw new FormatException("something follows its last brace");
    }

    private string Decode(int start, string what)
    {
        try
        {
            return s_utf8.GetString(text, start, _at - start);
        }
        catch (ArgumentException problem)
        {
            throw new FormatException($"{what} is not UTF-8", problem);
        }
    }

    private char Escape(string what)
    {
        var c = _at < text.Length ? (char)text[_at++] : '\0';
        switch (c)
        {
            case '"' or '\\' or '/': return c;
            case 'b': return '\b';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u' when _at + 4 <= text.Length
                && ushort.TryParse(Encoding.ASCII.GetString(text, _at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                _at += 4;
                return (char)unit;
            default: throw new FormatException($"{what} has an unknown escape");
        }
    }

    /// <summary>Halves of a character that escapes left alone are an error.</summary>
    private static string Checked(string result, string what)
    {
        for (var i = 0; i < result.Length; i++)
        {
            if (!char.IsSurrogate(result[i])) continue;
            if (!char.IsHighSurrogate(result[i]) || ++i == result.Length || !char.IsLowSurrogate(result[i])) throw new FormatException($"{what} has half a character");
        }

        return result;
    }

    private long Number(string what)
    {
        SkipSpace();
        var start = _at;
        while (_at < text.Length && text[_at] is >= (byte)'0' and <= (byte)'9') _at++;
        var digits = Encoding.ASCII.GetString(text, start, _at - start);
        if (digits.Length > 0 && (digits.Length == 1 || digits[0] != '0') && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        throw new FormatException($"{what} must be whole numbers from 0 to {long.MaxValue}");
    }

    private void Expect(char wanted, string what)
    {
        if (TryTake(wanted)) return;
        throw new FormatException(_at == text.Length ? $"it ends within {what}" : $"in {what}, '{wanted}' is expected at byte {_at + 8} of the file");
    }

    private bool TryTake(char wanted)
    {
        SkipSpace();
        if (_at == text.Length || text[_at] != wanted) return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < text.Length && text[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r') _at++;
    }
}
