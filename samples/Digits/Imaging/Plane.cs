namespace Digits.Imaging;

/// <summary>A picture of one channel.</summary>
internal sealed class Plane(int width, int height)
{
    public int Width => width;

    public int Height => height;

    public float[] Values { get; } = new float[width * height];

    public ref float this[int x, int y] => ref Values[y * width + x];

    /// <summary>The value at a point, 0 outside.</summary>
    public float At(int x, int y) => (uint)x < (uint)width && (uint)y < (uint)height ? Values[y * width + x] : 0;

    /// <summary>The same picture with its longer side of the given length.</summary>
    public Plane Resize(int longer)
    {
        var scale = Math.Max(width, height) / (float)longer;
        return Sample(Math.Max(1, (int)MathF.Round(width / scale)), Math.Max(1, (int)MathF.Round(height / scale)), scale, 0, 0);
    }

    /// <summary>
    /// A picture whose pixel (i, j) shows the square around (left + (i + 0.5) scale, top + (j + 0.5) scale): averaged over the area
    /// when it shrinks, interpolated when it grows.
    /// </summary>
    public Plane Sample(int toWidth, int toHeight, float scale, float left, float top)
    {
        var rows = new Plane(toWidth, height);
        Slide(toWidth, width, scale, left, (to, from, weight) =>
        {
            for (var y = 0; y < height; y++)
                rows[to, y] += weight * this[from, y];
        });
        var result = new Plane(toWidth, toHeight);
        Slide(toHeight, height, scale, top, (to, from, weight) =>
        {
            for (var x = 0; x < toWidth; x++)
                result[x, to] += weight * rows[x, from];
        });
        return result;
    }

    /// <summary>Every pixel becomes the largest within the radius; a radius between whole pixels is blended.</summary>
    public Plane Thicken(float radius)
    {
        var margin = (int)MathF.Ceiling(radius);
        var result = new Plane(width + 2 * margin, height + 2 * margin);
        for (var y = 0; y < result.Height; y++)
        {
            for (var x = 0; x < result.Width; x++)
            {
                var most = 0f;
                for (var v = -margin; v <= margin; v++)
                {
                    for (var u = -margin; u <= margin; u++)
                    {
                        var cover = Math.Clamp(radius + 0.5f - MathF.Sqrt(u * u + v * v), 0, 1);
                        most = Math.Max(most, cover * At(x - margin + u, y - margin + v));
                    }
                }
                result[x, y] = most;
            }
        }
        return result;
    }

    /// <summary>For each target pixel, the source pixels in its window and their shares.</summary>
    private static void Slide(int targets, int sources, float scale, float start, Action<int, int, float> add)
    {
        // A window of at least one source pixel is linear interpolation when the picture grows.
        var window = Math.Max(1, scale);
        for (var to = 0; to < targets; to++)
        {
            var middle = start + (to + 0.5f) * scale;
            var (low, high) = (middle - window / 2, middle + window / 2);
            for (var from = Math.Max(0, (int)MathF.Floor(low)); from < Math.Min(sources, MathF.Ceiling(high)); from++)
            {
                var share = Math.Min(high, from + 1) - Math.Max(low, from);
                if (share > 0)
                    add(to, from, share / window);
            }
        }
    }
}
