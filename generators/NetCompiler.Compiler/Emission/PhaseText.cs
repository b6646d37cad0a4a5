using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Emission.CodeWriter;

namespace NetCompiler.Compiler.Emission;

/// <summary>The phases of a training step as the description has them.</summary>
internal static class PhaseText
{
    /// <summary>Costs are those of a minibatch of this size.</summary>
    private const int Samples = 64;

    public static string Of(PhasePlan phase, Plan plan)
    {
        var text = $"new({Library}PhaseRole.{phase.Role}, {(phase.Role == "Commit" ? 1 : phase.Items)})";
        return phase.Items <= 1 ? text : $"{text} {{ Groups = [{string.Join(", ", Groups(phase, plan))}] }}";
    }

    /// <summary>Pairs [begin, end) of the storage that units of the on-demand phases read.</summary>
    public static IEnumerable<int> InputGradientParameters(Plan plan) =>
        plan.Phases.Where(p => p.Role == "InputGradient").SelectMany(p => p.Units.Concat(p.SplitUnits)).SelectMany(u => u.Consumed).Distinct()
            .Where(v => plan.Storages[v].Space == Space.Parameter).OrderBy(v => plan.Storages[v].Offset)
            .SelectMany(v => new[] { plan.Storages[v].Offset, plan.Storages[v].Offset + plan.Layouts[v].Length });

    private static IEnumerable<string> Groups(PhasePlan phase, Plan plan)
    {
        if (phase.HasSerialWork)
            yield return Group(1, phase.SerialCombines.Sum(c => Cost(c, plan)) + phase.Units.Sum(u => Sharing.Nanoseconds(u, plan.Layouts, 1)));
        foreach (var combine in phase.Combines)
        {
            var items = PhasePlan.CombineItems(combine);
            yield return Group(items, Cost(combine, plan) / items, Place(combine.Value, plan), combine.Length, 1, combine.Length, PhasePlan.CombineBlock);
        }

        foreach (var unit in phase.SplitUnits)
        {
            var items = PhasePlan.SplitItems(unit);
            var value = unit.Main.Output.Value;
            var stride = plan.Layouts[value].Address(unit.Main.Output).Coefficient(unit.SplitAxis!);
            var cost = Sharing.Nanoseconds(unit, plan.Layouts, 1) / items;
            yield return Group(items, unit.Kind == UnitKind.BatchSum ? cost * Samples : cost, Place(value, plan), plan.Layouts[value].Length, stride, unit.SplitAxis!.Extent, unit.SplitBlock);
        }
    }

    private static double Cost(Combine combine, Plan plan) => combine.Length * (double)(1 + (Samples / plan.ChunkSize)) / 12;

    private static int Place(Value value, Plan plan) => plan.Storages[value] is { Space: Space.Gradient } storage ? storage.Offset : -1;

    private static string Group(int count, double cost, params int[] place) =>
        $"new({count}, {Math.Max(1, (int)cost)}{(place.Length > 0 && place[0] >= 0 ? ", " + string.Join(", ", place) : "")})";
}
