using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NetCompiler.Benchmarks.Generator;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Startup;

/// <summary>How long a program lives that makes a network, predicts once and ends.</summary>
/// <param name="Ratio">The median in those of the empty program.</param>
internal sealed record StartupResult(string Program, int Runs, double MedianMilliseconds, double LeastMilliseconds, double Ratio, int Bits, string Revision, DateTime Measured)
{
    [JsonIgnore]
    public (string, int) Key => (Program, Bits);
}

/// <summary>
/// The start of a process under the JIT. Each program is compiled here, optimised, as a project of its own that has one network and references
/// nothing but NetCompiler; none of them is this program, whose many libraries would slow all of them down and so hide the difference.
/// </summary>
internal static class StartupBenchmark
{
    private const string Empty = "empty", Name = "startup";

    private static readonly (string Program, string[] Classes)[] Programs =
    [
        (Empty, []),
        ("mlp-mnist", [nameof(MlpMnist)]),
        ("resnet20", [nameof(BasicBlock), nameof(DownBlock), nameof(ResNet20)]),
    ];

    public static int Run(int runs, bool save)
    {
        var folder = Directory.CreateTempSubdirectory("netcompiler-startup-");
        try
        {
            var files = Programs.Select(p => Compile(p.Program, p.Classes, folder.FullName)).ToList();
            var times = files.ConvertAll(_ => new List<double>());
            const int WarmUps = 2;
            for (var run = 0; run < runs + WarmUps; run++)
            {
                foreach (var (file, list) in files.Zip(times))
                {
                    var time = Start(file);
                    if (run >= WarmUps) list.Add(time);
                }
            }

            times.ForEach(t => t.Sort());
            List<StartupResult> results = [.. Programs.Zip(times, (p, t) => new StartupResult(
                p.Program, runs, t[t.Count / 2], t[0], t[t.Count / 2] / times[0][t.Count / 2], (int)InstructionPaths.Default, ResultsFolder.Revision, DateTime.UtcNow))];
            Console.WriteLine(Markdown(results));
            if (save) ResultsFolder.Save(Name, results, r => r.Key, r => r.OrderByDescending(l => l.Bits).ThenBy(l => Array.FindIndex(Programs, p => p.Program == l.Program)), Markdown);
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Markdown(IReadOnlyList<StartupResult> results)
    {
        var text = new StringBuilder("Milliseconds from the start of a process to its end, under the JIT. The empty program does nothing; the others make the network and predict once.\n\n")
            .Append("| program | bits of vectors | median | least | times the empty program |\n|---|---|---|---|---|\n");
        foreach (var r in results)
            text.Append(CultureInfo.InvariantCulture, $"| {r.Program} | {r.Bits} | {r.MedianMilliseconds:F0} | {r.LeastMilliseconds:F0} | {r.Ratio:F2} |\n");
        return text.ToString();
    }

    /// <summary>The program's file, with all that it needs beside it.</summary>
    private static string Compile(string program, string[] classes, string folder)
    {
        folder = Directory.CreateDirectory(Path.Combine(folder, program)).FullName;
        var file = Path.Combine(folder, "program.dll");
        UserProject.Emit(UserProject.Create("program", OutputKind.ConsoleApplication, classes.Length == 0 ? [Source("return 0;")] : [Source(Predict(classes[^1])), Networks(classes)]), file);
        if (classes.Length > 0) File.Copy(typeof(Layer).Assembly.Location, Path.Combine(folder, "NetCompiler.dll"));
        File.WriteAllText(Path.Combine(folder, "program.runtimeconfig.json"), $$"""
            {
              "runtimeOptions": {
                "tfm": "net10.0",
                "framework": { "name": "Microsoft.NETCore.App", "version": "{{Environment.Version}}" },
                "configProperties": { "System.Globalization.Invariant": true }
              }
            }
            """);
        return file;
    }

    private static string Source(string body) => $$"""
        internal static class Program
        {
            private static int Main()
            {
                {{body}}
            }
        }
        """;

    private static string Predict(string network) => $$"""
        var network = new NetCompiler.Benchmarks.{{network}}(seed: 1);
                var input = new float[NetCompiler.Benchmarks.{{network}}.InputSize];
                var output = new float[NetCompiler.Benchmarks.{{network}}.OutputSize];
                for (var i = 0; i < input.Length; i++) input[i] = 0.5f;
                network.Forward(input, output);
                return float.IsFinite(output[0]) && output[0] != 0 ? 0 : 1;
        """;

    /// <summary>Networks.cs with only these classes.</summary>
    private static string Networks(string[] classes)
    {
        using var stream = typeof(StartupBenchmark).Assembly.GetManifestResourceStream("Networks.cs")!;
        using var reader = new StreamReader(stream);
        var root = CSharpSyntaxTree.ParseText(reader.ReadToEnd(), UserProject.Options).GetCompilationUnitRoot();
        var others = root.DescendantNodes().OfType<ClassDeclarationSyntax>().Where(c => !classes.Contains(c.Identifier.Text));
        return "using NetCompiler;\n" + root.RemoveNodes(others, SyntaxRemoveOptions.KeepNoTrivia)!.ToFullString();
    }

    private static double Start(string program)
    {
        var start = new ProcessStartInfo(Dotnet()) { ArgumentList = { program }, RedirectStandardError = true };
        var begin = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        process.WaitForExit();
        var time = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        return process.ExitCode == 0 ? time : throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {process.StandardError.ReadToEnd()}");
    }

    /// <summary>The host of the runtime that this program runs on: three folders above its libraries.</summary>
    private static string Dotnet()
    {
        var root = new DirectoryInfo(Path.GetDirectoryName(typeof(object).Assembly.Location)!).Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
    }
}
