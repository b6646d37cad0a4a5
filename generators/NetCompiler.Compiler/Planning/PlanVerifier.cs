using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>Checks a plan: what is read has been written in an earlier phase or earlier in the same one, and no two values share memory while both are needed.</summary>
internal static class PlanVerifier
{
    private sealed record Written(int Phase, bool Chunked);

    public static void Verify(Plan plan)
    {
        var written = new Dictionary<Value, Written>();
        var last = new Dictionary<Value, int>();
        var clock = 0;
        var first = new Dictionary<Value, int>();
        for (var p = 0; p < plan.Phases.Count; p++)
        {
            var phase = plan.Phases[p];
            foreach (var combine in phase.SerialCombines.Concat(phase.Combines)) written[combine.Value] = new(p, false);
            Unit? before = null;
            foreach (var unit in phase.Units.Concat(phase.SplitUnits))
            {
                if (!unit.IsAtTimeOf(before)) clock++;
                before = unit;
                foreach (var value in unit.Consumed)
                {
                    last[plan.WholeOf(value)] = clock;
                    if (value.Kind != ValueKind.Intermediate) continue;
                    if (!written.TryGetValue(value, out var at)) throw Fault(plan, $"'{unit.Main.Name}' reads '{value.Name}' before it is written");
                    if (at.Phase == p && unit.SplitAxis is not null) throw Fault(plan, $"'{unit.Main.Name}' is split and reads '{value.Name}', which the same phase writes");
                    if (at.Phase == p && at.Chunked && !value.Batched) throw Fault(plan, $"'{unit.Main.Name}' reads '{value.Name}', a sum over the samples that its phase has not finished");
                    if (!plan.Storages.ContainsKey(value)) throw Fault(plan, $"'{value.Name}' is read but has no memory");
                }

                foreach (var value in unit.Stored)
                {
                    if (!plan.Storages.ContainsKey(value)) throw Fault(plan, $"'{value.Name}' is stored but has no memory");
                    written[value] = new(p, phase.Chunked);
                    if (!first.ContainsKey(plan.WholeOf(value))) first[plan.WholeOf(value)] = clock;
                    last[plan.WholeOf(value)] = clock;
                }
            }
        }

        CheckOverlap(plan, Space.Scratch, s => s.Offset, plan.ScratchLengthOf, first, last);
        CheckOverlap(plan, Space.Scratch, s => s.OneOffset, LengthOf, first, last);
        CheckOverlap(plan, Space.Sample, s => s.Offset, LengthOf, first, last);
        CheckOverlap(plan, Space.Static, s => s.Offset, LengthOf, first, last);

        int LengthOf(Value value) => plan.Layouts[value].Length;
    }

    private static void CheckOverlap(Plan plan, Space space, Func<Storage, int> offset, Func<Value, int> length, Dictionary<Value, int> first, Dictionary<Value, int> last)
    {
        var values = first.Keys.Where(v => plan.Storages[v].Space == space).OrderBy(v => first[v]).ToArray();
        var (offsets, ends, begins, lasts) = (new int[values.Length], new int[values.Length], new int[values.Length], new int[values.Length]);
        for (var v = 0; v < values.Length; v++)
        {
            offsets[v] = offset(plan.Storages[values[v]]);
            (ends[v], begins[v], lasts[v]) = (offsets[v] + length(values[v]), first[values[v]], last[values[v]]);
        }

        if (FindOverlap(offsets, ends, begins, lasts) is { } pair) throw Shared(plan, values[pair.Later], values[pair.Earlier], space);
    }

    /// <summary>Two that have memory in common while both are needed; they are in order of when they begin to be.</summary>
    [MethodImpl(HotPath.Optimized)]
    private static (int Later, int Earlier)? FindOverlap(int[] offsets, int[] ends, int[] begins, int[] lasts)
    {
        var open = new int[offsets.Length];
        var count = 0;
        for (var v = 0; v < offsets.Length; v++)
        {
            var left = 0;
            for (var o = 0; o < count; o++)
            {
                var other = open[o];
                if (lasts[other] < begins[v]) continue;
                if (offsets[v] < ends[other] && offsets[other] < ends[v]) return (v, other);
                open[left++] = other;
            }

            open[left++] = v;
            count = left;
        }

        return null;
    }

    private static InvalidOperationException Shared(Plan plan, Value one, Value other, Space space) =>
        Fault(plan, $"'{one.Name}' and '{other.Name}' share {space} memory while both are needed");

    private static InvalidOperationException Fault(Plan plan, string what) => new($"Planning of {plan.Program.Name}: {what}.");
}
