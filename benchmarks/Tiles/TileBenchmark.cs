using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.CodeAnalysis;
using NetCompiler.Benchmarks.Compare;
using NetCompiler.Benchmarks.Generator;
using NetCompiler.Benchmarks.Reporting;
using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Planning;

namespace NetCompiler.Benchmarks.Tiles;

/// <summary>One tile of one product: cycles for a call.</summary>
internal sealed record TileFigure(string Tile, double Estimated, double Measured);

/// <summary>One product: the tile that the compiler chose, first, and others.</summary>
/// <param name="Least">Cycles that its multiply-adds take at the peak.</param>
internal sealed record TileResult(string Layer, string Product, double Least, IReadOnlyList<TileFigure> Tiles, int Bits, string Revision, DateTime Measured)
{
    [JsonIgnore]
    public (string, string, int) Key => (Layer, Product, Bits);

    [JsonIgnore]
    public TileFigure Chosen => Tiles[0];

    [JsonIgnore]
    public TileFigure Fastest => Tiles.MinBy(t => t.Measured)!;

    /// <summary>How much longer the chosen tile takes than the fastest.</summary>
    [JsonIgnore]
    public double Loss => (Chosen.Measured / Fastest.Measured) - 1;
}

/// <summary>The register tiles that the compiler chooses beside others that fit the registers: the check of what it counts (docs/cost-model.md).</summary>
internal static class TileBenchmark
{
    private const string Name = "tiles";

    private const int MostTiles = 10;

    /// <summary>From which on a choice is worth looking at.</summary>
    private const double WorthwhileLoss = 0.05;

    /// <summary>Microseconds of one measurement.</summary>
    private const double Slice = 1500;

    public static int Run(string? only, int rounds, bool save)
    {
        var width = (int)InstructionPaths.Default / 32;
        var cases = TileCase.All().Where(c => only is null || $"{c.Layer}, {Text(c.Product)}".Contains(only, StringComparison.Ordinal)).ToList();
        var trials = cases.Select(c => Trials(c, width)).ToList();
        var repeats = Compile(cases, trials);

        // A cycle is the time of two multiply-adds of vectors: what the estimate counts in. The clock is not the same all the time: its best before and after.
        var peak = Machine.Measure(1).FlopsPerSecond;
        var times = cases.Select((c, i) => Measure(c, repeats[i], rounds)).ToList();
        var cycle = 2 * 2 * width / Math.Max(peak, Machine.Measure(1).FlopsPerSecond) * 1e6;
        List<TileResult> results = [];
        for (var c = 0; c < cases.Count; c++)
        {
            var measured = times[c];
            var least = Math.Round(trials[c][0].Multiplications(cases[c].Rows) / 2);
            results.Add(new(
                cases[c].Layer, Text(cases[c].Product), least, [.. trials[c].Zip(measured, (t, us) => new TileFigure(t.Tile.ToString(), Math.Round(t.Estimate(cases[c].Rows)), Math.Round(us / cycle)))],
                width * 32, ResultsFolder.Revision, DateTime.UtcNow));
        }

        Console.WriteLine(Markdown(results));
        if (only is not null)
            foreach (var result in results) Console.WriteLine($"{result.Layer}, {result.Product}: {string.Join("; ", result.Tiles.Select(t => $"{t.Tile}: {Count(t.Estimated)} -> {Count(t.Measured)}"))}");
        if (save) ResultsFolder.Save(Name, results, r => r.Key, r => r.OrderByDescending(l => l.Bits), Markdown);
        return 0;
    }

    /// <summary>The compiler's own first; tiles that give the same code once.</summary>
    private static List<TileTrial> Trials(TileCase which, int width)
    {
        var own = new TileTrial(which.Flat, width, forced: null);
        if (own.Space is null) throw new InvalidOperationException($"{which.Layer}, {Text(which.Product)}: the kernel has no register tile.");
        return [.. own.Others(MostTiles).Select(t => new TileTrial(which.Flat, width, t)).Prepend(own).DistinctBy(t => t.Body + string.Concat(t.Stages.Stages.Select(s => s.Body)))];
    }

    /// <summary>For each case and tile what calls its kernel so many times.</summary>
    private static List<List<Action<nint, int>>> Compile(List<TileCase> cases, List<List<TileTrial>> trials)
    {
        var text = new CodeWriter();
        text.Line($"namespace {NetworkEmitter.KernelNamespace};");
        NetworkEmitter.WriteUsings(text);
        for (var c = 0; c < cases.Count; c++)
            for (var t = 0; t < trials[c].Count; t++) trials[c][t].Write(text, TypeName(c, t), cases[c].Rows);
        text.Line(VectorMathTemplate.Write([.. trials.SelectMany(t => t).SelectMany(t => t.Functions)], "VectorMath"));
        using var stream = new MemoryStream();
        var emitted = UserProject.Create("Tiles", OutputKind.DynamicallyLinkedLibrary, text.ToString()).Emit(stream);
        if (!emitted.Success) throw new InvalidOperationException(string.Join("\n", emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(5)));
        stream.Position = 0;
        var assembly = AssemblyLoadContext.Default.LoadFromStream(stream);
        return [.. trials.Select((tiles, c) => tiles.Select((_, t) => assembly.GetType($"{NetworkEmitter.KernelNamespace}.{TypeName(c, t)}")!.GetMethod("Repeat")!.CreateDelegate<Action<nint, int>>()).ToList())];

        static string TypeName(int c, int t) => FormattableString.Invariant($"Kernel{c}_{t}");
    }

    /// <summary>Microseconds of a call: of each tile the fastest of its turns.</summary>
    private static unsafe List<double> Measure(TileCase which, List<Action<nint, int>> repeats, int rounds)
    {
        const int Line = 64;
        List<nint> buffers = [];
        foreach (var value in which.Flat.Buffers)
        {
            // A vector may read beyond the last row, where numbers that are none would take the processor hundreds of cycles each.
            var floats = ((nuint)which.Flat.Layouts[value].Length * (nuint)(value.Batched ? which.Rows : 1)) + Line;
            var memory = (float*)NativeMemory.AlignedAlloc(floats * sizeof(float), Line);
            new Span<float>(memory, checked((int)floats)).Fill(0.01f);
            buffers.Add((nint)memory);
        }

        var best = repeats.Select(_ => double.MaxValue).ToList();
        fixed (nint* first = CollectionsMarshal.AsSpan(buffers))
        {
            var at = (nint)first;
            var times = repeats.Select(r => Times(r, at)).ToList();
            for (var round = 0; round < rounds; round++)
            {
                for (var t = 0; t < repeats.Count; t++)
                {
                    var begin = Stopwatch.GetTimestamp();
                    repeats[t](at, times[t]);
                    best[t] = Math.Min(best[t], Stopwatch.GetElapsedTime(begin).TotalMicroseconds / times[t]);
                }
            }
        }

        foreach (var memory in buffers) NativeMemory.AlignedFree((void*)memory);
        return best;
    }

    /// <summary>How many calls take about as long as a measurement should.</summary>
    private static int Times(Action<nint, int> repeat, nint buffers)
    {
        repeat(buffers, 1);
        for (var times = 1; ; times *= 2)
        {
            var begin = Stopwatch.GetTimestamp();
            repeat(buffers, times);
            if (Stopwatch.GetElapsedTime(begin).TotalMicroseconds is var taken && taken >= Slice / 4) return Math.Max(1, (int)(times * Slice / taken));
        }
    }

    private static string Text(Product product) => product switch
    {
        Product.Forward => "forward",
        Product.TrainingForward => "forward, training",
        Product.WeightGradient => "weight gradient",
        _ => "input gradient",
    };

    private static string Count(double cycles) => cycles.ToString("N0", CultureInfo.InvariantCulture);

    private static string Markdown(IReadOnlyList<TileResult> results)
    {
        var text = new StringBuilder("Register tiles: rows along one or two axes, and vectors. Cycles of a call of the kernel, each the time of two multiply-adds of vectors at the peak that was measured in the same run; at\n")
            .Append("least those of its multiply-adds. The fastest is of the tiles that were measured beside the one that the compiler chose, up to ten that fit the registers and were estimated to be best.\n\n")
            .Append("| bits | product | at least | chosen | estimated | measured | fastest | estimated | measured | the choice loses |\n|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var r in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {r.Bits} | {r.Layer}, {r.Product} | {Count(r.Least)} | {r.Chosen.Tile} | {Count(r.Chosen.Estimated)} | {Count(r.Chosen.Measured)} | ");
            text.Append(r.Fastest == r.Chosen ? "the same | | | |\n" : string.Create(CultureInfo.InvariantCulture,
                $"{r.Fastest.Tile} | {Count(r.Fastest.Estimated)} | {Count(r.Fastest.Measured)} | {(r.Loss > WorthwhileLoss ? $"**{r.Loss:P0}**" : $"{r.Loss:P0}")} |\n"));
        }

        return text.ToString();
    }
}
