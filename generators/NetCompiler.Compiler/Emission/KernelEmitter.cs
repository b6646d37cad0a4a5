using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Scheduling;
using static NetCompiler.Compiler.Emission.CodeWriter;

namespace NetCompiler.Compiler.Emission;

/// <summary>
/// Prints a kernel's body. Each loop first computes the references that its body reads and writes through, so that an
/// element is a reference and a literal.
/// </summary>
internal sealed class KernelEmitter(Kernel kernel, string[] bufferNames, int pathWidth, string math, HashSet<(string Name, int Width)> used, IStages stages)
{
    private readonly CodeWriter _code = new();
    private readonly List<LoopVar> _scope = [];
    private readonly List<Known> _references = []; // few at a time: only those of the loops around

    // For each buffer, by the very array of terms, which the addresses of a tile share: names that were looked up since the last loop began or ended, and what its declarations are done with.
    private readonly Dictionary<object, string>?[] _newest = new Dictionary<object, string>?[bufferNames.Length];
    private readonly HashSet<object>?[] _seen = new HashSet<object>?[bufferNames.Length];
    private int _referenceCount;

    public string Write()
    {
        // Between what is alone in the kernel, nothing is handed on but its parameters.
        if (kernel.Body.Exists(s => s is ForStmt { To.Multiple: > 1 }) && kernel.Body.TrueForAll(s => s is ForStmt))
        {
            foreach (var loop in kernel.Body) WriteTile((ForStmt)loop);
        }
        else Body(kernel.Body);

        return _code.ToString();
    }

    /// <summary>
    /// Whole tiles of several samples are a method of their own: a program that predicts one sample after the other never has the code compiled that is for twelve at once, and
    /// its start is shorter by that.
    /// </summary>
    private void WriteTile(ForStmt loop)
    {
        if (loop.To is not { Parameter: "rows", Multiple: > 1 } to || loop.IsDescending)
        {
            Write(loop);
            return;
        }

        var tile = new KernelEmitter(kernel, bufferNames, pathWidth, math, used, stages);
        tile.Write(loop);
        var tiles = $"{to.Multiple} samples at once";
        var method = stages.Add($"{kernel.BaseName}_by{to.Multiple}", $"{kernel.BaseName}, {tiles}",
            string.Join(", ", bufferNames.Select(n => "ref float " + n).Concat(kernel.Numbers.Select(n => (n == "seed" ? "uint " : "nint ") + n))), tile._code.ToString());
        var enough = loop.From.Parameter is null ? $"rows >= {to.Multiple}" : $"rows % {loop.From.Multiple} >= {to.Multiple}";
        _code.Line($"if ({enough}) {method}({string.Join(", ", bufferNames.Select(n => "ref " + n).Concat(kernel.Numbers))});");
    }

    private void Body(List<Stmt> body)
    {
        // A scope that is alone in another says nothing.
        while (body.Count == 1 && body[0] is BlockStmt only) body = only.Body;

        for (var i = 0; i < body.Count; i++)
        {
            // Sums that start from zero share a line.
            var zeros = 0;
            while (i + zeros < body.Count && body[i + zeros] is DefineStmt { Target.IsMutable: true, Value: ConstVExpr { Value: 0, Width: > 1 } c } && c.Width == ((DefineStmt)body[i]).Target.Width) zeros++;
            if (zeros < 2)
            {
                Write(body[i]);
                continue;
            }

            var type = VectorMathTemplate.VectorType(((DefineStmt)body[i]).Target.Width);
            _code.Line($"{type}<float> {string.Join(", ", body.Skip(i).Take(zeros).Select(s => ((DefineStmt)s).Target.Name + " = default"))};");
            i += zeros - 1;
        }
    }

    private static string Next(string counter, int step) => step == 1 ? counter + "++" : $"{counter} += {step}";

    private void Write(Stmt statement)
    {
        switch (statement)
        {
            case ForStmt { Turns: true } loop:
                using (_code.Open($"for (nint in{loop.Var.Name} = {Text(loop.From)}; in{loop.Var.Name} < {Text(loop.To)}; {Next("in" + loop.Var.Name, loop.Step)})"))
                {
                    _code.Line($"var {loop.Var.Name} = turn == 0 ? in{loop.Var.Name} : {CodeWriter.Number(loop.From.Value + loop.To.Value - loop.Step)} - in{loop.Var.Name};");
                    Inside(loop.Var, loop.Body);
                }

                break;
            case ForStmt { To.IsTaken: true } loop:
                using (_code.Open($"for (nint {loop.Var.Name} = {Text(loop.From)}, {loop.Var.Name}End = {Text(loop.To)}; {loop.Var.Name} < {loop.Var.Name}End; {Next(loop.Var.Name, loop.Step)})"))
                    Inside(loop.Var, loop.Body);

                break;
            case ForStmt loop:
                using (_code.Open(loop.IsDescending
                    ? $"for (nint {loop.Var.Name} = {Text(loop.To with { Value = loop.To.Value - 1 })}; {loop.Var.Name} >= {Text(loop.From)}; {loop.Var.Name}--)"
                    : $"for (nint {loop.Var.Name} = {Text(loop.From)}; {loop.Var.Name} < {Text(loop.To)}; {Next(loop.Var.Name, loop.Step)})"))
                    Inside(loop.Var, loop.Body);

                break;
            case IfStmt { Upper: 1, Value: { Constant: <= 0, Terms.Length: 1 } at } one when at.Terms[0].Coefficient == 1:
                using (_code.Open($"if ({at.Terms[0].Var.Name} == {CodeWriter.Number(-at.Constant)})")) Body(one.Body);
                break;
            case IfStmt test:
                using (_code.Open($"if (unchecked((nuint)({Text(test.Value)})) < {test.Upper})")) Body(test.Body);
                break;
            case RowStmt row:
                Where(row.Var, $"(nint){Element(row.Buffer, row.At)}", row.Body);
                break;
            case RoundStmt round:
                Where(round.Var, Text(round), round.Body);
                break;
            case PrefetchStmt p:
                _code.Line($"Prefetch.{(p.IsSoon ? "Line" : "Later")}(ref {Element(p.Buffer, p.At)});");
                break;
            case BlockStmt block:
                if (block.Body.Count == 0) break;
                using (_code.Open("")) Body(block.Body);
                break;
            case DefineStmt d:
                _code.Line($"var {d.Target.Name} = {Text(d.Value)};");
                break;
            case AssignStmt a:
                _code.Line($"{a.Target.Name} = {Text(a.Value)};");
                break;
            case StoreStmt { Lanes: 1, Value.Width: 1 } s:
                _code.Line($"{Element(s.Buffer, s.At)} = {Text(s.Value)};");
                break;
            case StoreStmt s when s.Lanes == s.Value.Width:
                _code.Line(s.At.Constant > 0
                    ? $"{Text(s.Value, Tightness.Primary)}.StoreUnsafe(ref {Reference(s.Buffer, s.At.Terms)}, {s.At.Constant});"
                    : $"{Text(s.Value, Tightness.Primary)}.StoreUnsafe(ref {Element(s.Buffer, s.At)});");
                break;
            case StoreStmt s:
                used.Add(("StoreFirst", s.Value.Width));
                _code.Line($"{math}.StoreFirst({Text(s.Value)}, ref {Element(s.Buffer, s.At)}, {s.Lanes});");
                break;
            case FillStmt f:
                _code.Line($"MemoryMarshal.CreateSpan(ref {Element(f.Buffer, f.At)}, {f.Length}).{(f.Value == 0 ? "Clear()" : $"Fill({Float(f.Value)})")};");
                break;
            case TransposeStmt t:
                _code.Line($"Transposition.Copy(ref {Element(t.Target, t.TargetAt)}, {t.TargetStride}, ref {Element(t.Source, t.SourceAt)}, {t.SourceStride}, {t.Rows}, {t.Columns});");
                break;
            case RowKeyStmt k:
                used.Add(("RowKey", 1));
                _code.Line($"var {k.Name} = {math}.RowKey(seed, (uint){k.Stream}, (uint)(row + {(k.Row is null ? "0" : k.Row.Name)}));");
                break;
            case CommentStmt c:
                _code.Line("// " + c.Text);
                break;
            case StageStmt s:
                WriteStage(s);
                break;
        }
    }

    /// <summary>Counters are not below 0, so a shift divides them: a division takes some instructions more, in a loop that has few to spare.</summary>
    private static string Text(RoundStmt round)
    {
        if (!round.IsOneRound) return $"{round.Of.Name} / {round.Step} % {round.Count}";
        for (var shift = 1; shift < 30; shift++)
            if (round.Step == 1 << shift) return $"{round.Of.Name} >> {shift}";
        return $"{round.Of.Name} / {round.Step}";
    }

    /// <summary>What is done in a scope where a number is known.</summary>
    private void Where(LoopVar number, string value, List<Stmt> body)
    {
        using (_code.Open(""))
        {
            _code.Line($"var {number.Name} = {value};");
            Inside(number, body);
        }
    }

    /// <summary>What is done where the counter has a value.</summary>
    private void Inside(LoopVar variable, List<Stmt> body)
    {
        _scope.Add(variable);
        var declared = References(variable, body);
        Body(body);
        _references.RemoveRange(_references.Count - declared, declared);
        foreach (var newest in _newest) newest?.Clear();
        _scope.RemoveAt(_scope.Count - 1);
    }

    /// <summary>A call of a method of its own, which kernels with the same stage share: its parameters are what this kernel has as references already.</summary>
    private void WriteStage(StageStmt stage)
    {
        string[] names = [.. bufferNames];
        var inner = new KernelEmitter(kernel, names, pathWidth, math, used, stages);
        inner._scope.AddRange(_scope);
        var (parameters, arguments, written) = (new List<string>(), new List<string>(), new HashSet<int>());
        KernelBuffers.Written(stage.Body, written);
        KernelBuffers.Visit(stage.Body, (buffer, at) =>
        {
            (LoopVar Var, int Coefficient)[] known = [.. at.Terms.Where(t => _scope.Contains(t.Var))];
            if (inner.Find(buffer, known, known.Length) is not null) return;
            var name = written.Contains(buffer) ? "dst" : "src";
            if (parameters.Count(p => p.StartsWith(name, StringComparison.Ordinal)) is > 0 and var alike) name += CodeWriter.Number(alike);
            inner._references.Add(new(buffer, known, name));
            names[buffer] = name;
            parameters.Add(name);
            arguments.Add(Reference(buffer, known));
        });

        // Counters of loops around it that are more than part of an address, and keys of random numbers.
        var numbers = new List<string>();
        KernelBuffers.VisitNumbers(stage.Body, at => numbers.AddRange(at.Terms.Where(t => _scope.Contains(t.Var)).Select(t => "nint " + t.Var.Name)), key => numbers.Add("uint " + key));
        numbers = [.. numbers.Distinct(StringComparer.Ordinal)];
        inner.Body(stage.Body);
        var method = stages.Add(stage.Name, stage.Title, string.Join(", ", parameters.Select(p => "ref float " + p).Concat(numbers)), inner._code.ToString());
        _code.Line($"{method}({string.Join(", ", arguments.Select(a => "ref " + a).Concat(numbers.Select(n => n.Split(' ')[1])))});");
    }

    // ---- references ----

    /// <summary>
    /// Declares the references that depend on the loop's counter and on counters around it, for every address in the body. Where another loop is all of the
    /// body, those that depend on its counter too are left to it.
    /// </summary>
    /// <returns>How many there are.</returns>
    private int References(LoopVar variable, List<Stmt> body)
    {
        var before = _references.Count;
        foreach (var newest in _newest) newest?.Clear();
        foreach (var seen in _seen) seen?.Clear();
        while (body.Count == 1 && body[0] is BlockStmt only) body = only.Body;
        var next = body.Count == 1 && body[0] is ForStmt loop ? loop.Var : null;
        KernelBuffers.Visit(body, (buffer, at) =>
        {
            if (next is null || at.Coefficient(next) == 0) Declare(variable, buffer, at);
        });
        foreach (var newest in _newest) newest?.Clear();
        return _references.Count - before;
    }

    [MethodImpl(HotPath.Optimized)]
    private void Declare(LoopVar variable, int buffer, Address address)
    {
        // Addresses of one tile share their terms: most have been seen.
        if (address.Coefficient(variable) == 0 || !(_seen[buffer] ??= []).Add(address.Terms)) return;
        var count = 0;
        foreach (var counter in _scope)
            if (address.Coefficient(counter) != 0) count++;
        var known = new (LoopVar Var, int Coefficient)[count];
        count = 0;
        foreach (var counter in _scope)
            if (address.Coefficient(counter) is not 0 and var coefficient) known[count++] = (counter, coefficient);
        if (Find(buffer, known, known.Length) is not null) return;

        // From the innermost reference that there is.
        var outer = known.Length - 1;
        while (outer > 0 && Find(buffer, known, outer) is null) outer--;
        var parent = Find(buffer, known, outer) ?? bufferNames[buffer];
        var name = $"{bufferNames[buffer]}_{_referenceCount++}";
        _code.Line($"ref var {name} = ref Unsafe.Add(ref {parent}, {string.Join(" + ", known.Skip(outer).Select(t => t.Coefficient == 1 ? t.Var.Name : $"{t.Var.Name} * {t.Coefficient}"))});");
        _references.Add(new(buffer, known, name));
    }

    private string Reference(int buffer, (LoopVar Var, int Coefficient)[] terms)
    {
        if (terms.Length == 0) return Find(buffer, terms, 0) ?? bufferNames[buffer];
        var newest = _newest[buffer] ??= [];
        if (!newest.TryGetValue(terms, out var name))
            newest[terms] = name = Find(buffer, terms, terms.Length) ?? throw new InvalidOperationException($"{kernel.Title}: nothing refers to {bufferNames[buffer]}[{string.Join(" + ", terms.Select(t => $"{t.Coefficient} * {t.Var.Name}"))}].");
        return name;
    }

    /// <summary>The reference to the first so many of these terms, in any order. Asked for at every address: without a query.</summary>
    [MethodImpl(HotPath.Optimized)]
    private string? Find(int buffer, (LoopVar Var, int Coefficient)[] terms, int count)
    {
        for (var r = _references.Count - 1; r >= 0; r--)
            if (_references[r].Is(buffer, terms, count)) return _references[r].Name;
        return null;
    }

    /// <summary>A reference that has a name: to a buffer's beginning, and so many times some counters.</summary>
    private sealed class Known(int buffer, (LoopVar Var, int Coefficient)[] terms, string name)
    {
        public string Name { get; } = name;

        [MethodImpl(HotPath.Optimized)]
        public bool Is(int other, (LoopVar Var, int Coefficient)[] others, int count)
        {
            if (buffer != other || terms.Length != count) return false;
            for (var t = 0; t < terms.Length; t++)
            {
                var at = 0;
                while (at < count && (others[at].Var != terms[t].Var || others[at].Coefficient != terms[t].Coefficient)) at++;
                if (at == count) return false;
            }

            return true;
        }
    }

    private string Element(int buffer, Address at)
    {
        var reference = Reference(buffer, at.Terms);
        return at.Constant == 0 ? reference : $"Unsafe.Add(ref {reference}, {at.Constant})";
    }

    // ---- expressions ----

    private static string Text(Bound bound) => bound.Parameter is not { } p ? Number(bound.Value)
        : bound.IsTaken ? $"Math.Min({p}, {Number(bound.Value)})"
        : bound.Multiple == 1 ? p
        : $"{p} - ({(bound.Origin is { } o ? $"({p} - {o})" : p)} %{(bound.Before > 1 ? $" {bound.Before} %" : "")} {bound.Multiple})";

    /// <summary>The number of a random number. Of lanes that nobody needs it may be negative, also in a project that checks for overflow.</summary>
    private static string Counter(Address at) => $"unchecked((uint)({Text(at)}))";

    private static string Text(Address at)
    {
        var terms = at.Terms.Select(t => t.Coefficient == 1 ? t.Var.Name : $"({t.Var.Name} * {t.Coefficient})").ToList();
        if (at.Constant != 0 || terms.Count == 0) terms.Add(at.Constant < 0 ? $"({at.Constant})" : Number(at.Constant));
        return string.Join(" + ", terms);
    }

    private static string Type(VExpr e) => VectorMathTemplate.VectorType(e.Width) + "<float>";

    /// <summary>The class with the functions of vectors, by the short name that the file gives it.</summary>
    private static string Vector(VExpr e) => "V" + CodeWriter.Number(e.Width * 32);

    /// <summary>How tightly an expression's outermost operator binds: what binds less tightly than its place asks for gets parentheses.</summary>
    private enum Tightness { Any, Sum, Product, Sign, Primary }

    private string Text(VExpr e, Tightness place)
    {
        var (text, tightness) = e switch
        {
            UnaryVExpr { Op: UnaryOp.Neg } u => ("-" + Text(u.X, Tightness.Primary), Tightness.Sign),
            BinaryVExpr { Op: BinaryOp.Add or BinaryOp.Sub } b => ($"{Text(b.A, Tightness.Sum)} {Operator(b.Op)} {Text(b.B, Tightness.Product)}", Tightness.Sum),
            BinaryVExpr { Op: BinaryOp.Mul, B: ConstVExpr { Width: > 1 } c } b => ($"{Text(b.A, Tightness.Product)} * {Float(c.Value)}", Tightness.Product),
            BinaryVExpr { Op: BinaryOp.Mul, A: ConstVExpr { Width: > 1 } c } b => ($"{Text(b.B, Tightness.Product)} * {Float(c.Value)}", Tightness.Product),
            BinaryVExpr { Op: BinaryOp.Mul or BinaryOp.Div } b => ($"{Text(b.A, Tightness.Product)} {Operator(b.Op)} {Text(b.B, Tightness.Sign)}", Tightness.Product),
            ConstVExpr { Width: 1, Value: < 0 } c => (Float(c.Value), Tightness.Sign),
            FmaExpr { Width: 1 } f when pathWidth == 4 => ($"{Text(f.A, Tightness.Product)} * {Text(f.B, Tightness.Sign)} + {Text(f.C, Tightness.Product)}", Tightness.Sum),
            _ => (Text(e), Tightness.Primary),
        };
        return tightness < place ? $"({text})" : text;
    }

    private string Text(VExpr e)
    {
        switch (e)
        {
            case UnaryVExpr { Op: UnaryOp.Neg } or BinaryVExpr { Op: BinaryOp.Add or BinaryOp.Sub or BinaryOp.Mul or BinaryOp.Div }: return Text(e, Tightness.Any);
            case FmaExpr { Width: 1 } when pathWidth == 4: return Text(e, Tightness.Any);
            case RegExpr r: return r.Reg.Name;
            case ConstVExpr { Width: 1 } c: return Float(c.Value);
            case ConstVExpr c: return c.Value == 0 ? $"{Type(c)}.Zero" : $"{Vector(c)}.Create({Float(c.Value)})";
            case LoadExpr { Width: 1 } l: return Element(l.Buffer, l.At);
            case LoadExpr l when l.Exact && l.Lanes < l.Width:
                used.Add(("LoadFirst", l.Width));
                return $"{math}.LoadFirst{l.Width * 32}(ref {Element(l.Buffer, l.At)}, {l.Lanes})";
            case LoadExpr l:
                return l.At.Constant > 0
                    ? $"{Vector(l)}.LoadUnsafe(ref {Reference(l.Buffer, l.At.Terms)}, {l.At.Constant})"
                    : $"{Vector(l)}.LoadUnsafe(ref {Element(l.Buffer, l.At)})";
            case BroadcastExpr b: return $"{Vector(b)}.Create({Element(b.Buffer, b.At)})";
            case StridedLoadExpr s:
                return $"{Vector(s)}.Create({string.Join(", ", Enumerable.Range(0, s.Width).Select(i => i < s.Lanes ? Element(s.Buffer, s.At.Plus(i * s.Stride)) : "0f"))})";
            case IotaExpr { Width: 1 } i: return $"(float)({Text(i.At)})";
            case IotaExpr { Step: 0 } i: return $"{Vector(i)}.Create((float)({Text(i.At)}))";
            case IotaExpr i: return $"{Vector(i)}.CreateSequence((float)({Text(i.At)}), {Float(i.Step)})";
            case RandomVExpr r:
                used.Add(("Uniform", r.Width));
                return r.Width == 1 ? $"{math}.Uniform({r.RowKey}, {Counter(r.At)})" : $"{math}.Uniform{r.Width * 32}({r.RowKey}, {Counter(r.At)}, {r.Step}u)";
            case UnaryVExpr u: return Unary(u);
            case BinaryVExpr b: return Binary(b);
            case FmaExpr { Width: 1 } f: return $"MathF.FusedMultiplyAdd({Text(f.A)}, {Text(f.B)}, {Text(f.C)})";
            case FmaExpr f:
                return $"{Vector(f)}.{(pathWidth == 4 ? "MultiplyAddEstimate" : "FusedMultiplyAdd")}({Text(f.A)}, {Text(f.B)}, {Text(f.C)})";
            case SelectVExpr { Width: 1 } s: return $"({Text(s.Condition)} ? {Text(s.WhenTrue)} : {Text(s.WhenFalse)})";
            case SelectVExpr s: return $"{Vector(s)}.ConditionalSelect({Text(s.Condition)}, {Text(s.WhenTrue)}, {Text(s.WhenFalse)})";
            case KeepLanesExpr k:
                return $"{Vector(k)}.ConditionalSelect({Vector(k)}.LessThan({Type(k)}.Indices, {Vector(k)}.Create({Float(k.Lanes)})), {Text(k.X)}, {Text(new ConstVExpr(k.Neutral, k.Width))})";
            case HorizontalExpr { Kind: NestKind.Sum } h: return $"{Vector(h.X)}.Sum({Text(h.X)})";
            case HorizontalExpr h:
                used.Add(("MaxAcross", h.X.Width));
                return $"{math}.MaxAcross({Text(h.X)})";
            case SplatExpr s: return $"{Vector(s)}.Create({Text(s.X)})";
            default: throw new InvalidOperationException($"{kernel.Title}: {e} cannot be emitted.");
        }
    }

    private string Unary(UnaryVExpr u)
    {
        var x = Text(u.X);
        switch (u.Op)
        {
            case UnaryOp.Abs or UnaryOp.Sqrt or UnaryOp.Floor:
                return u.Width == 1 ? $"MathF.{u.Op}({x})" : $"{Vector(u)}.{u.Op}({x})";
            case UnaryOp.Exp or UnaryOp.Log or UnaryOp.Tanh or UnaryOp.Sin or UnaryOp.Cos when u.Width == 1:
                return $"MathF.{u.Op}({x})";
            default:
                used.Add((u.Slope is null ? u.Op.ToString() : u.Op + "WithSlope", u.Width));
                return u.Slope is { } slope ? $"{math}.{u.Op}({x}, out var {slope.Name})" : $"{math}.{u.Op}({x})";
        }
    }

    private string Binary(BinaryVExpr b)
    {
        string a = Text(b.A), c = Text(b.B);
        if (b.Width == 1)
        {
            // Comparisons, which are conditions, and functions.
            return b.Op switch
            {
                BinaryOp.Max or BinaryOp.Min or BinaryOp.Pow => $"MathF.{b.Op}({a}, {c})",
                _ => $"({a} {Operator(b.Op)} {c})",
            };
        }

        switch (b.Op)
        {
            case BinaryOp.Max or BinaryOp.Min when b.B is ConstVExpr: return $"{Vector(b)}.{b.Op}Native({c}, {a})"; // of a NaN in one operand x86 gives the second: this way round, that of x in max(x, 0) stays
            case BinaryOp.Max or BinaryOp.Min when b.A is ConstVExpr: return $"{Vector(b)}.{b.Op}Native({a}, {c})";
            case BinaryOp.Max or BinaryOp.Min:
                used.Add((b.Op.ToString(), b.Width));
                return $"{math}.{b.Op}({a}, {c})";
            case BinaryOp.Pow:
                used.Add(("Pow", b.Width));
                return $"{math}.Pow({a}, {c})";
            case BinaryOp.NotEqual: return $"(~{Vector(b)}.Equals({a}, {c}))";
            default:
                var name = b.Op switch
                {
                    BinaryOp.Less => "LessThan",
                    BinaryOp.LessOrEqual => "LessThanOrEqual",
                    BinaryOp.Greater => "GreaterThan",
                    BinaryOp.GreaterOrEqual => "GreaterThanOrEqual",
                    _ => "Equals",
                };
                return $"{Vector(b)}.{name}({a}, {c})";
        }
    }

    private static string Operator(BinaryOp op) => op switch
    {
        BinaryOp.Add => "+",
        BinaryOp.Sub => "-",
        BinaryOp.Mul => "*",
        BinaryOp.Div => "/",
        BinaryOp.Less => "<",
        BinaryOp.LessOrEqual => "<=",
        BinaryOp.Greater => ">",
        BinaryOp.GreaterOrEqual => ">=",
        BinaryOp.Equal => "==",
        _ => "!=",
    };
}
