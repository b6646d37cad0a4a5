using System.Globalization;
using System.Text.Json.Serialization;
using HdrHistogram;

namespace Scorer.LoadTest;

/// <summary>Nanoseconds.</summary>
internal sealed record Quantiles(long Count, long P50, long P90, long P99, long P999, long P9999, long Most)
{
    public static Quantiles Of(HistogramBase histogram) => new(
        histogram.TotalCount,
        histogram.GetValueAtPercentile(50),
        histogram.GetValueAtPercentile(90),
        histogram.GetValueAtPercentile(99),
        histogram.GetValueAtPercentile(99.9),
        histogram.GetValueAtPercentile(99.99),
        histogram.GetMaxValue());

    /// <summary>How many times the median the 99.9th percentile is.</summary>
    [JsonIgnore]
    public double Tail => (double)P999 / P50;
}

/// <summary>What a run gave.</summary>
/// <param name="Runtime">"JIT" or "native AOT".</param>
/// <param name="Bits">Width of the vectors that the network ran with.</param>
/// <param name="Settings">What was asked for.</param>
/// <param name="Seconds">How long it was measured.</param>
/// <param name="Requests">Requests to score that were answered.</param>
/// <param name="Failures">Those that were not, or not with the scores of the network that they name.</param>
/// <param name="FirstFailure">The first of these, if any.</param>
/// <param name="Swaps">Networks published.</param>
/// <param name="SeenNetworks">Networks that gave at least one answer.</param>
/// <param name="Learned">Labelled rows that were posted and taken.</param>
/// <param name="Refused">Posts of labelled rows that were refused because the queue was full.</param>
/// <param name="Collections">Garbage collections, clients included.</param>
/// <param name="Single">Requests of one row, as their client saw them.</param>
/// <param name="Batch">Requests of several rows.</param>
/// <param name="Call">The network call of one row.</param>
/// <param name="BatchCall">The network call of several.</param>
/// <param name="Answer">From the text of one row to its score; null in results from before this was measured.</param>
/// <param name="Machine">What it does to a thread that only reads the clock: the mean of shortly before and shortly after; null likewise.</param>
/// <param name="Loop">The loop as long as the network call of one row.</param>
/// <param name="Revision">The commit that was measured.</param>
/// <param name="Measured">When.</param>
internal sealed record LoadResult(
    string Runtime, int Bits, LoadSettings Settings, double Seconds, long Requests, long Failures, string? FirstFailure, int Swaps, int SeenNetworks, long Learned,
    long Refused, int Collections, Quantiles Single, Quantiles Batch, Quantiles Call, Quantiles BatchCall, Quantiles? Answer, Quantiles Loop, Interruptions? Machine, string Revision, DateTime Measured)
{
    /// <summary>What this must reach: the 99.9th percentile of the network call, in medians.</summary>
    public const double MostTail = 3;

    /// <summary>Of a thousand calls of one row: how many the machine interrupts, as long as they are.</summary>
    [JsonIgnore]
    public double? Interrupted => Machine?.OfThousand(Call.P50);

    public string Line() => string.Create(CultureInfo.InvariantCulture,
        $"{Requests:N0} requests in {Seconds:F0} s, {Failures} failed; {Swaps} swaps; network call p50 {Call.P50} ns, p99.9 {Call.P999} ns ({Call.Tail:F2} times; the loop {Loop.Tail:F2}; the machine interrupts {Interrupted:F2} of 1,000)");
}

[JsonSerializable(typeof(LoadResult))]
internal sealed partial class LoadJson : JsonSerializerContext;
