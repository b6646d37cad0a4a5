using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NetCompiler.Benchmarks.Reporting;
using NetCompiler.Generators;

namespace NetCompiler.Benchmarks.Generator;

/// <summary>What generating one network's code takes.</summary>
/// <param name="ColdMilliseconds">The first time in a process, of the generator that builds on this platform use: where the package has one, with machine code.</param>
/// <param name="IlColdMilliseconds">The same of the generator as IL, whose code the JIT compiles meanwhile.</param>
/// <param name="ParseMilliseconds">What Roslyn then takes to parse the text that was generated: not part of the cold run, whose trees Roslyn parses when the compiler first looks at them.</param>
/// <param name="WarmMilliseconds">The median of later times, each from nothing.</param>
/// <param name="EditMilliseconds">The median after an edit that has nothing to do with the network.</param>
/// <param name="StagesAfterEdit">Results of the compiling step that were new after that edit.</param>
/// <param name="Megabytes">Allocated by a warm run.</param>
/// <param name="PeakMegabytes">The most memory that the process had, with Roslyn and the warm runs.</param>
internal sealed record GeneratorResult(
    int Depth,
    double ColdMilliseconds,
    double IlColdMilliseconds,
    double ParseMilliseconds,
    double WarmMilliseconds,
    double EditMilliseconds,
    int StagesAfterEdit,
    double Megabytes,
    double PeakMegabytes,
    int Files,
    int Characters,
    int Lines,
    string Revision,
    DateTime Measured);

/// <summary>The generator on residual networks of two depths, as a build runs it.</summary>
internal static class GeneratorBenchmark
{
    private const string Name = "generator";

    /// <summary>Each depth in processes of its own, with machine code and as IL by turns: each gives one cold run, of which the median is taken. The rest is of those with machine code.</summary>
    public static int Run(int[] depths, int repeats, int processes, bool save)
    {
        var generator = MachineCode.Make();
        if (generator is null) Console.WriteLine("The generator is measured as IL only: there is no machine code of it for this platform.");
        var results = new List<GeneratorResult>();
        foreach (var depth in depths)
        {
            List<GeneratorResult> runs = [], il = [];
            for (var i = 0; i < processes; i++)
            {
                if (Start(depth, repeats, generator) is not { } run || (generator is null ? run : Start(depth, 1, null)) is not { } plain) return 1;
                runs.Add(run);
                il.Add(plain);
            }

            results.Add(runs[0] with
            {
                ColdMilliseconds = Median([.. runs.Select(r => r.ColdMilliseconds)]),
                IlColdMilliseconds = Median([.. il.Select(r => r.ColdMilliseconds)]),
                ParseMilliseconds = Median([.. runs.Select(r => r.ParseMilliseconds)]),
                WarmMilliseconds = Median([.. runs.Select(r => r.WarmMilliseconds)]),
                EditMilliseconds = Median([.. runs.Select(r => r.EditMilliseconds)]),
                StagesAfterEdit = runs.Max(r => r.StagesAfterEdit),
                PeakMegabytes = Median([.. runs.Select(r => r.PeakMegabytes)]),
            });
        }

        Console.WriteLine(Markdown(results));
        if (save) ResultsFolder.Save(Name, results, r => r.Depth, r => r.OrderBy(l => l.Depth), Markdown);
        return 0;
    }

    private static GeneratorResult? Start(int depth, int repeats, string? generator)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(GeneratorBenchmark).Assembly.Location);
        foreach (var argument in new[] { "generator", "--depth", Text(depth), "--repeats", Text(repeats) }) start.ArgumentList.Add(argument);
        if (generator is not null) foreach (var argument in new[] { "--generator", generator }) start.ArgumentList.Add(argument);
        start.Environment["DOTNET_gcServer"] = "1"; // as in csc.runtimeconfig.json
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<GeneratorResult>(output) : null;
    }

    private static string Markdown(IReadOnlyList<GeneratorResult> results)
    {
        var text = new StringBuilder("The source generator on residual networks, in the SDK's compiler: its first run in a process, with machine code as the package has it and as IL (and what\n")
            .Append("Roslyn takes to parse the text afterwards), later runs from nothing, and the run after an edit elsewhere (with the number of networks that were compiled again); what a\n")
            .Append("warm run allocates, the most memory of the process, Roslyn included; what is generated.\n\n")
            .Append("| layers | cold, ms | cold as IL, ms | parsing, ms | warm, ms | unrelated edit, ms | compiled again | allocated, MB | peak, MB | files | characters | lines |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var r in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {r.Depth} | {r.ColdMilliseconds:F0} | {r.IlColdMilliseconds:F0} | {r.ParseMilliseconds:F0} | {r.WarmMilliseconds:F1} | {r.EditMilliseconds:F2} | {r.StagesAfterEdit} | {r.Megabytes:F1} | ")
                .Append(CultureInfo.InvariantCulture, $"{r.PeakMegabytes:F0} | {r.Files} | {r.Characters:N0} | {r.Lines:N0} |\n");
        }

        return text.ToString();
    }

    /// <summary>One depth, in this process, as a line of JSON.</summary>
    public static int RunOne(int depth, int repeats)
    {
        // Part of any build, with a generator or without: loading references, binding the user's code (what has no generated half yet is an error here),
        // and Roslyn's own way through a generator that looks for an attribute and adds a file.
        var compilation = UserProject.Create("User", OutputKind.DynamicallyLinkedLibrary, Source(depth));
        _ = compilation.GetDiagnostics();
        _ = CSharpGeneratorDriver.Create([new Blank().AsSourceGenerator()], parseOptions: UserProject.Options).RunGenerators(compilation);

        var (cold, _, result) = Time(() => UserProject.NewDriver().RunGenerators(compilation));
        var run = result.GetRunResult();
        if (run.Results[0].Exception is { } exception) throw new InvalidOperationException("The generator failed.", exception);
        var sources = run.Results[0].GeneratedSources.Select(s => s.SourceText).ToList();
        var (parse, _, _) = Time(() =>
        {
            foreach (var source in sources) _ = CSharpSyntaxTree.ParseText(source, UserProject.Options).GetRoot();
            return result;
        });
        if (sources.Count == 0 || !run.Diagnostics.IsEmpty) throw new InvalidOperationException("The generator made nothing: " + string.Join(" ", run.Diagnostics));

        List<double> warm = [], edits = [];
        double megabytes = 0;
        for (var i = 0; i < repeats; i++)
        {
            var fresh = UserProject.Create("User", OutputKind.DynamicallyLinkedLibrary, Source(depth));
            _ = fresh.GetDiagnostics();
            (var time, megabytes, var driver) = Time(() => UserProject.NewDriver().RunGenerators(fresh));
            warm.Add(time);

            var edited = Edit(fresh, i);
            (time, _, _) = Time(() => driver.RunGenerators(edited));
            edits.Add(time);
        }

        var stages = UserProject.NewDriver(tracksSteps: true).RunGenerators(compilation).RunGenerators(Edit(compilation, repeats)).GetRunResult().Results[0]
            .TrackedSteps[NetworkGenerator.Steps.Compiled].Sum(s => s.Outputs.Count(o => o.Reason is IncrementalStepRunReason.New or IncrementalStepRunReason.Modified));

        Console.WriteLine(JsonSerializer.Serialize(new GeneratorResult(
            depth, cold, cold, parse, Median(warm), Median(edits), stages, megabytes, Peak(), sources.Count, sources.Sum(s => s.Length), sources.Sum(s => s.Lines.Count), ResultsFolder.Revision, DateTime.UtcNow)));
        return 0;
    }

    /// <summary>An edit that has nothing to do with the network.</summary>
    private static CSharpCompilation Edit(CSharpCompilation project, int number) =>
        project.AddSyntaxTrees(CSharpSyntaxTree.ParseText($"internal static class Other {{ public const int Number = {Text(number)}; }}", UserProject.Options));

    /// <summary>A generator that does nothing of its own.</summary>
    private sealed class Blank : IIncrementalGenerator
    {
        public void Initialize(IncrementalGeneratorInitializationContext context)
        {
            var networks = context.SyntaxProvider.ForAttributeWithMetadataName("NetCompiler.NetworkAttribute", static (_, _) => true, static (c, _) => c.TargetSymbol.Name);
            context.RegisterSourceOutput(networks, static (output, name) => output.AddSource(name + ".g.cs", $"internal static class {name}File;"));
        }
    }

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

    private static double Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1e6;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
