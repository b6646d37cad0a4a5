namespace NetCompiler.Compiler.Primitives;

public enum UnaryOp { Neg, Abs, Sqrt, Exp, Log, Tanh, Sigmoid, Erf, Sin, Cos, Floor, Log1P, ExpM1, NormalCdf, Gelu, GeluTanh, Silu, Mish }

/// <summary>Arithmetic on floats; the comparisons give a truth value, for <see cref="SelectExpr"/> only.</summary>
public enum BinaryOp { Add, Sub, Mul, Div, Max, Min, Pow, Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual }

/// <summary>
/// A scalar expression, evaluated at every point of a nest's domain. Trees compare by value. Operators fold constants
/// and drop neutral elements as they build, so that rules can be written plainly.
/// </summary>
public abstract record Expr
{
    public static implicit operator Expr(double value) => new ConstExpr(value);

    public static Expr operator +(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Add, a, b);

    public static Expr operator -(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Sub, a, b);

    public static Expr operator *(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Mul, a, b);

    public static Expr operator /(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Div, a, b);

    public static Expr operator -(Expr a) => ExprFactory.Unary(UnaryOp.Neg, a);

    public static Expr Max(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Max, a, b);

    public static Expr Min(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Min, a, b);

    public static Expr Pow(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Pow, a, b);

    public static Expr Less(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Less, a, b);

    public static Expr Greater(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Greater, a, b);

    public static Expr GreaterOrEqual(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.GreaterOrEqual, a, b);

    public static Expr Equal(Expr a, Expr b) => ExprFactory.Binary(BinaryOp.Equal, a, b);

    public static Expr Select(Expr condition, Expr whenTrue, Expr whenFalse) => ExprFactory.Select(condition, whenTrue, whenFalse);

    public static Expr Abs(Expr x) => ExprFactory.Unary(UnaryOp.Abs, x);

    public static Expr Sqrt(Expr x) => ExprFactory.Unary(UnaryOp.Sqrt, x);

    public static Expr Exp(Expr x) => ExprFactory.Unary(UnaryOp.Exp, x);

    public static Expr Log(Expr x) => ExprFactory.Unary(UnaryOp.Log, x);

    public static Expr Tanh(Expr x) => ExprFactory.Unary(UnaryOp.Tanh, x);

    public static Expr Sigmoid(Expr x) => ExprFactory.Unary(UnaryOp.Sigmoid, x);

    public static Expr Erf(Expr x) => ExprFactory.Unary(UnaryOp.Erf, x);

    public static Expr Log1P(Expr x) => ExprFactory.Unary(UnaryOp.Log1P, x);

    public static Expr ExpM1(Expr x) => ExprFactory.Unary(UnaryOp.ExpM1, x);

    /// <summary>The share of a normal distribution below x.</summary>
    public static Expr NormalCdf(Expr x) => ExprFactory.Unary(UnaryOp.NormalCdf, x);

    /// <summary>x times the share of a normal distribution below x.</summary>
    public static Expr Gelu(Expr x) => ExprFactory.Unary(UnaryOp.Gelu, x);

    /// <summary>An approximation of <see cref="Gelu"/> with tanh.</summary>
    public static Expr GeluTanh(Expr x) => ExprFactory.Unary(UnaryOp.GeluTanh, x);

    /// <summary>x sigmoid(x).</summary>
    public static Expr Silu(Expr x) => ExprFactory.Unary(UnaryOp.Silu, x);

    /// <summary>x tanh(log(1 + e^x)).</summary>
    public static Expr Mish(Expr x) => ExprFactory.Unary(UnaryOp.Mish, x);

    /// <summary>The value of <paramref name="x"/>, through which no gradient flows.</summary>
    public static Expr StopGradient(Expr x) => new StopGradientExpr(x);

    /// <summary>The expression's direct parts.</summary>
    public IReadOnlyList<Expr> Children => this switch
    {
        UnaryExpr u => [u.X],
        BinaryExpr b => [b.A, b.B],
        SelectExpr s => [s.Condition, s.WhenTrue, s.WhenFalse],
        StopGradientExpr s => [s.X],
        _ => [],
    };

    /// <summary>Rebuilds the tree bottom-up: <paramref name="replace"/> may return another node for each node (null keeps it).</summary>
    public Expr Rewrite(Func<Expr, Expr?> replace)
    {
        var rebuilt = this switch
        {
            UnaryExpr u => ExprFactory.Unary(u.Op, u.X.Rewrite(replace)),
            BinaryExpr b => ExprFactory.Binary(b.Op, b.A.Rewrite(replace), b.B.Rewrite(replace)),
            SelectExpr s => ExprFactory.Select(s.Condition.Rewrite(replace), s.WhenTrue.Rewrite(replace), s.WhenFalse.Rewrite(replace)),
            StopGradientExpr s => new StopGradientExpr(s.X.Rewrite(replace)),
            _ => this,
        };
        return replace(rebuilt) ?? rebuilt;
    }

    /// <summary>Every read in the tree, in order, with repetitions.</summary>
    public IEnumerable<Access> Reads() => this is ReadExpr read ? [read.Access] : Children.SelectMany(c => c.Reads());

    /// <summary>Replaces loop indices everywhere: in reads, index leaves and random counters.</summary>
    public Expr Substitute(IReadOnlyDictionary<LoopIndex, Affine> map) => Rewrite(e => e switch
    {
        ReadExpr r => new ReadExpr(r.Access.Substitute(map)),
        IndexExpr i => new IndexExpr(i.Index.Substitute(map)),
        RandomExpr r => new RandomExpr(r.Stream, r.Counter.Substitute(map)),
        _ => null,
    });

    public override string ToString() => ExprText.Write(this);
}

public sealed record ConstExpr(double Value) : Expr
{
    public override string ToString() => ExprText.Write(this);
}

/// <summary>An element of a value.</summary>
public sealed record ReadExpr(Access Access) : Expr
{
    public override string ToString() => ExprText.Write(this);
}

/// <summary>A loop index (or an affine expression of several) as a number.</summary>
public sealed record IndexExpr(Affine Index) : Expr
{
    public override string ToString() => ExprText.Write(this);
}

/// <summary>
/// A uniform random number in [0, 1): a pure function of the step's seed, the stream, the sample's number in the minibatch
/// and the counter, so that the backward pass computes the same number again and nothing is stored. See <see cref="CounterRandom"/>.
/// </summary>
public sealed record RandomExpr(int Stream, Affine Counter) : Expr
{
    public override string ToString() => ExprText.Write(this);
}

public sealed record UnaryExpr(UnaryOp Op, Expr X) : Expr
{
    public override string ToString() => ExprText.Write(this);
}

public sealed record BinaryExpr(BinaryOp Op, Expr A, Expr B) : Expr
{
    public override string ToString() => ExprText.Write(this);
}

public sealed record SelectExpr(Expr Condition, Expr WhenTrue, Expr WhenFalse) : Expr
{
    public override string ToString() => ExprText.Write(this);
}

public sealed record StopGradientExpr(Expr X) : Expr
{
    public override string ToString() => ExprText.Write(this);
}

/// <summary>The free parameter of a pointwise function, before it is applied (<see cref="ExprText"/> reads <c>x0</c>, <c>x1</c> ...).</summary>
public sealed record ParameterExpr(int Index) : Expr
{
    public override string ToString() => ExprText.Write(this);
}
