using System.Globalization;
using System.Text;
using System.Text.Json;
using NetCompiler.Benchmarks.Reporting;

namespace Scorer.LoadTest;

/// <summary>Keeps results under benchmarks/results, one line for each runtime, vector width and use of processors, and writes them into docs/service.md.</summary>
internal static class Report
{
    private const string Begin = "<!-- load: written by `dotnet run -c Release --project benchmarks/Scorer` -->", End = "<!-- load: end -->";

    public static void Save(LoadResult result)
    {
        Directory.CreateDirectory(Checkout.Results);
        var others = File.Exists(ResultsFile) ? File.ReadLines(ResultsFile).Where(l => l.Length > 0).Select(Read).Where(r => Kind(r) != Kind(result)) : [];
        LoadResult[] all = [.. others.Append(result).OrderBy(r => r.Runtime, StringComparer.Ordinal).ThenByDescending(r => r.Bits).ThenByDescending(r => r.Settings.OwnProcessors)];
        File.WriteAllLines(ResultsFile, all.Select(r => JsonSerializer.Serialize(r, LoadJson.Default.LoadResult)));
        Console.WriteLine($"Saved in {ResultsFile}");
        WriteDocument();
    }

    /// <summary>Writes what was measured on this processor into docs/service.md.</summary>
    public static void WriteDocument()
    {
        var all = File.ReadLines(ResultsFile).Where(l => l.Length > 0).Select(Read);
        var document = Path.Combine(Checkout.Path, "docs", "service.md");
        var text = File.ReadAllText(document);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
            throw new InvalidDataException($"{document} must have the lines\n{Begin}\n{End}\nin this order; the results go between them.");
        File.WriteAllText(document, $"{text[..(begin + Begin.Length)]}\n{string.Join("\n", all.Select(Section))}{text[end..]}");
        Console.WriteLine($"Written into {document}");
    }

    /// <summary>Percentiles, in microseconds.</summary>
    public static string Table(LoadResult result)
    {
        var text = new StringBuilder("| microseconds | count | p50 | p90 | p99 | p99.9 | p99.99 | most | p99.9 / p50 |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (var (name, q) in new[]
        {
            ("request of 1 row", result.Single),
            ($"request of {result.Settings.BatchRows} rows", result.Batch),
            ("network call, 1 row", result.Call),
            ("loop of the same length", result.Loop),
            ("from text to score, 1 row", result.Answer),
            ($"network call, {result.Settings.BatchRows} rows", result.BatchCall),
        })
        {
            if (q is null)
                continue;
            text.Append(CultureInfo.InvariantCulture,
                $"| {name} | {q.Count:N0} | {Time(q.P50)} | {Time(q.P90)} | {Time(q.P99)} | {Time(q.P999)} | {Time(q.P9999)} | {Time(q.Most)} | {q.Tail:F2} |\n");
        }
        return text.ToString();
    }

    private static string Section(LoadResult r) => string.Create(CultureInfo.InvariantCulture,
        $"""

        **{r.Runtime}, {r.Bits}-bit vectors, {(r.Settings.OwnProcessors ? "processors of its own" : "shared processors")}**, {Processor.Name}, {r.Measured:yyyy-MM-dd}: {r.Requests:N0} requests in {r.Seconds:F0} s over {r.Settings.Connections} connections
        ({r.Settings.Rate:N0} each second were asked for), {r.Failures} failed. {r.Learned:N0} labelled rows were learned from meanwhile, {r.Refused} posts of them refused; the network was replaced
        {r.Swaps} times, and {r.SeenNetworks} networks gave answers. {r.Collections} garbage collections.{Around(r)}

        {Table(r)}
        """);

    private static string Around(LoadResult r) => r.Machine is not { } machine ? "" : string.Create(CultureInfo.InvariantCulture,
        $"""

        Around the load, a thread that only reads the clock was interrupted {machine.PerSecond:N0} times each second for a microsecond or longer, {100 * machine.Share:F1} % of its time: of calls as
        long as the median, {r.Interrupted:F2} of 1,000.
        """);

    /// <summary>Of each kind one result is kept.</summary>
    private static (string Runtime, int Bits, bool OwnProcessors) Kind(LoadResult r) => (r.Runtime, r.Bits, r.Settings.OwnProcessors);

    /// <summary>In microseconds.</summary>
    public static string Time(long nanoseconds) => (nanoseconds / 1000.0).ToString(nanoseconds < 10_000 ? "0.00" : nanoseconds < 100_000 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    private static LoadResult Read(string line) => JsonSerializer.Deserialize(line, LoadJson.Default.LoadResult)!;

    private static string ResultsFile { get; } = Path.Combine(Checkout.Results, "scorer.jsonl");
}
