using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// A unit with every access as a flat address in a numbered buffer, over as few indices as possible: indices of extent 1
/// are gone, and neighbours that step through all memory as one are merged.
/// </summary>
internal sealed partial class FlatUnit
{
    private readonly Dictionary<Access, Affine> _addresses = [];
    private readonly Dictionary<Affine, Affine> _numbers = [];

    public FlatUnit(Unit unit, IReadOnlyDictionary<Value, Layout> layouts, Func<Value, bool> isExternal)
        : this(unit, layouts, [.. unit.Stored.Concat(unit.Consumed).Distinct()], unit.Streams, isExternal)
    {
    }

    private FlatUnit(Unit unit, IReadOnlyDictionary<Value, Layout> layouts, List<Value> buffers, IReadOnlyList<int> streams, Func<Value, bool> isExternal)
    {
        Unit = unit;
        Streams = streams;
        Buffers = buffers;
        Layouts = layouts;
        Indices = [.. unit.Main.Indices];
        Guards = [.. unit.Main.Guards];
        Axis = unit.VectorAxis;
        Split = unit.SplitAxis;
        Taken = unit.Taken;
        External = [.. Buffers.Select(isExternal)];
        Strips = unit.Main.Part is { Chain: var chain } && unit.Kind != UnitKind.Whole ? [.. Indices.Take(chain.Strips)] : [];
        var isContinued = unit.Continued.Contains(unit.Main.Output.Value); // then also where only the last, lower strip is left
        SumsStrips = unit.Kind == UnitKind.Samples && unit.Carried is null && unit.Main.Kind == NestKind.Sum && Strips.Any(s => (s.Extent > 1 || (isContinued && s == Strips[Strips.Count - 1])) && !unit.Main.Output.Uses(s));
        GuardsOutput = [.. Guards.Select(g => g.IsOptional
            ? g.Expression.Terms.All(t => Strips.Contains(t.Index) || unit.Main.Output.Uses(t.Index))
            : unit.Main.Output.Map.Where((m, d) => m.Equals(g.Expression) && unit.Main.Output.Value.Shape[d] == g.Upper).Any())];
        Stages = [.. unit.Stages.Select(s => new FlatUnit(s, layouts, buffers, streams, isExternal))];

        Affine number = 0;
        foreach (var index in unit.Main.ReductionIndices) number = (number * index.Extent) + index;
        ReductionNumber = number;
        if (unit.Main.Kind == NestKind.ArgMax) _numbers[number] = number;
        foreach (var nest in unit.Branches)
        {
            var map = nest == unit.Main ? [] : unit.SiblingMap(nest);
            var branch = new Branch(AddPlace(nest.Body, nest.Output, map), []);
            foreach (var epilogue in unit.Epilogues) branch.Epilogues.Add(AddPlace(epilogue.Body, epilogue.Output, unit.EpilogueMap(epilogue, nest)));
            if (unit.Windows is { } windows)
            {
                Add(windows.PlaceOf(nest));
                branch = branch with { Windows = new(windows.PlaceOf(nest), [.. windows.Epilogues.Select(e => AddPlace(e.Body, e.Output, windows.EpilogueMap(e, nest)))]) };
            }

            Branches.Add(branch);
        }

        DropSingles();
        while (MergeOne())
        {
        }

        // The outermost of memory, so that each thread writes cache lines of its own.
        if (unit.IsShared && unit.Stages.Count > 0) Split = Strip;
        else if (unit.IsShared) Split = Indices.Where(i => i != Axis && i != Taken && InOutput(i) && !IsWithin(i)).OrderByDescending(i => Math.Abs(AddressOf(unit.Main.Output).Coefficient(i))).FirstOrDefault();
    }

    public Unit Unit { get; }

    public IReadOnlyDictionary<Value, Layout> Layouts { get; }

    public List<LoopIndex> Indices { get; }

    public List<Guard> Guards { get; private set; }

    /// <summary>For each guard: whether it keeps the output's place inside the output; elements that fail it do not exist, or nobody needs them.</summary>
    public List<bool> GuardsOutput { get; }

    public LoopIndex? Axis { get; private set; }

    public LoopIndex? Split { get; }

    /// <summary>Goes through the places of a sequence no further than they count.</summary>
    public LoopIndex? Taken { get; }

    /// <summary>Of all stages.</summary>
    public List<Value> Buffers { get; }

    public List<bool> External { get; }

    /// <summary>The indices whose values all stages of a chain go through together.</summary>
    public List<LoopIndex> Strips { get; }

    /// <summary>The outermost of them.</summary>
    public LoopIndex? Strip => Strips.FirstOrDefault();

    /// <summary>What is summed for each sample is added to memory strip by strip.</summary>
    public bool SumsStrips { get; }

    /// <summary>Earlier stages of the chain, with the same buffers.</summary>
    public List<FlatUnit> Stages { get; }

    /// <summary>What is stored at each point: the main nest first.</summary>
    public List<Branch> Branches { get; } = [];

    public IEnumerable<Step> Epilogues => Branches.SelectMany(b => b.Windows is null ? b.Epilogues : b.Epilogues.Concat(b.Windows.Epilogues));

    public Affine ReductionNumber { get; }

    /// <summary>Streams of random numbers, of all stages.</summary>
    public IReadOnlyList<int> Streams { get; }

    /// <summary>The place of the number's stream among them.</summary>
    public int StreamNumber(RandomExpr random) => Streams.TakeWhile(s => s != random.Stream).Count();

    public Affine AddressOf(Access access) => _addresses[access];

    public Affine NumberOf(Affine number) => _numbers[number];

    public int BufferOf(Value value) => Buffers.IndexOf(value);

    /// <summary>Not summed over. What a strip computes lies where the last one's lay, so its index may be in no address.</summary>
    public bool InOutput(LoopIndex index) => Strips.Contains(index) || AddressOf(Unit.Main.Output).Uses(index) || (Unit.Main.Output.Row is { } row && AddressOf(row).Uses(index));

    /// <summary>Goes through the elements of a window, which one tile has all of.</summary>
    public bool IsWithin(LoopIndex index) => Unit.Windows is { } windows && windows.Within.Contains(index);

    private Step AddPlace(Expr body, Access output, Dictionary<LoopIndex, Affine> map)
    {
        (body, output) = (body.Substitute(map), output.Substitute(map));
        Add(output);
        AddParts(body);
        return new(body, output);
    }

    private void Add(Access access)
    {
        if (!_addresses.ContainsKey(access)) _addresses[access] = Layouts[access.Value].Address(access);
        if (access.Row is { } row) Add(row);
    }

    private void AddParts(Expr e)
    {
        switch (e)
        {
            case ReadExpr r: Add(r.Access); break;
            case IndexExpr i: _numbers[i.Index] = i.Index; break;
            case RandomExpr r: _numbers[r.Counter] = r.Counter; break;
            case BinaryExpr b:
                AddParts(b.A);
                AddParts(b.B);
                break;
            default:
                foreach (var child in e.Children) AddParts(child);
                break;
        }
    }

    private void DropSingles()
    {
        var map = Indices.Where(i => i.Extent == 1).ToDictionary(i => i, _ => Affine.Zero);
        if (map.Count == 0) return;
        Substitute(map);
        Indices.RemoveAll(map.ContainsKey);
        if (Axis is not null && map.ContainsKey(Axis)) Axis = null;
        Strips.RemoveAll(map.ContainsKey);
    }

    private void Substitute(Dictionary<LoopIndex, Affine> map)
    {
        foreach (var (key, address) in _addresses.Select(p => (p.Key, p.Value)).ToList()) _addresses[key] = address.Substitute(map);
        foreach (var key in _numbers.Keys.ToList()) _numbers[key] = _numbers[key].Substitute(map);
        Guards = [.. Guards.Select(g => g with { Expression = g.Expression.Substitute(map) })];
    }

    private bool StepAsOne(LoopIndex outer, LoopIndex inner)
    {
        foreach (var address in _addresses.Values)
            if (address.Coefficient(outer) != address.Coefficient(inner) * inner.Extent) return false;
        foreach (var number in _numbers.Values)
            if (number.Coefficient(outer) != number.Coefficient(inner) * inner.Extent) return false;
        return true;
    }

    private bool MergeOne()
    {
        foreach (var outer in Indices)
        {
            foreach (var inner in Indices)
            {
                if (outer == inner || outer == Split || inner == Split || outer == Taken || inner == Taken || Strips.Contains(outer) || Strips.Contains(inner) || outer == Axis || IsWithin(outer) || IsWithin(inner)) continue;
                if (Guards.Any(g => g.Expression.Uses(outer) || g.Expression.Uses(inner))) continue;
                if (InOutput(outer) != InOutput(inner)) continue;
                if (!StepAsOne(outer, inner)) continue;

                var merged = new LoopIndex(outer.Name + inner.Name, outer.Extent * inner.Extent);
                // outer * extent + inner = merged, and every coefficient of outer is the extent times that of inner.
                Substitute(new() { [outer] = 0, [inner] = merged });
                Indices[Indices.IndexOf(inner)] = merged;
                Indices.Remove(outer);
                if (Axis == inner) Axis = merged;
                return true;
            }
        }

        return false;
    }
}

/// <summary>An expression and where its value goes, in terms of the unit's indices.</summary>
internal sealed record Step(Expr Body, Access Output)
{
    public Value Value => Output.Value;
}

/// <summary>One thing that is stored at each point of a unit, and what is computed from it.</summary>
internal sealed record Branch(Step Main, List<Step> Epilogues)
{
    /// <summary>Where the points are added up, or the largest is taken, of the window that they belong to; and what is computed from that.</summary>
    public Windows? Windows { get; init; }
}

/// <summary>The place of a window's result, and what is computed from it.</summary>
internal sealed record Windows(Access Place, List<Step> Epilogues);
