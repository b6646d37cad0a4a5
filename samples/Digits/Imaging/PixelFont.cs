using SkiaSharp;

namespace Digits.Imaging;

/// <summary>Capitals of 5x7 squares: the pictures look the same on systems with other fonts, or with none.</summary>
internal static class PixelFont
{
    private const int Columns = 5;
    private const int Rows = 7;

    private static readonly Dictionary<char, string> Shapes = new()
    {
        ['A'] = " ### #   ##   #######   ##   ##   #",
        ['B'] = "#### #   ##   ##### #   ##   ##### ",
        ['C'] = " ### #   ##    #    #    #   # ### ",
        ['D'] = "#### #   ##   ##   ##   ##   ##### ",
        ['E'] = "######    #    #### #    #    #####",
        ['F'] = "######    #    #### #    #    #    ",
        ['G'] = " ### #   ##    # ####   ##   # ####",
        ['H'] = "#   ##   ##   #######   ##   ##   #",
        ['I'] = " ###   #    #    #    #    #   ### ",
        ['J'] = "  ###   #    #    #    # #  #  ##  ",
        ['K'] = "#   ##  # # #  ##   # #  #  # #   #",
        ['L'] = "#    #    #    #    #    #    #####",
        ['M'] = "#   ### ### # ## # ##   ##   ##   #",
        ['N'] = "#   ###  ## # ##  ###   ##   ##   #",
        ['O'] = " ### #   ##   ##   ##   ##   # ### ",
        ['P'] = "#### #   ##   ##### #    #    #    ",
        ['Q'] = " ### #   ##   ##   ## # ##  #  ## #",
        ['R'] = "#### #   ##   ##### # #  #  # #   #",
        ['S'] = " #####    #     ###     #    ##### ",
        ['T'] = "#####  #    #    #    #    #    #  ",
        ['U'] = "#   ##   ##   ##   ##   ##   # ### ",
        ['V'] = "#   ##   ##   ##   ##   # # #   #  ",
        ['W'] = "#   ##   ##   ## # ## # ### ###   #",
        ['X'] = "#   ##   # # #   #   # # #   ##   #",
        ['Y'] = "#   ##   # # #   #    #    #    #  ",
        ['Z'] = "#####    #   #   #   #   #    #####",
        ['0'] = " ### #   ##  ### # ###  ##   # ### ",
        ['1'] = "  #   ##    #    #    #    #   ### ",
        ['2'] = " ### #   #    #  ##  #   #    #####",
        ['3'] = "####     #    # ###     #    ##### ",
        ['4'] = "   #   ##  # # #  # #####   #    # ",
        ['5'] = "######    ####     #    ##   # ### ",
        ['6'] = " ### #    #    #### #   ##   # ### ",
        ['7'] = "#####    #   #   #    #    #    #  ",
        ['8'] = " ### #   ##   # ### #   ##   # ### ",
        ['9'] = " ### #   ##   # ####    #    # ### ",
        ['.'] = "                          ##   ##  ",
        [','] = "                     ##   ##   #   ",
        [':'] = "      ##   ##        ##   ##       ",
        ['-'] = "               #####               ",
        ['/'] = "         #   #   #   #   #         ",
        ['%'] = "##  ###  #   #   #   #   #  ###  ##",
        ['('] = "   #   #   #    #    #     #     # ",
        [')'] = " #     #     #    #    #   #   #   ",
    };

    public static int Width(string text, int scale) => text.Length * (Columns + 1) * scale - scale;

    public static int Height(int scale) => Rows * scale;

    /// <summary>Draws the text in capitals; what has no shape is left blank.</summary>
    public static void Draw(SKCanvas canvas, string text, float x, float y, int scale, SKColor colour)
    {
        using var paint = new SKPaint { Color = colour };
        foreach (var letter in text)
        {
            if (Shapes.TryGetValue(char.ToUpperInvariant(letter), out var shape))
            {
                for (var i = 0; i < shape.Length; i++)
                {
                    if (shape[i] == '#')
                        canvas.DrawRect(x + i % Columns * scale, y + i / Columns * scale, scale, scale, paint);
                }
            }
            x += (Columns + 1) * scale;
        }
    }
}
