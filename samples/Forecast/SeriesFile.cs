using System.Globalization;
using System.Text;

namespace Forecast;

/// <summary>
/// Reads a series from a CSV file: one moment a line, cells separated by commas, semicolons or tabs, with or without a line of names before them. Quotes around a cell are
/// left out; a cell may hold the separator only within quotes, and no line break.
/// </summary>
internal static class SeriesFile
{
    private const string Separators = ",;\t";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">The column of the values, its name or its number from 1; null: the last one.</param>
    /// <exception cref="UserErrorException">There is no such file or column, or a value is no number; the message says where.</exception>
    public static Series Read(string path, string? column)
    {
        if (!File.Exists(path)) throw new UserErrorException($"There is no file '{path}'. Give --data a CSV file.");
        try
        {
            return Parse(File.ReadAllText(path, new UTF8Encoding(false, throwOnInvalidBytes: true)), path, column);
        }
        catch (DecoderFallbackException)
        {
            throw new UserErrorException($"'{path}' is no text in UTF-8. Give --data a CSV file.");
        }
    }

    internal static Series Parse(string text, string source, string? column)
    {
        var lines = text.Split('\n').Select((line, i) => (Text: line.TrimEnd('\r'), Number: i + 1)).Where(l => !string.IsNullOrWhiteSpace(l.Text)).ToArray();
        if (lines.Length == 0) throw new UserErrorException($"'{source}' is empty. Give --data a CSV file with a value in each line.");
        var separator = Separators.MaxBy(s => lines[0].Text.Count(c => c == s));
        var first = Cells(lines[0].Text, separator);
        var hasNames = !first.Any(IsNumber);
        var at = Find(first, hasNames, column, source);
        var name = hasNames ? first[at] : $"column {at + 1}";

        var rows = hasNames ? lines[1..] : lines;
        if (rows.Length == 0) throw new UserErrorException($"'{source}' has names in line {lines[0].Number} and no values below them.");
        var values = new double[rows.Length];
        var labels = new string[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var cells = Cells(rows[i].Text, separator);
            if (cells.Count != first.Count)
                throw new UserErrorException($"'{source}', line {rows[i].Number}: {Count(cells.Count)}, but the first line has {first.Count}: {Shown(rows[i].Text)}");
            values[i] = Value(cells[at], $"'{source}', line {rows[i].Number}, column '{name}'");
            labels[i] = at == 0 ? (i + 1).ToString(CultureInfo.InvariantCulture) : cells[0];
        }

        return new Series(source, name, labels, values);
    }

    private static int Find(List<string> first, bool hasNames, string? column, string source)
    {
        if (column is null) return first.Count - 1;
        if (hasNames && first.IndexOf(column) is var named and >= 0) return named;
        if (int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= first.Count) return number - 1;
        throw new UserErrorException($"'{source}' has no column '{column}'. Its columns are {(hasNames ? string.Join(", ", first.Select(n => $"'{n}'")) : $"1 to {first.Count}, without names")}.");
    }

    private static double Value(string cell, string place)
    {
        if (cell.Length == 0) throw new UserErrorException($"{place}: there is nothing, where a number is needed. Fill the gap, or leave the line out.");
        if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            throw new UserErrorException($"{place}: {Shown(cell)} is no number. Write it as 1234.5.");
        return double.IsFinite(value) ? value : throw new UserErrorException($"{place}: {Shown(cell)} is not finite. Fill the gap, or leave the line out.");
    }

    private static bool IsNumber(string cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static List<string> Cells(string line, char separator)
    {
        var cells = new List<string>();
        var (begin, quoted) = (0, false);
        for (var i = 0; i <= line.Length; i++)
        {
            if (i < line.Length && line[i] == '"') quoted = !quoted;
            if (i < line.Length && (quoted || line[i] != separator)) continue;
            cells.Add(line[begin..i].Trim().Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal).Trim());
            begin = i + 1;
        }

        return cells;
    }

    private static string Count(int cells) => cells == 1 ? "1 cell" : $"{cells} cells";

    private static string Shown(string found) => found.Length <= 40 ? $"'{found}'" : $"'{found[..40]}...'";
}
