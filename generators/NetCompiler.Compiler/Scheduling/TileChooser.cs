using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// Chooses the register tile of a reduction: how many rows (positions along one or two output indices) and how many vectors
/// are summed at once. Every row shares the vector operand's loads and every vector shares the row operand's broadcast, so a
/// large tile is bound by multiply-adds, not loads; what does not fit the registers spills and loses it all.
/// </summary>
internal sealed class TileChooser(int width, int lanes)
{
    /// <summary>Vector registers: AVX-512 has 32, also for narrower vectors; AVX2 and SSE have 16.</summary>
    private int Registers => width == 16 ? 32 : 16;

    /// <summary>Cycles of one step of the reduction for a tile: two multiply-adds or two loads each cycle, four cycles of latency, loop overhead.</summary>
    private static double StepCycles(int rows, int vectors) => Math.Max(Math.Max(rows * vectors, rows + vectors) * 0.5, 1) + 0.3;

    public bool Fits(int rows, int vectors) => (rows * vectors) + vectors + 1 <= Registers;

    /// <summary>Vectors per group for a tile of so many rows.</summary>
    public int Vectors(int rows, int axisExtent)
    {
        var total = (axisExtent + lanes - 1) / lanes;
        var best = (Cost: double.MaxValue, Vectors: 1);
        for (var vectors = 1; vectors <= Math.Min(total, 8) && Fits(rows, vectors); vectors++)
        {
            var cost = GroupCycles(rows, vectors, total);
            if (cost < best.Cost - 1e-9) best = (cost, vectors);
        }

        return best.Vectors;
    }

    /// <summary>Rows along the first and second axis. When the first is samples, what whole tiles leave is done in pairs.</summary>
    public (int First, int Second) Rows(int axisExtent, int firstExtent, int secondExtent, bool firstIsSamples)
    {
        var total = (axisExtent + lanes - 1) / lanes;
        var best = (Cost: double.MaxValue, First: 1, Second: 1);
        for (var first = 1; first <= Math.Min(firstExtent, 14); first++)
        {
            for (var second = 1; second <= Math.Min(secondExtent, 4); second++)
            {
                if (!Fits(first * second, 1)) continue;
                if (firstIsSamples && first > 3 && first % 2 != 0) continue;
                var cost = Steps(firstExtent, first, f => Steps(secondExtent, second, s => GroupCycles(f * s, Vectors(f * s, axisExtent), total)));
                if (cost < best.Cost - 1e-9) best = (cost, first, second);
            }
        }

        return (best.First, best.Second);
    }

    private static double Steps(int extent, int tile, Func<int, double> cost) =>
        (extent / tile * cost(tile)) + (extent % tile == 0 ? 0 : cost(extent % tile) + 0.5);

    private static double GroupCycles(int rows, int vectors, int total) =>
        (total / vectors * StepCycles(rows, vectors)) + (total % vectors == 0 ? 0 : StepCycles(rows, total % vectors) + 0.5);
}
