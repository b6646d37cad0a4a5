using System.Diagnostics;

namespace Scorer.LoadTest;

/// <summary>
/// How often a processor of this machine is taken from a thread that only reads the clock: by its operating system, and on a virtual machine by what is beneath. No program can do anything about it, and a call
/// that is interrupted takes as long as the interruption.
/// </summary>
/// <param name="PerSecond">Interruptions of <see cref="Least"/> or longer.</param>
/// <param name="Share">Part of the time that they take.</param>
internal sealed record Interruptions(double PerSecond, double Share)
{
    /// <summary>Reading the clock takes some 25 ns; what takes longer than this is no reading of a clock.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMicroseconds(1);

    /// <summary>Counts them while nothing else runs in this process.</summary>
    public static Interruptions Count(TimeSpan time)
    {
        var least = Clock.Ticks(Least);
        var (began, count, away) = (Stopwatch.GetTimestamp(), 0L, 0L);
        var (last, end) = (began, began + Clock.Ticks(time));
        while (last < end)
        {
            var now = Stopwatch.GetTimestamp();
            if (now - last >= least)
            {
                count++;
                away += now - last;
            }
            last = now;
        }
        return new Interruptions(count * 1e9 / Clock.Nanoseconds(last - began), away / (double)(last - began));
    }

    public static Interruptions Mean(Interruptions one, Interruptions other) => new((one.PerSecond + other.PerSecond) / 2, (one.Share + other.Share) / 2);

    /// <summary>Of a thousand calls of this length: in how many an interruption begins.</summary>
    public double OfThousand(long nanoseconds) => 1000 * PerSecond * nanoseconds / 1e9;
}
