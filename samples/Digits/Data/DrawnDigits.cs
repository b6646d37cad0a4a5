using System.Numerics;

namespace Digits.Data;

/// <summary>
/// Draws digits as a hand might: one of several ways to write each, shaken points, slant, turn, stretch, a pen whose width changes,
/// uneven ink. Sized and centred as in MNIST: 20 pixels at most, the centre of mass in the middle. The same seed and number give the same digit.
/// </summary>
internal static class DrawnDigits
{
    private const int Side = DigitSet.Side;

    /// <summary>As many as make a good reader.</summary>
    public static DigitData MakeStandard(long seed) => Make(train: 40_000, test: 5_000, seed);

    /// <summary>A set to train on and one to test on that share no digit.</summary>
    public static DigitData Make(int train, int test, long seed) => new(
        Set(train, seed, stream: 1),
        Set(test, seed, stream: 2),
        $"drawn by this program, not handwritten ({train:N0} digits to learn from, {test:N0} to be tested on)");

    private static DigitSet Set(int count, long seed, int stream)
    {
        var pixels = new byte[count * DigitSet.PixelsPerImage];
        var labels = new byte[count];
        Parallel.For(0, count, i =>
        {
            labels[i] = (byte)(i % 10);
            Draw(labels[i], Mix(seed, stream, i), pixels.AsSpan(i * DigitSet.PixelsPerImage, DigitSet.PixelsPerImage));
        });
        return new DigitSet(pixels, labels);
    }

    /// <summary>Draws one digit into 28x28 pixels, 0 to 255.</summary>
    public static void Draw(int digit, int seed, Span<byte> pixels)
    {
        var hand = new Random(seed);
        var ways = Glyphs.Ways[digit];
        var strokes = Array.ConvertAll(ways[hand.Next(ways.Length)], stroke => Trace(stroke, hand));
        Distort(strokes, digit, hand);

        // Pen radius in pixels of the finished picture; the hand's pressure comes and goes along the stroke.
        var radius = 0.8f + 1.1f * Unit(hand) * (0.4f + 0.6f * Unit(hand));
        Fit(strokes, Side - 8 - 2 * radius);
        var ink = new Ink(radius, softness: 0.55f + 0.3f * Unit(hand), swell: 0.28f * Unit(hand), phase: 6.28f * Unit(hand), rate: 0.08f + 0.1f * Unit(hand));
        Span<float> paper = stackalloc float[DigitSet.PixelsPerImage];
        ink.Draw(strokes, paper);
        Shift(strokes, new Vector2(DigitSet.Middle) - Mass(paper));
        ink.Draw(strokes, paper);

        var strength = hand.Next(6) == 0 ? 0.72f + 0.28f * Unit(hand) : 1;
        var grain = 0.16f * Unit(hand);
        for (var i = 0; i < pixels.Length; i++)
        {
            // Paper stays clean, the ink is uneven: that is how scans of handwriting look once their background is removed.
            var value = paper[i] * (1 - grain * Unit(hand)) * strength * 1.08f;
            pixels[i] = (byte)(255 * Math.Clamp(value, 0, 1));
        }
    }

    /// <summary>A smooth line through shaken points, as short segments.</summary>
    private static Vector2[] Trace(Glyphs.Point[] stroke, Random hand)
    {
        var points = Array.ConvertAll(stroke, p => new Vector2(p.X + 0.042f * Normal(hand), p.Y + 0.034f * Normal(hand)));
        const int Steps = 7;
        var line = new List<Vector2>(points.Length * Steps + 1);
        for (var i = 0; i + 1 < points.Length; i++)
        {
            // Catmull-Rom; at a corner and at the ends the neighbour beyond is left out of the tangent.
            var from = i == 0 || stroke[i].Corner ? points[i] : points[i - 1];
            var to = i + 2 == points.Length || stroke[i + 1].Corner ? points[i + 1] : points[i + 2];
            for (var step = 0; step < Steps; step++)
                line.Add(Spline(from, points[i], points[i + 1], to, step / (float)Steps));
        }
        line.Add(points[^1]);
        return [.. line];
    }

    private static Vector2 Spline(Vector2 before, Vector2 a, Vector2 b, Vector2 after, float t)
    {
        var (start, end) = ((b - before) * 0.5f, (after - a) * 0.5f);
        var (t2, t3) = (t * t, t * t * t);
        return a * (2 * t3 - 3 * t2 + 1) + start * (t3 - 2 * t2 + t) + b * (3 * t2 - 2 * t3) + end * (t3 - t2);
    }

    private static void Distort(Vector2[][] strokes, int digit, Random hand)
    {
        // Handwriting is narrower than its box, a one has hardly any width to change.
        var width = (digit == 1 ? 0.55f : 0.82f) * MathF.Exp(0.2f * Normal(hand));
        var slant = 0.12f + 0.27f * Normal(hand);
        var turn = Matrix3x2.CreateRotation(0.11f * Normal(hand));
        var (wave, phase, rate) = (0.035f * Normal(hand), 6.28f * Unit(hand), 2.5f + 2.5f * Unit(hand));
        var (waveY, phaseY) = (0.03f * Normal(hand), 6.28f * Unit(hand));
        // The upper and the lower half are not always of equal size.
        var bias = 0.22f * Normal(hand);
        var move = new Vector2(0.012f * Normal(hand), 0.012f * Normal(hand));
        foreach (var stroke in strokes)
        {
            for (var i = 0; i < stroke.Length; i++)
            {
                var p = stroke[i] - new Vector2(0.5f);
                p.Y += bias * (0.25f - p.Y * p.Y);
                p.X = p.X * width + slant * -p.Y + wave * MathF.Sin(rate * p.Y + phase);
                p.Y += waveY * MathF.Sin(3.2f * p.X + phaseY);
                stroke[i] = Vector2.Transform(p, turn);
            }
            // Several strokes never meet exactly.
            for (var i = 0; i < stroke.Length && stroke != strokes[0]; i++)
                stroke[i] += move;
        }
    }

    /// <summary>Scales, keeping the proportions, so that the longer side has the given size.</summary>
    private static void Fit(Vector2[][] strokes, float size)
    {
        var (low, high) = (new Vector2(float.MaxValue), new Vector2(float.MinValue));
        foreach (var point in strokes.SelectMany(stroke => stroke))
            (low, high) = (Vector2.Min(low, point), Vector2.Max(high, point));
        var extent = high - low;
        var scale = size / Math.Max(extent.X, extent.Y);
        foreach (var stroke in strokes)
        {
            for (var i = 0; i < stroke.Length; i++)
                stroke[i] = (stroke[i] - (low + high) / 2) * scale + new Vector2(DigitSet.Middle);
        }
    }

    private static void Shift(Vector2[][] strokes, Vector2 by)
    {
        foreach (var stroke in strokes)
        {
            for (var i = 0; i < stroke.Length; i++)
                stroke[i] += by;
        }
    }

    private static Vector2 Mass(ReadOnlySpan<float> paper)
    {
        var (sum, total) = (Vector2.Zero, 0f);
        for (var i = 0; i < paper.Length; i++)
        {
            sum += paper[i] * new Vector2(i % Side + 0.5f, i / Side + 0.5f);
            total += paper[i];
        }
        return sum / total;
    }

    private static float Unit(Random hand) => (float)hand.NextDouble();

    private static float Normal(Random hand) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - hand.NextDouble())) * Math.Cos(2 * Math.PI * hand.NextDouble()));

    /// <summary>A seed of its own for every digit, so that they can be drawn in any order (SplitMix64's finaliser).</summary>
    private static int Mix(long seed, int stream, int index)
    {
        var x = (ulong)seed * 0x9E3779B97F4A7C15UL + ((ulong)(uint)stream << 32) + (uint)index;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return (int)((x ^ (x >> 31)) & int.MaxValue);
    }

    /// <summary>A round pen: full ink within its radius, fading at the edge.</summary>
    private readonly struct Ink(float radius, float softness, float swell, float phase, float rate)
    {
        public void Draw(Vector2[][] strokes, Span<float> paper)
        {
            paper.Clear();
            foreach (var stroke in strokes)
            {
                var way = 0f;
                for (var i = 0; i + 1 < stroke.Length; i++)
                {
                    way += Vector2.Distance(stroke[i], stroke[i + 1]);
                    var pen = radius * (1 + swell * MathF.Sin(rate * way + phase));
                    Segment(stroke[i], stroke[i + 1], pen, paper);
                }
            }
        }

        private void Segment(Vector2 a, Vector2 b, float pen, Span<float> paper)
        {
            var reach = pen + softness;
            var (low, high) = (Vector2.Min(a, b) - new Vector2(reach), Vector2.Max(a, b) + new Vector2(reach));
            var along = b - a;
            var squared = Math.Max(along.LengthSquared(), 1e-6f);
            for (var y = Math.Max(0, (int)low.Y); y <= Math.Min(Side - 1, (int)high.Y); y++)
            {
                for (var x = Math.Max(0, (int)low.X); x <= Math.Min(Side - 1, (int)high.X); x++)
                {
                    var p = new Vector2(x + 0.5f, y + 0.5f);
                    var t = Math.Clamp(Vector2.Dot(p - a, along) / squared, 0, 1);
                    var distance = Vector2.Distance(p, a + along * t);
                    var cover = Math.Clamp((pen + softness - distance) / (2 * softness), 0, 1);
                    ref var pixel = ref paper[y * Side + x];
                    pixel = Math.Max(pixel, cover);
                }
            }
        }
    }
}
