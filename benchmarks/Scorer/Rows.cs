using System.Buffers;
using System.Text;
using System.Text.Json;
using Scorer.Data;

namespace Scorer.LoadTest;

/// <summary>A request, and the features that the service must make of its rows.</summary>
internal sealed record Body(byte[] Request, float[] Features, int Rows);

/// <summary>Requests made of the sample's own payments.</summary>
internal static class Rows
{
    /// <summary>One request for each run of so many rows of the table.</summary>
    /// <param name="path">Where they are posted.</param>
    /// <param name="schema">The model's.</param>
    /// <param name="table">The rows.</param>
    /// <param name="rows">Rows of a body; 1: an object, else an array.</param>
    /// <param name="labelled">Whether rows have their label.</param>
    public static Body[] Bodies(string path, Schema schema, CsvTable table, int rows, bool labelled)
    {
        var (features, _) = schema.Encode(table);
        var width = features.Length / table.Rows.Count;
        var bodies = new Body[table.Rows.Count / rows];
        for (var b = 0; b < bodies.Length; b++)
        {
            var mine = table.Rows.Skip(b * rows).Take(rows).Select(r => Json(schema, table, r, labelled)).ToList();
            var text = rows == 1 ? mine[0] : $"[{string.Join(',', mine)}]";
            bodies[b] = new Body(Request(path, text), features[(b * rows * width)..((b + 1) * rows * width)], rows);
        }
        return bodies;
    }

    private static byte[] Request(string path, string json) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    /// <summary>A row of a table as the service takes it.</summary>
    public static string Json(Schema schema, CsvTable table, string[] row, bool labelled)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            foreach (var column in schema.Columns)
                Write(json, column.Name, row[table.Find(column.Name)], column.IsNumber);
            if (labelled)
                Write(json, schema.Label.Name, row[table.Find(schema.Label.Name)], schema.Label.IsNumber);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, string name, string cell, bool isNumber)
    {
        json.WritePropertyName(name);
        if (Cells.IsMissing(cell))
            json.WriteNullValue();
        else if (isNumber)
            json.WriteRawValue(double.Parse(cell, System.Globalization.CultureInfo.InvariantCulture).ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        else
            json.WriteStringValue(cell);
    }
}
