using System.Buffers;
using System.Text;
using System.Text.Json;
using Scorer.Data;

namespace Scorer.Serving;

/// <summary>
/// Reads rows from JSON straight into features. A row has exactly the schema's columns, null where a value is missing: a name that is not
/// known or left out would change the score without a word. Nothing is allocated unless something is wrong.
/// </summary>
internal sealed class RowReader(Schema schema, int maxRows)
{
    private const int TheLabel = -1;
    private const int Unknown = -2;

    private readonly Column[] _columns = schema.Columns;
    private readonly byte[][] _names = Array.ConvertAll(schema.Columns, c => Encoding.UTF8.GetBytes(c.Name));
    private readonly byte[][][] _categories = Array.ConvertAll(schema.Columns, c => Array.ConvertAll(c.Categories ?? [], Encoding.UTF8.GetBytes));
    private readonly byte[] _label = Encoding.UTF8.GetBytes(schema.Label.Name);
    private readonly byte[] _positive = Encoding.UTF8.GetBytes(schema.Label.Positive ?? "");
    private readonly ulong _all = ulong.MaxValue >> (64 - schema.Columns.Length);

    /// <summary>Reads one row (an object) or several (an array of objects).</summary>
    /// <param name="body">The text, in UTF-8.</param>
    /// <param name="labelled">Whether each row must have the label too; if not, it must not.</param>
    /// <param name="rows">Where the rows go.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public Problem? Read(in ReadOnlySequence<byte> body, bool labelled, RowBuffer rows)
    {
        if (body.IsEmpty)
            return Problem.NotRows("The body is empty.");
        var json = new Utf8JsonReader(body);
        try
        {
            json.Read();
            rows.Begin(single: json.TokenType == JsonTokenType.StartObject);
            var problem = json.TokenType switch
            {
                JsonTokenType.StartObject => ReadRow(ref json, labelled, rows),
                JsonTokenType.StartArray => ReadRows(ref json, labelled, rows),
                _ => Problem.NotRows($"The body is {Value(ref json)}."),
            };
            if (problem is null)
            {
                // What follows the rows, if anything, is not JSON; this finds it.
                json.Read();
            }
            return problem;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Problem.NotJson(e.Message);
        }
    }

    private Problem? ReadRows(ref Utf8JsonReader json, bool labelled, RowBuffer rows)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject)
                return Problem.NotRows($"rows[{rows.Count}] is {Value(ref json)}.");
            if (rows.Count == maxRows)
                return Problem.TooManyRows(maxRows);
            if (ReadRow(ref json, labelled, rows) is { } problem)
                return problem;
        }
        return rows.Count > 0 ? null : Problem.NotRows("The array is empty.");
    }

    private Problem? ReadRow(ref Utf8JsonReader json, bool labelled, RowBuffer rows)
    {
        var features = rows.Add();
        var seen = 0UL;
        var (labelSeen, next) = (false, 0);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var column = Find(ref json, next);
            if (column == Unknown || (column == TheLabel && !labelled))
                return Misplaced(Shown(ref json), isLabel: column == TheLabel, rows);
            if (column == TheLabel ? labelSeen : (seen >> column & 1) != 0)
                return Invalid("twice", "A column is given twice", $"{Place(rows)} has '{Shown(ref json)}' twice.", "Each column is expected once.", "Leave one out.");
            json.Read();
            if (column == TheLabel)
            {
                if (!TryReadLabel(ref json, out var label))
                    return BadLabel(ref json, rows);
                rows.Label(label);
                labelSeen = true;
                continue;
            }
            if (!TryReadCell(ref json, column, features))
                return BadCell(ref json, column, rows);
            seen |= 1UL << column;
            next = column + 1;
        }
        return seen == _all && labelSeen == labelled ? null : Missing(seen, labelMissing: labelled && !labelSeen, rows);
    }

    /// <summary>The column of a name; most clients send them in the schema's order.</summary>
    private int Find(ref Utf8JsonReader json, int expected)
    {
        if (expected < _names.Length && json.ValueTextEquals(_names[expected]))
            return expected;
        for (var i = 0; i < _names.Length; i++)
        {
            if (json.ValueTextEquals(_names[i]))
                return i;
        }
        return json.ValueTextEquals(_label) ? TheLabel : Unknown;
    }

    private bool TryReadCell(ref Utf8JsonReader json, int column, Span<float> features)
    {
        if (json.TokenType == JsonTokenType.Null)
            return true;
        if (_columns[column].IsNumber)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetDouble(out var number) || !double.IsFinite(number))
                return false;
            _columns[column].Encode(number, features);
            return true;
        }
        if (json.TokenType != JsonTokenType.String)
            return false;
        var categories = _categories[column];
        var category = categories.Length - 1;
        while (category >= 0 && !json.ValueTextEquals(categories[category]))
            category--;
        _columns[column].Encode(category, features);
        return true;
    }

    private bool TryReadLabel(ref Utf8JsonReader json, out float label)
    {
        label = 0;
        if (!schema.Label.IsNumber)
        {
            if (json.TokenType != JsonTokenType.String)
                return false;
            label = json.ValueTextEquals(_positive) ? 1 : 0;
            return true;
        }
        if (json.TokenType != JsonTokenType.Number || !json.TryGetDouble(out var number) || !double.IsFinite(number))
            return false;
        label = number > schema.Label.Above ? 1 : 0;
        return true;
    }

    private Problem Misplaced(string name, bool isLabel, RowBuffer rows) => isLabel
        ? Invalid("label", "The row has its label", $"{Place(rows)} has '{name}'.", $"'{name}' is what is predicted.", "Leave it out, or post the row to /train.")
        : Invalid("unknown-column", "A column is unknown", $"{Place(rows)} has '{name}'.",
            $"The columns are {string.Join(", ", _columns.Select(c => c.Name))}.", "Correct the name, or leave it out.");

    private Problem Missing(ulong seen, bool labelMissing, RowBuffer rows)
    {
        var missing = _columns.Where((_, i) => (seen >> i & 1) == 0).Select(c => c.Name).Concat(labelMissing ? [schema.Label.Name] : []);
        return Invalid("missing-column", "A column is missing", $"{Place(rows)} lacks {string.Join(", ", missing)}.", "Every column is expected.",
            labelMissing ? "Add it; a row without its label cannot be learned from." : "Add it; null says that its value is not known.");
    }

    private Problem BadCell(ref Utf8JsonReader json, int column, RowBuffer rows) => Invalid(
        "value", "A value is not of its column's type", $"{Place(rows)}.{_columns[column].Name} is {Value(ref json)}.",
        _columns[column].IsNumber ? "A finite number or null is expected." : "Text or null is expected.", "Correct the value.");

    private Problem BadLabel(ref Utf8JsonReader json, RowBuffer rows) => Invalid(
        "label", "The label is not of its column's type", $"{Place(rows)}.{schema.Label.Name} is {Value(ref json)}.",
        schema.Label.IsNumber ? "A finite number is expected." : "Text is expected.", $"It counts as 1 where {schema.Label.Meaning}.");

    private static Problem Invalid(string code, string title, string given, string expected, string remedy) => new(400, code, title, given, expected, remedy);

    private static string Place(RowBuffer rows) => rows.IsSingle ? "row" : $"rows[{rows.Count - 1}]";

    private static string Shown(ref Utf8JsonReader json) => Problem.Shown(json.GetString());

    private static string Value(ref Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => $"\"{Shown(ref json)}\"",
        _ => Problem.Shown(Encoding.UTF8.GetString(json.HasValueSequence ? json.ValueSequence.ToArray() : json.ValueSpan)),
    };
}
