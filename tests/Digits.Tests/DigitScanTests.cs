using Digits.Data;
using Digits.Imaging;
using SkiaSharp;

namespace Digits.Tests;

public sealed class DigitScanTests
{
    private static byte[] Digit(int digit, int seed)
    {
        var pixels = new byte[784];
        DrawnDigits.Draw(digit, seed, pixels);
        return pixels;
    }

    /// <summary>The digit somewhere on a larger sheet, each pixel a square, in the given colours.</summary>
    private static byte[] Sheet(byte[] digit, int scale, int left, int top, int width, int height, SKColor paper, SKColor ink, Action<SKCanvas>? more = null)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(paper);
        using var paint = new SKPaint { BlendMode = SKBlendMode.Src };
        for (var i = 0; i < 784; i++)
        {
            var share = digit[i] / 255f;
            byte Mix(byte a, byte b) => (byte)(a + (b - a) * share + 0.5f);
            paint.Color = new SKColor(Mix(paper.Red, ink.Red), Mix(paper.Green, ink.Green), Mix(paper.Blue, ink.Blue), Mix(paper.Alpha, ink.Alpha));
            if (digit[i] > 0)
                canvas.DrawRect(left + i % 28 * scale, top + i / 28 * scale, scale, scale, paint);
        }
        more?.Invoke(canvas);
        canvas.Flush();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static byte[] Scan(byte[] png) => DigitScan.Read(new MemoryStream(png), "sheet.png");

    /// <summary>Cosine of the angle between two images: 1 when they agree but for brightness.</summary>
    private static double Likeness(byte[] a, byte[] b)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++)
            (ab, aa, bb) = (ab + a[i] * b[i], aa + a[i] * a[i], bb + b[i] * b[i]);
        return ab / Math.Sqrt(aa * bb);
    }

    [Theory]
    [InlineData(1, 0, 0, 28, 28)]
    [InlineData(1, 17, 40, 90, 75)]
    [InlineData(9, 30, 200, 640, 480)]
    [InlineData(40, 100, 20, 1300, 1500)]
    public void Finds_the_digit_at_any_size_and_place(int scale, int left, int top, int width, int height)
    {
        double sum = 0;
        for (var digit = 0; digit < 10; digit++)
        {
            var drawn = Digit(digit, 100 + digit);
            var likeness = Likeness(drawn, Scan(Sheet(drawn, scale, left, top, width, height, SKColors.Black, SKColors.White)));
            Assert.InRange(likeness, 0.85, 1.0001);
            sum += likeness;
        }
        Assert.InRange(sum / 10, 0.93, 1.0001);
    }

    public static TheoryData<uint, uint> Colours => new()
    {
        { 0xffffffff, 0xff000000 },
        { 0xfff4ecd8, 0xff203080 },
        { 0xff303030, 0xffc0c040 },
        { 0x00000000, 0xff000000 },
        { 0x00ffffff, 0xffffffff },
        { 0x00102060, 0xff102060 },
    };

    [Theory, MemberData(nameof(Colours))]
    public void Reads_dark_on_light_light_on_dark_and_transparent_alike(uint paper, uint ink)
    {
        for (var digit = 0; digit < 10; digit++)
        {
            var drawn = Digit(digit, 7 * digit);
            var plain = Scan(Sheet(drawn, 4, 30, 20, 200, 180, SKColors.Black, SKColors.White));
            Assert.InRange(Likeness(plain, Scan(Sheet(drawn, 4, 30, 20, 200, 180, new SKColor(paper), new SKColor(ink)))), 0.98, 1.0001);
        }
    }

    [Fact]
    public void Ignores_grain_and_specks()
    {
        var drawn = Digit(5, 3);
        var noise = new Random(4);
        var sheet = Sheet(drawn, 8, 60, 40, 400, 320, SKColors.White, SKColors.Black, canvas =>
        {
            using var paint = new SKPaint();
            for (var i = 0; i < 400 * 320; i++)
            {
                paint.Color = new SKColor(0, 0, 0, (byte)noise.Next(20));
                canvas.DrawRect(i % 400, i / 400, 1, 1, paint);
            }
            paint.Color = SKColors.Black;
            canvas.DrawRect(370, 10, 6, 6, paint);
            canvas.DrawRect(15, 290, 5, 4, paint);
        });
        Assert.InRange(Likeness(Scan(sheet), drawn), 0.9, 1.0001);
    }

    [Fact]
    public void A_fine_line_is_thickened_to_what_the_network_knows()
    {
        using var bitmap = new SKBitmap(900, 1200);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        using var pen = new SKPaint { Color = SKColors.Black, Style = SKPaintStyle.Stroke, StrokeWidth = 3, IsAntialias = true };
        canvas.DrawOval(450, 600, 200, 380, pen);
        canvas.Flush();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        var image = Scan(data.ToArray());
        // Across the middle row the line is met twice; about two pixels of full ink each time.
        var across = Enumerable.Range(0, 28).Sum(x => image[14 * 28 + x]) / 255.0;
        Assert.InRange(across, 3, 7);
        Assert.Equal(0, image[14 * 28 + 14]);
    }

    [Fact]
    public void The_result_is_centred_by_mass_and_20_pixels_at_most()
    {
        for (var digit = 0; digit < 10; digit++)
        {
            var image = Scan(Sheet(Digit(digit, 50 + digit), 11, 300, 10, 700, 400, SKColors.White, SKColors.Black));
            double sum = 0, x = 0, y = 0;
            var (top, bottom) = (28, -1);
            for (var i = 0; i < 784; i++)
            {
                (sum, x, y) = (sum + image[i], x + image[i] * (i % 28 + 0.5), y + image[i] * (i / 28 + 0.5));
                if (image[i] > 60)
                    (top, bottom) = (Math.Min(top, i / 28), Math.Max(bottom, i / 28));
            }
            Assert.InRange(x / sum, 14.2, 14.8);
            Assert.InRange(y / sum, 14.2, 14.8);
            Assert.InRange(bottom - top + 1, 17, 21);
            Assert.Equal(255, image.Max());
        }
    }

    [Fact]
    public void Refuses_what_is_no_picture_and_what_shows_nothing()
    {
        string Refusal(byte[] bytes) => Assert.Throws<UserErrorException>(() => Scan(bytes)).Message;
        Assert.Contains("not a PNG", Refusal("This is text."u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("not a PNG", Refusal([]), StringComparison.Ordinal);
        Assert.Contains("shows no digit", Refusal(Sheet(new byte[784], 1, 0, 0, 50, 60, SKColors.White, SKColors.Black)), StringComparison.Ordinal);
        var whole = Sheet(Digit(3, 3), 6, 0, 0, 168, 168, SKColors.White, SKColors.Black);
        Assert.Contains("cut short", Refusal(whole[..(whole.Length / 2)]), StringComparison.Ordinal);
        Assert.Contains("no file", Assert.Throws<UserErrorException>(() => DigitScan.Read("/nowhere/a.png")).Message, StringComparison.Ordinal);
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
        }
        return ~crc;
    }

    [Fact]
    public void Refuses_a_picture_that_announces_too_many_pixels_before_making_room_for_it()
    {
        var png = Sheet(Digit(3, 3), 1, 0, 0, 28, 28, SKColors.White, SKColors.Black);
        // Width and height are in the first chunk, followed by its checksum.
        png[16] = png[20] = 0;
        png[17] = png[21] = 1;
        var crc = Crc32(png.AsSpan(12, 17));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), crc);
        Assert.Contains("at most", Assert.Throws<UserErrorException>(() => Scan(png)).Message, StringComparison.Ordinal);
    }
}
