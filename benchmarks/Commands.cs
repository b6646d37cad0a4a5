using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using NetCompiler.Benchmarks.Aot;
using NetCompiler.Benchmarks.Compare;
using NetCompiler.Benchmarks.Convolutions;
using NetCompiler.Benchmarks.Embedded;
using NetCompiler.Benchmarks.Generator;
using NetCompiler.Benchmarks.Reporting;
using NetCompiler.Benchmarks.Startup;
using NetCompiler.Benchmarks.Steps;
using NetCompiler.Benchmarks.Tiles;
using NetCompiler.Benchmarks.Tiny;

namespace NetCompiler.Benchmarks;

/// <summary>What this program does.</summary>
internal static class Commands
{
    public static int Run(string[] args)
    {
        var root = new RootCommand("Benchmarks of NetCompiler.") { CompareCommand(), ReadmeCommand(), GeneratorCommand(), StartupCommand(), TinyCommand(), EmbeddedCommand(), ConvolutionsCommand(), TilesCommand(), AotCommand(), StepsCommand(), ClassesCommand() };
        return root.Parse(args).Invoke();
    }

    private static Command CompareCommand()
    {
        var only = new Option<string?>("--only") { Description = "Only cases with this in their name ('cnn', 'training', 'mlp-mnist, batch 1')." };
        var quick = Quick();
        var rounds = new Option<int>("--rounds") { Description = "Turns of each system.", DefaultValueFactory = _ => 30 };
        var slice = new Option<int>("--slice") { Description = "Milliseconds of each turn.", DefaultValueFactory = _ => 50 };
        var command = new Command("compare", "Measures NetCompiler, ONNX Runtime, TorchSharp and System.Numerics.Tensors by turns; saves results under benchmarks/results.") { only, quick, rounds, slice };
        command.SetAction(r => Comparison.Run(
            r.GetValue(only),
            r.GetValue(quick) ? Budget.Quick : new Budget(12, Math.Max(1, r.GetValue(rounds)), TimeSpan.FromMilliseconds(Math.Max(1, r.GetValue(slice)))),
            save: !r.GetValue(quick)));
        return command;
    }

    private static Command ReadmeCommand()
    {
        var processor = new Option<string?>("--processor") { Description = "The folder of benchmarks/results to take; without it the one with the newest results." };
        var command = new Command("readme", "Writes the table in README.md from the results of compare.") { processor };
        command.SetAction(r => Readme.Write(r.GetValue(processor)));
        return command;
    }

    private static Command GeneratorCommand()
    {
        var quick = Quick();
        var depth = new Option<int?>("--depth") { Description = "One residual network of so many layers (6 n + 2, n at least 2), in this process, as a line of JSON. Without it: 20, 56 and 110." };
        depth.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int?>() is { } d && (d < 14 || (d - 2) % 6 != 0)) r.AddError($"--depth must be 6 n + 2 with n at least 2 (14, 20, 26, ...), not {d}.");
        });
        var repeats = new Option<int>("--repeats") { Description = "Warm runs of each process.", DefaultValueFactory = _ => 9 };
        var generator = new Option<string?>("--generator") { Description = "With --depth: another file of the generator than the one built with this program." };
        var command = new Command("generator", "Measures the source generator: time, memory and size of the text, cold and warm.") { depth, generator, repeats, quick };
        command.SetAction(r => r.GetValue(depth) is { } d ? SdkCompiler.RunOne(d, Math.Max(1, r.GetValue(repeats)), r.GetValue(generator))
            : r.GetValue(quick) ? GeneratorBenchmark.Run([20, 110], repeats: 1, processes: 1, save: false)
            : GeneratorBenchmark.Run([20, 56, 110], Math.Max(1, r.GetValue(repeats)), processes: 5, save: true));
        return command;
    }

    private static Command StartupCommand()
    {
        var quick = Quick();
        var runs = new Option<int>("--runs") { Description = "Starts of each program.", DefaultValueFactory = _ => 31 };
        var command = new Command("startup", "Measures programs that predict once beside an empty one, from start to end.") { runs, quick };
        command.SetAction(r => StartupBenchmark.Run(r.GetValue(quick) ? 1 : Math.Max(1, r.GetValue(runs)), save: !r.GetValue(quick)));
        return command;
    }

    private static Command TinyCommand()
    {
        var quick = Quick();
        var runs = new Option<int>("--runs") { Description = "Starts of each program.", DefaultValueFactory = _ => 101 };
        var properties = new Option<bool>("--properties") { Description = "Instead of that: publishes samples/Tiny without each of its properties, and gives the sizes." };
        var command = new Command("tiny", "Publishes samples/Tiny and the same with ONNX Runtime; measures size, time to the first prediction, and memory.") { runs, properties, quick };
        command.SetAction(r => r.GetValue(properties) ? TinyProperties.Run(save: !r.GetValue(quick)) : TinyBenchmark.Run(r.GetValue(quick) ? 3 : Math.Max(1, r.GetValue(runs)), save: !r.GetValue(quick)));
        return command;
    }

    private static Command EmbeddedCommand()
    {
        var quick = Quick();
        var runs = new Option<int>("--runs") { Description = "Starts of each program.", DefaultValueFactory = _ => 31 };
        var command = new Command("embedded", "Measures the start of native programs whose weights are in a file and in the program: time to the first prediction, and memory.") { runs, quick };
        command.SetAction(r => EmbeddedBenchmark.Run(r.GetValue(quick) ? 3 : Math.Max(1, r.GetValue(runs)), save: !r.GetValue(quick)));
        return command;
    }

    private static Command ConvolutionsCommand()
    {
        var quick = Quick();
        var command = new Command("convolutions", "Measures 3x3 convolutions as the compiler chooses to compute them beside the direct method.") { quick };
        command.SetAction(r => ConvolutionBenchmark.Run(r.GetValue(quick) ? 2 : 40, save: !r.GetValue(quick)));
        return command;
    }

    private static Command TilesCommand()
    {
        var only = new Option<string?>("--only") { Description = "Only products with this in their name ('dense', 'weight gradient'), with all the tiles that were measured; saves nothing." };
        var quick = Quick();
        var command = new Command("tiles", "Measures the register tiles that the compiler chooses beside others, and beside what it estimates.") { only, quick };
        command.SetAction(r => TileBenchmark.Run(r.GetValue(only), r.GetValue(quick) ? 2 : 30, save: !r.GetValue(quick) && r.GetValue(only) is null));
        return command;
    }

    private static Command AotCommand()
    {
        var quick = Quick();
        var keep = new Option<bool>("--no-build") { Description = "Measure the programs that were built before." };
        var build = new Option<bool>("--build-only") { Description = "Build the programs and measure nothing." };
        var command = new Command("aot", "Measures the kernels of native AOT programs, for several processor baselines, beside those of the JIT.") { keep, build, quick };
        command.SetAction(r => AotBenchmark.Run(build: !r.GetValue(keep), measure: !r.GetValue(build), starts: r.GetValue(quick) ? 1 : 5, save: !r.GetValue(quick)));
        return command;
    }

    private static Command StepsCommand()
    {
        var quick = Quick();
        var command = new Command("steps", "Measures networks with memory, one step on one thread, beside the limit of the machine and libtorch.") { quick };
        command.SetAction(r => StepBenchmark.Run(r.GetValue(quick) ? Budget.Quick : new Budget(12, 30, TimeSpan.FromMilliseconds(30)), save: !r.GetValue(quick)));
        return command;
    }

    private static Option<bool> Quick() => new("--quick") { Description = "See that everything runs; the figures are worth little and are not saved." };

    private static Command ClassesCommand()
    {
        var command = new Command("bdn", "Runs the BenchmarkDotNet classes; what follows are its arguments (--filter '*Prediction*', --job dry, ...).") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(r =>
        {
            // It builds this project once more, all networks and the generator with it: on two busy cores that takes longer than the two minutes it allows.
            var config = ManualConfig.Create(DefaultConfig.Instance).WithBuildTimeout(TimeSpan.FromMinutes(15));
            var failed = BenchmarkSwitcher.FromAssembly(typeof(PredictionBenchmarks).Assembly).Run([.. r.UnmatchedTokens], config)
                .Any(s => s.HasCriticalValidationErrors || s.Reports.Any(report => !report.Success));
            return failed ? 1 : 0;
        });
        return command;
    }
}
