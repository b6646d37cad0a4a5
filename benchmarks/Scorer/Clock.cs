using System.Diagnostics;

namespace Scorer.LoadTest;

/// <summary>Between <see cref="Stopwatch"/>'s ticks and time. Nanoseconds are not a <see cref="TimeSpan"/>, which knows only tenths of a microsecond.</summary>
internal static class Clock
{
    private static readonly double s_nanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    public static double Nanoseconds(long ticks) => ticks * s_nanosecondsPerTick;

    public static double NanosecondsSince(long began) => Nanoseconds(Stopwatch.GetTimestamp() - began);

    public static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
