using Digits.Data;
using SkiaSharp;

namespace Digits.Imaging;

/// <summary>
/// Makes of any picture of one digit what the network was trained on: light ink on dark paper, 20 pixels at most, the centre of mass in the
/// middle of 28x28.
/// </summary>
internal static class DigitScan
{
    private const long MostPixels = 64L << 20;
    private const int WorkingSide = 1024;

    /// <summary>Share of full ink above which a pixel belongs to a stroke.</summary>
    private const float Stroke = 0.2f;

    /// <exception cref="UserErrorException">The file cannot be read as a picture, or there is nothing drawn in it.</exception>
    public static byte[] Read(string path)
    {
        if (!File.Exists(path))
            throw new UserErrorException($"There is no file {path}.");
        try
        {
            using var stream = File.OpenRead(path);
            return Read(stream, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read {path}: {e.Message}");
        }
    }

    /// <summary>Reads a picture from a stream; <paramref name="name"/> is for messages.</summary>
    public static byte[] Read(Stream stream, string name)
    {
        using var codec = SKCodec.Create(stream, out var opened);
        if (codec is null)
            throw new UserErrorException($"{name} is not a PNG picture{(opened == SKCodecResult.IncompleteInput ? ", or it is cut short" : "")}.");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MostPixels)
            throw new UserErrorException($"{name} has {width}x{height} pixels; at most {MostPixels >> 20} million are read.");
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
            throw new UserErrorException($"{name} is damaged: its picture {(result == SKCodecResult.IncompleteInput ? "is cut short" : "cannot be unpacked")}.");
        return Normalise(Brightness(bitmap.GetPixelSpan(), width, height), name);
    }

    /// <summary>From brightness, 0 to 1, to 28x28 pixels.</summary>
    internal static byte[] Normalise(Plane picture, string name)
    {
        if (Math.Max(picture.Width, picture.Height) > WorkingSide)
            picture = picture.Resize(WorkingSide);
        return Place(FindInk(picture, name), name);
    }

    /// <summary>From ink, 0 (none) to 1, to 28x28 pixels.</summary>
    /// <exception cref="UserErrorException">There is no ink.</exception>
    internal static byte[] Place(Plane ink, string name)
    {
        var digit = CutOut(ink, name);
        var thickness = StrokeThickness(digit);
        var scale = Math.Max(digit.Width, digit.Height) / 20f;
        if (thickness < 1.3f * scale)
        {
            // A fine pen on a large sheet would all but vanish at 20 pixels, and MNIST knows no such lines: thicken them first.
            digit = digit.Resize(100);
            digit = digit.Thicken((2.4f * 5 - thickness * 5 / scale) / 2);
            scale = Math.Max(digit.Width, digit.Height) / 20f;
        }
        return Centre(digit, scale);
    }

    private static Plane Brightness(ReadOnlySpan<byte> rgba, int width, int height)
    {
        var plane = new Plane(width, height);
        double weighted = 0, opaque = 0;
        for (var i = 0; i < plane.Values.Length; i++)
        {
            var pixel = rgba.Slice(4 * i, 4);
            plane.Values[i] = (0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2]) / 255;
            weighted += plane.Values[i] * pixel[3];
            opaque += pixel[3];
        }
        // A transparent picture shows strokes alone: lay it on paper that they stand out from.
        float paper = opaque > 0 && weighted / opaque > 0.5 ? 0 : 1;
        for (var i = 0; i < plane.Values.Length; i++)
        {
            var alpha = rgba[4 * i + 3] / 255f;
            plane.Values[i] = alpha * plane.Values[i] + (1 - alpha) * paper;
        }
        return plane;
    }

    /// <summary>How much each pixel differs from the paper, 0 to 1; the paper is what is found along the edge.</summary>
    private static Plane FindInk(Plane picture, string name)
    {
        var edge = new List<float>();
        for (var x = 0; x < picture.Width; x++)
            edge.AddRange([picture[x, 0], picture[x, picture.Height - 1]]);
        for (var y = 0; y < picture.Height; y++)
            edge.AddRange([picture[0, y], picture[picture.Width - 1, y]]);
        var paper = Quantile(edge, 0.5f);
        double darker = 0, lighter = 0;
        foreach (var value in picture.Values)
        {
            darker += Math.Max(0, paper - value);
            lighter += Math.Max(0, value - paper);
        }
        var sign = darker > lighter ? -1 : 1;
        var ink = new Plane(picture.Width, picture.Height);
        for (var i = 0; i < ink.Values.Length; i++)
            ink.Values[i] = Math.Max(0, sign * (picture.Values[i] - paper));

        // The paper's own grain is measured and taken away; full ink is what most of the darkest half has.
        var typical = Quantile(ink.Values, 0.5f);
        var grain = Quantile(Array.ConvertAll(ink.Values, v => Math.Abs(v - typical)), 0.5f);
        var floor = typical + 4 * grain;
        var most = ink.Values.Max();
        if (most - floor < 0.1f)
            throw new UserErrorException($"{name} shows no digit: it is of nearly one brightness everywhere.");
        var full = Quantile(ink.Values.Where(v => v > floor + (most - floor) / 2).ToList(), 0.75f);
        for (var i = 0; i < ink.Values.Length; i++)
            ink.Values[i] = Math.Clamp((ink.Values[i] - floor) / (full - floor), 0, 1);
        return ink;
    }

    /// <summary>The largest connected piece of ink and what is near and not tiny (the bar of a 5), without specks elsewhere.</summary>
    private static Plane CutOut(Plane ink, string name)
    {
        var pieces = Pieces(ink, out var pieceOf);
        if (pieces.Count == 0)
            throw new UserErrorException($"{name} shows no digit: nothing stands out from its background.");
        var main = pieces.MaxBy(p => p.Area)!;
        var reach = 0.25f * Math.Max(main.Right - main.Left, main.Bottom - main.Top);
        var kept = pieces.ConvertAll(p => p.Area >= 0.05f * main.Area && p.Distance(main) <= reach);
        var (left, top) = (int.MaxValue, int.MaxValue);
        var (right, bottom) = (0, 0);
        for (var i = 0; i < pieces.Count; i++)
        {
            if (!kept[i])
                continue;
            (left, top) = (Math.Min(left, pieces[i].Left), Math.Min(top, pieces[i].Top));
            (right, bottom) = (Math.Max(right, pieces[i].Right), Math.Max(bottom, pieces[i].Bottom));
        }
        var digit = new Plane(right - left + 1, bottom - top + 1);
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var piece = pieceOf[y * ink.Width + x];
                digit[x - left, y - top] = piece >= 0 && !kept[piece] ? 0 : ink[x, y];
            }
        }
        return digit;
    }

    private sealed class Piece
    {
        public int Area;
        public int Left = int.MaxValue;
        public int Top = int.MaxValue;
        public int Right;
        public int Bottom;

        public int Distance(Piece other) => Math.Max(
            Math.Max(other.Left - Right, Left - other.Right),
            Math.Max(other.Top - Bottom, Top - other.Bottom));
    }

    private static List<Piece> Pieces(Plane ink, out int[] pieceOf)
    {
        var pieces = new List<Piece>();
        pieceOf = new int[ink.Values.Length];
        Array.Fill(pieceOf, -1);
        var open = new Stack<int>();
        for (var start = 0; start < pieceOf.Length; start++)
        {
            if (pieceOf[start] >= 0 || ink.Values[start] <= Stroke)
                continue;
            var piece = new Piece();
            pieceOf[start] = pieces.Count;
            open.Push(start);
            while (open.TryPop(out var at))
            {
                var (x, y) = (at % ink.Width, at / ink.Width);
                piece.Area++;
                (piece.Left, piece.Right) = (Math.Min(piece.Left, x), Math.Max(piece.Right, x));
                (piece.Top, piece.Bottom) = (Math.Min(piece.Top, y), Math.Max(piece.Bottom, y));
                for (var v = Math.Max(0, y - 1); v <= Math.Min(ink.Height - 1, y + 1); v++)
                {
                    for (var u = Math.Max(0, x - 1); u <= Math.Min(ink.Width - 1, x + 1); u++)
                    {
                        var next = v * ink.Width + u;
                        if (pieceOf[next] >= 0 || ink.Values[next] <= Stroke)
                            continue;
                        pieceOf[next] = pieces.Count;
                        open.Push(next);
                    }
                }
            }
            pieces.Add(piece);
        }
        return pieces;
    }

    /// <summary>Area over half the outline, which for a line is its width.</summary>
    private static float StrokeThickness(Plane digit)
    {
        float area = 0, outline = 0;
        for (var y = 0; y < digit.Height; y++)
        {
            for (var x = 0; x < digit.Width; x++)
            {
                var value = digit[x, y];
                area += value;
                // Differences along both axes, summed as a length: right for any direction and for soft edges.
                var (dx, dy) = (digit.At(x + 1, y) - value, digit.At(x, y + 1) - value);
                outline += MathF.Sqrt(dx * dx + dy * dy);
                outline += (x == 0 ? value : 0) + (y == 0 ? value : 0);
            }
        }
        return 2 * area / Math.Max(outline, 1e-6f);
    }

    private static byte[] Centre(Plane digit, float scale)
    {
        double sum = 0, sumX = 0, sumY = 0;
        for (var y = 0; y < digit.Height; y++)
        {
            for (var x = 0; x < digit.Width; x++)
            {
                sum += digit[x, y];
                sumX += digit[x, y] * (x + 0.5);
                sumY += digit[x, y] * (y + 0.5);
            }
        }
        var (left, top) = ((float)(sumX / sum) - DigitSet.Middle * scale, (float)(sumY / sum) - DigitSet.Middle * scale);
        var placed = digit.Sample(DigitSet.Side, DigitSet.Side, scale, left, top);
        var peak = placed.Values.Max();
        return Array.ConvertAll(placed.Values, v => (byte)(255 * Math.Clamp(v / peak, 0, 1) + 0.5f));
    }

    private static float Quantile(IReadOnlyList<float> values, float share)
    {
        // A few thousand values, evenly taken, tell as much as a million.
        var every = 1 + values.Count / 16384;
        var sorted = new float[(values.Count + every - 1) / every];
        for (var i = 0; i < sorted.Length; i++)
            sorted[i] = values[i * every];
        Array.Sort(sorted);
        return sorted[(int)(share * (sorted.Length - 1))];
    }
}
