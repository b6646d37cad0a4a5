using System.Globalization;
using System.Text;
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
                case RowStmt row:
                    Flush(ref names);
                    result.Add(row with { Body = Hoist(row.Body, ref names) });
                    break;
                case RoundStmt round:
                    Flush(ref names);
                    result.Add(round with { Body = Hoist(round.Body, ref names) });
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
        private static readonly string s_slopeHead = "unary" + ((int)UnaryOp.GeluSlope).ToString(CultureInfo.InvariantCulture) + "(";
        // Expressions that read the same have one number, however many objects they are; what must not be shared has -1.
        private readonly Dictionary<VExpr, int> _numbers = new(ReferenceComparer.Instance);
        private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
        private readonly Dictionary<object, string> _terms = [];
        private readonly List<int> _counts = [];
        private readonly List<string> _labels = [];
        private readonly List<Reg?> _registers = [];
        private readonly StringBuilder _text = new();
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

            return SlopeBeside(ref names);
        }

        /// <summary>A function and its slope at the same place are one call, which computes what they have in common once.</summary>
        private List<Stmt> SlopeBeside(ref int names)
        {
            if (!_known.Keys.Any(k => k.Contains(s_slopeHead))) return _result;
            var slopes = new Dictionary<Reg, Reg>();
            var last = names;
            for (var at = 0; at < _result.Count; at++)
            {
                if (_result[at] is AssignStmt) return _result;
                _result[at] = _result[at] switch
                {
                    DefineStmt d => d with { Value = Join(d.Value) },
                    StoreStmt s => s with { Value = Join(s.Value) },
                    var other => other,
                };
            }

            names = last;
            return _result;

            VExpr Join(VExpr e)
            {
                switch (e)
                {
                    case UnaryVExpr { Op: UnaryOp.Gelu, Width: > 1, X: RegExpr x } u when !slopes.ContainsKey(x.Reg):
                        return u with { Slope = slopes[x.Reg] = new Reg($"t{last++}", u.Width) };
                    case UnaryVExpr { Op: UnaryOp.GeluSlope, X: RegExpr x } when slopes.TryGetValue(x.Reg, out var slope): return new RegExpr(slope);
                    case BinaryVExpr b: return b with { A = Join(b.A), B = Join(b.B) };
                    default: return e;
                }
            }
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
            // The parts of what comes again are counted through the first.
            if (Number(e) is >= 0 and var number && _counts[number]++ > 0) return;
            switch (e)
            {
                case UnaryVExpr u: Count(u.X); break;
                case BinaryVExpr b: Count(b.A); Count(b.B); break;
                case FmaExpr f: Count(f.A); Count(f.B); Count(f.C); break;
                case SelectVExpr s: Count(s.Condition); Count(s.WhenTrue); Count(s.WhenFalse); break;
                case KeepLanesExpr k: Count(k.X); break;
                case HorizontalExpr h: Count(h.X); break;
                case SplatExpr s: Count(s.X); break;
            }
        }

        private VExpr Replace(VExpr e, ref int names)
        {
            var number = Number(e);
            if (number >= 0 && _registers[number] is { } known) return new RegExpr(known);
            var rebuilt = Rebuild(e, ref names);
            if (number < 0 || _counts[number] < 2) return rebuilt;
            var register = new Reg($"t{names++}", e.Width);
            _registers[number] = register;
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

        /// <summary>-1 where it must not be shared: constants, registers, comparisons, what reads a register that changes.</summary>
        private int Number(VExpr e)
        {
            if (e is ConstVExpr or RegExpr || IsComparison(e)) return -1;
            if (_numbers.TryGetValue(e, out var known)) return known;

            // The numbers of the parts come first, since all share one buffer for text.
            var (a, b, c) = PartsOf(e);
            var (first, second, third) = (Part(a), Part(b), Part(c));
            if (first is null || second is null || third is null) return _numbers[e] = -1;
            _text.Clear();
            Head(e);
            _text.Append('(').Append(first).Append(',').Append(second).Append(',').Append(third);
            var text = _text.ToString();
            if (!_known.TryGetValue(text, out var number))
            {
                number = _known[text] = _counts.Count;
                _counts.Add(0);
                _labels.Add("#" + number.ToString(CultureInfo.InvariantCulture));
                _registers.Add(null);
            }

            return _numbers[e] = number;
        }

        private static bool IsComparison(VExpr? e) => e is BinaryVExpr { Op: >= BinaryOp.Less };

        /// <summary>A part as its whole stands for it; null: it must not be shared.</summary>
        private string? Part(VExpr? e)
        {
            switch (e)
            {
                case null: return "";
                case RegExpr r: return r.Reg.IsMutable ? null : r.Reg.Name;
                case ConstVExpr c: return c.Value.ToString("R", CultureInfo.InvariantCulture);
                case BinaryVExpr compare when IsComparison(compare):
                    var (a, b) = (IsComparison(compare.A) ? null : Part(compare.A), IsComparison(compare.B) ? null : Part(compare.B));
                    return a is null || b is null ? null : $"{compare.Op}({a},{b})";
                default:
                    return Number(e) is >= 0 and var number ? _labels[number] : null;
            }
        }

        private static (VExpr? A, VExpr? B, VExpr? C) PartsOf(VExpr e) => e switch
        {
            UnaryVExpr u => (u.X, null, null),
            BinaryVExpr b => (b.A, b.B, null),
            FmaExpr f => (f.A, f.B, f.C),
            SelectVExpr s => (s.Condition, s.WhenTrue, s.WhenFalse),
            KeepLanesExpr k => (k.X, null, null),
            HorizontalExpr h => (h.X, null, null),
            SplatExpr s => (s.X, null, null),
            _ => default,
        };

        private void Head(VExpr e)
        {
            _text.Append(e.Width);
            switch (e)
            {
                case LoadExpr l: Place("load", l.Lanes, 0, l.Buffer, l.At); break;
                case BroadcastExpr b: Place("all", 0, 0, b.Buffer, b.At); break;
                case StridedLoadExpr s: Place("step", s.Lanes, s.Stride, s.Buffer, s.At); break;
                case IotaExpr i: Place("iota", 0, i.Step, 0, i.At); break;
                case RandomVExpr r: Place(r.RowKey, 0, r.Step, -1, r.At); break;
                case UnaryVExpr u: _text.Append("unary").Append((int)u.Op); break;
                case BinaryVExpr b: _text.Append("binary").Append((int)b.Op); break;
                case KeepLanesExpr k: _text.Append("keep").Append(k.Lanes).Append('/').Append(k.Neutral.ToString("R", CultureInfo.InvariantCulture)); break;
                case HorizontalExpr h: _text.Append("across").Append((int)h.Kind); break;
                default: _text.Append(e.GetType().Name); break;
            }
        }

        private static string TextOf((LoopVar Var, int Coefficient)[] terms)
        {
            var text = new StringBuilder();
            foreach (var (variable, coefficient) in terms) text.Append('+').Append(coefficient).Append('*').Append(variable.Name);
            return text.ToString();
        }

        private void Place(string what, int lanes, int step, int buffer, Address at)
        {
            // Addresses of one tile differ in their constants: they have their terms in common.
            if (!_terms.TryGetValue(at.Terms, out var terms)) _terms[at.Terms] = terms = TextOf(at.Terms);
            _text.Append(what).Append('/').Append(lanes).Append('/').Append(step).Append('/').Append(buffer).Append(':').Append(at.Constant).Append(terms);
        }
    }

    private sealed class ReferenceComparer : IEqualityComparer<VExpr>
    {
        public static readonly ReferenceComparer Instance = new();

        public bool Equals(VExpr? x, VExpr? y) => ReferenceEquals(x, y);

        public int GetHashCode(VExpr obj) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj);
    }
}
