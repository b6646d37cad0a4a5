using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Aot;

/// <summary>How long one case takes in each build.</summary>
/// <param name="Case">The network, and what is done with it.</param>
/// <param name="Microseconds">By the build's name: the median of all its turns, each of which is a median of calls.</param>
internal sealed record AotResult(string Case, IReadOnlyDictionary<string, double> Microseconds, string Revision, DateTime Measured);

/// <summary>
/// The same program (benchmarks/AotProgram) under the JIT and as native AOT publishes it for several baselines. All processes run side by side and take turns, so
/// that whatever else the machine does hits all of them; they are started several times, since where their memory lies makes a difference to small networks.
/// </summary>
internal static class AotBenchmark
{
    private const string Name = "aot";
    private const int SliceMilliseconds = 30, WarmUps = 8, Turns = 3;

    private static readonly Build[] Builds =
    [
        new("JIT, AVX-512", null, new()),
        new("native, x86-64-v4", "x86-64-v4", new()),
        new("JIT, AVX2", null, new() { ["DOTNET_EnableAVX512"] = "0" }),
        new("native, x86-64-v3", "x86-64-v3", new()),
        new("native, none", "none", new()),
    ];

    private static string Folder { get; } = Path.Combine(Checkout.Path, "artifacts", "aot-benchmark");

    public static int Run(bool build, bool measure, int starts, bool save)
    {
        if (build)
        {
            foreach (var (baseline, folder) in Builds.Select(b => (b.Baseline, b.Folder(Folder))).Distinct()) AotProgram.Make(baseline, folder);
        }

        if (!measure) return 0;

        var times = new Dictionary<(string Case, string Build), List<double>>();
        string[] cases = [];
        var sizes = "";
        for (var start = 0; start < starts; start++)
        {
            List<AotProgram> programs = [.. Builds.Select(b => AotProgram.Start(b, b.Folder(Folder))).OfType<AotProgram>()];
            try
            {
                (cases, sizes) = (programs[0].Cases, Sizes(programs));
                for (var c = 0; c < cases.Length; c++) MeasureCase(c, programs, times);
            }
            finally
            {
                programs.ForEach(p => p.Dispose());
            }
        }

        foreach (var list in times.Values) list.Sort();
        List<AotResult> results = [.. cases.Select(c => new AotResult(
            c, times.Where(t => t.Key.Case == c).ToDictionary(t => t.Key.Build, t => t.Value[t.Value.Count / 2]), ResultsFolder.Revision, DateTime.UtcNow))];
        Console.WriteLine(Markdown(results));
        Console.WriteLine(sizes);
        if (save) ResultsFolder.Save(Name, results, r => r.Case, r => r.OrderBy(l => Array.IndexOf(cases, l.Case)), Markdown);
        return 0;
    }

    private static void MeasureCase(int which, List<AotProgram> programs, Dictionary<(string Case, string Build), List<double>> times)
    {
        // The JIT replaces first versions of methods in the background, while nothing runs.
        for (var i = 0; i < WarmUps; i++)
        {
            foreach (var program in programs) program.Measure(which, SliceMilliseconds / 3);
            Thread.Sleep(60);
        }

        for (var turn = 0; turn < Turns; turn++)
        {
            foreach (var program in programs)
            {
                var key = (program.Cases[which], program.Build.Name);
                if (!times.TryGetValue(key, out var list)) times[key] = list = [];
                list.Add(program.Measure(which, SliceMilliseconds));
            }
        }
    }

    private static string Markdown(IReadOnlyList<AotResult> results)
    {
        string[] names = [.. Builds.Select(b => b.Name).Where(n => results.Any(r => r.Microseconds.ContainsKey(n)))];
        var text = new StringBuilder("Microseconds for one call on one thread, and in brackets as a part of what the JIT takes with the same instructions.\n\n")
            .Append(CultureInfo.InvariantCulture, $"| case | {string.Join(" | ", names)} |\n|---{string.Concat(names.Select(_ => "|---"))}|\n");
        foreach (var r in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {r.Case} |");
            foreach (var name in names) text.Append(CultureInfo.InvariantCulture, $" {Cell(r, name)} |");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(AotResult result, string name)
    {
        if (!result.Microseconds.TryGetValue(name, out var time)) return "";
        var like = name switch { "native, x86-64-v4" => "JIT, AVX-512", "native, x86-64-v3" => "JIT, AVX2", _ => "" };
        var digits = time < 1 ? "F3" : time < 10 ? "F2" : time < 100 ? "F1" : "N0";
        var text = time.ToString(digits, CultureInfo.InvariantCulture);
        return result.Microseconds.TryGetValue(like, out var jit) ? string.Create(CultureInfo.InvariantCulture, $"{text} ({time / jit:F2})") : text;
    }

    private static string Sizes(List<AotProgram> programs) => string.Join('\n', programs.Where(p => p.Build.Baseline is not null)
        .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Build.Name}: {p.FileSize / 1e6:F2} MB")));
}

/// <summary>One way of compiling and running the program.</summary>
/// <param name="Name">Its column.</param>
/// <param name="Baseline">NetCompilerInstructionSet; null: the JIT.</param>
/// <param name="Environment">Variables of its process.</param>
internal sealed record Build(string Name, string? Baseline, Dictionary<string, string> Environment)
{
    public string Folder(string root) => Path.Combine(root, Baseline ?? "jit");
}
