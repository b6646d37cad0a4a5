using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using NetCompiler.Benchmarks.Peers;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>One system's figures for one case, as a line of JSON.</summary>
/// <param name="Bits">Of NetCompiler's vectors (its instruction path).</param>
/// <param name="Level">The memory that the weights are in.</param>
/// <param name="ShareOfLimit">Limit / median; above 1 only where less arithmetic does (Winograd).</param>
/// <param name="Error">The largest, relative to the norm of the exact output, loss or gradient; null where nothing exact is at hand.</param>
/// <param name="Ratio">The median of this system in those of NetCompiler: above 1, NetCompiler is faster.</param>
internal sealed record ResultLine(
    string Network,
    bool Training,
    int Batch,
    int Threads,
    int Bits,
    string System,
    double MedianMicroseconds,
    double? P999Microseconds,
    double BytesPerCall,
    double LimitMicroseconds,
    string Level,
    double ShareOfLimit,
    double Ratio,
    double? Error,
    double GigaflopsPeak,
    IReadOnlyDictionary<string, double> GigabytesPerSecond,
    string Revision,
    DateTime Measured)
{
    /// <summary>A later measurement of the same replaces it.</summary>
    [JsonIgnore]
    public (string, bool, int, int, int, string) Key => (Network, Training, Batch, Threads, Bits, System);

    [JsonIgnore]
    public (string Network, bool Training, int Batch) Case => (Network, Training, Batch);
}

/// <summary>The tables of a comparison.</summary>
internal static class Report
{
    public const string Name = "compare";
    private static readonly string[] Peers = [OnnxPredictor.SystemName, TorchTrainer.SystemName, TensorsMlp.SystemName];
    private static readonly string Own = NetCompilerPredictor<MlpTiny>.SystemName;

    /// <summary>Those whose slowest calls are measured where one sample is predicted.</summary>
    public static readonly string[] TailSystems = [Own, OnnxPredictor.SystemName, EmptyLoop.SystemName];

    public static void Save(IReadOnlyList<ResultLine> lines) => ResultsFolder.Save(Name, lines, l => l.Key, InOrder, Markdown);

    /// <summary>Everything, a table for each number of threads and each width of vectors.</summary>
    public static string Markdown(IReadOnlyList<ResultLine> lines)
    {
        var text = new StringBuilder();
        text.Append("Microseconds for one call: the median (and what 999 of 1,000 calls stay below). Ratios say how many times as long the other system takes. The limit\n")
            .Append("is the larger of direct arithmetic / measured peak and weights / measured bandwidth of the memory that holds them.\n");
        foreach (var table in lines.GroupBy(l => (l.Bits, l.Threads)))
        {
            var several = table.Key.Threads > 1;
            text.Append(CultureInfo.InvariantCulture, $"\n## {Threads(table.Key.Threads)}, NetCompiler with {table.Key.Bits}-bit vectors\n\n{Limits(table.Last())}\n\n")
                .Append("| case | NetCompiler | p99.9 | bytes | limit | share |").Append(several ? " against one thread |" : "");
            foreach (var peer in Peers) text.Append(CultureInfo.InvariantCulture, $" {peer} | ratio |");
            text.Append("\n|---|---|---|---|---|---|").Append(several ? "---|" : "").Insert(text.Length, "---|---|", Peers.Length).Append('\n');
            foreach (var group in table.GroupBy(l => l.Case))
            {
                if (group.FirstOrDefault(l => l.System == Own) is not { } own) continue;
                text.Append(CultureInfo.InvariantCulture, $"| {Title(own)} | {Number(own.MedianMicroseconds)} | {Number(own.P999Microseconds)} | {own.BytesPerCall:0.#} | ")
                    .Append(CultureInfo.InvariantCulture, $"{Number(own.LimitMicroseconds)} | {Percent(own.ShareOfLimit)} |");
                if (several) text.Append(CultureInfo.InvariantCulture, $" {Ratio(lines.FirstOrDefault(l => l.Key == own.Key with { Item4 = 1 })?.MedianMicroseconds / own.MedianMicroseconds)} |");
                foreach (var peer in Peers)
                {
                    var other = group.FirstOrDefault(l => l.System == peer);
                    text.Append(CultureInfo.InvariantCulture, $" {Number(other?.MedianMicroseconds)} | {Ratio(other?.Ratio)} |");
                }

                text.Append('\n');
            }

            AppendReading(text, [.. table]);
            AppendTails(text, [.. table]);
        }

        return text.ToString();
    }

    private static void AppendReading(StringBuilder text, List<ResultLine> lines)
    {
        List<ResultLine> readings = [.. lines.Where(l => l.System == WeightReading.SystemName)];
        if (readings.Count == 0 || lines[0].Threads > 1) return;
        text.Append("\nOne sample, and a loop that only reads the same network's parameters, where they are in memory, by turns with it: the bandwidth of the limit above is of a block of half the cache,\n")
            .Append("and pages that lie badly make more than that slower.\n\n| case | NetCompiler | reading the parameters | share |\n|---|---|---|---|\n");
        foreach (var reading in readings)
        {
            if (lines.FirstOrDefault(l => l.Case == reading.Case && l.System == Own) is not { } own) continue;
            text.Append(CultureInfo.InvariantCulture, $"| {Title(own)} | {Number(own.MedianMicroseconds)} | {Number(reading.MedianMicroseconds)} | {Percent(reading.MedianMicroseconds / own.MedianMicroseconds)} |\n");
        }
    }

    private static void AppendTails(StringBuilder text, List<ResultLine> lines)
    {
        List<IGrouping<(string, bool, int), ResultLine>> cases = [.. lines.GroupBy(l => l.Case).Where(g => g.Any(l => l.System == EmptyLoop.SystemName))];
        if (cases.Count == 0) return;
        text.Append("\nSlow calls: p99.9 / median of single calls by turns, a million of each unless that took longer than 8 s. The empty loop counts in registers for as long\n")
            .Append("as NetCompiler's median: what it has of slow calls is the machine's own (interrupts).\n\n| case |")
            .AppendJoin("", TailSystems.Select(s => $" {s} |")).Append("\n|---|").Insert(text.Length, "---|", TailSystems.Length).Append('\n');
        foreach (var group in cases)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Title(group.First())} |")
                .AppendJoin("", TailSystems.Select(s => $" {Ratio(group.FirstOrDefault(l => l.System == s) is { } l ? l.P999Microseconds / l.MedianMicroseconds : null)} |")).Append('\n');
        }
    }

    /// <summary>What a reader of the repository wants first: one thread, the widest vectors, NetCompiler beside the others.</summary>
    public static string Summary(IReadOnlyList<ResultLine> lines, string folder)
    {
        var (widest, most) = (lines.Max(l => l.Bits), lines.Max(l => l.Threads));
        List<ResultLine> shown = [.. lines.Where(l => l.Bits == widest && l.Threads == 1)];
        var text = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"Microseconds for one call on one thread, and how many times as long the others take. {Limits(shown[^1])}\n")
            .Append(CultureInfo.InvariantCulture, $"Measured on {shown.Max(l => l.Measured):yyyy-MM-dd}; [everything that was measured]({folder}/{Name}.md).\n\n")
            .Append("| case | NetCompiler | of the limit |");
        foreach (var peer in Peers) text.Append(CultureInfo.InvariantCulture, $" {peer} |");
        text.Append(most > 1 ? string.Create(CultureInfo.InvariantCulture, $" NetCompiler on {most} threads |") : "").Append("\n|---|---|---|").Insert(text.Length, "---|", Peers.Length).Append(most > 1 ? "---|\n" : "\n");
        foreach (var group in shown.GroupBy(l => l.Case))
        {
            if (group.FirstOrDefault(l => l.System == Own) is not { } own) continue;
            text.Append(CultureInfo.InvariantCulture, $"| {Title(own)} | {Number(own.MedianMicroseconds)} | {Percent(own.ShareOfLimit)} |");
            foreach (var peer in Peers)
                text.Append(group.FirstOrDefault(l => l.System == peer) is { } other ? $" {Number(other.MedianMicroseconds)} ({Ratio(other.Ratio)}x) |" : " |");
            if (most > 1) text.Append(CultureInfo.InvariantCulture, $" {Number(lines.FirstOrDefault(l => l.Key == own.Key with { Item4 = most })?.MedianMicroseconds)} |");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<ResultLine> InOrder(IEnumerable<ResultLine> lines)
    {
        var order = Cases.All.Select((c, i) => ((c.Network, c.Training, c.Batch), i)).ToDictionary(p => p.Item1, p => p.i);
        return lines.OrderByDescending(l => l.Bits).ThenBy(l => l.Threads).ThenBy(l => order.GetValueOrDefault(l.Case, int.MaxValue));
    }

    private static string Limits(ResultLine line) => string.Create(CultureInfo.InvariantCulture,
        $"Limits are measured in each case's own run, here in the last one's: {line.GigaflopsPeak:F0} GFLOP/s; {string.Join(", ", line.GigabytesPerSecond.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Key} {l.Value:F0} GB/s")))}.");

    private static string Title(ResultLine line) => $"{(line.Training ? "training " : "")}{line.Network}, batch {line.Batch.ToString(CultureInfo.InvariantCulture)}";

    private static string Threads(int count) => count == 1 ? "One thread" : $"{count.ToString(CultureInfo.InvariantCulture)} threads";

    private static string Percent(double share) => (share * 100).ToString("0", CultureInfo.InvariantCulture) + " %";

    private static string Ratio(double? ratio) => ratio is { } r ? r.ToString(r < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture) : "-";

    /// <summary>Three digits.</summary>
    private static string Number(double? value) => value switch
    {
        null => "-",
        < 1 => value.Value.ToString("0.000", CultureInfo.InvariantCulture),
        < 10 => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
    };
}
