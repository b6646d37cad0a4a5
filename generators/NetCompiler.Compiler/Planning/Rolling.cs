using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// What a carried chain reads only in the step that writes it, or in the next one before it is written again, has memory for one step: a sequence then takes
/// no more of the nearest cache than a step does. What comes after the chain may read its last row.
/// </summary>
internal sealed class Rolling
{
    private readonly Unit _unit;
    private readonly Chain _chain;
    private readonly List<(Unit Stage, Nest Nest)> _order;

    private Rolling(Unit unit)
    {
        _unit = unit;
        _chain = unit.Carried!;
        _order = [.. unit.Stages.Append(unit).SelectMany(s => s.Nests.Select(n => (s, n)))];
    }

    public static void Run(Program program, List<Unit> units, Dictionary<Value, Layout> layouts)
    {
        if (!units.Any(u => u.Carried is not null)) return;
        var results = program.ForCaller();
        var nests = program.Nests.ToLookup(n => n.CarriedChain());
        foreach (var unit in units.Where(u => u.Carried is not null))
        {
            var chain = new Rolling(unit);
            foreach (var value in unit.Stored.Where(v => !results.Contains(v) && layouts[v] is { HasHalo: false, Block: null }))
            {
                var others = nests.Where(g => g.Key != unit.Carried).SelectMany(g => g).ToList();
                if (chain.IsRewritten(value) && others.All(n => chain.ReadsLastRow(n, value) && chain.MayWrite(n, value))) layouts[value] = ForOneStep(layouts[value]);
            }
        }
    }

    private static Layout ForOneStep(Layout layout)
    {
        var strides = (int[])layout.Strides.Clone();
        var length = strides[0];
        strides[0] = 0;
        return new Layout(strides, 0, Layout.Apart(length));
    }

    /// <summary>Within the chain nothing needs what a step wrote once the next one has written.</summary>
    private bool IsRewritten(Value value)
    {
        var writers = Enumerable.Range(0, _order.Count).Where(w => _order[w].Nest.Output.Value == value).ToList();
        var row = _order[writers[0]].Nest.FirstRow();
        for (var r = 0; r < _order.Count; r++)
        {
            var (stage, nest) = _order[r];
            foreach (var read in nest.Reads.Where(a => a.Value == value))
            {
                var lag = _chain.Lag(row, read.Map[0].Constant);
                if (lag > 1 || (lag == 1 && !writers.All(w => IsBefore(stage, nest, read, r, w)))) return false;
            }
        }

        return true;
    }

    /// <summary>The read is done before that nest writes its row: in an earlier stage, or at the same point of this one.</summary>
    private bool IsBefore(Unit stage, Nest reader, Access read, int at, int writer)
    {
        var (other, nest) = _order[writer];
        if (other != stage) return at < writer;
        if (at > writer) return false;
        var (place, written) = (read.Substitute(Map(reader)), nest.Output.Substitute(Map(nest)));
        return reader.Kind == NestKind.Store && place.Map.Skip(1).SequenceEqual(written.Map.Skip(1));

        Dictionary<LoopIndex, Affine> Map(Nest of) => of == stage.Main ? [] : stage.EpilogueMap(of, stage.Main);
    }

    private bool ReadsLastRow(Nest nest, Value value) => nest.Reads.Where(r => r.Value == value).All(r => r.Map[0].IsConstant && r.Map[0].Constant == LastRow(value));

    /// <summary>The row before the first step may be written by another nest.</summary>
    private bool MayWrite(Nest nest, Value value) => nest.Output.Value != value || (_unit.Continued.Contains(value) && value.Shape[0] == Strips + 1 && nest.Output.Map[0].IsConstant);

    private int Strips => _unit.Main.Indices[0].Extent;

    private int LastRow(Value value) => _order.First(o => o.Nest.Output.Value == value).Nest.FirstRow() + (_chain.Order == ChainOrder.Descending ? 0 : Strips - 1);
}
