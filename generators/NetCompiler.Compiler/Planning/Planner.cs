using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>The planning stage: a program in, a plan out. Each line is one decision.</summary>
internal static class Planner
{
    /// <summary>Half of a small second-level cache.</summary>
    private const long CacheFloats = 64 * 1024;

    /// <summary>A second-level cache of 1 MB. Weights that are more than it come from further away for every chunk, so that a chunk of as many floats costs less than small ones.</summary>
    private const long LargeFloats = 256 * 1024;

    public static Plan Run(Program program, IReadOnlyDictionary<string, Layout> parameterLayouts, IReadOnlyDictionary<string, int> parameterOffsets)
    {
        var training = program.Loss is not null;
        SeparateGradients(program);
        if (training) PairStrips.Recompute(program);
        var layouts = Preparation.Run(program, parameterLayouts);
        Blocking.Run(program, layouts);
        SpreadRows(program, layouts);
        NaturalCopies.Run(program, layouts);
        var positions = program.Values.Where(v => v.Batched && v.Shape.Length == 2).Select(v => v.Shape[0]).DefaultIfEmpty(1).Min(); // of copies the other way round it would be the columns
        Transposition.Run(program, layouts);
        PairStrips.Run(program, layouts);
        if (training)
        {
            LongSums.Run(program);
            Packing.Run(program, layouts);
            Blocking.Run(program, layouts);
        }

        var units = Fusion.Run(program, layouts);
        Rolling.Run(program, units, layouts);
        var plan = new Plan(program, layouts) { ChunkSize = ChunkSize(program, layouts, units, positions) };
        if (training) Split.Run(units, plan.ChunkSize);
        (plan.Nanoseconds, plan.SharesLayers) = Sharing.Run(program, units, layouts, plan.ChunkSize);
        plan.TakenRows = TakenPlaces.Run(program, units);
        Phases.Run(plan, units);
        InPlace.Run(plan, units);
        if (program.BufferUpdates.Count > 0) plan.Phases.Add(new PhasePlan("Commit", chunked: false));
        Memory.Run(plan, parameterOffsets);
        return plan;
    }

    /// <summary>
    /// Rows of features a power of two apart would compete for the same few sets of the cache when a sum over the samples walks down a column:
    /// one more line between them spreads them over all sets.
    /// </summary>
    private static void SpreadRows(Program program, Dictionary<Value, Layout> layouts)
    {
        const int Wide = 64;
        var fixedPlaces = program.ForCaller();
        foreach (var value in program.Values.Where(v => v.Kind == ValueKind.Intermediate && v.StateOf is null && v.Batched && v.Shape.Length <= 2 && !fixedPlaces.Contains(v)))
        {
            var layout = layouts[value];
            if (!layout.HasHalo && layout.Length >= Wide) layouts[value] = layout with { Length = Layout.Apart(layout.Length) };
        }
    }

    /// <summary>Samples that go through the layers together: enough to share the loads of weights, few enough that what one layer writes is in the cache when the next reads it.</summary>
    private static int ChunkSize(Program program, Dictionary<Value, Layout> layouts, List<Unit> units, int positions)
    {
        var training = program.Loss is not null;
        if (!program.Values.Any(v => v.Batched && v.Shape.Length >= 3 && !layouts[v].IsTransient))
        {
            // The positions of a sequence share the loads of weights already, unless they are gone through one after the other.
            if (program.Nests.Any(n => n.CarriedChain() is not null)) return training ? 16 : 24;
            return Math.Max(1, (training ? 16 : 24) / positions);
        }

        if (training) return 8;
        var weights = units.Where(u => u.Kind == UnitKind.Samples).SelectMany(u => u.Consumed).Where(v => !v.Batched).Distinct().Sum(v => (long)layouts[v].Length);
        var largest = units.Max(u => u.Consumed.Concat(u.Stored).Where(v => v.Batched && !layouts[v].IsTransient).Distinct().Sum(v => (long)layouts[v].Length));
        return ((weights > LargeFloats ? LargeFloats : CacheFloats) / Math.Max(1, largest)) switch { >= 6 => 8, >= 3 => 4, 2 => 2, _ => 1 }; // powers of two go well with the rows of register tiles
    }

    /// <summary>Every parameter's gradient is a value of its own, computed by a nest, so that it can lie in the gradient storage.</summary>
    private static void SeparateGradients(Program program)
    {
        var seen = new HashSet<Value>(program.BufferUpdates.Select(u => u.NewValue));
        foreach (var parameter in program.ParameterGradients.Keys.OrderBy(k => k.Id).ToList())
        {
            var gradient = program.ParameterGradients[parameter];
            if (gradient.Kind == ValueKind.Intermediate && seen.Add(gradient)) continue;
            var copy = program.NewValue(gradient.Name, gradient.Shape, batched: false);
            program.Nests.Add(Rewriter.Copy(gradient.Name, gradient, copy));
            program.ParameterGradients[parameter] = copy;
        }
    }
}
