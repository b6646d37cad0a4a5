using System.IO.Compression;
using System.Text;

namespace Scorer.Data;

/// <summary>The rows of a file, as text. The first line that is not a comment (#) names the columns.</summary>
internal sealed record CsvTable(string Source, string[] Columns, IReadOnlyList<string[]> Rows)
{
    /// <summary>Reads a file, plain or .gz, separated by commas, semicolons or tabs: whichever its header has most of.</summary>
    /// <exception cref="UserErrorException">There is no such file, or its lines are not those of a table.</exception>
    public static CsvTable Read(string path)
    {
        if (!File.Exists(path))
            throw new UserErrorException($"There is no file {path}.");
        try
        {
            using var file = File.OpenRead(path);
            using var unpacked = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            using var reader = new StreamReader(unpacked, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return Parse(reader.ReadToEnd(), path);
        }
        catch (Exception e) when (e is InvalidDataException or DecoderFallbackException)
        {
            throw new UserErrorException($"{path} cannot be read: {e.Message} It must be a CSV file in UTF-8, plain or packed with gzip.");
        }
    }

    /// <summary>The number of a column.</summary>
    /// <exception cref="UserErrorException">There is none of that name.</exception>
    public int Find(string column)
    {
        var at = Array.IndexOf(Columns, column);
        return at >= 0 ? at : throw new UserErrorException($"{Source} has no column '{column}'; its columns are {string.Join(", ", Columns)}.");
    }

    internal static CsvTable Parse(string text, string source)
    {
        var scanner = new CsvScanner(text, source, skipComments: true);
        if (scanner.Next() is not { } columns)
            throw new UserErrorException($"{source} is empty; its first line must name the columns.");
        if (columns.FirstOrDefault(string.IsNullOrEmpty) is not null)
            throw new UserErrorException($"{source}: a column has no name in the header '{string.Join(',', columns)}'; name them all.");
        if (columns.GroupBy(c => c, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UserErrorException($"{source} has two columns '{twice.Key}'; give each its own name.");

        var rows = new List<string[]>();
        while (scanner.Next() is { } cells)
        {
            if (cells.Length != columns.Length)
                throw new UserErrorException($"{source}, line {scanner.RowLine}: {cells.Length} cells, but the header names {columns.Length} columns.");
            rows.Add(cells);
        }
        return rows.Count > 0 ? new CsvTable(source, columns, rows) : throw new UserErrorException($"{source} has a header and no rows.");
    }
}
