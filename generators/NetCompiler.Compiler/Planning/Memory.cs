using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Gives every value its place: offsets from liveness, so that values that are never alive together share memory. Offsets are ints;
/// what does not fit them is an <see cref="OverflowException"/>, which the pipeline reports as NETC0016.
/// </summary>
internal static class Memory
{
    /// <summary>Memory that a value holds from one point of time to another.</summary>
    private sealed record Block(int Offset, int Length, int First, int Last);

    /// <summary>When a value is needed: phases, and units.</summary>
    private sealed class Life(int phase, int clock)
    {
        public int FirstPhase { get; private set; } = phase;

        public int LastPhase { get; private set; } = phase;

        public int First { get; private set; } = clock;

        public int Last { get; private set; } = clock;

        public void Extend(int phase, int clock)
        {
            if (phase < FirstPhase) FirstPhase = phase;
            if (phase > LastPhase) LastPhase = phase;
            if (clock < First) First = clock;
            if (clock > Last) Last = clock;
        }
    }

    public static void Run(Plan plan, IReadOnlyDictionary<string, int> parameterOffsets)
    {
        var program = plan.Program;
        var gradients = program.ParameterGradients.ToDictionary(p => p.Value, p => p.Key);
        var lives = new Dictionary<Value, Life>();
        var clock = 0;
        for (var p = 0; p < plan.Phases.Count; p++) Live(plan.Phases[p], p);
        foreach (var value in program.InputGradients.Concat(program.ShownOutputs)) Extend(lives, value, int.MaxValue, int.MaxValue);

        var (scratch, ofOne, samples) = (new List<Block>(), new List<Block>(), new List<Block>());
        PlaceAll();
        (plan.ScratchLength, plan.OneScratchLength) = (End(scratch), End(ofOne));
        plan.SampleLength = End(samples);
        foreach (var phase in plan.Phases) PlacePartial(plan, phase);

        void Live(PhasePlan phase, int p)
        {
            Unit? before = null;
            foreach (var unit in phase.Units.Concat(phase.SplitUnits))
            {
                if (!unit.IsAtTimeOf(before)) clock++;
                before = unit;
                foreach (var value in unit.Stored) Extend(lives, plan.WholeOf(value), p, clock);
                foreach (var value in unit.Consumed) Extend(lives, plan.WholeOf(value), p, clock);
            }

            foreach (var combine in phase.SerialCombines.Concat(phase.Combines)) Extend(lives, combine.Value, p, clock);
        }

        void PlaceAll()
        {
            // What a strip hands on lies in the same places for all layers: they are in the first cache already.
            foreach (var value in program.Values.OrderByDescending(v => plan.Layouts[v].IsTransient)) Place(value);
            foreach (var part in plan.Wholes.Keys) plan.Storages[part] = plan.Storages[plan.Wholes[part]];
        }

        void Place(Value value)
        {
            var layout = plan.Layouts[value];
            var length = Round(layout.Length);
            switch (value.Kind)
            {
                case ValueKind.Input: plan.Storages[value] = new(Space.Input, value.Position); return;
                case ValueKind.Label: plan.Storages[value] = new(Space.Label, value.Position); return;
                case ValueKind.Parameter or ValueKind.Buffer: plan.Storages[value] = new(Space.Parameter, parameterOffsets[value.Name]); return;
                case ValueKind.State:
                    plan.Storages[value] = new(Space.State, plan.StateLength);
                    plan.StateLength = checked(plan.StateLength + length);
                    return;
                case ValueKind.Intermediate when value.StateOf is { } state:
                    plan.Storages[value] = program.SeparateStates ? new(Space.NextState, plan.Storages[state].Offset) : plan.Storages[state];
                    return;
                case ValueKind.InverseBatch:
                    plan.InverseBatchOffset = plan.StaticLength;
                    plan.Storages[value] = new(Space.Static, plan.StaticLength);
                    plan.StaticLength = checked(plan.StaticLength + length);
                    return;
            }

            if (!lives.TryGetValue(value, out var life)) return; // lives only in registers
            if (program.Outputs.IndexOf(value) is >= 0 and var position) plan.Storages[value] = new(Space.Output, position);
            else if (gradients.TryGetValue(value, out var parameter)) plan.Storages[value] = new(Space.Gradient, parameterOffsets[parameter.Name]);
            else if (!value.Batched)
            {
                plan.Storages[value] = new(Space.Static, plan.StaticLength);
                plan.StaticLength = checked(plan.StaticLength + length);
            }
            else if (life.FirstPhase == life.LastPhase)
            {
                plan.Storages[value] = new(Space.Scratch, FirstFit(scratch, Round(plan.ScratchLengthOf(value)), life.First, life.Last))
                {
                    OneOffset = FirstFit(ofOne, length, life.First, life.Last),
                };
            }
            else
            {
                plan.Storages[value] = new(Space.Sample, FirstFit(samples, layout.Length, life.FirstPhase, life.LastPhase));
            }
        }
    }

    private static void PlacePartial(Plan plan, PhasePlan phase)
    {
        foreach (var combine in phase.SerialCombines.Concat(phase.Combines))
        {
            plan.PartialOffsets[combine.Value] = plan.ChunkLength;
            plan.ChunkLength = checked(plan.ChunkLength + Round(combine.Length));
        }
    }

    private static int End(List<Block> taken)
    {
        var end = 0;
        foreach (var block in taken) end = Math.Max(end, block.Offset + block.Length);
        return end;
    }

    private static void Extend(Dictionary<Value, Life> lives, Value value, int phase, int clock)
    {
        if (!lives.TryGetValue(value, out var life)) lives.Add(value, life = new Life(phase, clock));
        life.Extend(phase, clock);
    }

    /// <summary>The lowest offset whose memory no value with an overlapping life holds.</summary>
    [MethodImpl(HotPath.Optimized)]
    private static int FirstFit(List<Block> taken, int length, int first, int last)
    {
        var offset = 0;
        foreach (var block in taken)
        {
            if (block.First > last || first > block.Last) continue;
            if (offset + length <= block.Offset) break;
            offset = Math.Max(offset, block.Offset + block.Length);
        }

        _ = checked(offset + length);

        // In order of their offsets.
        var at = taken.Count;
        while (at > 0 && taken[at - 1].Offset > offset) at--;
        taken.Insert(at, new(offset, length, first, last));
        return offset;
    }

    /// <summary>In whole lines of the cache.</summary>
    public static int Round(int length) => checked(length + Layout.Line - 1) / Layout.Line * Layout.Line;
}
