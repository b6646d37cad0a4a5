using System.Globalization;

namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>
/// The table of docs/accuracy.md. A run on a processor with fused multiply-add measures the columns for that, one without the others;
/// NETCOMPILER_WRITE_ACCURACY=1 in the environment writes what was measured.
/// </summary>
internal static class AccuracyTable
{
    private const string First = "| function | allowed |";

    /// <summary>Units in the last place that a function may be off.</summary>
    public static double Bound(string name) => name is "Exp" or "Log" ? 2 : 4;

    public static void Check()
    {
        var path = Repository.File("docs/accuracy.md");
        var lines = File.ReadAllLines(path).ToList();
        var at = lines.FindIndex(l => l.StartsWith(First, StringComparison.Ordinal)) + 2;
        var rows = lines.Skip(at).TakeWhile(l => l.StartsWith('|')).ToList();
        var known = rows.Select(r => r.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(c => c[1], c => c);
        var written = Measure().Select(m => Row(m.Name, m.Worst, known.GetValueOrDefault(m.Name))).ToList();
        if (Environment.GetEnvironmentVariable("NETCOMPILER_WRITE_ACCURACY") == "1")
        {
            lines.RemoveRange(at, rows.Count);
            lines.InsertRange(at, written);
            File.WriteAllText(path, string.Join('\n', lines) + "\n");
        }
        else
        {
            Assert.Equal(written, rows);
        }
    }

    /// <summary>Each function, and each layer that is not one of the functions, with the worst of all widths.</summary>
    private static IEnumerable<(string Name, Worst Worst)> Measure() =>
        Compiled.Functions.Select(f => (f, Worst.Widths.Select(w => Worst.Of(f, Compiled.Function(f, w))).MaxBy(w => w.Error)!))
            .Concat(Compiled.Layers.Except(Compiled.Functions).Select(l => (l, Worst.Widths.Select(w => Worst.Of(l, Compiled.Layer(l, w))).MaxBy(w => w.Error)!)));

    private static string Row(string name, Worst worst, string[]? known)
    {
        string[] mine = [worst.Error.ToString("F2", CultureInfo.InvariantCulture), worst.At.ToString("R", CultureInfo.InvariantCulture)];
        string[] fused = Worst.Fused ? mine : known?[3..5] ?? ["", ""];
        string[] separate = Worst.Fused ? known?[5..7] ?? ["", ""] : mine;
        return $"| {name} | {Bound(name).ToString(CultureInfo.InvariantCulture)} | {fused[0]} | {fused[1]} | {separate[0]} | {separate[1]} |";
    }
}
