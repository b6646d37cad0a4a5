using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Of a sequence that is taken step by step, what is computed for each of its places (the scores of attention) is computed for those of the steps so far and not for all that there is room
/// for: the kernel is given their number, in whole groups. What is behind is not written, so whoever reads it must stop there too.
/// </summary>
internal static class TakenPlaces
{
    /// <summary>Places that are computed together: a kernel that sums over them has steps that divide it, so that it ends where the others do.</summary>
    public const int Group = 64;

    /// <summary>Gives the rows in which those sequences are taken.</summary>
    public static List<int> Run(Program program, List<Unit> units)
    {
        foreach (var unit in units) unit.Taken = Candidate(unit);
        var open = units.FindAll(u => u.Taken is not null);
        var kept = new HashSet<Value>(program.Outputs);

        // A unit that goes through all places after all makes those before it write all.
        while (open.Find(unit => !MayEnd(unit)) is { } whole)
        {
            whole.Taken = null;
            open.Remove(whole);
        }

        return [.. open.Select(u => u.Taken!.TakenRows).Distinct()];

        bool MayEnd(Unit unit)
        {
            if (!unit.Main.Output.Uses(unit.Taken!)) return true;
            foreach (var nest in unit.Nests)
            {
                var value = nest.Output.Value;
                if (value.Kind != ValueKind.Intermediate || value.StateOf is not null || kept.Contains(value)) return false;
                var output = nest == unit.Main ? nest.Output : nest.Output.Substitute(unit.EpilogueMap(nest, unit.Main));
                var dimension = Array.FindIndex([.. output.Map], m => m.SingleIndex == unit.Taken);
                if (dimension < 0 || units.Exists(reader => reader != unit && !EndsToo(reader, value, dimension, unit.Taken!.TakenRows))) return false;
            }

            return true;
        }
    }

    /// <summary>Reads no more of the value than the places that count.</summary>
    private static bool EndsToo(Unit reader, Value value, int dimension, int rows) =>
        reader.Nests.TrueForAll(nest => nest.Reads.TrueForAll(r => r.Value != value || (nest == reader.Main && reader.Taken is { } index && index.TakenRows == rows && r.Map[dimension].SingleIndex == index)));

    /// <summary>The index, in a unit of one nest for each sample and what is computed from its results in the registers.</summary>
    private static LoopIndex? Candidate(Unit unit)
    {
        if (unit is not { Kind: UnitKind.Samples, Siblings.Count: 0, Stages.Count: 0, Windows: null, Carried: null, NeedsFill: false } || unit.Main.Kind is NestKind.ArgMax) return null;
        var main = unit.Main;
        if (main.Part is not null || main.Guards.Count > 0 || main.HasRows) return null;
        var indices = main.Indices.Where(i => i.TakenRows > 0 && i.Extent > Group).ToList();
        if (indices.Count != 1) return null;

        // Its results lie place by place, or are sums over the places.
        var index = indices[0];
        return !main.Output.Uses(index) || main.Output.Map.Any(m => m.SingleIndex == index) ? index : null;
    }
}
