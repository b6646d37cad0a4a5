using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Brings a program into the form that units are made of: gathers instead of scatters, zero padding as halos of zeros
/// around values instead of guards, copies between the user's layout and the natural one.
/// </summary>
internal static class Preparation
{
    private const int FewChannels = 4;

    public static Dictionary<Value, Layout> Run(Program program, IReadOnlyDictionary<string, Layout> parameterLayouts)
    {
        ScatterToGather.Run(program);
        var stacks = Stacks.Of(program);
        CopyOutputs(program, stacks);
        CopyForCaller(program, program.InputGradients);
        CopyForCaller(program, program.ShownOutputs);
        var halos = new Dictionary<Value, (int Before, int After)[]>();
        var fixedLayouts = Winograd.Run(program, halos);
        RemoveGuards(program, halos);
        StageInputs(program, halos, fixedLayouts);

        var layouts = new Dictionary<Value, Layout>();
        var forCaller = program.ForCaller();
        foreach (var value in program.Values)
            layouts[value] = fixedLayouts.TryGetValue(value, out var layout) ? layout : Choose(value, forCaller, halos, stacks, parameterLayouts);
        foreach (var (parameter, gradient) in program.ParameterGradients.Select(p => (p.Key, p.Value)))
            layouts[gradient] = layouts[parameter];
        return layouts;
    }

    private static Layout Choose(
        Value value, HashSet<Value> forCaller, Dictionary<Value, (int Before, int After)[]> halos, HashSet<Value> stacks, IReadOnlyDictionary<string, Layout> parameterLayouts)
    {
        if (value.Kind is ValueKind.Parameter or ValueKind.Buffer) return parameterLayouts[value.Name];
        if ((value.StateOf ?? value) is { Kind: ValueKind.State } state)
            return state.ColumnsTogether ? Layout.Ordered(state.Shape, [1, 0]) : Layout.RowMajor(state.Shape);
        if (value.Kind is ValueKind.Input or ValueKind.Label || forCaller.Contains(value))
            return Layout.RowMajor(value.Shape);
        halos.TryGetValue(value, out var halo);
        return stacks.Contains(value) ? Layout.Ordered(value.Shape, [0, 1, 2], halo) : LayoutPlanner.Natural(value.Shape, halo);
    }

    /// <summary>
    /// An output is written straight into the user's memory only if it lies there as it does inside, and if no other nest reads it.
    /// </summary>
    private static void CopyOutputs(Program program, HashSet<Value> stacks)
    {
        var seen = new HashSet<Value>();
        for (var i = 0; i < program.Outputs.Count; i++)
        {
            var value = program.Outputs[i];
            var direct = value.Kind == ValueKind.Intermediate && seen.Add(value)
                && (stacks.Contains(value) || LayoutPlanner.Natural(value.Shape).SameAs(Layout.RowMajor(value.Shape)))
                && !program.Nests.Any(n => n.Reads.Any(r => ReferenceEquals(r.Value, value)));
            if (direct) continue;
            var copy = program.NewValue(value.Name, value.Shape, batched: true);
            program.Nests.Add(Rewriter.Copy($"{value.Name} to the caller", value, copy));
            program.Outputs[i] = copy;
        }
    }

    private static void CopyForCaller(Program program, List<Value> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            var copy = program.NewValue(values[i].Name, values[i].Shape, batched: true);
            program.Nests.Add(Rewriter.Copy($"{values[i].Name} to the caller", values[i], copy));
            values[i] = copy;
        }
    }

    /// <summary>
    /// A guard that only keeps a read inside its value, in a sum of products, is not needed when the value has zeros around it.
    /// </summary>
    private static void RemoveGuards(Program program, Dictionary<Value, (int Before, int After)[]> halos)
    {
        for (var at = 0; at < program.Nests.Count; at++)
        {
            var nest = program.Nests[at];
            if (nest.Kind != NestKind.Sum || nest.Guards.Count == 0) continue;
            var left = new List<Guard>();
            foreach (var guard in nest.Guards)
            {
                // Where the guard fails, one factor reads a zero; whatever else is read there must be memory too.
                var reads = nest.Reads.Where(r => DimensionOf(r, guard) >= 0).ToList();
                if (!reads.Any(r => IsZeroWith(nest.Body, r)) || !reads.All(r => CanHaveHalo(r.Value)) || !nest.Reads.All(r => StaysInside(r, nest.Guards, reads.Contains(r) ? null : guard)))
                {
                    left.Add(guard);
                    continue;
                }

                foreach (var read in reads)
                {
                    if (!halos.TryGetValue(read.Value, out var halo)) halos[read.Value] = halo = new (int, int)[read.Value.Shape.Length];
                    var d = DimensionOf(read, guard);
                    halo[d] = (Math.Max(halo[d].Before, -guard.Expression.Minimum), Math.Max(halo[d].After, guard.Expression.Maximum - guard.Upper + 1));
                }
            }

            if (left.Count < nest.Guards.Count) program.Nests[at] = nest.With(guards: left);
        }
    }

    private static bool CanHaveHalo(Value value) => value.Batched && value.StateOf is null && value.Kind is ValueKind.Intermediate or ValueKind.Input;

    /// <summary>Each dimension of the read stays inside its value, by itself or because of one of the guards (other than <paramref name="without"/>).</summary>
    public static bool StaysInside(Access read, IReadOnlyList<Guard> guards, Guard? without = null) => Enumerable.Range(0, read.Map.Count).All(d =>
        (read.Map[d].Minimum >= 0 && read.Map[d].Maximum < read.Value.Shape[d])
        || guards.Any(g => !ReferenceEquals(g, without) && g.Upper <= read.Value.Shape[d] && g.Expression.Equals(read.Map[d])));

    private static int DimensionOf(Access read, Guard guard)
    {
        for (var d = 0; d < read.Map.Count; d++)
            if (read.Value.Shape[d] == guard.Upper && read.Map[d].Equals(guard.Expression)) return d;
        return -1;
    }

    /// <summary>The expression is 0 wherever the read is 0.</summary>
    private static bool IsZeroWith(Expr e, Access read) => e switch
    {
        ReadExpr r => r.Access.Equals(read),
        ConstExpr c => c.Value == 0,
        BinaryExpr { Op: BinaryOp.Mul } b => IsZeroWith(b.A, read) || IsZeroWith(b.B, read),
        BinaryExpr { Op: BinaryOp.Div } b => IsZeroWith(b.A, read),
        UnaryExpr { Op: UnaryOp.Neg } u => IsZeroWith(u.X, read),
        SelectExpr s => IsZeroWith(s.WhenTrue, read) && IsZeroWith(s.WhenFalse, read),
        _ => false,
    };

    /// <summary>The caller's memory has no halo: an input that needs one is copied first.</summary>
    private static void StageInputs(Program program, Dictionary<Value, (int Before, int After)[]> halos, Dictionary<Value, Layout> fixedLayouts)
    {
        foreach (var input in program.Inputs)
        {
            if (!halos.TryGetValue(input, out var halo)) continue;
            var staged = program.NewValue(input.Name + " padded", input.Shape, batched: true);
            halos.Remove(input);
            halos[staged] = halo;

            // Of few channels nobody makes vectors, so the copy may keep the caller's order, row by row.
            if (input.Shape.Length == 3 && input.Shape[0] < FewChannels) fixedLayouts[staged] = Layout.Ordered(input.Shape, [0, 1, 2], halo);
            ReplaceRead(program, input, staged);
            program.Nests.Insert(0, Rewriter.Copy($"{input.Name} padded", input, staged));
        }
    }

    [MethodImpl(HotPath.Optimized)]
    private static void ReplaceRead(Program program, Value old, Value replacement)
    {
        for (var at = 0; at < program.Nests.Count; at++) program.Nests[at] = Rewriter.ReplaceRead(program.Nests[at], old, replacement);
    }
}
