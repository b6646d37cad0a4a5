using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NetCompiler.Generators;

namespace NetCompiler.Benchmarks.Generator;

/// <summary>What generating one network's code takes.</summary>
/// <param name="ColdMilliseconds">The first time in a process, with the generator's own code not yet compiled by the JIT.</param>
/// <param name="WarmMilliseconds">The median of later times, each from nothing.</param>
/// <param name="EditMilliseconds">The median after an edit that has nothing to do with the network.</param>
/// <param name="StagesAfterEdit">Results of the compiling step that were new after that edit.</param>
/// <param name="Megabytes">Allocated by a warm run.</param>
internal sealed record GeneratorResult(
    string Network, double ColdMilliseconds, double WarmMilliseconds, double EditMilliseconds, int StagesAfterEdit, double Megabytes, int Files, int Characters, int Lines);

/// <summary>The generator on residual networks of two depths, as a build runs it.</summary>
internal static class GeneratorBenchmark
{
    private static readonly CSharpParseOptions Options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14);

    /// <summary>Each depth in a process of its own, so that each has its cold run.</summary>
    public static int Run(int repeats)
    {
        Console.WriteLine("| network | cold, ms | warm, ms | unrelated edit, ms | compiled again | allocated, MB | files | characters | lines |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var depth in new[] { 20, 110 })
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(GeneratorBenchmark).Assembly.Location);
            foreach (var argument in new[] { "generator", "--depth", Text(depth), "--repeats", Text(repeats) }) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) return process.ExitCode;
            var r = JsonSerializer.Deserialize<GeneratorResult>(output)!;
            Console.WriteLine(FormattableString.Invariant(
                $"| {r.Network} | {r.ColdMilliseconds:F0} | {r.WarmMilliseconds:F1} | {r.EditMilliseconds:F1} | {r.StagesAfterEdit} | {r.Megabytes:F1} | {r.Files} | {r.Characters:N0} | {r.Lines:N0} |"));
        }

        return 0;
    }

    /// <summary>One depth, in this process, as a line of JSON.</summary>
    public static int RunOne(int depth, int repeats)
    {
        // Roslyn is warm in a build by the time that generators run; binding the user's own code does that. What has no generated half yet is an error here.
        var compilation = Compile(depth);
        _ = compilation.GetDiagnostics();

        var (cold, _, result) = Time(() => NewDriver().RunGenerators(compilation));
        var run = result.GetRunResult();
        if (run.Results[0].Exception is { } exception) throw new InvalidOperationException("The generator failed.", exception);
        var sources = run.Results[0].GeneratedSources.Select(s => s.SourceText).ToList();
        if (sources.Count == 0 || !run.Diagnostics.IsEmpty) throw new InvalidOperationException("The generator made nothing: " + string.Join(" ", run.Diagnostics));

        List<double> warm = [], edits = [];
        double megabytes = 0;
        GeneratorDriver driver = result;
        var stages = 0;
        for (var i = 0; i < repeats; i++)
        {
            var fresh = Compile(depth);
            _ = fresh.GetDiagnostics();
            (var time, megabytes, driver) = Time(() => NewDriver().RunGenerators(fresh));
            warm.Add(time);

            var edited = fresh.AddSyntaxTrees(CSharpSyntaxTree.ParseText($"internal static class Other {{ public const int Number = {Text(i)}; }}", Options));
            (time, _, driver) = Time(() => driver.RunGenerators(edited));
            edits.Add(time);
            stages += driver.GetRunResult().Results[0].TrackedSteps[NetworkGenerator.Steps.Compiled]
                .Sum(s => s.Outputs.Count(o => o.Reason is IncrementalStepRunReason.New or IncrementalStepRunReason.Modified));
        }

        Console.WriteLine(JsonSerializer.Serialize(new GeneratorResult(
            "ResNet" + Text(depth), cold, Median(warm), Median(edits), stages, megabytes, sources.Count, sources.Sum(s => s.Length), sources.Sum(s => s.Lines.Count))));
        return 0;
    }

    private static GeneratorDriver NewDriver() => CSharpGeneratorDriver.Create(
        [new NetworkGenerator().AsSourceGenerator()], parseOptions: Options, driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    private static CSharpCompilation Compile(int depth) => CSharpCompilation.Create(
        "User",
        [CSharpSyntaxTree.ParseText(Source(depth), Options, "ResNet.cs")],
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "NetCompiler.dll"))
            .Select(p => MetadataReference.CreateFromFile(p)),
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    /// <summary>He et al., 2015: depth = 6 n + 2, with n blocks in each of three stages.</summary>
    private static string Source(int depth)
    {
        var (n, rest) = (Text((depth - 2) / 6), Text(((depth - 2) / 6) - 1));
        return $$"""
            using NetCompiler;

            [Block]
            public sealed partial class BasicBlock
            {
                [Input] public partial Layer X { get; }
                [Conv2D(Like = nameof(X), Kernel = 3), BatchNorm, Relu, Conv2D(Like = nameof(X), Kernel = 3), BatchNorm] public partial Layer Residual { get; }
                [Add(nameof(X), nameof(Residual)), Relu] public partial Layer Sum { get; }
            }

            [Block]
            public sealed partial class DownBlock
            {
                [Input] public partial Layer X { get; }
                [Conv2D(Scale = 2, Kernel = 3, Stride = 2), BatchNorm, Relu, Conv2D(Scale = 1, Kernel = 3), BatchNorm] public partial Layer Residual { get; }
                [From(nameof(X)), Conv2D(Scale = 2, Kernel = 1, Stride = 2), BatchNorm] public partial Layer Shortcut { get; }
                [Add(nameof(Residual), nameof(Shortcut)), Relu] public partial Layer Sum { get; }
            }

            [Network(Loss = Loss.SoftmaxCrossEntropy)]
            public sealed partial class ResNet
            {
                [Input(3, 32, 32)] public partial Layer Image { get; }
                [Conv2D(16, Kernel = 3), BatchNorm, Relu] public partial Layer Stem { get; }
                [Use<BasicBlock>(Repeat = {{n}})] public partial Layer Stage1 { get; }
                [Use<DownBlock>, Use<BasicBlock>(Repeat = {{rest}})] public partial Layer Stage2 { get; }
                [Use<DownBlock>, Use<BasicBlock>(Repeat = {{rest}})] public partial Layer Stage3 { get; }
                [GlobalAveragePool, Dense(10)] public partial Layer Logits { get; }
            }
            """;
    }

    private static (double Milliseconds, double Megabytes, GeneratorDriver Driver) Time(Func<GeneratorDriver> action)
    {
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var begin = Stopwatch.GetTimestamp();
        var driver = action();
        return (Stopwatch.GetElapsedTime(begin).TotalMilliseconds, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / 1e6, driver);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
