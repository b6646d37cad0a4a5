namespace NetCompiler.Compiler.Scheduling;

/// <summary>
/// Finds the vectors in a buffer that are read when only a part of them has been written. No result depends on the rest, but where the buffer was something else before, that may be numbers so
/// small (denormal) that processors take many times as long for them. Goes through the statements as the processor does, loop by loop.
/// </summary>
internal sealed class UnwrittenLanes
{
    private readonly int _buffer;
    private readonly Dictionary<LoopVar, int> _counters = [];
    private readonly SortedDictionary<int, int> _vectors = [];
    private bool[] _written;

    private UnwrittenLanes(int buffer, int length) => (_buffer, _written) = (buffer, new bool[length]);

    /// <summary>Where the vectors begin, and their widths.</summary>
    /// <param name="body">Statements of a method for one sample.</param>
    /// <param name="buffer">The buffer.</param>
    /// <param name="length">Its floats, those included that may only be read.</param>
    public static IReadOnlyDictionary<int, int> Of(List<Stmt> body, int buffer, int length)
    {
        var unwritten = new UnwrittenLanes(buffer, length);
        var hasParts = false;
        KernelBuffers.VisitLeaves(body, e => hasParts |= unwritten.IsPart(e));
        if (hasParts) unwritten.Run(body);
        return unwritten._vectors;
    }

    private bool IsPart(VExpr e) => e is LoadExpr { Exact: false } load && load.Buffer == _buffer && load.Lanes < load.Width;

    private void Run(List<Stmt> body)
    {
        foreach (var statement in body)
        {
            switch (statement)
            {
                case ForStmt { Turns: true } loop:
                    var before = (bool[])_written.Clone();
                    Run(loop, descending: true);
                    _written = before;
                    Run(loop, descending: false);
                    break;
                case ForStmt loop: Run(loop, loop.IsDescending); break;
                case IfStmt test:
                    if (unchecked((uint)Value(test.Value)) < test.Upper) Run(test.Body);
                    break;
                case BlockStmt block: Run(block.Body); break;
                case RowStmt row:
                    _counters[row.Var] = 0; // a row of another buffer: rows are data there only
                    Run(row.Body);
                    break;
                case DefineStmt define: Read(define.Value); break;
                case AssignStmt assign: Read(assign.Value); break;
                case StoreStmt store:
                    Read(store.Value);
                    Write(store.Buffer, store.At, store.Lanes);
                    break;
                case FillStmt fill: Write(fill.Buffer, fill.At, fill.Length); break;
                case TransposeStmt transpose:
                    for (var r = 0; r < transpose.Rows; r++) Write(transpose.Target, transpose.TargetAt.Plus(r * transpose.TargetStride), transpose.Columns);
                    break;
                case CommentStmt or PrefetchStmt: break;
                default: throw new InvalidOperationException($"{statement} in a method of one sample.");
            }
        }
    }

    private void Run(ForStmt loop, bool descending)
    {
        var count = (loop.To.Value - loop.From.Value + loop.Step - 1) / loop.Step;
        for (var i = 0; i < count; i++)
        {
            _counters[loop.Var] = loop.From.Value + ((descending ? count - 1 - i : i) * loop.Step);
            Run(loop.Body);
        }
    }

    private int Value(Address at) => at.Constant + at.Terms.Sum(t => t.Coefficient * _counters[t.Var]);

    private void Write(int buffer, Address at, int length)
    {
        if (buffer != _buffer) return;
        var start = Value(at);
        for (var i = 0; i < length; i++) _written[start + i] = true;
    }

    private void Read(VExpr value) => KernelBuffers.Walk(value, e =>
    {
        if (!IsPart(e)) return;
        var load = (LoadExpr)e;
        var start = Value(load.At);
        for (var i = load.Lanes; i < load.Width; i++)
        {
            if (_written[start + i]) continue;
            _vectors[start] = _vectors.TryGetValue(start, out var width) ? Math.Max(width, load.Width) : load.Width;
            return;
        }
    });
}
