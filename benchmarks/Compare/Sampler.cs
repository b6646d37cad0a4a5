using System.Diagnostics;
using NetCompiler.Benchmarks.Peers;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>How long to measure.</summary>
/// <param name="WarmUps">Turns of each system before.</param>
/// <param name="Rounds">Turns of each system.</param>
/// <param name="Slice">Length of a turn.</param>
internal sealed record Budget(int WarmUps, int Rounds, TimeSpan Slice)
{
    public static Budget Quick { get; } = new(2, 2, TimeSpan.FromMilliseconds(3)) { TailCalls = 4000, TailTurns = 2, WarmUpCalls = 0 };

    /// <summary>Of each system before it is measured, however long that takes.</summary>
    public int WarmUpCalls { get; init; } = 70;

    /// <summary>Single calls of each prediction of one sample, for the slowest of them.</summary>
    public int TailCalls { get; init; } = 1_000_000;

    /// <summary>Turns that those calls are spread over.</summary>
    public int TailTurns { get; init; } = 20;

    /// <summary>Of all turns together, even if that many calls would take longer.</summary>
    public TimeSpan TailTime { get; } = TimeSpan.FromSeconds(8);
}

/// <summary>What one system took, in microseconds for each call.</summary>
/// <param name="Median">Of groups of calls that are long enough for the clock.</param>
/// <param name="P999">Of single calls; null when they were too few to tell.</param>
/// <param name="BytesPerCall">Allocated on the managed heap, by all threads.</param>
internal sealed record Timing(double Median, double? P999, double BytesPerCall);

/// <summary>Times one system, a turn at a time.</summary>
internal sealed class Sampler(Peer peer)
{
    private const int MostSamples = 1 << 21, FewestForTail = 2000, MostAllocationCalls = 50;
    private const double AllocationMicroseconds = 100_000;
    private const double GroupMicroseconds = 20;
    private static readonly long ClockCost = MeasureClock();
    private readonly List<double> groups = [];
    private readonly long[] singles = Touched(MostSamples);
    private int singleCount;
    private bool hasTail;
    private int callsInGroup = 1;
    private long calls;

    /// <summary>
    /// Short runs with sleeps between: while all cores are busy, the background compiler does not get to replace first versions of methods. It does so
    /// after 30 calls of a method, which a slow training step reaches only after more than the usual rounds.
    /// </summary>
    public static void WarmUp(List<Sampler> samplers, Budget budget)
    {
        for (var round = 0; round < budget.WarmUps || samplers.Any(s => s.calls < budget.WarmUpCalls); round++)
        {
            foreach (var sampler in samplers) sampler.Turn(budget.Slice / 2, sampler.RunFor);
            Thread.Sleep(60);
        }
    }

    public void Measure(Budget budget) => Turn(budget.Slice, slice =>
    {
        for (var i = 0; i < 3; i++) peer.Run();
        TimeGroups(slice);
        if (callsInGroup > 1) TimeSingles(slice);
    });

    /// <summary>One turn of the calls that the 99.9th percentile is taken of; from then on only they count for it.</summary>
    public void MeasureTail(Budget budget)
    {
        if (!hasTail) (singleCount, hasTail) = (0, true);
        Turn(budget.TailTime / budget.TailTurns, most => TimeSingles(most, budget.TailCalls / budget.TailTurns));
    }

    /// <summary>Of what was measured so far.</summary>
    public double MedianSoFar => Median(groups);

    public Timing Result()
    {
        if (callsInGroup == 1 && !hasTail) FillSinglesFromGroups();
        var ordered = singles.AsSpan(0, singleCount);
        ordered.Sort();
        double? tail = singleCount >= FewestForTail ? Microseconds(Math.Max(0, ordered[(int)(singleCount * 0.999)] - ClockCost)) : null;
        var median = Median(groups);
        return new(median, tail, Allocations((int)Math.Clamp(AllocationMicroseconds / median, 1, MostAllocationCalls)));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    /// <summary>Memory that the system has given already, so that it need not while calls are timed.</summary>
    private static long[] Touched(int length)
    {
        var array = new long[length];
        Array.Fill(array, 1);
        return array;
    }

    private static double Microseconds(double ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private static long MeasureClock()
    {
        var least = long.MaxValue;
        for (var i = 0; i < 10_000; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            least = Math.Min(least, Stopwatch.GetTimestamp() - begin);
        }

        return least;
    }

    private void Turn(TimeSpan slice, Action<TimeSpan> action)
    {
        // Worker threads of the system before may still be waiting for work in a loop.
        Thread.Sleep(slice.TotalMilliseconds > 10 ? 10 : 1);
        peer.Enter();
        action(slice);
        peer.Leave();
    }

    private void RunFor(TimeSpan time)
    {
        var (begin, calls) = (Stopwatch.GetTimestamp(), 0);
        long elapsed;
        do
        {
            peer.Run();
            calls++;
            elapsed = Stopwatch.GetTimestamp() - begin;
        }
        while (elapsed < Ticks(time));
        this.calls += calls;
        callsInGroup = (int)Math.Max(1, Math.Ceiling(GroupMicroseconds / Microseconds((double)elapsed / calls)));
    }

    private void TimeGroups(TimeSpan time)
    {
        var end = Stopwatch.GetTimestamp() + Ticks(time);
        long now;
        do
        {
            var begin = Stopwatch.GetTimestamp();
            for (var i = 0; i < callsInGroup; i++) peer.Run();
            now = Stopwatch.GetTimestamp();
            groups.Add(Microseconds((double)(now - begin - ClockCost) / callsInGroup));
        }
        while (now < end);
    }

    private void TimeSingles(TimeSpan time, int most = int.MaxValue)
    {
        var end = Stopwatch.GetTimestamp() + Ticks(time);
        long now;
        do
        {
            var begin = Stopwatch.GetTimestamp();
            peer.Run();
            now = Stopwatch.GetTimestamp();
            if (singleCount < MostSamples) singles[singleCount++] = now - begin;
        }
        while (now < end && --most > 0);
    }

    /// <summary>Calls so long that each was a group of its own.</summary>
    private void FillSinglesFromGroups()
    {
        foreach (var group in groups.Take(MostSamples)) singles[singleCount++] = (long)(group * Stopwatch.Frequency / 1e6) + ClockCost;
    }

    /// <summary>The least of several tries: what the runtime itself allocates now and then is not the call's.</summary>
    private double Allocations(int calls)
    {
        peer.Enter();
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < calls; i++) peer.Run();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        peer.Leave();
        return (double)least / calls;
    }
}
