using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// What comes from afar is fetched while something else is computed.
/// <para>
/// Sums over the minibatch read what the passes through all samples left behind, which is more than the second cache holds, and column by column, which no processor foresees. While
/// one sample's part of a tile is summed, the next sample's part of it is fetched.
/// </para>
/// <para>
/// The weights of a network whose layers are used for many positions of a sample, one layer after the other, are more than the second cache holds too. All positions of a sample are
/// multiplied with the panel of weights that a tile has, and meanwhile the next panel is fetched.
/// </para>
/// </summary>
internal sealed partial class KernelScheduler
{
    /// <summary>Tiles of positions with which a panel is multiplied: one alone goes through all weights anyway; of more, what the panels take to come is little beside the arithmetic.</summary>
    private const int FewestTiles = 2, MostTiles = 32;

    /// <summary>Steps of which one fetches a line, at most: what the processor can wait for at a time is little, and the tile's own loads are part of it.</summary>
    private const int MostSteps = 4;

    /// <summary>What of the next sample is fetched in the steps of a tile's sum.</summary>
    private readonly List<NextRows> _ahead = [];

    private Panel? _panel;

    /// <summary>Where the next panel is fetched from before the first step of a tile's sum.</summary>
    private Address? _nextPanel;

    /// <summary>Whether the kernel's operands come from the whole minibatch, sample after sample.</summary>
    private bool Streams => _accumulate && _width >= 8 && _flat.Unit.Kind == UnitKind.BatchSum && _flat.Split is not null && !_flat.Unit.IsShared && _main is { Kind: NestKind.Sum, HasRows: false } && !IsHorizontal;

    /// <summary>
    /// Finds what is fetched for a tile. A row operand takes one line in each step. Vectors take several, and the tiles beside one read the same again: each of them fetches another line,
    /// and where there are enough of them, of a part of the steps only, over which it has all its steps' time.
    /// </summary>
    private List<Stmt> Ahead(List<Stmt> body, Env env, Dictionary<LoopIndex, int> tile, List<Element> elements)
    {
        _ahead.Clear();
        NoteNextPanel(env, elements.Count);
        if (!Streams || elements.Count < LatencyChains || Summed() is not { Count: > 0 } summed) return body;
        var step = summed[summed.Count - 1];
        var rows = tile.Keys.Where(k => k != _blocks).ToList();
        foreach (var read in _main.Reads.Where(r => r.Value.Batched && Math.Abs(_flat.AddressOf(r).Coefficient(step)) >= Layout.Line))
        {
            if (_flat.Axis is not null && _flat.AddressOf(read).Uses(_flat.Axis))
            {
                // The tiles beside one are along a row, which this operand does not know.
                if (rows.Find(r => env[r].Terms.Length == 1 && !_flat.AddressOf(read).Uses(r)) is not { } beside) continue;
                var places = elements.Select(e => AddressOf(read, summed.Aggregate(e.Env, (place, i) => place.With(i, Address.Of(0)))).Constant).ToList();
                var lines = (places.Max() - places.Min() + _lanes + Layout.Line - 1) / Layout.Line;
                var tiles = (beside == _flat.Split ? _flat.Unit.SplitBlock : beside.Extent) / tile[beside];
                var parts = MostSteps;
                while (parts > 1 && (lines * parts > tiles || step.Extent % parts != 0)) parts /= 2;
                _ahead.Add(new(read, Round("line", tile[beside], lines), step, Round("part", tile[beside] * lines, parts), parts));

                LoopVar? Round(string name, int every, int count)
                {
                    if (count == 1) return null;
                    var round = new RoundStmt(new LoopVar(name + _names++), env[beside].Terms[0].Var, every, count, IsOneRound: false, []);
                    body.Add(round);
                    body = round.Body;
                    return round.Var;
                }
            }
            else if (rows.TrueForAll(r => _flat.AddressOf(read).Coefficient(r) is 0 or 1)) _ahead.Add(new(read, null, step, null, 1));
        }

        return body;
    }

    /// <summary>What a tile fetches of the next sample's rows: of each row that line of those that its vectors take (null: it is the only one), and of the rows that part of several (null: all).</summary>
    private sealed record NextRows(Access Read, LoopVar? Line, LoopIndex Step, LoopVar? Part, int Parts);

    /// <summary>So many blocks of weights, and the rows that are multiplied with them in tiles, one tile after the other.</summary>
    private sealed record Panel(Access Weights, LoopIndex Blocks, int Together, LoopIndex Rows, int Tile)
    {
        public int Tiles => (Rows.Extent + Tile - 1) / Tile;

        /// <summary>Floats that are fetched in each step of a tile's sum, so that all tiles together fetch a panel: of few tiles, more than a line.</summary>
        public int StepFloats => ((Together * Blocking.Size) + Tiles - 1) / Tiles;
    }

    /// <summary>Notes that the rows of a sample are gone through for one panel of weights after the other, if that serves.</summary>
    private void NotePanel(List<LoopIndex> axes, LoopIndex blocks, int together, LoopIndex rows, int tile)
    {
        if (_width < 8 || _single || _flat.Unit is not { Kind: UnitKind.Samples, Carried: null, Windows: null, Stages.Count: 0 } || _flat.Strip is not null || _flat.Branches.Count > 1 || _flat.Guards.Count > 0) return;
        if (rows == _batch || !axes.TrueForAll(a => a == blocks || a == rows)) return;
        var reads = _main.Reads.FindAll(r => _flat.AddressOf(r).Uses(blocks));
        if (reads.Count != 1 || reads[0].Value.Batched || _flat.AddressOf(reads[0]).Uses(rows) || reads[0].Value.Length < Blocking.SmallWeights) return;
        var panel = new Panel(reads[0], blocks, together, rows, tile);
        if (panel.Tiles is >= FewestTiles and <= MostTiles) _panel = panel;
    }

    /// <summary>Notes where a tile fetches its part of the next panel.</summary>
    private void NoteNextPanel(Env env, int elements)
    {
        _nextPanel = null;
        if (_panel is null || elements < LatencyChains || env[_panel.Blocks].Terms.Length == 0) return; // what is left over has no next one
        var place = Summed().Aggregate(env.With(_flat.Axis!, Address.Of(0)), (at, i) => at.With(i, Address.Of(0)));
        var next = AddressOf(_panel.Weights, place).Plus(_panel.Together * _flat.AddressOf(_panel.Weights).Coefficient(_panel.Blocks));
        var rowFloats = (int)(((Affine.Points(Summed()) * _panel.StepFloats) + _panel.Tile - 1) / _panel.Tile);
        _nextPanel = Add(next, env[_panel.Rows], rowFloats);
    }

    /// <summary>
    /// What so many steps of a sum fetch of the next panel, before the first of them. Step by step, several of them would ask for the same line while it is on its way, and there are processors (AMD
    /// Zen) that wait for that.
    /// </summary>
    private void FetchPanel(List<Stmt> body, Address start, int steps)
    {
        if (_panel is null || _nextPanel is null || Summed() is not { Count: 1 } summed || steps * _panel.StepFloats < Layout.Line) return;
        FetchPanel(body, new Env().With(summed[0], start), floats: steps * _panel.StepFloats);
        _nextPanel = null;
    }

    private void FetchPanel(List<Stmt> body, Env place, int floats)
    {
        // A step takes the next vector of each block, so the place in a block says which step it is.
        var within = _flat.AddressOf(_panel!.Weights);
        var at = Summed().Aggregate(_nextPanel!, (sum, i) => Add(sum, place[i], within.Coefficient(i) / Blocking.Size * _panel.StepFloats));
        for (var line = 0; line < floats; line += Layout.Line) body.Add(new PrefetchStmt(_flat.BufferOf(_panel.Weights.Value), at.Plus(line), IsSoon: true));
    }

    private void Fetch(List<Stmt> body, Env place)
    {
        if (_panel is not null && _nextPanel is not null) FetchPanel(body, place, _panel.StepFloats);

        foreach (var rows in _ahead)
        {
            var (into, at) = (body, place);
            if (rows.Part is not null)
            {
                // Of a part of the steps, each is asked for in several: only the first of these has to wait.
                if (place[rows.Step] is not { Constant: 0, Terms.Length: 1 } step) continue;
                var each = new RoundStmt(new LoopVar("next" + _names++), step.Terms[0].Var, rows.Parts, rows.Step.Extent / rows.Parts, IsOneRound: true, []);
                body.Add(each);
                (into, at) = (each.Body, place.With(rows.Step, Address.Of(0).Plus(each.Var, 1).Plus(rows.Part, rows.Step.Extent / rows.Parts)));
            }

            var next = AddressOf(rows.Read, at).Plus(_flat.Layouts[rows.Read.Value].RowLength);
            into.Add(new PrefetchStmt(_flat.BufferOf(rows.Read.Value), rows.Line is null ? next : next.Plus(rows.Line, Layout.Line), IsSoon: false));
        }
    }
}
