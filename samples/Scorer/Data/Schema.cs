using System.Globalization;

namespace Scorer.Data;

/// <summary>
/// A column and the features that it becomes, from slot <paramref name="Slot"/> on. Of numbers one: how many <paramref name="Scale"/> from
/// <paramref name="Mean"/>. Of text one for each of <paramref name="Categories"/>, 1 where the cell is that one; and before them one for all other text.
/// </summary>
internal sealed record Column(string Name, int Slot, double Mean, double Scale, string[]? Categories)
{
    /// <summary>An outlier is one that far out, and no further.</summary>
    private const double MostScales = 8;

    public bool IsNumber => Categories is null;

    public int Slots => IsNumber ? 1 : 1 + Categories!.Length;

    public void Encode(double value, Span<float> features) =>
        features[Slot] = (float)Math.Clamp((value - Mean) / Scale, -MostScales, MostScales);

    /// <summary>Marks a category by its number; -1: any other text.</summary>
    public void Encode(int category, Span<float> features) => features[Slot + 1 + category] = 1;
}

/// <summary>What the network learns: whether a number is above <paramref name="Above"/>, or whether text is <paramref name="Positive"/>.</summary>
internal sealed record LabelColumn(string Name, double Above, string? Positive)
{
    public bool IsNumber => Positive is null;

    public string Meaning => IsNumber ? string.Create(CultureInfo.InvariantCulture, $"{Name} above {Above:R}") : $"{Name} is {Positive}";
}

/// <summary>How rows become features. It belongs to the weights that were trained with it.</summary>
internal sealed record Schema(LabelColumn Label, Column[] Columns)
{
    /// <summary>Encodes rows of a table, whose columns may be in any order and more than these.</summary>
    /// <returns>[rows x <see cref="RiskNet.InputSize"/>] features, and a label of 0 or 1 for each row.</returns>
    /// <exception cref="UserErrorException">A column is missing, or a cell does not fit it.</exception>
    public (float[] Features, float[] Labels) Encode(CsvTable table)
    {
        var features = new float[table.Rows.Count * RiskNet.InputSize];
        var labels = new float[table.Rows.Count];
        var label = table.Find(Label.Name);
        var places = Array.ConvertAll(Columns, c => table.Find(c.Name));
        for (var row = 0; row < labels.Length; row++)
        {
            var cells = table.Rows[row];
            var mine = features.AsSpan(row * RiskNet.InputSize, RiskNet.InputSize);
            for (var c = 0; c < Columns.Length; c++)
            {
                var cell = cells[places[c]];
                if (Cells.IsMissing(cell))
                    continue;
                if (!Columns[c].IsNumber)
                    Columns[c].Encode(Array.IndexOf(Columns[c].Categories!, cell), mine);
                else if (Cells.TryNumber(cell, out var number))
                    Columns[c].Encode(number, mine);
                else
                    throw new UserErrorException($"{table.Source}, row {row + 1}: {Columns[c].Name} is '{cell}', but the column has numbers elsewhere.");
            }
            labels[row] = LabelOf(cells[label], table.Source, row);
        }
        return (features, labels);
    }

    /// <summary>What is wrong with a schema that a file holds; null: nothing.</summary>
    public string? Fault()
    {
        var (slot, names) = (0, new HashSet<string>(StringComparer.Ordinal) { Label.Name });
        foreach (var column in Columns)
        {
            if (column is null || column.Categories?.Contains(null) == true)
                return "null stands where a column or a category is needed";
            if (!names.Add(column.Name))
                return $"it has '{column.Name}' twice";
            if (column.Slot != slot)
                return $"the features of '{column.Name}' begin at {column.Slot}, and those before it end at {slot}";
            if (!(column.Scale > 0))
                return string.Create(CultureInfo.InvariantCulture, $"the scale of '{column.Name}' is {column.Scale}, which is not above 0");
            if (!double.IsFinite(column.Scale) || !double.IsFinite(column.Mean))
                return $"the mean or the scale of '{column.Name}' is not finite";
            slot += column.Slots;
        }
        return slot == 0 ? "it has no columns" : slot <= RiskNet.InputSize ? null : $"it describes {slot} features; this program's network takes {RiskNet.InputSize}";
    }

    private float LabelOf(string cell, string source, int row)
    {
        if (!Label.IsNumber)
            return cell == Label.Positive ? 1 : 0;
        if (!Cells.TryNumber(cell, out var number))
            throw new UserErrorException($"{source}, row {row + 1}: {Label.Name} is '{cell}'; every row needs a number there, since it is the label.");
        return number > Label.Above ? 1 : 0;
    }
}

/// <summary>What text in a table means.</summary>
internal static class Cells
{
    public static bool IsMissing(string cell) => cell is "" or "?" or "NA" or "N/A" or "NaN" or "null";

    public static bool TryNumber(string cell, out double number) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
