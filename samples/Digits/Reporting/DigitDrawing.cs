using System.Globalization;
using System.Text;
using Digits.Data;
using Spectre.Console;

namespace Digits.Reporting;

/// <summary>Draws 28x28 digits in the terminal, two pixels to a character: half blocks in greys, or letters where there are no colours.</summary>
internal static class DigitDrawing
{
    private const string Ramp = " .:-=+*%#@";

    /// <summary>A digit keeps to the middle 20 pixels; the outermost are nearly always empty.</summary>
    private const int Cut = 2;

    public const int Columns = DigitSet.Side - 2 * Cut;

    public static bool HasGreys(IAnsiConsole console) =>
        console.Profile.Capabilities is { Ansi: true, ColorSystem: ColorSystem.TrueColor or ColorSystem.EightBit };

    /// <summary>The digit as lines of markup, each <see cref="Columns"/> wide.</summary>
    public static string[] ToMarkup(ReadOnlySpan<byte> image, bool greys)
    {
        var lines = new List<string>();
        for (var y = Cut; y < DigitSet.Side - Cut; y += 2)
        {
            var line = new StringBuilder();
            for (var x = Cut; x < DigitSet.Side - Cut; x++)
            {
                var (upper, lower) = (image[y * DigitSet.Side + x], image[(y + 1) * DigitSet.Side + x]);
                if (greys)
                    line.Append(CultureInfo.InvariantCulture, $"[rgb({upper},{upper},{upper}) on rgb({lower},{lower},{lower})]▀[/]");
                else
                    line.Append(Ramp[(upper + lower) * (Ramp.Length - 1) / 510]);
            }
            lines.Add(line.ToString());
        }
        return [.. lines];
    }

    /// <summary>Draws several digits side by side, each under its caption (plain text), as many to a row as fit.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<(byte[] Image, string Caption)> digits)
    {
        const string Between = "   ";
        var greys = HasGreys(console);
        var perRow = Math.Max(1, (console.Profile.Width - 1 + Between.Length) / (Columns + Between.Length));
        foreach (var row in digits.Chunk(perRow))
        {
            console.MarkupLine(string.Join(Between, row.Select(d => Markup.Escape(d.Caption.PadRight(Columns)))).TrimEnd());
            var drawings = Array.ConvertAll(row, d => ToMarkup(d.Image, greys));
            for (var line = 0; line < drawings[0].Length; line++)
                console.MarkupLine(string.Join(Between, drawings.Select(d => d[line])).TrimEnd());
            console.WriteLine();
        }
    }
}
