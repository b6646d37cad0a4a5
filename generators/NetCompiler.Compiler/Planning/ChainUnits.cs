using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Makes one unit of a carried chain: its nests in as few stages as possible. A product begins a stage. A nest that works element by element joins the
/// earliest stage over the same elements in which all that it reads of this step is there: from earlier stages in memory, from its own in registers.
/// </summary>
internal sealed class ChainUnits
{
    private readonly Chain _chain;
    private readonly IReadOnlyDictionary<Value, Layout> _layouts;
    private readonly List<Unit> _stages = [];
    private readonly Dictionary<Value, List<(int Stage, Nest Nest)>> _writers = [];
    private readonly List<Value> _handed = [];

    private ChainUnits(Chain chain, IReadOnlyDictionary<Value, Layout> layouts)
    {
        _chain = chain;
        _layouts = layouts;
    }

    public static Unit Build(IReadOnlyList<Nest> nests, IReadOnlyDictionary<Value, Layout> layouts)
    {
        var chain = new ChainUnits(nests[0].CarriedChain()!, layouts);
        foreach (var nest in nests) chain.Add(nest);
        chain.NoteHanded();
        var unit = chain._stages[chain._stages.Count - 1];
        unit.Stages.AddRange(chain._stages.Take(chain._stages.Count - 1));
        foreach (var stage in chain._stages) stage.Handed.AddRange(chain._handed);
        return unit;
    }

    private void Add(Nest nest)
    {
        var first = 0;
        foreach (var read in nest.Reads)
            if (OfThisStep(nest, read)) first = Math.Max(first, _writers[read.Value].Max(w => w.Stage));

        var stage = first;
        while (stage < _stages.Count && !Joins(nest, stage)) stage++;
        if (stage < _stages.Count) _stages[stage].Epilogues.Add(nest);
        else _stages.Add(new Unit(nest) { VectorAxis = VectorAxis.Choose(nest, _layouts, mayPack: false).Axis });
        if (!_writers.TryGetValue(nest.Output.Value, out var list)) _writers[nest.Output.Value] = list = [];
        list.Add((stage, nest));
    }

    /// <summary>The chain writes it, in the strip in which the nest reads it.</summary>
    private bool OfThisStep(Nest nest, Access read) =>
        _writers.TryGetValue(read.Value, out var list) && _chain.Lag(list[0].Nest.FirstRow(), read.Map[0].Constant) == 0 && !ReferenceEquals(list[0].Nest, nest);

    private bool Joins(Nest nest, int stage)
    {
        if (nest.Kind != NestKind.Store || !SameElements(nest, _stages[stage].Main)) return false;
        foreach (var read in nest.Reads)
            if (OfThisStep(nest, read) && _writers[read.Value].Any(w => w.Stage == stage) && !IsForwarded(nest, read, stage)) return false;
        return _stages[stage].VectorAxis is not { } axis
            || _layouts[nest.Output.Value].Address(nest.Output.Substitute(_stages[stage].EpilogueMap(nest, _stages[stage].Main))).Coefficient(axis) == 1;
    }

    /// <summary>The nest has a point for each element that the stage computes in a strip.</summary>
    private static bool SameElements(Nest nest, Nest main)
    {
        if (main.Kind == NestKind.Store) return nest.Indices.Select(i => i.Extent).SequenceEqual(main.Indices.Select(i => i.Extent));
        var shape = main.Output.Value.Shape;
        if (nest.Output.Map.Count != shape.Length || nest.Indices.Count != shape.Length || !ScatterToGather.IsInjective(main)) return false;
        for (var d = 1; d < shape.Length; d++)
            if (nest.Output.Map[d].SingleIndex is not { } index || index.Extent != shape[d] || ScatterToGather.Covered(main.Output, d) != shape[d]) return false;
        return true;
    }

    /// <summary>What is read is what a nest of the stage has just computed at this very point.</summary>
    private bool IsForwarded(Nest nest, Access read, int stage)
    {
        var unit = _stages[stage];
        var place = read.Substitute(Map(nest));
        return _writers[read.Value].Any(w => w.Stage == stage && !ReferenceEquals(w.Nest, nest) && w.Nest.Output.Substitute(Map(w.Nest)).Equals(place));

        Dictionary<LoopIndex, Affine> Map(Nest of) => of == unit.Main ? [] : unit.EpilogueMap(of, unit.Main);
    }

    /// <summary>Values that go from nest to nest through memory.</summary>
    private void NoteHanded()
    {
        for (var s = 0; s < _stages.Count; s++)
            foreach (var nest in _stages[s].Nests)
                foreach (var read in nest.Reads)
                    if (_writers.ContainsKey(read.Value) && !_handed.Contains(read.Value) && !(OfThisStep(nest, read) && IsForwarded(nest, read, s))) _handed.Add(read.Value);
    }
}
