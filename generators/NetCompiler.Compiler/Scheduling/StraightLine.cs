using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// A whole small network, for one sample, as one method, mostly without loops: what a call and a loop cost is more than the
/// arithmetic of such a network. A step, which is never for more than one sample, is one method also where it is larger; then with loops.
/// </summary>
internal static class StraightLine
{
    /// <summary>Points of all nests for one sample, above which loops cost little.</summary>
    private const long MostPoints = 8192;

    /// <summary>
    /// Points of a unit, above which it keeps its loops: it is no slower, and a call is often the first of its code for a while, which then comes from afar.
    /// </summary>
    private const long MostUnrolled = 1024;

    /// <summary>Floats of a page of memory.</summary>
    private const int Page = 1024;

    /// <summary>Floats of working memory that the library lends, and to how many tensors' code at most (<c>Scratch.Lend</c>).</summary>
    private const int MostLent = 960;

    public const int LentTensors = 3;

    /// <summary>Statements of one method: far from where the JIT gives up (20,000 IL instructions).</summary>
    private const int MostStatements = 1500;

    /// <summary>The blocks of memory that the method works on, in order of its parameters; scratch is there even if there is nothing between the layers.</summary>
    public static List<string> Blocks(Plan plan) =>
        ["scratch", "parameters", .. plan.Program.Inputs.Select((_, i) => "input" + i), .. plan.Program.Outputs.Select((_, i) => "output" + i), .. plan.StateLength > 0 ? new[] { "memory" } : []];

    /// <summary>Whether the library lends the method its working memory.</summary>
    public static bool Borrows(Plan plan) => plan.OneScratchLength is > 0 and <= MostLent && Blocks(plan).Count - 2 <= LentTensors;

    public static bool Suits(Plan plan) => IsSmall(plan) && SuitsStep(plan);

    /// <summary>Of a step: whether it can be one method, with loops or without.</summary>
    public static bool SuitsStep(Plan plan) => plan.Phases.All(p => p.Chunked) && SuitsStep([.. plan.Phases.SelectMany(p => p.Units)]);

    /// <summary>The same of its units, which all depend on the sample.</summary>
    public static bool SuitsStep(IReadOnlyList<Unit> units) =>
        units.All(u => u is { Stages.Count: 0, Carried: null } && u.Nests.All(n => n.Guards.Count == 0)) && HasRowsOfStatesAlone([.. units.SelectMany(u => u.Nests)]);

    /// <summary>Rows that are data are those of states which are asked for rows only: no token's in a table, no attention's keys, all of which are read.</summary>
    private static bool HasRowsOfStatesAlone(List<Nest> nests)
    {
        if (!nests.Exists(n => n.HasRows)) return true;
        var accesses = nests.SelectMany(n => n.Reads.Append(n.Output)).ToLookup(a => a.Row is not null, a => a.Value.StateOf ?? a.Value);
        return accesses[true].All(v => v.Kind == ValueKind.State) && !accesses[true].Intersect(accesses[false]).Any();
    }

    private static bool IsSmall(Plan plan) => plan.Phases.Sum(p => p.Units.Sum(Points)) is > 0 and <= MostPoints;

    /// <summary>The method's body for one width; null where it would be too long.</summary>
    public static List<Stmt>? Schedule(Plan plan, IEnumerable<FlatUnit> units, int width)
    {
        var names = 0;
        var small = IsSmall(plan);
        var parts = new List<((TurnGroup Group, int Case)? Turn, List<Stmt> Body)>();
        foreach (var unit in units)
        {
            var statements = small && Points(unit.Unit) <= MostUnrolled ? KernelScheduler.Straight(unit, width, ref names) : KernelScheduler.Single(unit, width, ref names);
            var title = new CommentStmt(string.Join("; then ", unit.Unit.Nests.Select(n => n.Name).Distinct(StringComparer.Ordinal)));
            parts.Add((small ? null : unit.Unit.Main.Turn, [title, .. statements.Select(s => Move(s, unit, plan))]));
        }

        var body = new List<Stmt>();
        for (var at = 0; at < parts.Count;)
        {
            var group = parts[at].Turn?.Group;
            var together = group is null ? 1 : parts.Skip(at).TakeWhile(p => p.Turn?.Group == group).Count();
            var cases = parts.GetRange(at, together).GroupBy(p => p.Turn?.Case).Select(c => c.SelectMany(p => p.Body).ToList()).ToList();
            if (cases.Count == 1) body.AddRange(cases[0]);
            else body.Add(InTurn(new LoopVar($"part{names++}"), cases));
            at += together;
        }

        if (Count(body) > MostStatements) return null;
        return [.. small ? Ahead(plan) : [], .. Borrows(plan) ? Cleared(body, plan) : [], .. body];
    }

    /// <summary>
    /// Asks for a line of each page of the parameters but the first, before any of them is needed. In a call that is the first for a while, the processor would otherwise look up the
    /// address of one page after the other, each when its layer's turn comes.
    /// </summary>
    private static List<Stmt> Ahead(Plan plan)
    {
        var end = 0;
        foreach (var value in plan.Phases.SelectMany(p => p.Units).SelectMany(u => u.Consumed))
            if (plan.Storages[value] is { Space: Space.Parameter, Offset: var offset }) end = Math.Max(end, offset + plan.Layouts[value].Length);
        var fetches = Enumerable.Range(1, Math.Max(0, (end - 1) / Page)).Select(k => (Stmt)new PrefetchStmt(1, Address.Of(k * Page), IsSoon: true)).ToList();
        if (fetches.Count > 0) fetches.Insert(0, new CommentStmt("All pages of the parameters are looked up at once"));
        return fetches;
    }

    /// <summary>Zeros in memory that was something else on the stack before (<see cref="UnwrittenLanes"/>).</summary>
    private static List<Stmt> Cleared(List<Stmt> body, Plan plan)
    {
        var vectors = UnwrittenLanes.Of(body, 0, plan.OneScratchLength + Layout.Line);
        if (vectors.Count == 0) return [];
        return [new CommentStmt("Of these vectors only a part is written"), .. vectors.Select(v => new StoreStmt(0, Address.Of(v.Key), new ConstVExpr(0, v.Value), v.Value))];
    }

    /// <summary>One after the other, in one of both orders.</summary>
    private static ForStmt InTurn(LoopVar number, List<List<Stmt>> cases) =>
        new(number, Bound.Of(0), Bound.Of(cases.Count), 1, [.. cases.Select((one, i) => new IfStmt(new Address(-i, [(number, 1)]), 1, one))], Turns: true);

    private static long Points(Unit unit) => unit.Nests.Sum(n => Affine.Points(n.Indices));

    private static int Count(List<Stmt> body) =>
        body.Sum(s => s switch { BlockStmt b => Count(b.Body), RowStmt r => 1 + Count(r.Body), ForStmt f => 2 + Count(f.Body), IfStmt i => 1 + Count(i.Body), CommentStmt => 0, _ => 1 });

    // ---- from a unit's buffers to the blocks ----

    private static Stmt Move(Stmt statement, FlatUnit unit, Plan plan)
    {
        (int, Address) At(int buffer, Address at) => Place(unit.Buffers[buffer], at, plan);
        switch (statement)
        {
            case BlockStmt b: return new BlockStmt([.. b.Body.Select(s => Move(s, unit, plan))]);
            case ForStmt f: return f with { Body = [.. f.Body.Select(s => Move(s, unit, plan))] };
            case RowStmt r:
                var (row, rowAt) = At(r.Buffer, r.At);
                return r with { Buffer = row, At = rowAt, Body = [.. r.Body.Select(s => Move(s, unit, plan))] };
            case DefineStmt d: return d with { Value = Move(d.Value, unit, plan) };
            case AssignStmt a: return a with { Value = Move(a.Value, unit, plan) };
            case StoreStmt s:
                var (store, storeAt) = At(s.Buffer, s.At);
                return s with { Buffer = store, At = storeAt, Value = Move(s.Value, unit, plan) };
            case FillStmt f:
                var (fill, fillAt) = At(f.Buffer, f.At);
                return f with { Buffer = fill, At = fillAt };
            case TransposeStmt t:
                var (target, targetAt) = At(t.Target, t.TargetAt);
                var (source, sourceAt) = At(t.Source, t.SourceAt);
                return t with { Target = target, TargetAt = targetAt, Source = source, SourceAt = sourceAt };
            default: throw new InvalidOperationException($"{statement} in straight-line code.");
        }
    }

    private static VExpr Move(VExpr e, FlatUnit unit, Plan plan)
    {
        VExpr M(VExpr x) => Move(x, unit, plan);
        switch (e)
        {
            case LoadExpr l:
                var (load, loadAt) = Place(unit.Buffers[l.Buffer], l.At, plan);
                return l with { Buffer = load, At = loadAt };
            case BroadcastExpr b:
                var (all, allAt) = Place(unit.Buffers[b.Buffer], b.At, plan);
                return b with { Buffer = all, At = allAt };
            case StridedLoadExpr s:
                var (step, stepAt) = Place(unit.Buffers[s.Buffer], s.At, plan);
                return s with { Buffer = step, At = stepAt };
            case UnaryVExpr u: return u with { X = M(u.X) };
            case BinaryVExpr b: return b with { A = M(b.A), B = M(b.B) };
            case FmaExpr f: return f with { A = M(f.A), B = M(f.B), C = M(f.C) };
            case SelectVExpr s: return s with { Condition = M(s.Condition), WhenTrue = M(s.WhenTrue), WhenFalse = M(s.WhenFalse) };
            case KeepLanesExpr k: return k with { X = M(k.X) };
            case HorizontalExpr h: return h with { X = M(h.X) };
            case SplatExpr s: return s with { X = M(s.X) };
            default: return e;
        }
    }

    private static (int Block, Address At) Place(Value value, Address at, Plan plan)
    {
        var storage = plan.Storages[value];
        return storage.Space switch
        {
            Space.Scratch => (0, at.Plus(storage.OneOffset)),
            Space.Parameter => (1, at.Plus(storage.Offset)),
            Space.Input => (2 + storage.Offset, at),
            Space.State => (2 + plan.Program.Inputs.Count + plan.Program.Outputs.Count, at.Plus(storage.Offset)),
            Space.Output => (2 + plan.Program.Inputs.Count + storage.Offset, at),
            _ => throw new InvalidOperationException($"{value.Name}: {storage.Space} in straight-line code."),
        };
    }
}
