using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Scheduling;

/// <summary>A unit as its kernel sees it: buffers in order of the kernel's parameters, with their names.</summary>
internal sealed record UnitForm(Unit Unit, IReadOnlyDictionary<Value, Layout> Layouts, List<Value> Buffers, string[] Names, bool[] External)
{
    /// <summary>The same for twins.</summary>
    public int Hash()
    {
        var hash = Buffers.Count;
        void Mix(int number) => hash = unchecked((hash * 31) + number);
        Mix((int)Unit.Main.Kind);
        Mix(Unit.Siblings.Count);
        Mix(Unit.Epilogues.Count);
        Mix(Unit.Stages.Count);
        foreach (var index in Unit.Main.Indices) Mix(index.Extent);
        foreach (var buffer in Buffers) Mix(Layouts[buffer].Length);
        return hash;
    }
}

/// <summary>
/// Whether two units are the same but for which values and indices they use, found by walking both at once: their flat forms then are the same
/// too, and so is the signature. In a deep network most units are another's twin, and need not be flattened to know that.
/// </summary>
internal sealed class UnitTwins
{
    private readonly UnitForm _a;
    private readonly UnitForm _b;
    private readonly List<Value> _values = []; // few, and those of the other at the same places
    private readonly List<Value> _others = [];
    private readonly Dictionary<LoopIndex, LoopIndex> _indices = [];
    private readonly HashSet<LoopIndex> _usedIndices = [];
    private readonly Dictionary<Access, Access> _accesses = [];
    private readonly Dictionary<int, int> _streams = [];

    private UnitTwins(UnitForm a, UnitForm b)
    {
        _a = a;
        _b = b;
    }

    /// <summary>False does not say that the kernels differ.</summary>
    public static bool Are(UnitForm a, UnitForm b) => new UnitTwins(a, b).Compare();

    [MethodImpl(HotPath.Optimized)]
    private bool Compare()
    {
        if (_a.Buffers.Count != _b.Buffers.Count) return false;
        for (var i = 0; i < _a.Buffers.Count; i++)
            if (_a.Names[i] != _b.Names[i] || _a.External[i] != _b.External[i] || !Same(_a.Buffers[i], _b.Buffers[i])) return false;
        return Same(_a.Unit, _b.Unit);
    }

    private bool Same(Unit a, Unit b)
    {
        if (a.Kind != b.Kind || a.NeedsFill != b.NeedsFill || a.SplitBlock != b.SplitBlock || a.IsShared != b.IsShared) return false;
        if (a.Stages.Count != b.Stages.Count || a.Main.Part is null != b.Main.Part is null || a.Main.Part?.Chain.Strips != b.Main.Part?.Chain.Strips || a.Carried?.Order != b.Carried?.Order) return false;
        if (a.Continued.Contains(a.Main.Output.Value) != b.Continued.Contains(b.Main.Output.Value)) return false;
        for (var i = 0; i < a.Stages.Count; i++)
            if (!Same(a.Stages[i], b.Stages[i])) return false;
        if (!Same(a.Main, b.Main) || !Same(a.Siblings, b.Siblings) || !Same(a.Epilogues, b.Epilogues)) return false;
        if (a.Windows is null != b.Windows is null || (a.Windows is { } windows && (!Same(windows.Nest, b.Windows!.Nest) || !Same(windows.Epilogues, b.Windows.Epilogues)))) return false;
        if (!SameOrNone(a.VectorAxis, b.VectorAxis) || !SameOrNone(a.SplitAxis, b.SplitAxis) || !SameOrNone(a.Taken, b.Taken) || a.Stored.Count != b.Stored.Count) return false;
        for (var i = 0; i < a.Stored.Count; i++)
            if (!Same(a.Stored[i], b.Stored[i])) return false;
        return true;
    }

    private bool Same(List<Nest> a, List<Nest> b)
    {
        if (a.Count != b.Count) return false;
        for (var i = 0; i < a.Count; i++)
            if (!Same(a[i], b[i])) return false;
        return true;
    }

    [MethodImpl(HotPath.Optimized)]
    private bool Same(Nest a, Nest b)
    {
        if (a.Kind != b.Kind || !a.Fill.Equals(b.Fill) || a.Indices.Count != b.Indices.Count || a.Guards.Count != b.Guards.Count) return false;
        for (var i = 0; i < a.Indices.Count; i++)
            if (!Same(a.Indices[i], b.Indices[i])) return false;
        for (var g = 0; g < a.Guards.Count; g++)
            if (a.Guards[g].Upper != b.Guards[g].Upper || a.Guards[g].IsOptional != b.Guards[g].IsOptional || !Same(a.Guards[g].Expression, b.Guards[g].Expression)) return false;
        return Same(a.Output, b.Output) && Same(a.Body, b.Body);
    }

    [MethodImpl(HotPath.Optimized)]
    private bool Same(Value a, Value b)
    {
        for (var v = 0; v < _values.Count; v++)
            if (ReferenceEquals(_values[v], a)) return ReferenceEquals(_others[v], b);
        if (_others.Contains(b) || a.Batched != b.Batched || !SameNumbers(a.Shape, b.Shape)) return false;
        var (mine, other) = (_a.Layouts[a], _b.Layouts[b]);
        if (!mine.SameAs(other) || mine.IsTransient != other.IsTransient || !SameHalo(mine.Halo, other.Halo)) return false;
        _values.Add(a);
        _others.Add(b);
        return true;
    }

    private static bool SameNumbers(int[] a, int[] b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (a.Length != b.Length) return false;
        for (var i = 0; i < a.Length; i++)
            if (a[i] != b[i]) return false;
        return true;
    }

    private static bool SameHalo((int Before, int After)[] a, (int Before, int After)[] b)
    {
        if (a.Length != b.Length) return false;
        for (var i = 0; i < a.Length; i++)
            if (a[i].Before != b[i].Before || a[i].After != b[i].After) return false;
        return true;
    }

    private bool SameOrNone(LoopIndex? a, LoopIndex? b) => a is null ? b is null : b is not null && Same(a, b);

    [MethodImpl(HotPath.Optimized)]
    private bool Same(LoopIndex a, LoopIndex b)
    {
        if (_indices.TryGetValue(a, out var known)) return known == b;
        if (a.Extent != b.Extent || !_usedIndices.Add(b)) return false;
        _indices.Add(a, b);
        return true;
    }

    [MethodImpl(HotPath.Optimized)]
    private bool Same(Affine a, Affine b)
    {
        if (a.Constant != b.Constant || a.Terms.Count != b.Terms.Count) return false;
        foreach (var (index, coefficient) in a.Terms)
            if (!_indices.TryGetValue(index, out var other) || b.Coefficient(other) != coefficient) return false;
        return true;
    }

    [MethodImpl(HotPath.Optimized)]
    private bool Same(Access a, Access b)
    {
        // Both sides have the same reads many times.
        if (_accesses.TryGetValue(a, out var known)) return known.Equals(b);
        if (!Same(a.Value, b.Value) || a.Map.Count != b.Map.Count) return false;
        for (var d = 0; d < a.Map.Count; d++)
            if (!Same(a.Map[d], b.Map[d])) return false;
        if (a.Row is null != b.Row is null || (a.Row is { } row && !Same(row, b.Row!))) return false;
        _accesses.Add(a, b);
        return true;
    }

    private bool SameStream(int a, int b)
    {
        if (_streams.TryGetValue(a, out var known)) return known == b;
        if (_streams.ContainsValue(b)) return false;
        _streams.Add(a, b);
        return true;
    }

    [MethodImpl(HotPath.Optimized)]
    private bool Same(Expr a, Expr b)
    {
        switch (a)
        {
            case BinaryExpr x: return b is BinaryExpr y && x.Op == y.Op && Same(x.A, y.A) && Same(x.B, y.B);
            case ReadExpr x: return b is ReadExpr { Access: var read } && Same(x.Access, read);
            case ConstExpr x: return b is ConstExpr { Value: var number } && x.Value.Equals(number);
            case UnaryExpr x: return b is UnaryExpr unary && x.Op == unary.Op && Same(x.X, unary.X);
            case SelectExpr x: return b is SelectExpr select && Same(x.Condition, select.Condition) && Same(x.WhenTrue, select.WhenTrue) && Same(x.WhenFalse, select.WhenFalse);
            case IndexExpr x: return b is IndexExpr { Index: var index } && Same(x.Index, index);
            case RandomExpr x: return b is RandomExpr random && SameStream(x.Stream, random.Stream) && Same(x.Counter, random.Counter);
            case StopGradientExpr x: return b is StopGradientExpr stop && Same(x.X, stop.X);
            default: return false;
        }
    }
}
