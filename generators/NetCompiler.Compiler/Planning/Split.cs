using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Decides which sums over the minibatch are split over their output instead of over chunks of samples: large ones with
/// few points for each sample (weights of dense layers), where partial results would cost more memory traffic than arithmetic.
/// </summary>
internal static class Split
{
    private const int LargeOutput = 8192;

    /// <summary>Points of one chunk for each element from which on the arithmetic hides the traffic of partial results.</summary>
    private const int ManyPoints = 256;

    // Register tiles have 4, 6 or 12 rows: blocks that leave no rest are best, and some blocks for each of several threads.
    private static readonly int[] s_blocks = [24, 36, 32, 12, 16, 8];

    private static int Block(int extent)
    {
        var most = Math.Max(4, extent / 4);
        return s_blocks.FirstOrDefault(b => b <= most && extent % b == 0) is > 0 and var exact ? exact : s_blocks.FirstOrDefault(b => b <= most) is > 0 and var best ? best : 4;
    }

    public static void Run(List<Unit> units, IReadOnlyDictionary<Value, Layout> layouts, int chunkSize)
    {
        foreach (var unit in units.Where(u => u.Kind == UnitKind.BatchSum))
        {
            var main = unit.Main;
            if (main.Output.Value.Length < LargeOutput || main.Kind != NestKind.Sum || main.Guards.Count > 0 || unit.NeedsFill || !ScatterToGather.IsInjective(main)) continue;
            var pointsPerElement = main.ReductionIndices.Aggregate(1L, (a, i) => a * i.Extent);
            if (pointsPerElement > 16 && pointsPerElement * chunkSize >= ManyPoints && main.Output.Value.Length < 1 << 18) continue;
            var address = layouts[main.Output.Value].Address(main.Output);
            var axis = main.Indices.Where(i => i != unit.VectorAxis && main.Output.Map.Any(m => m.Uses(i)) && i.Extent >= 4)
                .OrderByDescending(i => i.Extent).FirstOrDefault();
            if (axis is null) continue;
            unit.SplitAxis = axis;
            unit.SplitBlock = Block(axis.Extent);
        }
    }
}
