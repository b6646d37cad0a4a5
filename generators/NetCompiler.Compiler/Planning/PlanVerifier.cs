using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>Checks a plan: what is read has been written in an earlier phase or earlier in the same one, and no two values share memory while both are needed.</summary>
internal static class PlanVerifier
{
    public static void Verify(Plan plan)
    {
        var written = new Dictionary<Value, (int Phase, bool Chunked)>();
        var last = new Dictionary<Value, int>();
        var clock = 0;
        var first = new Dictionary<Value, int>();
        for (var p = 0; p < plan.Phases.Count; p++)
        {
            var phase = plan.Phases[p];
            foreach (var combine in phase.SerialCombines.Concat(phase.Combines)) written[combine.Value] = (p, false);
            foreach (var unit in phase.Units.Concat(phase.SplitUnits))
            {
                clock++;
                foreach (var value in unit.Consumed)
                {
                    last[value] = clock;
                    if (value.Kind != ValueKind.Intermediate) continue;
                    if (!written.TryGetValue(value, out var at)) throw Fault(plan, $"'{unit.Main.Name}' reads '{value.Name}' before it is written");
                    if (at.Phase == p && unit.SplitAxis is not null) throw Fault(plan, $"'{unit.Main.Name}' is split and reads '{value.Name}', which the same phase writes");
                    if (at.Phase == p && at.Chunked && !value.Batched) throw Fault(plan, $"'{unit.Main.Name}' reads '{value.Name}', a sum over the samples that its phase has not finished");
                    if (!plan.Storages.ContainsKey(value)) throw Fault(plan, $"'{value.Name}' is read but has no memory");
                }

                foreach (var value in unit.Stored)
                {
                    if (!plan.Storages.ContainsKey(value)) throw Fault(plan, $"'{value.Name}' is stored but has no memory");
                    written[value] = (p, phase.Chunked);
                    if (!first.ContainsKey(value)) first[value] = clock;
                    last[value] = clock;
                }
            }
        }

        CheckOverlap(plan, Space.Scratch, plan.ScratchLengthOf, first, last);
        CheckOverlap(plan, Space.Sample, v => plan.Layouts[v].Length, first, last);
        CheckOverlap(plan, Space.Static, v => plan.Layouts[v].Length, first, last);
    }

    private static void CheckOverlap(Plan plan, Space space, Func<Value, int> length, Dictionary<Value, int> first, Dictionary<Value, int> last)
    {
        var open = new List<(Value Value, int Offset, int End, int Last)>();
        foreach (var value in first.Keys.Where(v => plan.Storages[v].Space == space).OrderBy(v => first[v]))
            Check(value);

        void Check(Value value)
        {
            var offset = plan.Storages[value].Offset;
            var (end, begins) = (offset + length(value), first[value]);
            open.RemoveAll(o => o.Last < begins);
            foreach (var other in open)
                if (offset < other.End && other.Offset < end) throw Shared(plan, value, other.Value, space);
            open.Add((value, offset, end, last[value]));
        }
    }

    private static InvalidOperationException Shared(Plan plan, Value one, Value other, Space space) =>
        Fault(plan, $"'{one.Name}' and '{other.Name}' share {space} memory while both are needed");

    private static InvalidOperationException Fault(Plan plan, string what) => new($"Planning of {plan.Program.Name}: {what}.");
}
