using System.Globalization;
using Digits.Data;
using SkiaSharp;

namespace Digits.Imaging;

/// <summary>What one stage of the network made of a digit: a picture for each channel, channels first.</summary>
internal sealed record FeatureMaps(string Title, int Channels, int Height, int Width, float[] Values);

/// <summary>The first layer's filters, [filter, row, column].</summary>
internal sealed record Filters(int Count, int Side, float[] Weights);

/// <summary>Draws what the network taught itself: its first filters, and one digit on its way through the stages.</summary>
internal static class NetworkPicture
{
    private const int Margin = 36;

    // 28, 14 and 7 divide it: every map's pixels become squares of whole size.
    private const int Tile = 112;
    private const int Gap = 10;
    private const int PerRow = 8;
    private const int TitleScale = 2;
    private const int Width = 2 * Margin + PerRow * (Tile + Gap) - Gap;

    private static readonly SKColor Background = new(0x14, 0x16, 0x1c);
    private static readonly SKColor Text = new(0xd8, 0xdc, 0xe6);
    private static readonly SKColor Faint = new(0x3a, 0x3f, 0x4c);
    private static readonly SKColor Accent = new(0xf5, 0xa8, 0x4b);

    private static readonly SKColor[] Heat =
    [
        new(0x0b, 0x08, 0x18), new(0x35, 0x12, 0x5c), new(0x8a, 0x22, 0x6a), new(0xdc, 0x4a, 0x4e), new(0xf9, 0xa2, 0x42), new(0xfc, 0xf4, 0xb8),
    ];

    private static readonly SKColor[] Signed =
    [
        new(0x1d, 0x4f, 0xa8), new(0x7f, 0xb2, 0xe0), new(0xf2, 0xf2, 0xf0), new(0xee, 0xa0, 0x72), new(0xb0, 0x2a, 0x2a),
    ];

    /// <summary>Draws and encodes as PNG.</summary>
    /// <param name="title">What the digit is.</param>
    /// <param name="digit">The digit shown, 28x28.</param>
    /// <param name="filters">The first layer's filters.</param>
    /// <param name="stages">The feature maps, in order.</param>
    /// <param name="probabilities">What the network reads, for each of the ten digits.</param>
    public static byte[] Draw(
        string title, ReadOnlySpan<byte> digit, Filters filters, IReadOnlyList<FeatureMaps> stages, ReadOnlySpan<float> probabilities)
    {
        using var bitmap = new SKBitmap(Width, TotalHeight(filters, stages), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(Background);
        float y = Margin;

        Title(canvas, title, Margin, ref y);
        DrawDigit(canvas, digit, Margin, y);
        DrawReading(canvas, probabilities, Margin + 2 * Tile + Margin, y);
        y += 2 * Tile + Margin;

        Title(canvas, $"First layer: {filters.Count} filters of {filters.Side}x{filters.Side} (blue: negative, red: positive)", Margin, ref y);
        for (var i = 0; i < filters.Count; i++)
            DrawFilter(canvas, filters, i, TileX(i), TileY(y, i));
        y += Rows(filters.Count) * (Tile + Gap) - Gap + Margin;

        foreach (var stage in stages)
        {
            Title(canvas, $"{stage.Title}: {stage.Channels} maps of {stage.Width}x{stage.Height}", Margin, ref y);
            for (var i = 0; i < stage.Channels; i++)
                DrawMap(canvas, stage, i, TileX(i), TileY(y, i));
            y += Rows(stage.Channels) * (Tile + Gap) - Gap + Margin;
        }

        canvas.Flush();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static int Rows(int tiles) => (tiles + PerRow - 1) / PerRow;

    private static float TileX(int index) => Margin + index % PerRow * (Tile + Gap);

    private static float TileY(float top, int index) => top + index / PerRow * (Tile + Gap);

    private static int TotalHeight(Filters filters, IReadOnlyList<FeatureMaps> stages)
    {
        var title = PixelFont.Height(TitleScale) + 12;
        var height = Margin + title + 2 * Tile + Margin;
        foreach (var tiles in stages.Select(s => s.Channels).Prepend(filters.Count))
            height += title + Rows(tiles) * (Tile + Gap) - Gap + Margin;
        return height;
    }

    private static void Title(SKCanvas canvas, string text, float x, ref float y)
    {
        PixelFont.Draw(canvas, text, x, y, TitleScale, Text);
        y += PixelFont.Height(TitleScale) + 12;
    }

    private static void DrawDigit(SKCanvas canvas, ReadOnlySpan<byte> digit, float x, float y)
    {
        const float Size = 2f * Tile / DigitSet.Side;
        for (var i = 0; i < digit.Length; i++)
            Square(canvas, x, y, i % DigitSet.Side, i / DigitSet.Side, Size, new SKColor(digit[i], digit[i], digit[i]));
        Frame(canvas, x, y, 2 * Tile);
    }

    private static void DrawReading(SKCanvas canvas, ReadOnlySpan<float> probabilities, float x, float y)
    {
        const int Scale = 2;
        const float Step = 2f * Tile / 10;
        const float Longest = 5 * Tile;
        var best = Evaluation.Best(probabilities).Digit;
        using var paint = new SKPaint();
        for (var i = 0; i < probabilities.Length; i++)
        {
            var colour = i == best ? Accent : Text;
            PixelFont.Draw(canvas, i.ToString(CultureInfo.InvariantCulture), x, y + i * Step + 2, Scale, colour);
            paint.Color = Faint;
            canvas.DrawRect(x + 20, y + i * Step + 1, Longest, 16, paint);
            paint.Color = colour;
            canvas.DrawRect(x + 20, y + i * Step + 1, Longest * probabilities[i], 16, paint);
            PixelFont.Draw(canvas, (100 * probabilities[i]).ToString("0.0", CultureInfo.InvariantCulture) + "%", x + 32 + Longest, y + i * Step + 2, Scale, colour);
        }
    }

    private static void DrawFilter(SKCanvas canvas, Filters filters, int index, float x, float y)
    {
        var weights = filters.Weights.AsSpan(index * filters.Side * filters.Side, filters.Side * filters.Side);
        var most = 1e-12f;
        foreach (var weight in weights)
            most = Math.Max(most, Math.Abs(weight));
        for (var i = 0; i < weights.Length; i++)
            Square(canvas, x, y, i % filters.Side, i / filters.Side, (float)Tile / filters.Side, Blend(Signed, 0.5f + 0.5f * weights[i] / most));
    }

    private static void DrawMap(SKCanvas canvas, FeatureMaps stage, int channel, float x, float y)
    {
        var map = stage.Values.AsSpan(channel * stage.Height * stage.Width, stage.Height * stage.Width);
        var most = 1e-12f;
        foreach (var value in map)
            most = Math.Max(most, value);
        var size = (float)Tile / Math.Max(stage.Width, stage.Height);
        for (var i = 0; i < map.Length; i++)
            Square(canvas, x, y, i % stage.Width, i / stage.Width, size, Blend(Heat, map[i] / most));
        Frame(canvas, x, y, Tile);
    }

    private static void Square(SKCanvas canvas, float x, float y, int column, int row, float size, SKColor colour)
    {
        using var paint = new SKPaint { Color = colour };
        // Whole pixels, edge to edge: neighbouring squares never leave a seam.
        var (left, top) = (MathF.Round(x + column * size), MathF.Round(y + row * size));
        canvas.DrawRect(left, top, MathF.Round(x + (column + 1) * size) - left, MathF.Round(y + (row + 1) * size) - top, paint);
    }

    private static void Frame(SKCanvas canvas, float x, float y, float size)
    {
        using var paint = new SKPaint { Color = Faint, Style = SKPaintStyle.Stroke, StrokeWidth = 1 };
        canvas.DrawRect(x - 0.5f, y - 0.5f, size + 1, size + 1, paint);
    }

    private static SKColor Blend(SKColor[] scale, float position)
    {
        var place = (float.IsFinite(position) ? Math.Clamp(position, 0, 1) : 0) * (scale.Length - 1);
        var lower = Math.Min((int)place, scale.Length - 2);
        var share = place - lower;
        var (a, b) = (scale[lower], scale[lower + 1]);
        return new SKColor(Mix(a.Red, b.Red, share), Mix(a.Green, b.Green, share), Mix(a.Blue, b.Blue, share));
    }

    private static byte Mix(byte a, byte b, float share) => (byte)(a + (b - a) * share + 0.5f);
}
