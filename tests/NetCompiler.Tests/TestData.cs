namespace NetCompiler.Tests;

/// <summary>Repeatable data, and comparisons.</summary>
internal static class TestData
{
    public static float[] Floats(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    public static int[] Classes(int count, int classes, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(classes))];
    }

    /// <summary>Points in a plane, in three clouds that a line or two divides.</summary>
    public static DataSet Clouds(int count, int seed)
    {
        int[] labels = Classes(count, 3, seed);
        float[] noise = Floats(count * 2, seed + 1);
        for (int i = 0; i < count; i++)
        {
            noise[2 * i] = (0.7f * noise[2 * i]) + (labels[i] == 0 ? -1 : 1);
            noise[(2 * i) + 1] = (0.7f * noise[(2 * i) + 1]) + (labels[i] == 1 ? -1 : 1);
        }

        return new DataSet(noise, labels);
    }

    public static int[] Bits(ReadOnlySpan<float> values)
    {
        int[] bits = new int[values.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = BitConverter.SingleToInt32Bits(values[i]);
        }

        return bits;
    }

    public static int[] Bits(NetworkState state) => Bits(state.Storage);

    /// <summary>Tells at once and on the same thread.</summary>
    public sealed class Listener<T>(Action<T> action) : IProgress<T>
    {
        public void Report(T value) => action(value);
    }
}
