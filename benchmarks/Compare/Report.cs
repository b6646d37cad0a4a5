using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>One system's figures for one case, as a line of JSON.</summary>
/// <param name="ShareOfLimit">Limit / median; above 1 only where less arithmetic does (Winograd).</param>
/// <param name="Error">The largest, relative to the norm of the exact output, loss or gradient.</param>
/// <param name="Ratio">The median of this system in those of NetCompiler: above 1, NetCompiler is faster.</param>
internal sealed record ResultLine(
    string Network,
    bool Training,
    int Batch,
    int Threads,
    string System,
    double MedianMicroseconds,
    double? P999Microseconds,
    double BytesPerCall,
    double LimitMicroseconds,
    string Level,
    double ShareOfLimit,
    double Ratio,
    double GigaflopsPeak,
    double Error,
    DateTime Measured)
{
    /// <summary>A later measurement of the same replaces it.</summary>
    [JsonIgnore]
    public (string, bool, int, int, string) Key => (Network, Training, Batch, Threads, System);
}

/// <summary>Results as JSON lines, which are kept, and a Markdown table, which is written from them.</summary>
internal static class Report
{
    private static readonly string[] Peers = [Benchmarks.Peers.OnnxPredictor.SystemName, Benchmarks.Peers.TorchTrainer.SystemName];

    /// <summary>Replaces what was measured again and keeps the rest.</summary>
    public static string Save(IReadOnlyList<ResultLine> lines)
    {
        var folder = Path.Combine(Root(), "benchmarks", "results", Processor.Folder);
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "compare.jsonl");
        var kept = File.Exists(file) ? File.ReadLines(file).Select(l => JsonSerializer.Deserialize<ResultLine>(l)!) : [];
        var again = lines.Select(l => l.Key).ToHashSet();
        var order = Cases.All.Select((c, i) => ((c.Network, c.Training, c.Batch), i)).ToDictionary(p => p.Item1, p => p.i);
        ResultLine[] all = [.. kept.Where(l => !again.Contains(l.Key)).Concat(lines).OrderBy(l => order.GetValueOrDefault((l.Network, l.Training, l.Batch), int.MaxValue)).ThenBy(l => l.Threads)];
        File.WriteAllLines(file, all.Select(l => JsonSerializer.Serialize(l)));
        File.WriteAllText(Path.Combine(folder, "compare.md"), $"# {Processor.Name}\n\n{Markdown(all)}");
        return folder;
    }

    public static string Markdown(IEnumerable<ResultLine> lines)
    {
        var text = new StringBuilder();
        text.Append("Microseconds for one call: the median (and what 999 of 1,000 calls stay below). Ratios say how many times as long the other system takes. The limit\n")
            .Append("is the larger of direct arithmetic / measured peak and weights / measured bandwidth of the memory that holds them. Forward runs on the caller's\n")
            .Append("thread, whatever the others use.\n\n")
            .Append("| case | threads | NetCompiler | p99.9 | bytes | limit | share |");
        foreach (var peer in Peers) text.Append(CultureInfo.InvariantCulture, $" {peer} | ratio |");
        text.Append("\n|---|---|---|---|---|---|---|").Insert(text.Length, "---|---|", Peers.Length).Append('\n');
        foreach (var group in lines.GroupBy(l => (l.Network, l.Training, l.Batch, l.Threads)))
        {
            if (group.FirstOrDefault(l => Array.IndexOf(Peers, l.System) < 0) is not { } own) continue;
            text.Append(CultureInfo.InvariantCulture, $"| {(own.Training ? "training " : "")}{own.Network}, batch {own.Batch} | {own.Threads} | {Number(own.MedianMicroseconds)} | ")
                .Append(CultureInfo.InvariantCulture, $"{Number(own.P999Microseconds)} | {own.BytesPerCall:0.#} | {Number(own.LimitMicroseconds)} | {own.ShareOfLimit:P0} |");
            foreach (var peer in Peers)
            {
                var other = group.FirstOrDefault(l => l.System == peer);
                text.Append(CultureInfo.InvariantCulture, $" {Number(other?.MedianMicroseconds)} | {(other is null ? "-" : other.Ratio.ToString("0.00", CultureInfo.InvariantCulture))} |");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Three digits.</summary>
    private static string Number(double? value) => value switch
    {
        null => "-",
        < 1 => value.Value.ToString("0.000", CultureInfo.InvariantCulture),
        < 10 => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
    };

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "NetCompiler.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"NetCompiler.sln is in no folder above {AppContext.BaseDirectory}; run the benchmarks from the repository.");
    }
}
