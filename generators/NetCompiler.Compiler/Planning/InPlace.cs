using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// What is only copied to its part of a larger value is computed there, and the copy falls away: the gradients of queries, keys and values, which are one
/// projection, or features side by side in a concatenation. The part stays a value of its own, with the larger one's strides and memory.
/// </summary>
internal static class InPlace
{
    public static void Run(Plan plan, List<Unit> units)
    {
        var results = plan.Program.Results();
        foreach (var copy in units)
        {
            if (copy is not { Kind: UnitKind.Samples, Siblings.Count: 0, Epilogues.Count: 0, Stages.Count: 0, Windows: null, Carried: null, NeedsFill: false }) continue;
            if (copy.Main is not { Kind: NestKind.Store, Body: ReadExpr { Access: var read }, Guards.Count: 0, HasRows: false, Output: var place }) continue;
            Value part = read.Value, whole = place.Value;
            if (part == whole || !Suits(part) || !Suits(whole) || plan.Wholes.ContainsKey(part) || plan.Wholes.ContainsKey(whole) || plan.Wholes.ContainsValue(part)) continue;
            var producers = units.FindAll(u => u != copy && u.Stored.Contains(part));
            if (producers.Count == 0 || producers.Exists(p => p.Level != copy.Level || p.Moment != copy.Moment || (p.NeedsFill && p.Main.Output.Value == part))) continue;
            if (Within(plan.Layouts[part], read, plan.Layouts[whole], place) is not { } layout) continue;
            plan.Layouts[part] = layout;
            plan.Wholes[part] = whole;
            copy.IsInPlace = true;
        }

        bool Suits(Value value) => value is { Kind: ValueKind.Intermediate, Batched: true, StateOf: null } && !results.Contains(value)
            && plan.Layouts[value] is { HasHalo: false, Block: null, IsTransient: false };
    }

    /// <summary>The layout of a value whose elements lie where they are copied to; null: the copy does not go through all of them one by one, or vectors along the value would not stay whole.</summary>
    private static Layout? Within(Layout part, Access read, Layout whole, Access place)
    {
        var address = whole.Address(place);
        var strides = new int[read.Map.Count];
        var used = new HashSet<LoopIndex>();
        for (var d = 0; d < strides.Length; d++)
        {
            if (read.Value.Shape[d] == 1) continue;
            if (read.Map[d].SingleIndex is not { } index || index.Extent != read.Value.Shape[d] || !used.Add(index)) return null;
            strides[d] = address.Coefficient(index);
            if (part.Strides[d] == 1 != (strides[d] == 1)) return null;
        }

        return address.Terms.All(t => used.Contains(t.Index)) ? new Layout(strides, address.Constant, whole.Length) { IsPart = true } : null;
    }
}
