using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;
using HdrHistogram;
using NetCompiler.Benchmarks.Reporting;

namespace Scorer.LoadTest;

/// <summary>What a call of the network costs when its processor has done something else before: nothing at all, which puts its wide vector units to sleep, or going through much memory, which empties its caches.</summary>
internal static class Pauses
{
    private const int Calls = 20_000;

    private static readonly TimeSpan s_pause = TimeSpan.FromMicroseconds(60);

    private static readonly TimeSpan s_waking = TimeSpan.FromMicroseconds(0.6);

    /// <summary>More than the second cache has room for.</summary>
    private static readonly byte[] s_other = new byte[8 << 20];

    /// <summary>Measures all kinds by turns, twice, and gives the table of the second time: by then all code is what it stays.</summary>
    public static string Measure()
    {
        var network = new RiskNet();
        var table = "";
        for (var time = 0; time < 2; time++)
        {
            table = Table(
            [
                ("one after the other", Time(network, () => { })),
                ("after 60 us without vectors", Time(network, () => Wait(s_pause))),
                ("after 60 us without vectors but for one multiplication, 0.6 us before", Time(network, () => { Wait(s_pause); Multiply(); })),
                ("after going through 8 MB", Time(network, GoThroughOther)),
            ]);
        }
        return $"RiskNet, one row, {(int)network.InstructionPath}-bit vectors, {Processor.Name}:\n\n{table}";
    }

    /// <summary>One multiplication of vectors, and so long afterwards that whatever it wakes is awake.</summary>
    private static void Multiply()
    {
        if (Vector512.IsHardwareAccelerated)
            _ = Multiply(Vector512<float>.Zero);
        else
            _ = Multiply(Vector256<float>.Zero);
        Wait(s_waking);
    }

    // Not inlined, or a product that nobody reads would not be computed.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<float> Multiply(Vector512<float> x) => Vector512.FusedMultiplyAdd(x, x, x);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<float> Multiply(Vector256<float> x) => Vector256.FusedMultiplyAdd(x, x, x);

    private static HistogramBase Time(RiskNet network, Action before)
    {
        var (input, output, times) = (new float[RiskNet.InputSize], new float[RiskNet.OutputSize], Histograms.Create());
        for (var i = 0; i < Calls; i++)
        {
            before();
            var began = Stopwatch.GetTimestamp();
            network.Forward(input, output);
            times.RecordValue(Histograms.InRange((long)Clock.NanosecondsSince(began)));
        }
        return times;
    }

    private static void Wait(TimeSpan time)
    {
        var end = Stopwatch.GetTimestamp() + Clock.Ticks(time);
        while (Stopwatch.GetTimestamp() < end)
        {
        }
    }

    private static void GoThroughOther()
    {
        const int Line = 64;
        for (var i = 0; i < s_other.Length; i += Line)
            s_other[i]++;
    }

    private static string Table(ReadOnlySpan<(string Name, HistogramBase Times)> rows)
    {
        var text = new StringBuilder("| microseconds | p50 | p90 | p99 |\n|---|---|---|---|\n");
        foreach (var (name, times) in rows)
        {
            var q = Quantiles.Of(times);
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {Report.Time(q.P50)} | {Report.Time(q.P90)} | {Report.Time(q.P99)} |\n");
        }
        return text.ToString();
    }
}
