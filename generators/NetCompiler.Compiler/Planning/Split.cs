using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Decides which sums over the minibatch are split over their output instead of over chunks of samples: large ones with
/// few points for each sample (weights of dense layers), where partial results would cost more memory traffic than arithmetic.
/// </summary>
internal static class Split
{
    private const int LargeOutput = 8192;

    /// <summary>Points of one sample's part from which on the sum is kept in memory from sample to sample.</summary>
    public const int LongSum = 32;

    /// <summary>Points of one chunk for each element from which on the arithmetic hides the traffic of partial results.</summary>
    private const int ManyPoints = 256;

    /// <summary>Rows and vectors of the register tile where samples have many positions (or the other way round), and the most rows of a part, which all read the other operand of all samples.</summary>
    private const int LongRows = 6, LongVectors = 4, LongBlock = 132;

    // Register tiles have 4, 6 or 12 rows: blocks that leave no rest are best, and some blocks for each of several threads.
    private static readonly int[] s_blocks = [24, 36, 32, 12, 16, 8];

    /// <summary>How much of the axis is one part, where samples have many positions: whole tiles, and where there is enough four parts for threads to share.</summary>
    private static int LongPart(int extent, bool isBlocks)
    {
        var quarter = extent / 4;
        if (isBlocks) return Math.Max(LongVectors, Math.Max(quarter / LongVectors * LongVectors, quarter / LongRows * LongRows));
        return quarter >= LongRows ? Math.Min(LongBlock, (quarter + LongRows - 1) / LongRows * LongRows) : Block(extent);
    }

    /// <summary>Of one sample: what every part of the output reads again.</summary>
    private static long ReadByAll(Nest main, LoopIndex split) =>
        main.Reads.Where(r => r.Value.Batched && !r.Uses(split)).Sum(r => Affine.Points([.. main.Indices.Where(r.Uses)]));

    private static int Block(int extent)
    {
        var most = Math.Max(4, extent / 4);
        return s_blocks.FirstOrDefault(b => b <= most && extent % b == 0) is > 0 and var exact ? exact : s_blocks.FirstOrDefault(b => b <= most) is > 0 and var best ? best : 4;
    }

    public static void Run(List<Unit> units, int chunkSize)
    {
        foreach (var unit in units.Where(u => u.Kind == UnitKind.BatchSum))
        {
            var main = unit.Main;
            if (main.Output.Value.Length < LargeOutput || main.Kind != NestKind.Sum || main.Guards.Count > 0 || unit.NeedsFill || !ScatterToGather.IsInjective(main)) continue;
            var pointsPerElement = Affine.Points(main.ReductionIndices);
            if (pointsPerElement > 16 && pointsPerElement * chunkSize >= ManyPoints && main.Output.Value.Length < 1 << 18) continue;
            var isLong = pointsPerElement >= LongSum;
            var axis = main.Indices.Where(i => i != unit.VectorAxis && main.Output.Map.Any(m => m.Uses(i)) && i.Extent >= 4)
                .OrderBy(i => isLong ? ReadByAll(main, i) : 0).ThenByDescending(i => i.Extent).FirstOrDefault();
            if (axis is null) continue;
            unit.SplitAxis = axis;
            unit.SplitBlock = isLong ? LongPart(axis.Extent, main.Output.Map.Any(m => m.Uses(axis) && unit.VectorAxis is { } vectors && m.Uses(vectors))) : Block(axis.Extent);
        }
    }
}
