using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>
/// Counts for a given time, in registers alone. No program can have fewer slow calls than this one: the slowest of its calls are those in which the system or the
/// virtual machine took the processor away (timer interrupts, mostly).
/// </summary>
internal sealed class EmptyLoop : Peer
{
    public const string SystemName = "empty loop";
    private const int Tries = 20, Trial = 200_000;
    private readonly int count;

    /// <param name="microseconds">How long a call takes.</param>
    public EmptyLoop(double microseconds)
        : base(SystemName)
    {
        var least = double.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            Count(Trial);
            least = Math.Min(least, Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
        }

        count = (int)Math.Max(1, Trial * microseconds / least);
    }

    public override void Run() => Count(count);

    public override Dictionary<string, double[]> Results() => [];

    public override void Dispose()
    {
    }

    // A chain of multiplications: each waits for the one before.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static uint Count(int count)
    {
        var x = 1u;
        for (; count > 0; count--) x = (x * 1_664_525) + 1_013_904_223;
        return x;
    }
}
