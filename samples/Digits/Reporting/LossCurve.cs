namespace Digits.Reporting;

/// <summary>A curve drawn with Braille dots: two columns and four rows of dots to a character.</summary>
internal static class LossCurve
{
    private static readonly int[,] Dots = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };

    /// <summary>Draws values, which should be positive, on a logarithmic scale; the range is given back for the axis.</summary>
    public static (string[] Lines, float Low, float High) Draw(IReadOnlyList<float> values, int columns, int rows)
    {
        var cells = new char[rows, columns];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
                cells[r, c] = '\u2800';
        }
        var (low, high) = (values.DefaultIfEmpty(1).Min(), values.DefaultIfEmpty(1).Max());
        low = Math.Max(low, 1e-6f);
        high = Math.Max(high, low * 1.01f);
        var previous = -1;
        for (var x = 0; x < 2 * columns && values.Count > 0; x++)
        {
            var value = Math.Max(low, values[Math.Min(values.Count - 1, x * values.Count / (2 * columns))]);
            var y = (int)MathF.Round((4 * rows - 1) * MathF.Log(high / value) / MathF.Log(high / low));
            // From the last height to this one, so that the curve has no gaps.
            for (var fill = previous < 0 ? y : Math.Min(previous, y); fill <= Math.Max(previous, y); fill++)
                cells[fill / 4, x / 2] |= (char)Dots[fill % 4, x % 2];
            previous = y;
        }
        var lines = new string[rows];
        for (var r = 0; r < rows; r++)
            lines[r] = string.Concat(Enumerable.Range(0, columns).Select(c => cells[r, c]));
        return (lines, low, high);
    }
}
