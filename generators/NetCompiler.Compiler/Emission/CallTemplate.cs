using System.Runtime.CompilerServices;
using System.Text;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Emission;

/// <summary>
/// A line of a schedule with its constant offsets taken out: lines that differ in offsets alone (the same layer again, deeper
/// in the network) share one piece of code, which takes the offsets from a table.
/// </summary>
internal sealed record CallTemplate(string Text, IReadOnlyList<int> Offsets)
{
    /// <summary>Marks an offset in the text of a line under construction.</summary>
    private const char Mark = '\u0001';

    /// <summary>An offset, as it stands in a line under construction.</summary>
    public static string Offset(int offset) => Mark + CodeWriter.Number(offset) + Mark;

    [MethodImpl(HotPath.Optimized)]
    public static CallTemplate Parse(string line)
    {
        var text = new StringBuilder(line.Length);
        var marks = 0;
        foreach (var c in line)
            if (c == Mark) marks++;
        var offsets = new List<int>(marks / 2);
        for (var at = 0; ;)
        {
            var mark = line.IndexOf(Mark, at);
            if (mark < 0) return new(text.Append(line, at, line.Length - at).ToString(), offsets);
            text.Append(line, at, mark + 1 - at);
            var offset = 0;
            for (at = mark + 1; line[at] != Mark; at++) offset = (10 * offset) + (line[at] - '0');
            offsets.Add(offset);
            at++;
        }
    }

    /// <summary>The line with its offsets as literals; what adds or multiplies by a plain 0 is left out.</summary>
    public string Literal() => Tidy(Fill(i => CodeWriter.Number(Offsets[i])));

    /// <summary>The line with its offsets from a table, from <paramref name="first"/> on.</summary>
    public string FromTable(string table, int first) => Fill(i => $"{table}[{first + i}]");

    [MethodImpl(HotPath.Optimized)]
    private string Fill(Func<int, string> offset)
    {
        var text = new StringBuilder(Text.Length + (8 * Offsets.Count));
        for (int at = 0, next = 0; ; next++)
        {
            var mark = Text.IndexOf(Mark, at);
            if (mark < 0) return text.Append(Text, at, Text.Length - at).ToString();
            text.Append(Text, at, mark - at).Append(offset(next));
            at = mark + 1;
        }
    }

    [MethodImpl(HotPath.Optimized)]
    private static string Tidy(string line)
    {
        line = line.Replace("(batch * 0) + ", "").Replace("(chunks * 0) + ", "").Replace("(batch * 0)", "0").Replace("(chunks * 0)", "0");

        // "ref Unsafe.Add(ref block, 0)" is "ref block".
        const string Add = "ref Unsafe.Add(ref ", Nothing = ", 0)";
        for (var at = line.IndexOf(Add, StringComparison.Ordinal); at >= 0; at = line.IndexOf(Add, at + 1, StringComparison.Ordinal))
        {
            var end = at + Add.Length;
            while (end < line.Length && (char.IsLetterOrDigit(line[end]) || line[end] == '_')) end++;
            if (end > at + Add.Length && string.CompareOrdinal(line, end, Nothing, 0, Nothing.Length) == 0)
                line = line.Substring(0, at) + "ref " + line.Substring(at + Add.Length, end - at - Add.Length) + line.Substring(end + Nothing.Length);
        }

        return line;
    }

    /// <summary>
    /// Writes lines in order. A run of lines that repeats at least three times becomes a loop over a table of its offsets.
    /// </summary>
    public static void Write(CodeWriter code, IReadOnlyList<CallTemplate> lines, ref int tables)
    {
        for (var at = 0; at < lines.Count;)
        {
            var (period, repeats) = Repetition(lines, at);
            if (repeats < 3)
            {
                code.Line(lines[at++].Literal());
                continue;
            }

            var table = "at" + tables++;
            var width = lines.Skip(at).Take(period).Sum(l => l.Offsets.Count);
            code.Line($"// The next {period} calls run {repeats} times, once for each layer alike; the table has their offsets.");
            code.Line($"ReadOnlySpan<int> {table} =");
            code.Line("[");
            for (var r = 0; r < repeats; r++)
                code.Line("\t" + string.Join(", ", lines.Skip(at + (r * period)).Take(period).SelectMany(l => l.Offsets)) + ",");
            code.Line("];");
            using (code.Open($"for (var i = 0; i < {table}.Length; i += {width})"))
            {
                code.Line($"var o = {table}.Slice(i, {width});");
                var first = 0;
                foreach (var line in lines.Skip(at).Take(period))
                {
                    code.Line(line.FromTable("o", first));
                    first += line.Offsets.Count;
                }
            }

            at += period * repeats;
        }
    }

    /// <summary>The repetition that starts here and covers the most lines.</summary>
    private static (int Period, int Repeats) Repetition(IReadOnlyList<CallTemplate> lines, int at)
    {
        var best = (Period: 1, Repeats: 1);
        for (var period = 1; period <= 64 && at + (2 * period) <= lines.Count; period++)
        {
            var repeats = 1;
            while (at + ((repeats + 1) * period) <= lines.Count
                && Repeats(lines, at, at + (repeats * period), period)) repeats++;
            if (repeats >= 3 && (repeats - 1) * period > (best.Repeats - 1) * best.Period) best = (period, repeats);
        }

        return best.Repeats >= 3 && lines.Skip(at).Take(best.Period).Sum(l => l.Offsets.Count) > 0 ? best : (1, 1);
    }

    private static bool Repeats(IReadOnlyList<CallTemplate> lines, int first, int second, int count)
    {
        for (var i = 0; i < count; i++)
            if (lines[first + i].Text != lines[second + i].Text) return false;
        return true;
    }
}
