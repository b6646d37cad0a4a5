using NetCompiler;

namespace NetCompilerConsole;

/// <summary>Points of two half moons, and which one they are of. Put your own data in its place.</summary>
internal static class MoonData
{
    public static DataSet Make(int count, int seed)
    {
        var random = new Random(seed);
        var points = new float[count * 2];
        var moons = new int[count];
        for (var i = 0; i < count; i++)
        {
            var (sin, cos) = Math.SinCos(random.NextDouble() * Math.PI);
            moons[i] = i % 2;
            var (x, y) = moons[i] == 0 ? (cos, sin) : (1 - cos, 0.5 - sin);
            points[2 * i] = (float)(x + Noise());
            points[2 * i + 1] = (float)(y + Noise());
        }

        return new DataSet(points, moons);

        double Noise() => 0.2 * (random.NextDouble() + random.NextDouble() - 1);
    }
}
