using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>What statements read and write.</summary>
internal static class KernelBuffers
{
    /// <summary>Buffers that are written.</summary>
    public static void Written(List<Stmt> body, HashSet<int> buffers)
    {
        foreach (var statement in body)
        {
            switch (statement)
            {
                case ForStmt l: Written(l.Body, buffers); break;
                case IfStmt i: Written(i.Body, buffers); break;
                case BlockStmt b: Written(b.Body, buffers); break;
                case RowStmt r: Written(r.Body, buffers); break;
                case RoundStmt r: Written(r.Body, buffers); break;
                case StageStmt s: Written(s.Body, buffers); break;
                case StoreStmt s: buffers.Add(s.Buffer); break;
                case FillStmt f: buffers.Add(f.Buffer); break;
                case TransposeStmt t: buffers.Add(t.Target); break;
            }
        }
    }

    /// <summary>Every address, in order.</summary>
    public static void Visit(List<Stmt> body, Action<int, Address> visit) => Visit(body, visit, part =>
    {
        switch (part)
        {
            case LoadExpr l: visit(l.Buffer, l.At); break;
            case BroadcastExpr b: visit(b.Buffer, b.At); break;
            case StridedLoadExpr s: visit(s.Buffer, s.At); break;
        }
    });

    /// <summary>Every part of an expression that has no parts of its own.</summary>
    public static void VisitLeaves(List<Stmt> body, Action<VExpr> leaf) => Visit(body, (_, _) => { }, leaf);

    [MethodImpl(HotPath.Optimized)]
    private static void Visit(List<Stmt> body, Action<int, Address> visit, Action<VExpr> leaf)
    {
        foreach (var statement in body)
        {
            switch (statement)
            {
                case ForStmt l: Visit(l.Body, visit, leaf); break;
                case IfStmt i: Visit(i.Body, visit, leaf); break;
                case BlockStmt b: Visit(b.Body, visit, leaf); break;
                case RowStmt r:
                    visit(r.Buffer, r.At);
                    Visit(r.Body, visit, leaf);
                    break;
                case RoundStmt r: Visit(r.Body, visit, leaf); break;
                case PrefetchStmt p: visit(p.Buffer, p.At); break;
                case StageStmt s: Visit(s.Body, visit, leaf); break;
                case DefineStmt d: Walk(d.Value, leaf); break;
                case AssignStmt a: Walk(a.Value, leaf); break;
                case StoreStmt s:
                    Walk(s.Value, leaf);
                    visit(s.Buffer, s.At);
                    break;
                case FillStmt f: visit(f.Buffer, f.At); break;
                case TransposeStmt t:
                    visit(t.Target, t.TargetAt);
                    visit(t.Source, t.SourceAt);
                    break;
            }
        }
    }

    /// <summary>Numbers that are computed with, and the keys of random numbers.</summary>
    public static void VisitNumbers(List<Stmt> body, Action<Address> visit, Action<string> key)
    {
        void Numbers(VExpr e)
        {
            if (e is IotaExpr i) visit(i.At);
            if (e is not RandomVExpr r) return;
            visit(r.At);
            key(r.RowKey);
        }

        foreach (var statement in body)
        {
            switch (statement)
            {
                case ForStmt l: VisitNumbers(l.Body, visit, key); break;
                case IfStmt i:
                    visit(i.Value);
                    VisitNumbers(i.Body, visit, key);
                    break;
                case BlockStmt b: VisitNumbers(b.Body, visit, key); break;
                case RowStmt r: VisitNumbers(r.Body, visit, key); break;
                case RoundStmt r: VisitNumbers(r.Body, visit, key); break;
                case StageStmt s: VisitNumbers(s.Body, visit, key); break;
                case DefineStmt d: Walk(d.Value, Numbers); break;
                case AssignStmt a: Walk(a.Value, Numbers); break;
                case StoreStmt s: Walk(s.Value, Numbers); break;
            }
        }
    }

    /// <summary>The expression's parts without parts of their own, from left to right.</summary>
    [MethodImpl(HotPath.Optimized)]
    public static void Walk(VExpr e, Action<VExpr> leaf)
    {
        switch (e)
        {
            case UnaryVExpr u: Walk(u.X, leaf); break;
            case BinaryVExpr b:
                Walk(b.A, leaf);
                Walk(b.B, leaf);
                break;
            case FmaExpr f:
                Walk(f.A, leaf);
                Walk(f.B, leaf);
                Walk(f.C, leaf);
                break;
            case SelectVExpr s:
                Walk(s.Condition, leaf);
                Walk(s.WhenTrue, leaf);
                Walk(s.WhenFalse, leaf);
                break;
            case KeepLanesExpr k: Walk(k.X, leaf); break;
            case HorizontalExpr h: Walk(h.X, leaf); break;
            case SplatExpr s: Walk(s.X, leaf); break;
            default: leaf(e); break;
        }
    }
}
