using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Chooses the index that runs along vectors. The best one steps through the output and every vector operand by 1 and
/// leaves the others where they are; where a weight would have to be read across its rows, a packed copy may be asked for.
/// </summary>
internal static class VectorAxis
{
    private const int Lanes = 8; // the middle of the three widths; the choice is the same for all

    private static readonly List<Access> s_nothing = [];

    /// <summary>Cost, in vector instructions per point, of the best axis; and a read that wants packing for it.</summary>
    [MethodImpl(HotPath.Optimized)]
    public static (LoopIndex? Axis, List<Access> Pack) Choose(Nest nest, IReadOnlyDictionary<Value, Layout> layouts, bool mayPack)
    {
        var best = (Cost: 1.0, Axis: default(LoopIndex), Pack: s_nothing);
        Affine? place = null;
        Affine[]? addresses = null;
        foreach (var axis in nest.Indices)
        {
            if (axis.Extent < 2 || IsStrip(nest, axis) || nest.IsGuarded(axis) || UsedByRow(nest, axis)) continue;
            place ??= layouts[nest.Output.Value].Address(nest.Output);
            var output = place.Coefficient(axis);
            var inOutput = nest.Output.Uses(axis);
            if (inOutput && output != 1) continue;
            if (!inOutput && (nest.Kind is not (NestKind.Sum or NestKind.Max) || !ScatterToGather.IsInjective(nest))) continue;

            var pack = s_nothing;
            double cost = 1;
            addresses ??= AddressesOf(nest, layouts);
            for (var r = 0; r < addresses.Length; r++)
            {
                var read = nest.Reads[r];
                var coefficient = addresses[r].Coefficient(axis);
                if (coefficient is 0 or 1) continue;
                if (mayPack && inOutput && nest.Kind == NestKind.Sum && !read.Value.Batched && read.Value.Kind == ValueKind.Parameter && axis.Extent >= 4
                    && read.Map.Any(m => m.Coefficient(axis) == 1))
                {
                    if (pack.Count == 0) pack = [];
                    pack.Add(read);
                    cost += 0.1;
                }
                else cost += Lanes;
            }

            if (!inOutput)
            {
                var reduced = Affine.Points(nest.ReductionIndices);
                cost += 0.3 + (2.0 * Lanes / reduced * axis.Extent / Lanes);
            }

            var lanes = Math.Min(Lanes, NextPowerOfTwo(axis.Extent));
            cost = cost / axis.Extent * ((axis.Extent + lanes - 1) / lanes);
            if (cost < best.Cost - 1e-9) best = (cost, axis, pack);
        }

        return (best.Axis, best.Pack);
    }

    /// <summary>The nest as it is, without copies for it, is more than scalar code.</summary>
    public static bool IsThere(Nest nest, IReadOnlyDictionary<Value, Layout> layouts) => Choose(nest, layouts, mayPack: false).Axis is not null;

    [MethodImpl(HotPath.Optimized)]
    private static Affine[] AddressesOf(Nest nest, IReadOnlyDictionary<Value, Layout> layouts)
    {
        var addresses = new Affine[nest.Reads.Count];
        for (var r = 0; r < addresses.Length; r++) addresses[r] = layouts[nest.Reads[r].Value].Address(nest.Reads[r]);
        return addresses;
    }

    [MethodImpl(HotPath.Optimized)]
    private static bool IsStrip(Nest nest, LoopIndex index)
    {
        if (nest.Part is not { } part) return false;
        for (var i = 0; i < Math.Min(part.Chain.Strips, nest.Indices.Count); i++)
            if (nest.Indices[i] == index) return true;
        return false;
    }

    /// <summary>A place's row is found one by one, so it must be the same for a whole vector.</summary>
    private static bool UsedByRow(Nest nest, LoopIndex axis)
    {
        if (!nest.HasRows) return false;
        foreach (var read in nest.Reads)
            if (read.Row is { } row && row.Uses(axis)) return true;
        return nest.Output.Row is { } place && place.Uses(axis);
    }

    /// <summary>The least power of two that is no less, up to what no vector has lanes for.</summary>
    public static int NextPowerOfTwo(int n)
    {
        var p = 1;
        while (p < n && p < 1024) p *= 2;
        return p;
    }
}
