using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Gradients of weights that sum over many positions do so some positions at a time, as strips that add up: all weights are gone through for these before the next, whose rows
/// are then in the nearest cache for each of them.
/// </summary>
internal static class LongSums
{
    /// <summary>Weights from which on the rows of all positions are read so often that it counts.</summary>
    private const int ManyWeights = 8192;

    /// <summary>Positions from which on they are taken in strips.</summary>
    private const int Long = 128;

    private static readonly int[] s_heights = [64, 72, 56, 80, 48, 96, 40, 32];

    public static void Run(Program program)
    {
        for (var at = 0; at < program.Nests.Count; at++)
        {
            var nest = program.Nests[at];
            if (nest is not { Kind: NestKind.Sum, ReducesBatch: true, Part: null, HasRows: false, Guards.Count: 0, Output.Value.Length: >= ManyWeights } || !ScatterToGather.IsInjective(nest)) continue;
            var positions = nest.ReductionIndices.Where(i => i.Extent >= Long && nest.Reads.All(r => r.Uses(i))).ToList();
            if (positions.Count != 1) continue;
            var position = positions[0];
            var height = s_heights.FirstOrDefault(h => position.Extent % h == 0);
            if (height == 0) continue;
            LoopIndex strip = new("b", position.Extent / height), inside = new(position.Name, height);
            var map = new Dictionary<LoopIndex, Affine> { [position] = (Affine.Of(strip) * height) + inside };
            program.Nests[at] = nest.Over([strip, .. nest.Indices.Select(i => i == position ? inside : i)], map).With(part: (new Chain(), 0));
        }
    }
}
