using System.Runtime.CompilerServices;
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

    /// <summary>Store nests over the same indices as <see cref="Main"/>, which use the same loads; each stores a part of what the others do.</summary>
    public List<Nest> Siblings { get; } = [];

    public List<Nest> Epilogues { get; } = [];

    /// <summary>What is computed from whole windows of what the epilogues end with, in the registers; null: nothing.</summary>
    public WindowFusion? Windows { get; set; }

    /// <summary>
    /// Earlier stages of the chain that this unit ends: for each value of the first index, which all stages have, they run in this kernel before it.
    /// </summary>
    public List<Unit> Stages { get; } = [];

    /// <summary>It is a carried chain: its strips run in the chain's order, all samples in each of them. Its stages have nests of any kind as epilogues of each other.</summary>
    public Chain? Carried => Main.CarriedChain();

    /// <summary>Of a chain: what its nests read of each other through memory.</summary>
    public List<Value> Handed { get; } = [];

    /// <summary>Of a chain: values a part of which another unit writes before it (the first rows of a carried one), or which it adds to.</summary>
    public List<Value> Continued { get; } = [];

    public UnitKind Kind => Main.Output.Value.Batched ? UnitKind.Samples : Main.IsBatched ? UnitKind.BatchSum : UnitKind.Whole;

    /// <summary>The index that runs along vectors; null: scalar code.</summary>
    public LoopIndex? VectorAxis { get; set; }

    /// <summary>It is at one time with the unit before it: those of one group are computed in an order that changes from step to step.</summary>
    public bool IsAtTimeOf(Unit? before) => Main.Turn is { Group: var group } && before?.Main.Turn?.Group == group;

    /// <summary>For a batch sum that is split over its output instead of over chunks of samples: the index that is split.</summary>
    public LoopIndex? SplitAxis { get; set; }

    /// <summary>Indices per item of a split.</summary>
    public int SplitBlock { get; set; }

    /// <summary>The index of the main nest that goes through the places of a sequence no further than they count (<see cref="TakenPlaces"/>).</summary>
    public LoopIndex? Taken { get; set; }

    /// <summary>In a prediction: large enough for several threads to share its output.</summary>
    public bool IsShared { get; set; }

    /// <summary>Outputs that need memory: those that are needed outside of the unit, and what one stage hands to another.</summary>
    public List<Value> Stored { get; } = [];

    /// <summary>Some elements of the main nest's output have no point: they are set to its Fill first.</summary>
    public bool NeedsFill { get; set; }

    /// <summary>A copy of what is computed where it should go: it is there for the order of things and not run.</summary>
    public bool IsInPlace { get; set; }

    public int Level { get; set; }

    public Moment Moment { get; set; }

    /// <summary>What is stored straight from the loads: the main nest and its siblings.</summary>
    public IReadOnlyList<Nest> Branches => [Main, .. Siblings];

    /// <summary>Of this stage.</summary>
    public List<Nest> Nests
    {
        get
        {
            Refresh();
            return _nests;
        }
    }

    /// <summary>The nest whose result further epilogues are computed from.</summary>
    public Nest Last => Windows?.Nest ?? Main;

    /// <summary>Of this stage.</summary>
    public List<Value> Produced
    {
        get
        {
            Refresh();
            return _produced;
        }
    }

    /// <summary>Values from outside that the unit reads, in any stage. From the end of fusion on it stays the same, and is asked for many times.</summary>
    public List<Value> Consumed
    {
        [MethodImpl(HotPath.Optimized)]
        get
        {
            var nests = Nests.Count;
            foreach (var stage in Stages) nests += stage.Nests.Count;
            if (_consumed is not null && _consumedBy == Main && _consumedNests == nests) return _consumed;
            List<Unit> units = [.. Stages, this];
            var seen = new HashSet<Value>();
            foreach (var unit in units) seen.UnionWith(unit.Produced);
            seen.ExceptWith(Continued);
            var consumed = new List<Value>();
            foreach (var unit in units)
                foreach (var nest in unit.Nests)
                    foreach (var read in nest.Reads)
                        if (seen.Add(read.Value)) consumed.Add(read.Value);
            (_consumed, _consumedBy, _consumedNests) = (consumed, Main, nests);
            return consumed;
        }
    }

    /// <summary>What is asked for all the time is kept: nests are only added, or replaced with the main one.</summary>
    [MethodImpl(HotPath.Optimized)]
    private void Refresh()
    {
        var count = 1 + Siblings.Count + Epilogues.Count + (Windows is null ? 0 : 1 + Windows.Epilogues.Count);
        if (_nests.Count == count && _nests[0] == Main) return;
        List<Nest> nests = [Main, .. Siblings, .. Epilogues];
        if (Windows is not null) nests.AddRange([Windows.Nest, .. Windows.Epilogues]);
        _produced = nests.ConvertAll(n => n.Output.Value);
        _nests = nests;
    }

    /// <summary>The streams of random numbers of this stage and those before it, in order. The kernel is given them, so that layers which are otherwise alike share it.</summary>
    public IReadOnlyList<int> Streams => [.. Stages.Append(this).SelectMany(s => s.Nests).SelectMany(n => StreamsOf(n.Body)).Distinct()];

    private static IEnumerable<int> StreamsOf(Expr e) => e is RandomExpr r ? [r.Stream] : e.Children.SelectMany(StreamsOf);

    private List<Nest> _nests = [];
    private List<Value> _produced = [];
    private List<Value>? _consumed;
    private Nest? _consumedBy;
    private int _consumedNests;

    /// <summary>What a sibling's indices are in terms of the main nest's.</summary>
    public Dictionary<LoopIndex, Affine> SiblingMap(Nest sibling)
    {
        var map = new Dictionary<LoopIndex, Affine>();
        for (var i = 0; i < Math.Min(sibling.Indices.Count, Main.Indices.Count); i++)
            if (sibling.Indices[i] != Main.Indices[i]) map.Add(sibling.Indices[i], Main.Indices[i]);
        return map;
    }

    /// <summary>What the epilogue's indices are in terms of the main nest's, where it works on the result of a branch.</summary>
    public Dictionary<LoopIndex, Affine> EpilogueMap(Nest epilogue, Nest branch)
    {
        var place = branch == Main ? Main.Output : branch.Output.Substitute(SiblingMap(branch));
        var map = new Dictionary<LoopIndex, Affine>();
        if (Windows is { } windows && !Epilogues.Contains(epilogue)) return windows.EpilogueMap(epilogue, branch);
        if (Carried is not null)
        {
            // In a carried chain they may write another row than the main nest, and parts of larger values.
            if (Main.Kind == NestKind.Store) return SiblingMap(epilogue);
            map[epilogue.Indices[0]] = Main.Indices[0];
        }

        for (var d = Carried is null ? 0 : 1; d < epilogue.Output.Map.Count; d++)
            if (epilogue.Output.Map[d].SingleIndex is { } index) map[index] = place.Map[d];
        return map;
    }
}
