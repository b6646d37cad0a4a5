using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// Gives every expression that occurs more than once in a straight-line run of statements a register of its own, just
/// before its first use.
/// </summary>
internal static class CommonLoads
{
    public static List<Stmt> Hoist(List<Stmt> body, ref int names)
    {
        var result = new List<Stmt>();
        var run = new List<Stmt>();
        void Flush(ref int n)
        {
            if (run.Count > 0) result.AddRange(new Run(run).Rewrite(ref n));
            run.Clear();
        }

        foreach (var statement in body)
        {
            switch (statement)
            {
                case DefineStmt or AssignStmt or StoreStmt:
                    run.Add(statement);
                    break;
                case ForStmt loop:
                    Flush(ref names);
                    result.Add(loop with { Body = Hoist(loop.Body, ref names) });
                    break;
                case IfStmt test:
                    Flush(ref names);
                    result.Add(test with { Body = Hoist(test.Body, ref names) });
                    break;
                case BlockStmt block:
                    Flush(ref names);
                    result.Add(new BlockStmt(Hoist(block.Body, ref names)));
                    break;
                default:
                    Flush(ref names);
                    result.Add(statement);
                    break;
            }
        }

        Flush(ref names);
        return result;
    }

    private sealed class Run(List<Stmt> statements)
    {
        private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
        private readonly Dictionary<string, Reg> _registers = new(StringComparer.Ordinal);
        private readonly Dictionary<VExpr, string?> _keys = new(ReferenceComparer.Instance);
        private List<Stmt> _result = [];

        public List<Stmt> Rewrite(ref int names)
        {
            foreach (var statement in statements) Count(ValueOf(statement));
            foreach (var statement in statements)
            {
                var value = Replace(ValueOf(statement), ref names);
                _result.Add(statement switch
                {
                    DefineStmt d => d with { Value = value },
                    AssignStmt a => a with { Value = value },
                    StoreStmt s => s with { Value = value },
                    _ => statement,
                });
            }

            return _result;
        }

        private static VExpr ValueOf(Stmt statement) => statement switch
        {
            DefineStmt d => d.Value,
            AssignStmt a => a.Value,
            StoreStmt s => s.Value,
            _ => throw new InvalidOperationException(),
        };

        private void Count(VExpr e)
        {
            if (Key(e) is { } key)
            {
                _counts[key] = _counts.TryGetValue(key, out var n) ? n + 1 : 1;
                if (n > 0) return; // its parts are counted through the first
            }

            foreach (var part in Parts(e)) Count(part);
        }

        private VExpr Replace(VExpr e, ref int names)
        {
            var key = Key(e);
            if (key is not null && _registers.TryGetValue(key, out var known)) return new RegExpr(known);
            var rebuilt = Rebuild(e, ref names);
            if (key is null || _counts[key] < 2) return rebuilt;
            var register = new Reg($"t{names++}", e.Width);
            _registers[key] = register;
            _result.Add(new DefineStmt(register, rebuilt));
            return new RegExpr(register);
        }

        private VExpr Rebuild(VExpr e, ref int names)
        {
            switch (e)
            {
                case UnaryVExpr u: return u with { X = Replace(u.X, ref names) };
                case BinaryVExpr b:
                    var a = Replace(b.A, ref names);
                    return b with { A = a, B = Replace(b.B, ref names) };
                case FmaExpr f:
                    var fa = Replace(f.A, ref names);
                    var fb = Replace(f.B, ref names);
                    return f with { A = fa, B = fb, C = Replace(f.C, ref names) };
                case SelectVExpr s:
                    // Conditions stay where they are used: their type is a mask.
                    var condition = Rebuild(s.Condition, ref names);
                    var whenTrue = Replace(s.WhenTrue, ref names);
                    return s with { Condition = condition, WhenTrue = whenTrue, WhenFalse = Replace(s.WhenFalse, ref names) };
                case KeepLanesExpr k: return k with { X = Replace(k.X, ref names) };
                case HorizontalExpr h: return h with { X = Replace(h.X, ref names) };
                case SplatExpr s: return s with { X = Replace(s.X, ref names) };
                default: return e;
            }
        }

        /// <summary>The expression as text; null where it must not be shared: constants, registers, comparisons, what reads a register that changes.</summary>
        private string? Key(VExpr e)
        {
            if (_keys.TryGetValue(e, out var known)) return known;
            var parts = Parts(e).Select(p => p is RegExpr r ? r.Reg.IsMutable ? null : r.Reg.Name : p is ConstVExpr c ? c.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture) : p is BinaryVExpr { Op: >= BinaryOp.Less } compare ? CompareKey(compare) : Key(p)).ToList();
            var text = e is ConstVExpr or RegExpr or BinaryVExpr { Op: >= BinaryOp.Less } || parts.Any(p => p is null) ? null : $"{Head(e)}({string.Join(",", parts)})";
            return _keys[e] = text;
        }

        private string? CompareKey(BinaryVExpr compare)
        {
            string? Part(VExpr p) => p is RegExpr r ? r.Reg.IsMutable ? null : r.Reg.Name : p is ConstVExpr c ? c.Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture) : Key(p);
            return Part(compare.A) is { } a && Part(compare.B) is { } b ? $"{compare.Op}({a},{b})" : null;
        }

        private static string Head(VExpr e) => e switch
        {
            LoadExpr l => $"load{l.Width}/{l.Lanes}/{l.Buffer}:{Text(l.At)}",
            BroadcastExpr b => $"all{b.Width}/{b.Buffer}:{Text(b.At)}",
            StridedLoadExpr s => $"step{s.Width}/{s.Lanes}/{s.Stride}/{s.Buffer}:{Text(s.At)}",
            IotaExpr i => $"iota{i.Width}/{i.Step}:{Text(i.At)}",
            RandomVExpr r => $"random{r.Width}/{r.RowKey}/{r.Step}:{Text(r.At)}",
            UnaryVExpr u => u.Op.ToString() + u.Width,
            BinaryVExpr b => b.Op.ToString() + b.Width,
            _ => e.GetType().Name + e.Width + (e is KeepLanesExpr k ? "/" + k.Lanes + "/" + k.Neutral : e is HorizontalExpr h ? h.Kind.ToString() : ""),
        };

        private static string Text(Address a) => a.Constant + string.Concat(a.Terms.Select(t => $"+{t.Coefficient}*{t.Var.Name}"));

        private static IEnumerable<VExpr> Parts(VExpr e) => e switch
        {
            UnaryVExpr u => [u.X],
            BinaryVExpr b => [b.A, b.B],
            FmaExpr f => [f.A, f.B, f.C],
            SelectVExpr s => [s.Condition, s.WhenTrue, s.WhenFalse],
            KeepLanesExpr k => [k.X],
            HorizontalExpr h => [h.X],
            SplatExpr s => [s.X],
            _ => [],
        };
    }

    private sealed class ReferenceComparer : IEqualityComparer<VExpr>
    {
        public static readonly ReferenceComparer Instance = new();

        public bool Equals(VExpr? x, VExpr? y) => ReferenceEquals(x, y);

        public int GetHashCode(VExpr obj) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj);
    }
}
