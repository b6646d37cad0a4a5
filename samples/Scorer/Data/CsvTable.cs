using System.IO.Compression;
using System.Text;

namespace Scorer.Data;

/// <summary>The rows of a file, as text. The first line that is not a comment (#) names the columns.</summary>
internal sealed record CsvTable(string Source, string[] Columns, IReadOnlyList<string[]> Rows)
{
    private const string Separators = ",;\t";

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
        var scanner = new Scanner(text, source);
        scanner.SkipComments();
        scanner.ChooseSeparator(Separators);
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

    /// <summary>Goes through the text once; quotes as in RFC 4180, spaces around cells left out, blank lines skipped.</summary>
    private sealed class Scanner(string text, string source)
    {
        private int _at;
        private int _line = 1;
        private char _separator;

        /// <summary>The line on which the last row began.</summary>
        public int RowLine { get; private set; }

        public void SkipComments()
        {
            while (_at < text.Length && text[_at] is '#' or '\r' or '\n')
                SkipLine();
        }

        public void ChooseSeparator(string separators)
        {
            var end = text.IndexOf('\n', _at);
            var header = text.AsSpan(_at..(end < 0 ? text.Length : end)).ToString();
            _separator = separators.MaxBy(s => header.Count(c => c == s));
        }

        /// <summary>The next row; null at the end.</summary>
        public string[]? Next()
        {
            while (_at < text.Length && text[_at] is '\r' or '\n')
                SkipLine();
            if (_at >= text.Length)
                return null;
            RowLine = _line;
            var cells = new List<string>();
            do
                cells.Add(Cell());
            while (Skip(_separator));
            return [.. cells];
        }

        private string Cell()
        {
            while (Skip(' '))
            {
            }
            if (_at < text.Length && text[_at] == '"')
                return Quoted();
            var begin = _at;
            while (_at < text.Length && text[_at] != _separator && text[_at] is not ('\r' or '\n'))
                _at++;
            return text[begin.._at].Trim();
        }

        private string Quoted()
        {
            var cell = new StringBuilder();
            _at++;
            while (_at < text.Length)
            {
                var next = text[_at++];
                if (next == '"' && !Skip('"'))
                {
                    while (Skip(' '))
                    {
                    }
                    if (_at < text.Length && text[_at] != _separator && text[_at] is not ('\r' or '\n'))
                        throw new UserErrorException($"{source}, line {_line}: text after the quote that ends a cell; write a quote within a cell twice.");
                    return cell.ToString();
                }
                _line += next == '\n' ? 1 : 0;
                cell.Append(next);
            }
            throw new UserErrorException($"{source}: the quote of line {RowLine} has no end.");
        }

        private bool Skip(char wanted)
        {
            if (_at < text.Length && text[_at] == wanted)
            {
                _at++;
                return true;
            }
            return false;
        }

        private void SkipLine()
        {
            while (_at < text.Length && text[_at] != '\n')
                _at++;
            _at++;
            _line++;
        }
    }
}
