using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Scheduling;

namespace NetCompiler.Benchmarks.Tiles;

/// <summary>Rows along two axes, and vectors along the third.</summary>
internal readonly record struct Tile(int First, int Second, int Vectors)
{
    public int Rows => First * Second;

    public override string ToString() => Second == 1 ? $"{First} x {Vectors}" : $"{First} x {Second} x {Vectors}";
}

/// <summary>What a tile is chosen for: the extents of its axes, of which the vectors' is in elements.</summary>
internal readonly record struct TileSpace(int Axis, int First, int Second, bool FirstIsSamples);

/// <summary>Notes what it is asked, and gives another tile than the compiler's own if it is told to.</summary>
internal sealed class TrialChooser(int width, int lanes, Tile? forced) : TileChooser(width, lanes)
{
    public TileSpace? Space { get; private set; }

    public Tile Chosen { get; private set; }

    public override (int First, int Second) Rows(int axisExtent, int firstExtent, int secondExtent, bool firstIsSamples, int window = 1)
    {
        Space = new(axisExtent, firstExtent, secondExtent, firstIsSamples);
        var (first, second) = forced is { } tile ? (tile.First, tile.Second) : base.Rows(axisExtent, firstExtent, secondExtent, firstIsSamples, window);
        Chosen = new(first, second, Vectors(first * second * window, axisExtent));
        return (first, second);
    }

    public override int Vectors(int rows, int axisExtent) => forced is { } tile && rows == tile.Rows ? tile.Vectors : base.Vectors(rows, axisExtent);
}

/// <summary>One unit's kernel with one tile, as text.</summary>
internal sealed class TileTrial
{
    private readonly FlatUnit flat;
    private readonly TrialChooser chooser;

    public TileTrial(FlatUnit flat, int width, Tile? forced)
    {
        this.flat = flat;
        TrialChooser? made = null;
        Kernel = KernelScheduler.Run(flat, width, (w, lanes) => made = new(w, lanes, forced));
        chooser = made!;
        KernelVerifier.Verify(Kernel, flat);
        Body = new KernelEmitter(Kernel, Names, width, "VectorMath", Functions, Stages).Write();
    }

    public Kernel Kernel { get; }

    public string Body { get; }

    public StageLibrary Stages { get; } = new();

    public HashSet<(string Name, int Width)> Functions { get; } = [];

    public Tile Tile => chooser.Chosen;

    /// <summary>Null: the kernel has no register tile.</summary>
    public TileSpace? Space => chooser.Space;

    private string[] Names => [.. Enumerable.Range(0, flat.Buffers.Count).Select(i => $"b{i}")];

    /// <summary>Products of vectors for so many samples.</summary>
    public double Multiplications(int rows)
    {
        var points = flat.Indices.Where(i => i != flat.Axis).Aggregate(flat.Unit.Main.IsBatched ? (double)rows : 1, (a, i) => a * i.Extent);
        return flat.Axis is { } axis ? points * ((axis.Extent + chooser.Lanes - 1) / chooser.Lanes) : points;
    }

    /// <summary>Cycles that the compiler estimates for so many samples.</summary>
    public double Estimate(int rows)
    {
        var space = Space!.Value;
        var first = space.FirstIsSamples ? rows : space.First;
        var perStep = chooser.Cycles(Tile.First, Tile.Second, space.Axis, first, space.Second, space.FirstIsSamples);
        var points = flat.Indices.Aggregate(flat.Unit.Main.IsBatched ? (double)rows : 1, (a, i) => a * i.Extent);
        if (flat.Axis is { } axis && !flat.InOutput(axis)) points /= chooser.Lanes;
        return perStep * points / ((double)space.Axis * first * space.Second);
    }

    /// <summary>The other tiles that fit the registers and are estimated to be about as fast: the best with each number of vectors, then the best of all.</summary>
    public List<Tile> Others(int most)
    {
        var space = Space!.Value;
        List<(Tile Tile, double Cycles)> all = [];
        for (var vectors = 1; vectors <= Math.Min(8, (space.Axis + chooser.Lanes - 1) / chooser.Lanes); vectors++)
            for (var first = 1; first <= Math.Min(space.First, 16); first++)
                for (var second = 1; second <= Math.Min(space.Second, 8); second++)
                    if (chooser.Fits(first * second, vectors)) all.Add((new(first, second, vectors), Cycles(new(first, second, vectors))));
        all.RemoveAll(t => t.Tile == Tile);
        all.Sort((a, b) => a.Cycles.CompareTo(b.Cycles));
        return [.. all.GroupBy(t => t.Tile.Vectors).Select(g => g.First()).Concat(all).Select(t => t.Tile).Distinct().Take(most)];

        double Cycles(Tile tile) => new TrialChooser(chooser.Width, chooser.Lanes, tile).Cycles(tile.First, tile.Second, space.Axis, space.First, space.Second, space.FirstIsSamples);
    }

    /// <summary>A class with the kernel, and a method that calls it as often as it is told.</summary>
    public void Write(CodeWriter text, string name, int rows)
    {
        var parameters = string.Join(", ", Names.Select(n => "ref float " + n).Concat(Kernel.Numbers.Select(n => "nint " + n)));
        using (text.Open($"public static unsafe class {name}"))
        {
            using (text.Open("public static void Repeat(nint buffers, int times)"))
            {
                text.Line("var at = (float**)buffers;");
                var arguments = Names.Select((_, i) => $"ref *at[{i}]").Concat(Kernel.Numbers.Select(n => n switch
                {
                    "rows" => CodeWriter.Number(rows),
                    "lo" => "lo",
                    "hi" => $"Math.Min(lo + {flat.Unit.SplitBlock}, {flat.Split!.Extent})",
                    _ => throw new NotSupportedException($"{Kernel.Title}: a kernel with the number {n}."),
                }));
                var parts = flat.Split is { } split ? $"for (nint lo = 0; lo < {split.Extent}; lo += {flat.Unit.SplitBlock}) " : "";
                text.Line($"for (; times > 0; times--) {parts}Kernel({string.Join(", ", arguments)});");
            }

            text.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
            using (text.Open($"private static void Kernel({parameters})")) text.Lines(Body.TrimEnd());
            foreach (var stage in Stages.Stages)
            {
                text.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
                using (text.Open($"private static void {stage.Name}({stage.Parameters})")) text.Lines(stage.Body.TrimEnd());
            }
        }
    }
}
