using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Scheduling;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Estimates what the prediction of one sample takes, and decides whether several threads may share its layers: only where most of the time goes
/// into layers so large that waiting for each other, about a microsecond for each layer, is nothing beside them. A step of a sequence reads all weights for little arithmetic: there the threads'
/// caches together hold what one's does not, so that much smaller layers are worth it.
/// </summary>
internal static class Sharing
{
    /// <summary>Below this, waking threads that have gone to sleep could take longer than they would save.</summary>
    private const double SmallestNetwork = 100_000;

    private const double LargeUnit = 10_000;

    /// <summary>The same of a step. Who makes steps makes them one after the other, and threads do not go to sleep between them.</summary>
    private const double SmallestStep = 40_000, LargeUnitOfStep = 2_500;

    /// <summary>Beside large ones also smaller units are shared: all threads would wait for them otherwise.</summary>
    private const double SharedUnit = 1_000;

    private const double FlopsPerNanosecond = 100, FloatsPerNanosecond = 12;

    /// <param name="program">In training, weights are read once for all samples of a chunk.</param>
    /// <param name="units">The kernels to be.</param>
    /// <param name="layouts">Where elements lie.</param>
    /// <param name="chunk">Samples of a chunk.</param>
    /// <returns>Nanoseconds, and whether several threads may share the layers.</returns>
    public static (double Nanoseconds, bool Shares) Run(Program program, List<Unit> units, IReadOnlyDictionary<Value, Layout> layouts, int chunk)
    {
        var training = program.Loss is not null;
        var isStep = program.StepRows == 1;

        // What a prediction takes from the parameters alone is prepared once.
        var costs = units.Where(u => u.Moment != Moment.OnDemand && (training || u.Kind != UnitKind.Whole)).ToDictionary(u => u, u => Nanoseconds(u, layouts, training ? chunk : 1));
        var total = costs.Values.Sum();
        if (training || program.StepRows > 1 || (isStep && StraightLine.SuitsStep(units))) return (total, false);

        // Attention of a step counts as if its state were full.
        var (smallest, large, most) = isStep ? (SmallestStep, LargeUnitOfStep, 1.0 / 2) : (SmallestNetwork, LargeUnit, 2.0 / 3);
        var shares = total >= smallest && costs.Where(c => c.Value >= large && CanShare(c.Key)).Sum(c => c.Value) >= total * most;

        // The kernels of a step are those of any depth: they can compute a part, whether or not there are so many layers that it is worth it.
        if (shares || isStep)
            foreach (var unit in costs.Keys) unit.IsShared = costs[unit] >= SharedUnit && CanShare(unit);
        return (total, shares);
    }

    private static bool CanShare(Unit unit) => unit.Kind == UnitKind.Samples && unit.Carried is null && !unit.NeedsFill && (unit.Siblings.Count == 0 || unit.Stages.Count > 0) && ScatterToGather.IsInjective(unit.Main);

    /// <summary>What a unit takes for one of so many samples that share what they have in common.</summary>
    public static double Nanoseconds(Unit unit, IReadOnlyDictionary<Value, Layout> layouts, int samples)
    {
        var operations = 0L;
        foreach (var stage in unit.Stages)
            foreach (var nest in stage.Nests) operations += FlopCounter.Count(nest);
        foreach (var nest in unit.Nests) operations += FlopCounter.Count(nest);

        var floats = 0.0;
        for (var v = 0; v < unit.Stored.Count; v++)
            if (unit.Stored.IndexOf(unit.Stored[v]) == v) floats += FloatsOf(unit.Stored[v]);
        foreach (var value in unit.Consumed)
            if (!unit.Stored.Contains(value)) floats += FloatsOf(value);
        return Math.Max(operations / FlopsPerNanosecond, floats / FloatsPerNanosecond);

        double FloatsOf(Value value) => (double)layouts[value].Length / (value.Batched ? 1 : samples);
    }
}
