using System.Globalization;
using Digits.Data;
using NetCompiler;

namespace Tiny.Training;

/// <summary>Digits of 8x8 pixels, ink from 0 to 1, as high as the picture and in its middle.</summary>
internal static class SmallDigits
{
    private const int Side = 8;

    /// <summary>Drawn digits made small; every other one without greys, as a person draws them with characters.</summary>
    public static DataSet Draw(DigitSet digits)
    {
        var inputs = new float[digits.Count * Side * Side];
        Parallel.For(0, digits.Count, i =>
        {
            var small = inputs.AsSpan(i * Side * Side, Side * Side);
            Shrink(digits.Image(i), new Random(i), small);
            if (i / 10 % 2 == 0) return; // The digits take turns, ten at a time.
            foreach (ref var ink in small) ink = ink > 0.4f ? 1 : 0;
        });
        return new DataSet(inputs, digits.ToLabels());
    }

    /// <summary>UCI's optical recognition of handwritten digits: a header line, then 64 counts from 0 to 16 and the digit.</summary>
    /// <exception cref="InvalidDataException">The file is another one; the message has the line.</exception>
    public static DataSet ReadUci(string path)
    {
        var (inputs, labels) = (new List<float>(), new List<int>());
        foreach (var (line, text) in File.ReadLines(path).Index().Skip(1))
        {
            var numbers = text.Split(',').Select(c => int.TryParse(c, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToArray();
            if (numbers.Length != Side * Side + 1 || numbers[^1] is < 0 or > 9 || numbers.Any(n => n is < 0 or > 16))
                throw new InvalidDataException($"{path}, line {line + 1}: expected {Side * Side} counts from 0 to 16 and the digit, found '{(text.Length <= 40 ? text : text[..40] + "...")}'.");
            inputs.AddRange(numbers.Take(Side * Side).Select(n => n / 16f));
            labels.Add(numbers[^1]);
        }

        return labels.Count > 0 ? new DataSet(inputs.ToArray(), labels.ToArray()) : throw new InvalidDataException($"{path} has no digits below its header.");
    }

    /// <summary>
    /// The part of the picture that has ink, its longer side about as long as the small picture's, and about in its middle; a pixel is the mean of what it
    /// covers, times the thickness of the pen.
    /// </summary>
    private static void Shrink(ReadOnlySpan<byte> image, Random hand, Span<float> small)
    {
        int left = DigitSet.Side, right = 0, top = DigitSet.Side, bottom = 0;
        for (var i = 0; i < image.Length; i++)
        {
            if (image[i] < 64) continue;
            var (y, x) = Math.DivRem(i, DigitSet.Side);
            (left, right, top, bottom) = (Math.Min(left, x), Math.Max(right, x + 1), Math.Min(top, y), Math.Max(bottom, y + 1));
        }

        const int Samples = 4;
        var size = Math.Max(right - left, bottom - top) / (float)Side;
        var (stepX, stepY) = (size * Between(hand, 0.85f, 1.25f), size * Between(hand, 0.95f, 1.1f));
        var (middleX, middleY) = ((left + right) / 2f + size * Between(hand, -0.6f, 0.8f), (top + bottom) / 2f + size * Between(hand, -0.3f, 0.3f));
        var pen = Between(hand, 1.1f, 2.2f);
        for (var i = 0; i < small.Length; i++)
        {
            var sum = 0f;
            for (var s = 0; s < Samples * Samples; s++)
            {
                var x = (int)MathF.Floor(middleX + stepX * (i % Side + (s % Samples + 0.5f) / Samples - Side / 2f));
                var y = (int)MathF.Floor(middleY + stepY * (i / Side + (s / Samples + 0.5f) / Samples - Side / 2f));
                if (x is >= 0 and < DigitSet.Side && y is >= 0 and < DigitSet.Side) sum += image[y * DigitSet.Side + x] / 255f;
            }
            small[i] = MathF.Min(1, pen * sum / (Samples * Samples));
        }
    }

    private static float Between(Random hand, float low, float high) => low + (high - low) * (float)hand.NextDouble();
}
