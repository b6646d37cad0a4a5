namespace Scorer.Data;

/// <summary>Which column is the label, and which of its values count as 1; null: as the data suggests.</summary>
internal sealed record LabelChoice(string? Name, double? Above, string? Positive);

/// <summary>Reads a schema off a table: columns of numbers, columns of text, and which texts are frequent enough for a feature of their own.</summary>
internal static class SchemaBuilder
{
    /// <summary>So that squares of numbers, and sums of them, are finite.</summary>
    private const double Largest = 1e100;

    /// <exception cref="UserErrorException">The label does not fit the table, or the table is too wide for the network.</exception>
    public static Schema Build(CsvTable table, LabelChoice choice)
    {
        var name = choice.Name ?? throw new UserErrorException(
            $"Which column is to be predicted? Say --label with one of {string.Join(", ", table.Columns)}.");
        var label = Label(table, name, choice);

        var others = table.Columns.Select((column, at) => (Name: column, Values: Values(table, at))).Where(c => c.Name != name).ToList();
        if (others.Count == 0)
            throw new UserErrorException($"{table.Source} has no column beside the label '{name}', so there is nothing to predict from.");
        if (others.Count > RiskNet.InputSize)
            throw new UserErrorException($"{table.Source} has {others.Count} columns beside the label; the network takes at most {RiskNet.InputSize}. Leave some out.");

        var categories = Categories(others.Select(c => (c.Name, c.Values)).Where(c => !AreNumbers(c.Values)).ToList(), RiskNet.InputSize - others.Count);
        var columns = new List<Column>();
        var slot = 0;
        foreach (var (column, values) in others)
        {
            var (mean, scale) = categories.ContainsKey(column) ? (0, 1) : MeanAndScale(column, values);
            columns.Add(new Column(column, slot, mean, scale, categories.GetValueOrDefault(column)));
            slot += columns[^1].Slots;
        }
        return new Schema(label, [.. columns]);
    }

    private static LabelColumn Label(CsvTable table, string name, LabelChoice choice)
    {
        var values = Values(table, table.Find(name)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (!AreNumbers(values))
        {
            if (choice.Above is not null)
                throw new UserErrorException($"{name} has text ('{values[0]}'), so nothing of it is above a number. Say with --positive which text counts as 1.");
            var positive = choice.Positive ?? throw new UserErrorException(
                $"{name} has text. Say with --positive which one counts as 1: {string.Join(", ", values.Take(10).Select(v => $"'{v}'"))}.");
            return values.Contains(positive) ? new LabelColumn(name, 0, positive) : throw new UserErrorException(
                $"{name} is nowhere '{positive}'; it is {string.Join(", ", values.Take(10).Select(v => $"'{v}'"))}.");
        }

        if (choice.Positive is not null)
            throw new UserErrorException($"{name} has numbers. Say with --above from where on they count as 1, not with --positive.");
        var numbers = values.Select(Number).ToList();
        if (choice.Above is null && numbers.Exists(n => n is not (0 or 1)))
            throw new UserErrorException(FormattableString.Invariant(
                $"{name} has numbers from {numbers.DefaultIfEmpty().Min()} to {numbers.DefaultIfEmpty().Max()}. Say with --above from where on they count as 1."));
        var above = choice.Above ?? 0.5;
        if (!numbers.Exists(n => n > above) || numbers.TrueForAll(n => n > above))
            throw new UserErrorException(FormattableString.Invariant($"{name} must be above {above} in some rows and not in others, or there is nothing to learn."));
        return new LabelColumn(name, above, null);
    }

    /// <summary>Gives the slots that are left to the most frequent texts of all columns; those that come once only need none.</summary>
    private static Dictionary<string, string[]> Categories(List<(string Name, List<string> Values)> columns, int slots)
    {
        var chosen = columns
            .SelectMany(c => c.Values.CountBy(v => v, StringComparer.Ordinal).Select(v => (c.Name, Text: v.Key, Count: v.Value)))
            .Where(v => v.Count > 1)
            .OrderByDescending(v => v.Count).ThenBy(v => v.Name, StringComparer.Ordinal).ThenBy(v => v.Text, StringComparer.Ordinal)
            .Take(slots)
            .ToLookup(v => v.Name, v => v.Text, StringComparer.Ordinal);
        return columns.ToDictionary(c => c.Name, c => chosen[c.Name].Order(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
    }

    /// <exception cref="UserErrorException">A number is too large; JSON has no infinite mean or scale.</exception>
    private static (double Mean, double Scale) MeanAndScale(string column, List<string> values)
    {
        if (values.Count == 0)
            return (0, 1);
        var numbers = values.ConvertAll(Number);
        if (numbers.FindIndex(n => Math.Abs(n) > Largest) is >= 0 and var at)
            throw new UserErrorException($"{column} is {values[at]} somewhere, beyond what can be learned, 1e100. Give the values in another unit.");
        var mean = numbers.Average();
        var deviation = Math.Sqrt(numbers.Average(n => (n - mean) * (n - mean)));
        // A column that never changes has no scale; its one value is 0 from the mean.
        return (mean, deviation > 0 ? deviation : 1);
    }

    private static List<string> Values(CsvTable table, int column) =>
        [.. table.Rows.Select(r => r[column]).Where(v => !Cells.IsMissing(v))];

    private static bool AreNumbers(IEnumerable<string> values) => values.All(v => Cells.TryNumber(v, out _));

    private static double Number(string cell) => Cells.TryNumber(cell, out var number) ? number : throw new UserErrorException($"'{cell}' is not a number.");
}
