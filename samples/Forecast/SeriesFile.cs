using System.Globalization;
using System.Text;

namespace Forecast;

/// <summary>
/// Reads a series from a CSV file: one moment a line, cells separated by commas, semicolons or tabs, with or without a line of names before them.
/// </summary>
internal static class SeriesFile
{
    /// <summary>So that squares of values, and sums of them, are finite.</summary>
    private const double Largest = 1e100;

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
        var scanner = new CsvScanner(text, $"'{source}'");
        if (scanner.Next() is not { } first) throw new UserErrorException($"'{source}' is empty. Give --data a CSV file with a value in each line.");
        var hasNames = !first.Any(IsNumber);
        var at = Find(first, hasNames, column, source);
        var name = hasNames ? first[at] : $"column {at + 1}";
        var firstLine = scanner.RowLine;

        var (labels, values) = (new List<string>(), new List<double>());
        for (var cells = hasNames ? scanner.Next() : first; cells is not null; cells = scanner.Next())
        {
            if (cells.Length != first.Length)
                throw new UserErrorException($"'{source}', line {scanner.RowLine}: {Count(cells.Length)}, but the first line has {first.Length}: {Shown(string.Join(", ", cells))}");
            values.Add(Value(cells[at], $"'{source}', line {scanner.RowLine}, column '{name}'"));
            labels.Add(at == 0 ? values.Count.ToString(CultureInfo.InvariantCulture) : cells[0]);
        }

        if (values.Count == 0) throw new UserErrorException($"'{source}' has names in line {firstLine} and no values below them.");
        return new Series(source, name, [.. labels], [.. values]);
    }

    private static int Find(string[] first, bool hasNames, string? column, string source)
    {
        if (column is null) return first.Length - 1;
        if (hasNames && Array.IndexOf(first, column) is var named and >= 0) return named;
        if (int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= first.Length) return number - 1;
        throw new UserErrorException($"'{source}' has no column '{column}'. Its columns are {(hasNames ? string.Join(", ", first.Select(n => $"'{n}'")) : $"1 to {first.Length}, without names")}.");
    }

    private static double Value(string cell, string place)
    {
        if (cell.Length == 0) throw new UserErrorException($"{place}: there is nothing, where a number is needed. Fill the gap, or leave the line out.");
        if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            throw new UserErrorException($"{place}: {Shown(cell)} is no number. Write it as 1234.5.");
        if (!double.IsFinite(value)) throw new UserErrorException($"{place}: {Shown(cell)} is not finite. Fill the gap, or leave the line out.");
        return Math.Abs(value) <= Largest ? value : throw new UserErrorException($"{place}: {Shown(cell)} is beyond what can be learned, 1e100. Give the values in another unit.");
    }

    private static bool IsNumber(string cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static string Count(int cells) => cells == 1 ? "1 cell" : $"{cells} cells";

    private static string Shown(string found) => found.Length <= 40 ? $"'{found}'" : $"'{found[..40]}...'";
}
