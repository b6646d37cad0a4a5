using System.Runtime.CompilerServices;

namespace NetCompiler.Compiler.Primitives;

public enum UnaryOp { Neg, Abs, Sqrt, Exp, Log, Tanh, Sigmoid, Erf, Sin, Cos, Floor, Log1P, ExpM1, NormalCdf, Gelu, GeluSlope, GeluTanh, Silu, Mish, Sinh, Cosh }

/// <summary>Arithmetic on floats; the comparisons give a truth value, for <see cref="SelectExpr"/> only.</summary>
public enum BinaryOp { Add, Sub, Mul, Div, Max, Min, Pow, Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual }

/// <summary>
/// A scalar expression, evaluated at every point of a nest's domain. Trees compare by value. Operators fold constants
/// and drop neutral elements as they build, so that rules can be written plainly.
/// </summary>
public abstract record Expr
{
    private int _hash;

    protected Expr()
    {
    }

    /// <summary>What "with" begins from: what is known of the original says nothing about the changed copy.</summary>
    protected Expr(Expr original)
    {
    }

    /// <summary>The factory makes just this node of these parts: it need not be asked again where the parts stay.</summary>
    internal bool IsSettled { get; init; }

    // Trees are compared all the time. The hash of each is computed once and tells nearly all apart; equal ones are then often the same object.
    public virtual bool Equals(Expr? other) => other is not null && EqualityContract == other.EqualityContract;

    /// <summary>Whether a node is like that: this one, or one of its parts.</summary>
    public bool Has(Predicate<Expr> node) => node(this) || Children.Any(c => c.Has(node));

    public override int GetHashCode()
    {
        if (_hash == 0) _hash = Hash();
        return _hash;
    }

    /// <summary>The hash of this node with its parts.</summary>
    protected abstract int Hash();

    private protected static int Mix(int a, int b) => unchecked((((a * 397) ^ b) * 0x61c88647) + (b >> 15));

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

    /// <summary>The derivative of <see cref="Gelu"/>: both its terms have one exponential.</summary>
    public static Expr GeluSlope(Expr x) => ExprFactory.Unary(UnaryOp.GeluSlope, x);

    /// <summary>An approximation of <see cref="Gelu"/> with tanh.</summary>
    public static Expr GeluTanh(Expr x) => ExprFactory.Unary(UnaryOp.GeluTanh, x);

    /// <summary>x sigmoid(x).</summary>
    public static Expr Silu(Expr x) => ExprFactory.Unary(UnaryOp.Silu, x);

    /// <summary>x tanh(log(1 + e^x)).</summary>
    public static Expr Mish(Expr x) => ExprFactory.Unary(UnaryOp.Mish, x);

    public static Expr Sinh(Expr x) => ExprFactory.Unary(UnaryOp.Sinh, x);

    public static Expr Cosh(Expr x) => ExprFactory.Unary(UnaryOp.Cosh, x);

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
        Expr rebuilt = this;
        switch (this)
        {
            case UnaryExpr u:
                var x = u.X.Rewrite(replace);
                if (!IsSettled || !ReferenceEquals(x, u.X)) rebuilt = ExprFactory.Unary(u.Op, x);
                break;
            case BinaryExpr b:
                var (a, c) = (b.A.Rewrite(replace), b.B.Rewrite(replace));
                if (!IsSettled || !ReferenceEquals(a, b.A) || !ReferenceEquals(c, b.B)) rebuilt = ExprFactory.Binary(b.Op, a, c);
                break;
            case SelectExpr s:
                var (condition, whenTrue, whenFalse) = (s.Condition.Rewrite(replace), s.WhenTrue.Rewrite(replace), s.WhenFalse.Rewrite(replace));
                if (!IsSettled || !ReferenceEquals(condition, s.Condition) || !ReferenceEquals(whenTrue, s.WhenTrue) || !ReferenceEquals(whenFalse, s.WhenFalse))
                    rebuilt = ExprFactory.Select(condition, whenTrue, whenFalse);
                break;
            case StopGradientExpr s:
                var stopped = s.X.Rewrite(replace);
                if (!ReferenceEquals(stopped, s.X)) rebuilt = new StopGradientExpr(stopped);
                break;
        }

        return replace(rebuilt) ?? rebuilt;
    }

    /// <summary>Every read in the tree, in order, with repetitions.</summary>
    public IReadOnlyList<Access> Reads() => Reads(distinct: false);

    /// <summary>The same without repetitions.</summary>
    internal List<Access> DistinctReads() => Reads(distinct: true);

    private List<Access> Reads(bool distinct)
    {
        var reads = new List<Access>();
        CollectReads(reads, distinct);
        return reads;
    }

    [MethodImpl(HotPath.Optimized)]
    private void CollectReads(List<Access> reads, bool distinct)
    {
        switch (this)
        {
            case ReadExpr r:
                if (!distinct || !Contains(reads, r.Access)) reads.Add(r.Access);
                break;
            case UnaryExpr u:
                u.X.CollectReads(reads, distinct);
                break;
            case BinaryExpr b:
                b.A.CollectReads(reads, distinct);
                b.B.CollectReads(reads, distinct);
                break;
            case SelectExpr or StopGradientExpr:
                foreach (var child in Children) child.CollectReads(reads, distinct);
                break;
        }
    }

    /// <summary>There are few: a set would take longer to make.</summary>
    [MethodImpl(HotPath.Optimized)]
    private static bool Contains(List<Access> reads, Access read)
    {
        for (var i = 0; i < reads.Count; i++)
            if (ReferenceEquals(reads[i], read) || (reads[i].GetHashCode() == read.GetHashCode() && reads[i].Equals(read))) return true;
        return false;
    }

    /// <summary>Replaces loop indices everywhere: in reads, index leaves and random counters.</summary>
    public Expr Substitute(IReadOnlyDictionary<LoopIndex, Affine> map) => map.Count == 0 ? Rewrite(static _ => null) : Rewrite(e =>
    {
        switch (e)
        {
            case ReadExpr r:
                var access = r.Access.Substitute(map);
                return ReferenceEquals(access, r.Access) ? null : new ReadExpr(access);
            case IndexExpr i: return new IndexExpr(i.Index.Substitute(map));
            case RandomExpr r: return new RandomExpr(r.Stream, r.Counter.Substitute(map));
            default: return null;
        }
    });

    public override string ToString() => ExprText.Write(this);
}

public sealed record ConstExpr(double Value) : Expr
{
    public bool Equals(ConstExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && Value.Equals(other.Value));

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(1, Value.GetHashCode());

    public override string ToString() => ExprText.Write(this);
}

/// <summary>An element of a value.</summary>
public sealed record ReadExpr(Access Access) : Expr
{
    public bool Equals(ReadExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && Access.Equals(other.Access));

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(2, Access.GetHashCode());

    public override string ToString() => ExprText.Write(this);
}

/// <summary>A loop index (or an affine expression of several) as a number.</summary>
public sealed record IndexExpr(Affine Index) : Expr
{
    public bool Equals(IndexExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && Index.Equals(other.Index));

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(3, Index.GetHashCode());

    public override string ToString() => ExprText.Write(this);
}

/// <summary>
/// A uniform random number in [0, 1): a pure function of the step's seed, the stream, the sample's number in the minibatch
/// and the counter, so that the backward pass computes the same number again and nothing is stored. See <see cref="CounterRandom"/>.
/// </summary>
public sealed record RandomExpr(int Stream, Affine Counter) : Expr
{
    public bool Equals(RandomExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && Stream == other.Stream && Counter.Equals(other.Counter));

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(Mix(4, Stream), Counter.GetHashCode());

    public override string ToString() => ExprText.Write(this);
}

public sealed record UnaryExpr(UnaryOp Op, Expr X) : Expr
{
    public bool Equals(UnaryExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && Op == other.Op && X.Equals(other.X));

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(Mix(5, (int)Op), X.GetHashCode());

    public override string ToString() => ExprText.Write(this);
}

public sealed record BinaryExpr(BinaryOp Op, Expr A, Expr B) : Expr
{
    public bool Equals(BinaryExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && Op == other.Op && A.Equals(other.A) && B.Equals(other.B));

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(Mix(Mix(6, (int)Op), A.GetHashCode()), B.GetHashCode());

    public override string ToString() => ExprText.Write(this);
}

public sealed record SelectExpr(Expr Condition, Expr WhenTrue, Expr WhenFalse) : Expr
{
    public bool Equals(SelectExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && Condition.Equals(other.Condition) && WhenTrue.Equals(other.WhenTrue) && WhenFalse.Equals(other.WhenFalse));

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(Mix(Mix(7, Condition.GetHashCode()), WhenTrue.GetHashCode()), WhenFalse.GetHashCode());

    public override string ToString() => ExprText.Write(this);
}

public sealed record StopGradientExpr(Expr X) : Expr
{
    public bool Equals(StopGradientExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && X.Equals(other.X));

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(8, X.GetHashCode());

    public override string ToString() => ExprText.Write(this);
}

/// <summary>The free parameter of a pointwise function, before it is applied (<see cref="ExprText"/> reads <c>x0</c>, <c>x1</c> ...).</summary>
public sealed record ParameterExpr(int Index) : Expr
{
    public bool Equals(ParameterExpr? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode() && Index == other.Index);

    public override int GetHashCode() => base.GetHashCode();

    protected override int Hash() => Mix(9, Index);

    public override string ToString() => ExprText.Write(this);
}
