using System.Linq.Expressions;
using System.Reflection;
using NetCompiler.Compiler.Primitives;
using Node = System.Linq.Expressions.Expression;

namespace NetCompiler.Compiler.Interpreter;

/// <summary>
/// A nest as one delegate: loops over its indices with an offset for each access, which moves by a stride for each index,
/// and guards tested as soon as their indices are known.
/// </summary>
internal sealed class CompiledNest
{
    private static readonly Dictionary<UnaryOp, Func<Node, Node>> s_unary = new()
    {
        [UnaryOp.Neg] = Node.Negate,
        [UnaryOp.Abs] = x => Call(nameof(Math.Abs), x),
        [UnaryOp.Sqrt] = x => Call(nameof(Math.Sqrt), x),
        [UnaryOp.Exp] = x => Call(nameof(Math.Exp), x),
        [UnaryOp.Log] = x => Call(nameof(Math.Log), x),
        [UnaryOp.Tanh] = x => Call(nameof(Math.Tanh), x),
        [UnaryOp.Sigmoid] = x => Node.Divide(Node.Constant(1.0), Node.Add(Node.Constant(1.0), Call(nameof(Math.Exp), Node.Negate(x)))),
        [UnaryOp.Erf] = x => Special(nameof(SpecialFunctions.Erf), x),
        [UnaryOp.Sin] = x => Call(nameof(Math.Sin), x),
        [UnaryOp.Cos] = x => Call(nameof(Math.Cos), x),
        [UnaryOp.Floor] = x => Call(nameof(Math.Floor), x),
        [UnaryOp.Log1P] = x => Special(nameof(SpecialFunctions.Log1P), x),
        [UnaryOp.ExpM1] = x => Special(nameof(SpecialFunctions.ExpM1), x),
        [UnaryOp.NormalCdf] = x => Special(nameof(SpecialFunctions.NormalCdf), x),
        [UnaryOp.Gelu] = x => Special(nameof(SpecialFunctions.Gelu), x),
        [UnaryOp.GeluSlope] = x => Special(nameof(SpecialFunctions.GeluSlope), x),
        [UnaryOp.GeluTanh] = x => Special(nameof(SpecialFunctions.GeluTanh), x),
        [UnaryOp.Silu] = x => Special(nameof(SpecialFunctions.Silu), x),
        [UnaryOp.Mish] = x => Special(nameof(SpecialFunctions.Mish), x),
        [UnaryOp.Sinh] = x => Call(nameof(Math.Sinh), x),
        [UnaryOp.Cosh] = x => Call(nameof(Math.Cosh), x),
    };

    private static readonly Dictionary<BinaryOp, Func<Node, Node, Node>> s_binary = new()
    {
        [BinaryOp.Add] = Node.Add,
        [BinaryOp.Sub] = Node.Subtract,
        [BinaryOp.Mul] = Node.Multiply,
        [BinaryOp.Div] = Node.Divide,
        [BinaryOp.Max] = (a, b) => Call(nameof(Math.Max), a, b),
        [BinaryOp.Min] = (a, b) => Call(nameof(Math.Min), a, b),
        [BinaryOp.Pow] = (a, b) => Call(nameof(Math.Pow), a, b),
        [BinaryOp.Less] = Node.LessThan,
        [BinaryOp.LessOrEqual] = Node.LessThanOrEqual,
        [BinaryOp.Greater] = Node.GreaterThan,
        [BinaryOp.GreaterOrEqual] = Node.GreaterThanOrEqual,
        [BinaryOp.Equal] = Node.Equal,
        [BinaryOp.NotEqual] = Node.NotEqual,
    };

    private readonly Nest _nest;
    private readonly bool _single;
    private readonly Dictionary<LoopIndex, ParameterExpression> _indices;
    private readonly ParameterExpression[] _arrays;
    private readonly ParameterExpression _bodyValue = Node.Variable(typeof(double), "body");
    private readonly List<ParameterExpression> _locals = [];
    private readonly List<Node> _prologue = [];
    private readonly Dictionary<int, ParameterExpression> _rowKeys = [];
    private readonly ParameterExpression _sample = Node.Parameter(typeof(int), "sample");
    private readonly ParameterExpression _seed = Node.Parameter(typeof(uint), "seed");
    private readonly ParameterExpression _begin = Node.Parameter(typeof(int), "begin");
    private readonly ParameterExpression _end = Node.Parameter(typeof(int), "end");

    /// <summary>With <paramref name="single"/>, each operation and each partial sum is rounded to a float.</summary>
    public CompiledNest(Nest nest, bool single = false)
    {
        _nest = nest;
        _single = single;
        _indices = nest.Indices.ToDictionary(i => i, i => Node.Variable(typeof(int), i.Name));

        var arrays = Node.Parameter(typeof(double[][]), "arrays");
        Access[] accesses = [nest.Output, .. nest.Reads];
        _arrays = new ParameterExpression[accesses.Length + 1];
        for (var a = 0; a < _arrays.Length; a++)
        {
            _arrays[a] = Local(typeof(double[]), Node.ArrayIndex(arrays, Node.Constant(a)));
        }

        var offsets = new (Node Offset, Affine Flat)[accesses.Length];
        for (var a = 0; a < accesses.Length; a++)
        {
            var flat = Flatten(accesses[a]);
            Node start = accesses[a].Value.Batched ? Node.Multiply(_sample, Node.Constant(accesses[a].Value.Length)) : Node.Constant(0);
            offsets[a] = (Local(typeof(int), Node.Add(start, Node.Constant(flat.Constant))), flat);
        }

        var loops = Loop(0, [.. offsets.Select(o => o.Offset)], [.. offsets.Select(o => o.Flat)]);
        var all = Node.Block([.. _locals, .. _indices.Values, _bodyValue], [.. _prologue, loops]);
        Run = Node.Lambda<Action<double[][], int, uint, int, int>>(all, arrays, _sample, _seed, _begin, _end).Compile();
    }

    /// <summary>
    /// Arguments: the output's array, those of the reads, and for ArgMax that of the best bodies; the sample; the step's seed; where the first index
    /// begins and ends.
    /// </summary>
    public Action<double[][], int, uint, int, int> Run { get; }

    /// <summary>An access as one affine offset into the row-major array of a sample.</summary>
    private static Affine Flatten(Access access)
    {
        var flat = Affine.Zero;
        for (var d = 0; d < access.Map.Count; d++) flat = flat * access.Value.Shape[d] + access.Map[d];
        return flat;
    }

    private static MethodCallExpression Call(string name, params Node[] arguments) =>
        Node.Call(typeof(Math).GetMethod(name, BindingFlags.Public | BindingFlags.Static, null, [.. arguments.Select(_ => typeof(double))], null)!, arguments);

    private static MethodCallExpression Special(string name, Node x) => Node.Call(typeof(SpecialFunctions), name, null, x);

    private ParameterExpression Local(Type type, Node value)
    {
        var local = Node.Variable(type);
        _locals.Add(local);
        _prologue.Add(Node.Assign(local, value));
        return local;
    }

    private Node Loop(int depth, Node[] offsets, Affine[] flat)
    {
        var inside = depth == _nest.Indices.Count ? Point(offsets) : Over(depth, offsets, flat);

        // A guard belongs where the last of its indices has just been set.
        foreach (var guard in _nest.Guards.Where(g => DepthOf(g.Expression) == depth))
        {
            var value = Integer(guard.Expression);
            inside = Node.IfThen(
                Node.LessThan(Node.Convert(value, typeof(uint)), Node.Constant((uint)Math.Max(guard.Upper, 0))), inside);
        }

        return inside;
    }

    private BlockExpression Over(int depth, Node[] offsets, Affine[] flat)
    {
        var index = _nest.Indices[depth];
        var variable = _indices[index];
        var moved = new Node[offsets.Length];
        var locals = new List<ParameterExpression>();
        var body = new List<Node>();
        for (var a = 0; a < offsets.Length; a++)
        {
            moved[a] = offsets[a];
            if (!flat[a].Uses(index)) continue;
            var local = Node.Variable(typeof(int));
            locals.Add(local);
            body.Add(Node.Assign(local, Node.Add(offsets[a], Node.Multiply(variable, Node.Constant(flat[a].Coefficient(index))))));
            moved[a] = local;
        }

        body.Add(Loop(depth + 1, moved, flat));
        body.Add(Node.PreIncrementAssign(variable));
        var end = Node.Label();
        return Node.Block(
            Node.Assign(variable, depth == 0 ? _begin : Node.Constant(0)),
            Node.Loop(Node.IfThenElse(Node.LessThan(variable, depth == 0 ? _end : Node.Constant(index.Extent)), Node.Block(locals, body), Node.Break(end)), end));
    }

    private int DepthOf(Affine expression)
    {
        for (var depth = _nest.Indices.Count; depth > 0; depth--)
            if (expression.Uses(_nest.Indices[depth - 1])) return depth;
        return 0;
    }

    private Node Point(Node[] offsets)
    {
        var body = Translate(_nest.Body, offsets);
        var place = Node.ArrayAccess(_arrays[0], Offset(_nest.Output, 0, offsets));
        switch (_nest.Kind)
        {
            case NestKind.Store: return Node.Assign(place, body);
            case NestKind.Sum: return Node.Assign(place, Rounded(Node.Add(place, body)));
            case NestKind.Max: return Node.Assign(place, Call(nameof(Math.Max), place, body));
        }

        var best = Node.ArrayAccess(_arrays[_arrays.Length - 1], offsets[0]);
        return Node.Block(
            Node.Assign(_bodyValue, body),
            Node.IfThen(
                Node.GreaterThan(_bodyValue, best),
                Node.Block(Node.Assign(best, _bodyValue), Node.Assign(place, Node.Convert(Integer(_nest.ReductionNumber), typeof(double))))));
    }

    private Node Integer(Affine expression)
    {
        Node result = Node.Constant(expression.Constant);
        foreach (var (index, coefficient) in expression.Terms) result = Node.Add(result, Node.Multiply(_indices[index], Node.Constant(coefficient)));
        return result;
    }

    private Node Translate(Expr expression, Node[] offsets)
    {
        switch (expression)
        {
            case ConstExpr c: return Node.Constant(c.Value);
            case IndexExpr i: return Node.Convert(Integer(i.Index), typeof(double));
            case StopGradientExpr s: return Translate(s.X, offsets);
            case UnaryExpr u: return Rounded(s_unary[u.Op](Translate(u.X, offsets)));
            case BinaryExpr b: return Rounded(s_binary[b.Op](Translate(b.A, offsets), Translate(b.B, offsets)));
            case SelectExpr s: return Node.Condition(Translate(s.Condition, offsets), Translate(s.WhenTrue, offsets), Translate(s.WhenFalse, offsets));
            case RandomExpr r:
                var uniform = Node.Call(typeof(CounterRandom), nameof(CounterRandom.Uniform), null, RowKey(r.Stream), Integer(r.Counter));
                return Node.Convert(uniform, typeof(double));
            case ReadExpr r:
                for (var a = 0; a < _nest.Reads.Count; a++)
                    if (_nest.Reads[a].Equals(r.Access)) return Node.ArrayIndex(_arrays[a + 1], Offset(r.Access, a + 1, offsets));
                break;
        }

        throw new InvalidOperationException($"'{_nest.Name}' has {expression}, which has no value outside a pointwise function.");
    }

    /// <summary>Where an access is: of one whose row is data, so many rows further.</summary>
    private Node Offset(Access access, int at, Node[] offsets)
    {
        if (access.Row is not { } row) return offsets[at];
        var number = Node.Convert(Translate(new ReadExpr(row), offsets), typeof(int));
        return Node.Add(offsets[at], Node.Multiply(number, Node.Constant(access.Value.Length / access.Value.Shape[0])));
    }

    private Node Rounded(Node value) =>
        _single && value.Type == typeof(double) ? Node.Convert(Node.Convert(value, typeof(float)), typeof(double)) : value;

    private ParameterExpression RowKey(int stream)
    {
        if (!_rowKeys.TryGetValue(stream, out var key))
            _rowKeys[stream] = key = Local(typeof(uint), Node.Call(typeof(CounterRandom), nameof(CounterRandom.RowKey), null, _seed, Node.Constant(stream), _sample));
        return key;
    }
}
