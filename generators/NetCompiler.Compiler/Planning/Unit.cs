using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

internal enum UnitKind
{
    /// <summary>Row by row: each sample on its own.</summary>
    Samples,

    /// <summary>Sums over the samples: in chunks, each into its own partial result, or split over the output.</summary>
    BatchSum,

    /// <summary>No samples: parameters, statistics.</summary>
    Whole,
}

/// <summary>One kernel to be: a nest and the Store nests that are computed from its result while it is still in registers.</summary>
internal sealed class Unit(Nest main)
{
    public Nest Main { get; set; } = main;

    public List<Nest> Epilogues { get; } = [];

    public UnitKind Kind => Main.Output.Value.Batched ? UnitKind.Samples : Main.IsBatched ? UnitKind.BatchSum : UnitKind.Whole;

    /// <summary>The index that runs along vectors; null: scalar code.</summary>
    public LoopIndex? VectorAxis { get; set; }

    /// <summary>For a batch sum that is split over its output instead of over chunks of samples: the index that is split.</summary>
    public LoopIndex? SplitAxis { get; set; }

    /// <summary>Indices per item of a split.</summary>
    public int SplitBlock { get; set; }

    /// <summary>In a prediction: large enough for several threads to share its output.</summary>
    public bool IsShared { get; set; }

    /// <summary>Outputs that are needed outside of the unit.</summary>
    public List<Value> Stored { get; } = [];

    /// <summary>Some elements of the main nest's output have no point: they are set to its Fill first.</summary>
    public bool NeedsFill { get; set; }

    public int Level { get; set; }

    public bool OnDemand { get; set; }

    public IEnumerable<Nest> Nests => new[] { Main }.Concat(Epilogues);

    public IEnumerable<Value> Produced => Nests.Select(n => n.Output.Value);

    /// <summary>Values from outside that the unit reads.</summary>
    public IEnumerable<Value> Consumed
    {
        get
        {
            var produced = new HashSet<Value>(Produced);
            return Nests.SelectMany(n => n.Reads).Select(r => r.Value).Where(v => !produced.Contains(v)).Distinct();
        }
    }

    /// <summary>What the epilogue's indices are in terms of the main nest's.</summary>
    public Dictionary<LoopIndex, Affine> EpilogueMap(Nest epilogue)
    {
        var map = new Dictionary<LoopIndex, Affine>();
        for (var d = 0; d < epilogue.Output.Map.Count; d++)
            if (epilogue.Output.Map[d].SingleIndex is { } index) map[index] = Main.Output.Map[d];
        return map;
    }
}
