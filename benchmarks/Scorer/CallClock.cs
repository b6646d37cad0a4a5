using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using HdrHistogram;
using Scorer.Serving;

namespace Scorer.LoadTest;

/// <summary>
/// Listens to the service's own measurements of its network calls. After each call of one row, on the same thread, it times a loop that takes as
/// long as such a call and touches no memory: whatever stretches that is the machine's doing, not the network's.
/// </summary>
internal sealed class CallClock : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    /// <summary>Of the request that this thread answers: how long its call took, in nanoseconds.</summary>
    [ThreadStatic]
    private static long s_call;

    private readonly MeterListener _listener = new();
    private volatile int _turns;
    private volatile bool _records;

    /// <param name="factory">The service's.</param>
    public CallClock(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Name is ScorerMetrics.NetworkCall or ScorerMetrics.RowsRead)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) =>
        {
            var (nanoseconds, isOne) = ((long)Math.Round(seconds * 1e9), (string?)tags[0].Value == "one");
            if (instrument.Name == ScorerMetrics.NetworkCall)
                Called(nanoseconds, isOne);
            else if (isOne && _records)
                Answer.RecordValue(Histograms.InRange(nanoseconds + s_call)); // The call comes first, as the service tells of them.
        });
        _listener.Start();
    }

    /// <summary>Calls of one row.</summary>
    public HistogramBase One { get; } = Histograms.Create();

    /// <summary>Calls of several rows.</summary>
    public HistogramBase Several { get; } = Histograms.Create();

    /// <summary>From the text of one row to its score: reading, and the call.</summary>
    public HistogramBase Answer { get; } = Histograms.Create();

    /// <summary>The loop.</summary>
    public HistogramBase Loop { get; } = Histograms.Create();

    /// <summary>Sets the loop to the median of the calls so far, forgets those, and records from now on.</summary>
    public void Begin()
    {
        // A histogram has no median before its first value, and none while a value is being added.
        if (!SpinWait.SpinUntil(() => One.TotalCount > 0, s_longest))
            throw new InvalidOperationException($"No call of the network was measured within {s_longest.TotalSeconds} seconds.");
        long median;
        lock (One)
            median = One.GetValueAtPercentile(50);
        _turns = Turns(median);
        foreach (var histogram in new[] { One, Several, Answer, Loop })
            histogram.Reset();
        _records = true;
    }

    public void End() => _records = false;

    public void Dispose() => _listener.Dispose();

    private void Called(long nanoseconds, bool isOne)
    {
        s_call = nanoseconds;
        var calls = isOne ? One : Several;
        lock (calls)
            calls.RecordValue(Histograms.InRange(nanoseconds));
        if (!isOne || !_records)
            return;
        var began = Stopwatch.GetTimestamp();
        Spin(_turns);
        Loop.RecordValue(Histograms.InRange((long)Clock.NanosecondsSince(began)));
    }

    /// <summary>How many turns take so long, the clock's own time included, by the fastest of many.</summary>
    private static int Turns(long nanoseconds)
    {
        var (none, thousand) = (Fastest(0), Fastest(1000));
        return Math.Max(1, (int)((nanoseconds - none) * 1000 / Math.Max(1, thousand - none)));
    }

    private static double Fastest(int turns)
    {
        var least = double.MaxValue;
        for (var i = 0; i < 2000; i++)
        {
            var began = Stopwatch.GetTimestamp();
            Spin(turns);
            least = Math.Min(least, Clock.NanosecondsSince(began));
        }
        return least;
    }

    /// <summary>A chain of multiplications, each of which waits for the one before.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)] // The same code from the first call on.
    private static ulong Spin(int turns)
    {
        var x = 1UL;
        for (var i = 0; i < turns; i++)
            x = x * 6364136223846793005 + 1442695040888963407;
        return x;
    }
}

/// <summary>Histograms of nanoseconds up to 10 seconds, three digits, that any number of threads writes to.</summary>
internal static class Histograms
{
    private const long Most = 10_000_000_000;

    public static HistogramBase Create() => new LongConcurrentHistogram(1, Most, 3);

    public static long InRange(long nanoseconds) => Math.Clamp(nanoseconds, 1, Most);
}
