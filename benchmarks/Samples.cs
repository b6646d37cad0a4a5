namespace NetCompiler.Benchmarks;

/// <summary>Numbers to compute with; their values do not change the time, as long as they are ordinary.</summary>
internal static class Samples
{
    public static float[] Inputs(int count)
    {
        var random = new Random(7);
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = (random.NextSingle() * 2) - 1;
        return values;
    }

    public static int[] Tokens(int count, int vocabulary)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
    }

    public static int[] Labels(int count, int classes) => [.. Enumerable.Range(0, count).Select(i => i % classes)];
}
