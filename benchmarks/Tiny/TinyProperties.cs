using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Tiny;

/// <param name="Property">What the project does not have.</param>
internal sealed record TinyPropertyResult(string Property, long Bytes, string Revision, DateTime Measured)
{
    [JsonIgnore]
    public string Key => Property;
}

/// <summary>What each property in samples/Tiny/Tiny.csproj is good for.</summary>
internal static class TinyProperties
{
    private const string Name = "tiny-properties", All = "(none)";

    private static readonly (string Property, string[] Arguments)[] Variants =
    [
        (All, []),
        ("OptimizationPreference Size", ["-p:OptimizationPreference="]),
        ("InvariantGlobalization", ["-p:InvariantGlobalization=false"]),
        ("StackTraceSupport false", ["-p:StackTraceSupport=true"]),
        ("UseSystemResourceKeys", ["-p:UseSystemResourceKeys=false"]),
        ("NetCompilerInstructionSet x86-64-v3", ["-p:NetCompilerInstructionSet=x86-64-v4"]),
    ];

    public static int Run(bool save)
    {
        var folder = Directory.CreateTempSubdirectory("netcompiler-tiny-").FullName;
        try
        {
            List<TinyPropertyResult> results = [.. Variants.Select((v, i) =>
            {
                var files = Directory.GetFiles(TinyProgram.Publish("samples/Tiny", Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture)), v.Arguments));
                return new TinyPropertyResult(v.Property, files.Sum(f => new FileInfo(f).Length), ResultsFolder.Revision, DateTime.UtcNow);
            })];
            Console.WriteLine(Markdown(results));
            if (save) ResultsFolder.Save(Name, results, r => r.Key, r => r.OrderBy(l => Array.FindIndex(Variants, v => v.Property == l.Property)), Markdown);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Markdown(IReadOnlyList<TinyPropertyResult> results)
    {
        var whole = results.FirstOrDefault(r => r.Property == All)?.Bytes ?? 0;
        var text = new StringBuilder("What samples/Tiny is published to when its project lacks one property (of the last: when it says x86-64-v4).\n\n")
            .Append("| without | size | more by |\n|---|---|---|\n");
        foreach (var r in results) text.Append(CultureInfo.InvariantCulture, $"| {r.Property} | {r.Bytes / 1e6:F3} MB | {(r.Bytes - whole) / 1e3:F0} kB |\n");
        return text.ToString();
    }
}
