using System.Diagnostics;

namespace NetCompiler.Benchmarks.Aot;

/// <summary>Calls that are timed: as many as it is told, in a loop of its own, so that no delegate is called for each.</summary>
internal sealed class Case(string name, Action<int> calls)
{
    private const double GroupMicroseconds = 20;

    public string Name => name;

    public static Case Prediction<TNetwork>(string name, int batch, TNetwork network, Action<int, TNetwork, float[], float[]> forward)
        where TNetwork : class, INetwork<TNetwork>
    {
        var input = Noise(batch * TNetwork.Description.Inputs.Sum(i => i.Length));
        var output = new float[batch * TNetwork.Description.Outputs.Sum(o => o.Length)];
        return new($"{name}, batch {batch}", n => forward(n, network, input, output));
    }

    public static Case Training<TNetwork, TLabel>(string name, int batch, TNetwork network, TLabel[] labels, Action<int, Trainer<TNetwork>, float[], TLabel[]> step)
        where TNetwork : class, INetwork<TNetwork>
    {
        var trainer = new Trainer<TNetwork>(network, new Adam { LearningRate = 1e-4f }, threads: 1);
        var input = Noise(batch * TNetwork.Description.Inputs.Sum(i => i.Length));
        return new($"training {name}, batch {batch}", n => step(n, trainer, input, labels));
    }

    public static float[] Noise(int length)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
    }

    public static int[] Classes(int length) => [.. Enumerable.Range(0, length).Select(i => i % 10)];

    /// <summary>The median of groups of calls that are long enough for the clock, in microseconds for each call.</summary>
    public double Measure(TimeSpan time)
    {
        var begin = Stopwatch.GetTimestamp();
        calls(1);
        var group = (int)Math.Max(1, Math.Ceiling(GroupMicroseconds / Stopwatch.GetElapsedTime(begin).TotalMicroseconds));
        var all = Stopwatch.GetTimestamp();
        List<double> groups = [];
        do
        {
            begin = Stopwatch.GetTimestamp();
            calls(group);
            var elapsed = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            groups.Add(elapsed / group);
            // The first calls of a process are slow, and would make groups too short.
            if (elapsed < GroupMicroseconds / 2) group *= 2;
        }
        while (Stopwatch.GetElapsedTime(all) < time);
        groups.Sort();
        return groups[groups.Count / 2];
    }
}
