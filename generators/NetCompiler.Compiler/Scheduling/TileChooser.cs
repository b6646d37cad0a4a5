using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// Chooses the register tile of a reduction: how many rows (positions along one or two output indices) and how many vectors
/// are summed at once. Every row shares the vector operand's loads and every vector shares the row operand's broadcast, so a
/// large tile is bound by multiply-adds, not loads; what does not fit the registers spills and loses it all.
/// </summary>
/// <param name="width">Lanes of the path's vectors.</param>
/// <param name="lanes">Lanes that are used.</param>
/// <param name="streams">Rows come from as far as vectors do, and in long loops.</param>
internal class TileChooser(int width, int lanes, bool streams = false)
{
    public int Width => width;

    public int Lanes => lanes;

    /// <summary>Vectors that a tile has only together: those of one block.</summary>
    public int Together { get; set; } = 1;

    /// <summary>What one more multiply-add in the code is worth: among tiles about as fast, the one that divides the extent wins.</summary>
    private const double CodePenalty = 0.003;

    /// <summary>The same where loops are long.</summary>
    private const double CodePenaltyOfStreams = 0.001;

    /// <summary>Samples that a training step takes through a layer at once: its kernels are those of predictions, which take more.</summary>
    private const int TrainingChunk = 16;

    /// <summary>What tiles of at most eight sums cost there beside the estimate: they hide their latency badly and are added in two levels. Rows that remain get no more vectors than others.</summary>
    private const double FewSums = 1.1;

    /// <summary>Vector registers: AVX-512 has 32, also for narrower vectors; AVX2 and SSE have 16.</summary>
    private int Registers => Width == 16 ? 32 : 16;

    /// <summary>What a vector's load takes beside the multiply-adds: it often comes from the second cache, while rows stay in the first.</summary>
    private const double VectorLoad = 0.1;

    /// <summary>Cycles of one step of the reduction for a tile: two multiply-adds or two loads each cycle, four cycles of latency, loop overhead.</summary>
    private double StepCycles(int rows, int vectors) => Math.Max(Math.Max(rows * vectors, rows + vectors) * 0.5, 1) + 0.3 + (VectorLoad * (streams ? rows + vectors : vectors));

    /// <summary>Whether the sums of a tile, its operands and <paramref name="others"/> beside them have registers.</summary>
    public bool Fits(int rows, int vectors, int others = 0) => (rows * vectors) + vectors + 1 + others <= Registers;

    /// <summary>Vectors per group for a tile of so many rows.</summary>
    public virtual int Vectors(int rows, int axisExtent)
    {
        var total = (axisExtent + lanes - 1) / lanes;
        var best = (Cost: double.MaxValue, Vectors: Together);
        for (var vectors = Together; vectors <= Math.Min(total, 8) && Fits(rows, vectors); vectors += Together)
        {
            var cost = GroupCycles(rows, vectors, total);
            if (cost < best.Cost - 1e-9) best = (cost, vectors);
        }

        return best.Vectors;
    }

    /// <summary>Rows along the first and second axis, where each is so many elements of a <paramref name="window"/>.</summary>
    public virtual (int First, int Second) Rows(int axisExtent, int firstExtent, int secondExtent, bool firstIsSamples, int window = 1)
    {
        var total = (axisExtent + lanes - 1) / lanes;
        var best = (Cost: double.MaxValue, First: 1, Second: 1);
        for (var first = 1; first <= Math.Min(firstExtent, 14); first++)
        {
            for (var second = 1; second <= Math.Min(secondExtent, 4); second++)
            {
                if (!Fits(first * second * window, Together)) continue;
                if (firstIsSamples && first > 4 && first % 2 != 0) continue;
                var cost = Cycles(first, second, axisExtent, firstExtent, secondExtent, firstIsSamples, window);
                if (firstIsSamples) cost = (cost / firstExtent) + (Cycles(first, second, axisExtent, TrainingChunk, secondExtent, true, window, ofChunk: true) / TrainingChunk);
                cost *= 1 + ((streams ? CodePenaltyOfStreams : CodePenalty) * Bodies(firstExtent, firstIsSamples ? Sizes(first) : [first]) * Bodies(secondExtent, [second]) * window * Math.Min(total, Vectors(first * second * window, axisExtent)));
                if (cost < best.Cost - 1e-9) best = (cost, first, second);
            }
        }

        return (best.First, best.Second);
    }

    /// <summary>
    /// Cycles of one step of the reduction for all rows and all vectors, in tiles of so many rows along each axis; <paramref name="ofChunk"/>: of the samples of a training step.
    /// </summary>
    public double Cycles(int first, int second, int axisExtent, int firstExtent, int secondExtent, bool firstIsSamples, int window = 1, bool ofChunk = false)
    {
        var total = (axisExtent + lanes - 1) / lanes;
        return Steps(firstExtent, firstIsSamples ? Sizes(first) : [first], f => Steps(secondExtent, [second], s => Group(f * s * window, Vectors(f * s * window, axisExtent))));

        double Group(int rows, int vectors)
        {
            if (!ofChunk && !streams) return GroupCycles(rows, vectors, total);
            vectors = Math.Min(vectors, Vectors(first * second * window, axisExtent));
            return GroupCycles(rows, vectors, total) * (rows * vectors <= 8 ? FewSums : 1);
        }
    }

    public static int CommonMultiple(int a, int b)
    {
        var multiple = a;
        while (multiple % b != 0) multiple += a;
        return multiple;
    }

    /// <summary>How the samples are gone through: whole tiles, then what makes a tile of four, then one by one.</summary>
    public static int[] Sizes(int tile) => tile > 4 ? [tile, 4, 1] : tile > 1 ? [tile, 1] : [1];

    /// <summary>Rows of all bodies of code that a tile of this size brings, with that for the rest.</summary>
    private static int Bodies(int extent, int[] sizes)
    {
        var rows = 0;
        foreach (var size in sizes)
        {
            if (extent >= size) rows += size;
            extent %= size;
        }

        return rows + extent;
    }

    private static double Steps(int extent, int[] sizes, Func<int, double> cost)
    {
        double total = 0;
        foreach (var size in sizes)
        {
            total += extent / size * cost(size);
            extent %= size;
        }

        return extent == 0 ? total : total + cost(extent) + 0.5;
    }

    private double GroupCycles(int rows, int vectors, int total) =>
        (total / vectors * StepCycles(rows, vectors)) + (total % vectors == 0 ? 0 : StepCycles(rows, total % vectors) + 0.5);
}
