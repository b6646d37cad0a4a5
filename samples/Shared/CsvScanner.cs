using System.Text;

namespace NetCompiler.Samples;

/// <summary>
/// Goes through the text of a CSV file once, row by row: cells separated by commas, semicolons or tabs, whichever the first line has most of; quotes as in RFC 4180, spaces around
/// cells left out, blank lines skipped. Lines end as on any system: with \n, \r\n or \r.
/// </summary>
internal sealed class CsvScanner
{
    private const string Separators = ",;\t";

    private readonly string _text;
    private readonly string _source;
    private readonly char _separator;
    private int _at;
    private int _line = 1;

    /// <param name="text">The file's text.</param>
    /// <param name="source">What messages call the file.</param>
    /// <param name="skipComments">Lines before the first row that begin with # are left out.</param>
    public CsvScanner(string text, string source, bool skipComments = false)
    {
        (_text, _source) = (text, source);
        SkipBlankLines();
        while (skipComments && _at < text.Length && text[_at] == '#')
        {
            SkipLine();
            SkipBlankLines();
        }
        var first = text[_at..EndOfLine()];
        _separator = Separators.MaxBy(s => first.Count(c => c == s));
    }

    /// <summary>The line on which the last row began.</summary>
    public int RowLine { get; private set; }

    /// <summary>The next row; null at the end.</summary>
    /// <exception cref="UserErrorException">A quote has no end, or text after it.</exception>
    public string[]? Next()
    {
        SkipBlankLines();
        if (_at >= _text.Length)
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
        SkipSpaces();
        if (_at < _text.Length && _text[_at] == '"')
            return Quoted();
        var begin = _at;
        while (!IsAtEndOfCell())
            _at++;
        return _text[begin.._at].Trim();
    }

    private string Quoted()
    {
        var cell = new StringBuilder();
        _at++;
        while (_at < _text.Length)
        {
            var next = _text[_at++];
            if (next == '"' && !Skip('"'))
            {
                SkipSpaces();
                if (!IsAtEndOfCell())
                    throw new UserErrorException($"{_source}, line {_line}: text after the quote that ends a cell; write a quote within a cell twice.");
                return cell.ToString();
            }
            _line += next == '\n' || (next == '\r' && (_at >= _text.Length || _text[_at] != '\n')) ? 1 : 0;
            cell.Append(next);
        }
        throw new UserErrorException($"{_source}: the quote of line {RowLine} has no end.");
    }

    private bool IsAtEndOfCell() => _at >= _text.Length || _text[_at] == _separator || _text[_at] is '\r' or '\n';

    private bool Skip(char wanted)
    {
        if (_at >= _text.Length || _text[_at] != wanted)
            return false;
        _at++;
        return true;
    }

    private void SkipSpaces()
    {
        while (Skip(' '))
        {
        }
    }

    private void SkipBlankLines()
    {
        while (_at < _text.Length && string.IsNullOrWhiteSpace(_text[_at..EndOfLine()]))
            SkipLine();
    }

    private void SkipLine()
    {
        _at = EndOfLine();
        Skip('\r');
        Skip('\n');
        _line++;
    }

    private int EndOfLine()
    {
        var length = _text.AsSpan(_at).IndexOfAny('\r', '\n');
        return length < 0 ? _text.Length : _at + length;
    }
}
