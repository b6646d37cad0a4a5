using System.Reflection;
using System.Text.Json;

namespace NetCompiler.Benchmarks.Reporting;

/// <summary>Where measurements are kept: <c>benchmarks/results/(processor)/NAME.jsonl</c>, with a table of the same in <c>NAME.md</c>.</summary>
internal static class ResultsFolder
{
    /// <summary>This processor's.</summary>
    public static string Own => Checkout.Results;

    /// <summary>What was measured: the commit that this program was built from.</summary>
    public static string Revision { get; } =
        typeof(ResultsFolder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+') is [_, var commit] ? commit[..Math.Min(10, commit.Length)] : "";

    private static string All => Path.GetDirectoryName(Own)!;

    /// <summary>That of a processor, by the folder's name.</summary>
    public static string Of(string processor) => Path.Combine(All, processor);

    public static List<T> Read<T>(string name, string folder)
    {
        var file = Path.Combine(folder, name + ".jsonl");
        return File.Exists(file) ? [.. File.ReadLines(file).Where(l => l.Length > 0).Select(l => JsonSerializer.Deserialize<T>(l)!)] : [];
    }

    /// <summary>Replaces what was measured again, keeps the rest, and writes the table.</summary>
    public static void Save<T, TKey>(string name, IReadOnlyList<T> lines, Func<T, TKey> key, Func<IEnumerable<T>, IEnumerable<T>> order, Func<IReadOnlyList<T>, string> table)
    {
        Directory.CreateDirectory(Own);
        var again = lines.Select(key).ToHashSet();
        T[] all = [.. order(Read<T>(name, Own).Where(l => !again.Contains(key(l))).Concat(lines))];
        File.WriteAllLines(Path.Combine(Own, name + ".jsonl"), all.Select(l => JsonSerializer.Serialize(l)));
        File.WriteAllText(Path.Combine(Own, name + ".md"), $"# {Processor.Name}\n\n{table(all)}");
        Console.WriteLine($"Saved in {Own}");
    }

    /// <summary>The processor's folder with the newest results of that name.</summary>
    public static string? Newest<T>(string name, Func<T, DateTime> measured) => !Directory.Exists(All) ? null
        : Directory.GetDirectories(All).Where(f => Read<T>(name, f).Count > 0).MaxBy(f => Read<T>(name, f).Max(measured));
}
