using System.Globalization;
using System.Text;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>Prints loop IR for people: one statement a line, addresses as #buffer[...].</summary>
internal static class KernelText
{
    public static string Dump(Kernel kernel, int width)
    {
        var text = new StringBuilder();
        text.Append($"kernel {kernel.BaseName} width {width} ({kernel.Title}) numbers [{string.Join(", ", kernel.Numbers)}]\n");
        Write(text, kernel.Body, 1);
        return text.ToString();
    }

    private static void Write(StringBuilder text, List<Stmt> body, int depth)
    {
        foreach (var statement in body)
        {
            if (statement is BlockStmt { Body.Count: 0 }) continue;
            text.Append(' ', depth * 2).Append(statement switch
            {
                ForStmt f => $"for {f.Var.Name} in [{Text(f.From)}, {Text(f.To)}) step {f.Step}{(f.IsDescending ? " descending" : "")}{(f.Turns ? " in turn" : "")}",
                IfStmt i => $"if 0 <= {Text(i.Value)} < {i.Upper}",
                BlockStmt => "block",
                DefineStmt d => $"{d.Target.Name}:{d.Target.Width} = {Text(d.Value)}",
                AssignStmt a => $"{a.Target.Name} <- {Text(a.Value)}",
                StoreStmt s => $"#{s.Buffer}[{Text(s.At)}] <- {Text(s.Value)}{(s.Lanes < s.Value.Width ? $" first {s.Lanes}" : "")}",
                TransposeStmt t => $"#{t.Target}[{Text(t.TargetAt)}, {t.Rows} x {t.Columns} by {t.TargetStride}] <- transposed #{t.Source}[{Text(t.SourceAt)} by {t.SourceStride}]",
                FillStmt f => $"#{f.Buffer}[{Text(f.At)} .. +{f.Length}] <- {Number(f.Value)}",
                RoundStmt r => $"{r.Var.Name} = {r.Of.Name} / {r.Step}{(r.IsOneRound ? "" : " % " + r.Count)}",
                PrefetchStmt p => $"prefetch {(p.IsSoon ? "" : "for later ")}#{p.Buffer}[{Text(p.At)}]",
                RowKeyStmt k => $"{k.Name} = key of {k.Stream}, row {k.Row?.Name ?? "0"}",
                CommentStmt c => "// " + c.Text,
                StageStmt s => $"stage {s.Name}: {s.Title}",
                _ => statement.ToString(),
            }).Append('\n');
            switch (statement)
            {
                case ForStmt f: Write(text, f.Body, depth + 1); break;
                case IfStmt i: Write(text, i.Body, depth + 1); break;
                case BlockStmt b: Write(text, b.Body, depth + 1); break;
                case RoundStmt r: Write(text, r.Body, depth + 1); break;
                case StageStmt s: Write(text, s.Body, depth + 1); break;
            }
        }
    }

    private static string Text(Bound b) => b.Parameter is null ? Number(b.Value) : b.IsTaken ? $"min({b.Parameter}, {Number(b.Value)})" : b.Multiple == 1 ? b.Parameter : $"{b.Parameter} down to whole {(b.Before > 1 ? $"{b.Before}s and " : "")}{b.Multiple}s";

    private static string Text(Address a) => string.Join(" + ", a.Terms.Select(t => $"{t.Coefficient}*{t.Var.Name}").Append(Number(a.Constant)));

    private static string Text(VExpr e) => e switch
    {
        RegExpr r => r.Reg.Name,
        ConstVExpr c => Number(c.Value),
        LoadExpr l => $"#{l.Buffer}[{Text(l.At)}]{(l.Lanes < l.Width ? $" first {l.Lanes}{(l.Exact ? " exactly" : "")}" : "")}",
        BroadcastExpr b => $"all #{b.Buffer}[{Text(b.At)}]",
        StridedLoadExpr s => $"#{s.Buffer}[{Text(s.At)} by {s.Stride}]{(s.Lanes < s.Width ? $" first {s.Lanes}" : "")}",
        IotaExpr i => $"count({Text(i.At)} by {i.Step})",
        RandomVExpr r => $"random({r.RowKey}, {Text(r.At)} by {r.Step})",
        UnaryVExpr u => $"{u.Op}({Text(u.X)})",
        BinaryVExpr b => $"{b.Op}({Text(b.A)}, {Text(b.B)})",
        FmaExpr f => $"fma({Text(f.A)}, {Text(f.B)}, {Text(f.C)})",
        SelectVExpr s => $"select({Text(s.Condition)}, {Text(s.WhenTrue)}, {Text(s.WhenFalse)})",
        KeepLanesExpr k => $"first {k.Lanes} of {Text(k.X)} else {Number(k.Neutral)}",
        HorizontalExpr h => $"{h.Kind} across {Text(h.X)}",
        SplatExpr s => $"splat {Text(s.X)}",
        _ => e.ToString(),
    };

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
