using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// Proves that no address of a kernel leaves its buffer: generated code checks nothing at run time, so this is where a wrong
/// address must be caught. Works on intervals of the loop counters, with the conditions around an address taken into account.
/// </summary>
internal static class KernelVerifier
{
    /// <summary>What a counter can be; a row counter stands for whole rows and is bounded by the caller.</summary>
    private sealed record Range(int Least, int Most, bool IsRow, int Step);

    public static void Verify(Kernel kernel, FlatUnit unit) => new Walk(kernel, unit).Run(kernel.Body);

    private sealed class Walk(Kernel kernel, FlatUnit unit)
    {
        private readonly Dictionary<LoopVar, Range> _ranges = [];
        private readonly List<IfStmt> _conditions = [];
        private readonly HashSet<string> _defined = new(StringComparer.Ordinal);

        public void Run(List<Stmt> body)
        {
            foreach (var statement in body)
            {
                switch (statement)
                {
                    case ForStmt loop:
                        _ranges[loop.Var] = RangeOf(loop);
                        Run(loop.Body);
                        break;
                    case IfStmt test:
                        _conditions.Add(test);
                        Run(test.Body);
                        _conditions.RemoveAt(_conditions.Count - 1);
                        break;
                    case BlockStmt block:
                        Run(block.Body);
                        break;
                    case RowStmt row:
                        Check(row.Buffer, row.At, 1, "row");
                        _ranges[row.Var] = new(0, row.Upper - 1, false, 1);
                        Run(row.Body);
                        break;
                    case RoundStmt round:
                        _ranges[round.Var] = new(0, round.Count - 1, false, 1);
                        Run(round.Body);
                        break;
                    case StageStmt stage:
                        _defined.Clear();
                        Run(stage.Body);
                        _defined.Clear();
                        break;
                    case DefineStmt define:
                        Visit(define.Value);
                        if (!_defined.Add(define.Target.Name)) Fail($"register {define.Target.Name} is defined twice");
                        break;
                    case AssignStmt assign:
                        Visit(assign.Value);
                        if (!assign.Target.IsMutable) Fail($"register {assign.Target.Name} is assigned, but not declared to change");
                        break;
                    case StoreStmt store:
                        Visit(store.Value);
                        Check(store.Buffer, store.At, store.Lanes, "store");
                        if (!unit.Unit.Stored.Contains(unit.Buffers[store.Buffer])) Fail($"buffer {store.Buffer} is an input, but written");
                        break;
                    case TransposeStmt t:
                        Check(t.Target, t.TargetAt, ((t.Rows - 1) * t.TargetStride) + t.Columns, "transposed store");
                        Check(t.Source, t.SourceAt, ((t.Columns - 1) * t.SourceStride) + t.Rows, "transposed load");
                        if (!unit.Unit.Stored.Contains(unit.Buffers[t.Target])) Fail($"buffer {t.Target} is an input, but written");
                        break;
                    case FillStmt fill:
                        Check(fill.Buffer, fill.At, fill.Length, "fill");
                        break;
                }
            }
        }

        private Range RangeOf(ForStmt loop)
        {
            if (loop.To.Parameter == "rows") return new(0, 0, true, loop.Step);
            if (loop.To.Parameter == "hi") return new(0, unit.Split!.Extent - loop.Step, false, loop.Step);
            if (loop.To.Value <= loop.From.Value) Fail($"loop {loop.Var.Name} never runs");
            var last = loop.From.Value + ((loop.To.Value - 1 - loop.From.Value) / loop.Step * loop.Step);
            return new(loop.From.Value, last, false, loop.Step);
        }

        private void Visit(VExpr e)
        {
            switch (e)
            {
                case RegExpr r:
                    if (!_defined.Contains(r.Reg.Name)) Fail($"register {r.Reg.Name} is read before it is defined");
                    break;
                case LoadExpr l: Check(l.Buffer, l.At, l.Lanes, "load"); break;
                case BroadcastExpr b: Check(b.Buffer, b.At, 1, "broadcast"); break;
                case StridedLoadExpr s:
                    Check(s.Buffer, s.At, 1, "strided load");
                    Check(s.Buffer, s.At.Plus((s.Lanes - 1) * s.Stride), 1, "strided load");
                    break;
                case UnaryVExpr u:
                    Visit(u.X);
                    if (u.Slope is { } slope && !_defined.Add(slope.Name)) Fail($"register {slope.Name} is defined twice");
                    break;
                case BinaryVExpr b: Visit(b.A); Visit(b.B); break;
                case FmaExpr f: Visit(f.A); Visit(f.B); Visit(f.C); break;
                case SelectVExpr s: Visit(s.Condition); Visit(s.WhenTrue); Visit(s.WhenFalse); break;
                case KeepLanesExpr k: Visit(k.X); break;
                case HorizontalExpr h: Visit(h.X); break;
                case SplatExpr s: Visit(s.X); break;
            }
        }

        [MethodImpl(HotPath.Optimized)]
        private void Check(int buffer, Address at, int count, string what)
        {
            var value = unit.Buffers[buffer];
            var (length, rowLength) = (unit.Layouts[value].Length, unit.Layouts[value].RowLength);
            var rows = 1;
            foreach (var (variable, coefficient) in at.Terms)
            {
                if (!_ranges[variable].IsRow) continue;
                if (!value.Batched || coefficient != rowLength) Fail($"{what} of {value.Name}: rows are {length} floats, but the address steps by {coefficient}");
                rows = _ranges[variable].Step;
            }

            var (least, most) = Interval(at);
            if (least < 0 || most + count > (long)length * rows)
                Fail($"{what} of {value.Name} at {Text(at)} reaches [{least}, {most + count}) of {length} floats ({rows} rows)");
        }

        /// <summary>The values that an address can take, where the conditions around it hold.</summary>
        private (long Least, long Most) Interval(Address at) => Interval(WithoutRows(at), 0, 0, 0);

        [MethodImpl(HotPath.Optimized)]
        private Address WithoutRows(Address at)
        {
            foreach (var (variable, _) in at.Terms)
                if (_ranges[variable].IsRow) return new(at.Constant, Array.FindAll(at.Terms, t => !_ranges[t.Var].IsRow));
            return at;
        }

        /// <summary>
        /// With each condition from <paramref name="next"/> on used or not: its terms, taken out of the address, contribute what the
        /// condition allows. All these bounds hold, so their intersection does.
        /// </summary>
        [MethodImpl(HotPath.Optimized)]
        private (long Least, long Most) Interval(Address at, int next, long least, long most)
        {
            if (next == _conditions.Count)
            {
                least += at.Constant;
                most += at.Constant;
                foreach (var (variable, coefficient) in at.Terms)
                {
                    var range = _ranges[variable];
                    least += Math.Min((long)coefficient * range.Least, (long)coefficient * range.Most);
                    most += Math.Max((long)coefficient * range.Least, (long)coefficient * range.Most);
                }

                return (least, most);
            }

            var without = Interval(at, next + 1, least, most);
            var value = _conditions[next].Value;
            if (value.Terms.Length == 0) return without;
            var (lead, divisor) = value.Terms.OrderByDescending(t => Math.Abs(t.Coefficient)).First();
            var inAddress = at.Coefficient(lead);
            if (inAddress == 0 || inAddress % divisor != 0) return without;
            var factor = inAddress / divisor;
            var rest = at.Plus(-value.Constant * factor);
            foreach (var (variable, c) in value.Terms) rest = rest.Plus(variable, -c * factor);
            long reach = (long)factor * (_conditions[next].Upper - 1);
            var with = Interval(rest, next + 1, least + Math.Min(0, reach), most + Math.Max(0, reach));
            return (Math.Max(without.Least, with.Least), Math.Min(without.Most, with.Most));
        }

        private static string Text(Address at) => at.Constant + string.Concat(at.Terms.Select(t => $" + {t.Coefficient}*{t.Var.Name}"));

        private void Fail(string what) => throw new InvalidOperationException($"Scheduling of '{kernel.Title}': {what}.");
    }
}
