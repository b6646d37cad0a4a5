using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Groups nests into units: a Store nest that works element by element on the result of another unit joins it (bias,
/// activation, residual sum, gate of a gradient), so that the value it reads need not pass through memory.
/// </summary>
internal static class Fusion
{
    private const int MostEpilogues = 12;

    /// <summary>
    /// Elements from which on a product and a function of many instructions do better apart: in one kernel the tile's sums and the function's dozens of
    /// constants compete for the registers, which costs more than writing the sums and reading them again.
    /// </summary>
    private const int ManyElements = 1024;

    private const int ManyTerms = 32;

    [MethodImpl(HotPath.Optimized)]
    public static List<Unit> Run(Program program, IReadOnlyDictionary<Value, Layout> layouts)
    {
        var units = new List<Unit>();
        var producers = new Dictionary<Value, List<Unit>>();
        var position = new Dictionary<Unit, int>(); // in order of execution, also of the stages of one chain
        var chains = new Dictionary<Chain, Unit>();
        var moments = Moments.Of(program);
        var readers = new Lazy<Readers>(() => new Readers(program));

        // What is done to each nest is a method apart from the loop (see HotPath).
        foreach (var run in program.Nests.InRuns()) Add(run);
        Store(program, units, producers);
        return units;

        void Add(IReadOnlyList<Nest> run)
        {
            var nest = run[0];
            if (nest.CarriedChain() is not null)
            {
                AddChain(run);
                return;
            }

            // What a prediction computes from parameters alone comes before all samples: it decides nothing about the order.
            var unit = FindHost(nest, Beside(nest, units), producers, position, layouts, moments, hasEarly: program.Loss is null && nest.Output.Value.Batched);
            if (unit is null && PoolsAlone(nest, producers, readers, moments) is { } pooled && WindowFusion.TryJoin(pooled, nest, layouts))
            {
                producers[nest.Output.Value] = [pooled];
                return;
            }

            if (nest.Part is { } part && chains.TryGetValue(part.Chain, out var last) && last.Main.Part!.Value.Stage == part.Stage)
            {
                unit = last;
                unit.Siblings.Add(nest);
            }
            else if (unit is null)
            {
                unit = new Unit(nest) { VectorAxis = VectorAxis.Choose(nest, layouts, mayPack: false).Axis, Moment = moments[nest] };
                if (nest.Part is { } first)
                {
                    if (chains.TryGetValue(first.Chain, out var earlier))
                    {
                        unit.Stages.AddRange(earlier.Stages.Append(earlier));
                        earlier.Stages.Clear();
                        units.Remove(earlier);
                    }

                    chains[first.Chain] = unit;
                }

                position[unit] = position.Count;
                units.Add(unit);
            }
            else
            {
                (unit.Windows?.Epilogues ?? unit.Epilogues).Add(nest);
            }

            if (!producers.TryGetValue(nest.Output.Value, out var list)) producers[nest.Output.Value] = list = [];
            else if (nest.Part is not null && !list.Contains(unit)) unit.Continued.Add(nest.Output.Value);
            if (!list.Contains(unit)) list.Add(unit);
        }

        void AddChain(IReadOnlyList<Nest> nests)
        {
            var unit = ChainUnits.Build(nests, layouts);
            unit.Moment = moments[nests[0]];
            foreach (var value in nests.Select(n => n.Output.Value).Distinct())
            {
                if (!producers.TryGetValue(value, out var list)) producers[value] = list = [];
                else unit.Continued.Add(value);
                list.Add(unit);
            }

            position[unit] = position.Count;
            units.Add(unit);
        }
    }

    /// <summary>What of each unit's results needs memory.</summary>
    private static void Store(Program program, List<Unit> units, Dictionary<Value, List<Unit>> producers)
    {
        var kept = program.Results();
        foreach (var unit in units) kept.UnionWith(unit.Consumed);
        foreach (var unit in units)
        {
            unit.NeedsFill = NeedsFill(unit, producers);
            Store(unit, kept);
        }
    }

    private static bool NeedsFill(Unit unit, Dictionary<Value, List<Unit>> producers) =>
        unit.Carried is null && unit.Windows is null && producers[unit.Main.Output.Value].Count == 1 && unit.Main.Output.Value.StateOf is null
            && (CoveredElements(unit) < unit.Main.Output.Value.Length || !ScatterToGather.IsInjective(unit.Main)
                || (unit.Main.Kind == NestKind.Store && !HasOptionalGuardsAlone(unit.Main)));

    [MethodImpl(HotPath.Optimized)]
    private static void Store(Unit unit, HashSet<Value> kept)
    {
        if (unit.Carried is null && unit.Stages.Count == 0)
        {
            // Most are such, of one nest or two.
            foreach (var value in unit.Produced)
                if (kept.Contains(value) && !unit.Stored.Contains(value)) unit.Stored.Add(value);
            return;
        }

        if (unit.Carried is null) NoteHanded(unit);
        unit.Stored.AddRange(unit.Produced.Where(kept.Contains).Distinct());
        if (unit.Carried is not null) unit.Stored.AddRange(unit.Produced.Where(v => unit.Handed.Contains(v)).Distinct().Except(unit.Stored).ToList());
        foreach (var stage in unit.Stages) stage.Stored.AddRange(stage.Produced.Where(v => kept.Contains(v) || unit.Handed.Contains(v)).Distinct());
        unit.Stored.AddRange(unit.Stages.SelectMany(s => s.Stored));
    }

    /// <summary>What one stage of a chain whose strips are independent computes and a later one reads.</summary>
    [MethodImpl(HotPath.Optimized)]
    private static void NoteHanded(Unit unit)
    {
        var earlier = new HashSet<Value>();
        foreach (var stage in unit.Stages.Append(unit))
        {
            foreach (var read in stage.Nests.SelectMany(n => n.Reads))
                if (earlier.Remove(read.Value)) unit.Handed.Add(read.Value);
            earlier.UnionWith(stage.Produced.Where(v => !unit.Handed.Contains(v)));
        }
    }

    /// <summary>The unit whose results nobody reads but that pooling, so that they need no memory if it joins.</summary>
    private static Unit? PoolsAlone(Nest nest, Dictionary<Value, List<Unit>> producers, Lazy<Readers> readers, Moments moments)
    {
        if (nest is not { Kind: NestKind.Max or NestKind.Sum, Body: ReadExpr { Access: var read }, Guards.Count: 0, Part: null, HasRows: false, HasIdentityOutput: true, Output.Value: { Batched: true, StateOf: null } }) return null;
        if (!producers.TryGetValue(read.Value, out var units) || units.Count != 1 || units[0] is not { Carried: null, Windows: null, Kind: UnitKind.Samples } unit) return null;
        if (unit.Moment != moments[nest] || unit.Main.Kind is not (NestKind.Sum or NestKind.Store) || unit.Main.HasRows || unit.Main.Guards.Count > 0) return null;
        if (read.Value != (unit.Epilogues.LastOrDefault() ?? unit.Main).Output.Value || !ScatterToGather.IsInjective(unit.Main) || CoveredElements(unit) != read.Value.Length) return null;
        return AreReadByNoOther(unit, nest, producers, readers.Value) ? unit : null;
    }

    private static bool AreReadByNoOther(Unit unit, Nest nest, Dictionary<Value, List<Unit>> producers, Readers readers) =>
        unit.Produced.Distinct().All(v => producers[v].Count == 1 && readers.AreOnly(v, r => r == nest || unit.Epilogues.Contains(r)));

    /// <summary>A function of many instructions right before, at the same places of the same values: of a function and its slope most is the same.</summary>
    private static Unit? Beside(Nest nest, List<Unit> units) =>
        units.LastOrDefault() is { Epilogues.Count: 0, Siblings.Count: 0, Stages.Count: 0, Carried: null, Windows: null, Main: { Kind: NestKind.Store, Part: null } main } last && IsLong(main.Body) && IsLong(nest.Body)
            && main.Output.Map.Count == nest.Output.Map.Count
            && ReadsTheSame(last, nest) ? last : null;

    private static bool ReadsTheSame(Unit unit, Nest nest) => unit.Main.Reads.Select(r => r.Substitute(unit.EpilogueMap(unit.Main, nest))).SequenceEqual(nest.Reads);

    private static Unit? FindHost(
        Nest nest, Unit? beside, Dictionary<Value, List<Unit>> producers, Dictionary<Unit, int> position, IReadOnlyDictionary<Value, Layout> layouts, Moments moments,
        bool hasEarly)
    {
        if (nest.Kind != NestKind.Store || !HasOptionalGuardsAlone(nest) || nest.HasRows || nest.Output.Value.StateOf is not null || !nest.HasIdentityOutput) return null;
        var host = beside ?? LastProducer(nest, producers, position, hasEarly);
        if (nest.Part is { } part && host?.Main.Part?.Chain != part.Chain) return null; // its strips are gone through one by one
        if (host?.Main.Turn != nest.Turn) return null; // it may be computed before others of its group
        if (host?.Main.Output.Value.StateOf is not null) return null; // what a step keeps is written as it is
        if (host is null || host.Carried is not null || host.Epilogues.Count + (host.Windows?.Epilogues.Count ?? 0) >= MostEpilogues || host.Moment != moments[nest]) return null;
        var main = host.Main;
        if (nest.Output.Value.Length >= ManyElements && IsLong(nest.Body) && main.Kind == NestKind.Sum && Affine.Points(main.ReductionIndices) >= ManyTerms) return null;
        if (host.Kind == UnitKind.BatchSum || main.Output.Value.Batched != nest.Output.Value.Batched) return null;
        if (!host.Last.Output.Value.Shape.SequenceEqual(nest.Output.Value.Shape) || !ScatterToGather.IsInjective(main)) return null;
        if (main.Kind == NestKind.Store && !HasOptionalGuardsAlone(main)) return null;
        if (host.Windows is null && CoveredElements(host) != main.Output.Value.Length) return null;

        foreach (var read in nest.Reads)
            if (!read.Map.Equals(nest.Output.Map) && host.Produced.Contains(read.Value)) return null;
        foreach (var value in host.Produced)
            if (producers[value].Count > 1) return null;
        return FitsInto(host, nest, layouts) ? host : null;
    }

    /// <summary>The last unit of those that compute what the nest reads.</summary>
    private static Unit? LastProducer(Nest nest, Dictionary<Value, List<Unit>> producers, Dictionary<Unit, int> position, bool hasEarly)
    {
        Unit? last = null;
        foreach (var read in nest.Reads)
        {
            if ((hasEarly && !read.Value.Batched) || !producers.TryGetValue(read.Value, out var list)) continue;
            foreach (var unit in list)
                if (last is null || position[unit] > position[last]) last = unit;
        }

        return last;
    }

    private static bool HasOptionalGuardsAlone(Nest nest)
    {
        for (var g = 0; g < nest.Guards.Count; g++)
            if (!nest.Guards[g].IsOptional) return false;
        return true;
    }

    /// <summary>It has the points that the unit has, and goes with its vectors.</summary>
    private static bool FitsInto(Unit host, Nest nest, IReadOnlyDictionary<Value, Layout> layouts)
    {
        var main = host.Main;
        var whole = main.Guards.Where(g => g.IsOptional && !main.ReductionIndices.Any(g.Expression.Uses));
        if (!whole.SequenceEqual(nest.Guards.Select(g => g with { Expression = g.Expression.Substitute(host.EpilogueMap(nest, main)) }))) return false;

        // The vector axis was chosen for the main nest; along it the epilogue must store in order and read in order or not at all.
        if (host.VectorAxis is not { } axis || !main.Output.Map.Any(m => m.Uses(axis)))
            return nest.Output.Value.Length <= 4096 && !(host.VectorAxis is null && NaturalCopies.IsCopy(main) && VectorAxis.IsThere(nest, layouts));
        var map = host.EpilogueMap(nest, main);
        var outer = layouts[nest.Output.Value].Address(nest.Output.Substitute(map)).Coefficient(axis);
        return outer == 1 && nest.Reads.TrueForAll(r => layouts[r.Value].Address(r.Substitute(map)).Coefficient(axis) is 0 or 1);
    }

    /// <summary>Has a function of so many instructions that its constants alone fill the registers.</summary>
    private static bool IsLong(Expr body) => body.Has(e => e is UnaryExpr
    {
        Op: UnaryOp.Gelu or UnaryOp.GeluSlope or UnaryOp.GeluTanh or UnaryOp.NormalCdf or UnaryOp.Mish or UnaryOp.Silu or UnaryOp.Erf,
    });

    /// <summary>By all branches: what they write is disjoint.</summary>
    private static long CoveredElements(Unit unit)
    {
        var elements = 0L;
        foreach (var nest in unit.Branches)
        {
            var covered = 1L;
            for (var d = 0; d < nest.Output.Map.Count; d++) covered *= ScatterToGather.Covered(nest.Output, d);
            elements += covered;
        }

        return elements;
    }
}
