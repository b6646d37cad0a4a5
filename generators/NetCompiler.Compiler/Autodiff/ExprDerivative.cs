using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Autodiff;

/// <summary>
/// Derivatives of expressions, as two tables: one rule for each function. Rules are written through the function's own value
/// where they can be, so that a gradient may read a nest's output and its input need not be kept. Where a function has a
/// kink, the derivative is PyTorch's.
/// </summary>
public static class ExprDerivative
{
    /// <summary>d f(x) / d x, from x and f(x).</summary>
    private static readonly Dictionary<UnaryOp, Func<Expr, Expr, Expr>> s_unary = new()
    {
        [UnaryOp.Neg] = (_, _) => -1,
        [UnaryOp.Abs] = (x, _) => Expr.Select(Expr.Greater(x, 0), 1, Expr.Select(Expr.Less(x, 0), -1, 0)),
        [UnaryOp.Sqrt] = (_, f) => (Expr)0.5 / f,
        [UnaryOp.Exp] = (_, f) => f,
        [UnaryOp.Log] = (x, _) => (Expr)1 / x,
        [UnaryOp.Tanh] = (_, f) => (Expr)1 - (f * f),
        [UnaryOp.Sigmoid] = (_, f) => f * ((Expr)1 - f),
        [UnaryOp.Erf] = (x, _) => Expr.Exp(-(x * x)) * (2 / Math.Sqrt(Math.PI)),
        [UnaryOp.Sin] = (x, _) => new UnaryExpr(UnaryOp.Cos, x),
        [UnaryOp.Cos] = (x, _) => -new UnaryExpr(UnaryOp.Sin, x),
        [UnaryOp.Floor] = (_, _) => 0,
        [UnaryOp.Log1P] = (x, _) => (Expr)1 / (x + 1),
        [UnaryOp.ExpM1] = (_, f) => f + 1,
        [UnaryOp.NormalCdf] = (x, _) => NormalDensity(x),
        [UnaryOp.Gelu] = (x, _) => Expr.GeluSlope(x),
        [UnaryOp.GeluSlope] = (x, _) => NormalDensity(x) * (2 - (x * x)),
        [UnaryOp.GeluTanh] = (x, _) => Gated(x, Expr.Sigmoid(x * GeluSlope * (1 + (GeluCubic * (x * x)))), GeluSlope * (1 + (3 * GeluCubic * (x * x)))),
        [UnaryOp.Silu] = (x, _) => Gated(x, Expr.Sigmoid(x), 1),
        [UnaryOp.Mish] = (x, _) => Mish(x),
    };

    // GeluTanh is x sigmoid(slope (x + cubic x^3)).
    private const double GeluSlope = 1.5957691216057307117597842397375;
    private const double GeluCubic = 0.044715;

    /// <summary>d f(a, b), from a, b, f(a, b) and the derivatives of a and b (0 where there is none).</summary>
    private static readonly Dictionary<BinaryOp, Func<Expr, Expr, Expr, Expr, Expr, Expr>> s_binary = new()
    {
        [BinaryOp.Add] = (_, _, _, da, db) => da + db,
        [BinaryOp.Sub] = (_, _, _, da, db) => da - db,
        [BinaryOp.Mul] = (a, b, _, da, db) => (da * b) + (a * db),
        [BinaryOp.Div] = (a, b, f, da, db) => (da / b) - (db * f / b),
        [BinaryOp.Max] = (a, b, f, da, db) => Choose(BinaryOp.Greater, a, b, f, da, db),
        [BinaryOp.Min] = (a, b, f, da, db) => Choose(BinaryOp.Less, a, b, f, da, db),
        [BinaryOp.Pow] = (a, b, f, da, db) => (da * b * Expr.Pow(a, b - 1)) + (db * f * (IsZero(db) ? 0 : Expr.Log(a))),
    };

    /// <summary>The derivative of an expression by one of its reads.</summary>
    public static Expr By(Expr expression, Access read) => expression switch
    {
        ReadExpr r => r.Access.Equals(read) ? 1 : 0,
        UnaryExpr u => Chain(By(u.X, read), u),
        BinaryExpr b => Join(b, By(b.A, read), By(b.B, read)),
        SelectExpr s => Expr.Select(s.Condition, By(s.WhenTrue, read), By(s.WhenFalse, read)),
        ConstExpr or IndexExpr or RandomExpr or StopGradientExpr => 0,
        _ => throw new InvalidOperationException($"No derivative of {expression.GetType().Name}."),
    };

    public static bool IsZero(Expr e) => e is ConstExpr { Value: 0 };

    private static Expr Chain(Expr inner, UnaryExpr u) => IsZero(inner) ? 0 : inner * s_unary[u.Op](u.X, u);

    private static Expr Join(BinaryExpr b, Expr da, Expr db)
    {
        if (IsZero(da) && IsZero(db)) return 0;
        return s_binary.TryGetValue(b.Op, out var rule)
            ? rule(b.A, b.B, b, da, db)
            : throw new InvalidOperationException($"{b} is a truth value: it has no derivative.");
    }

    private static Expr NormalDensity(Expr x) => Expr.Exp(x * x * -0.5) * (1 / Math.Sqrt(2 * Math.PI));

    /// <summary>x s for a sigmoid s of an argument with the given slope.</summary>
    private static Expr Gated(Expr x, Expr s, Expr slope) => s * (1 + (x * slope * (1 - s)));

    /// <summary>x t for t = n / (n + 2), n = e (e + 2), e = exp(x). Beyond 20, t is 1, and e^4 is soon no float.</summary>
    private static Expr Mish(Expr x)
    {
        var e = Expr.Exp(Expr.Min(x, 20));
        var n = e * (e + 2);
        return (n / (n + 2)) + (x * (4 * e * (e + 1) / ((n + 2) * (n + 2))));
    }

    /// <summary>
    /// Max and Min: which one was it, asked of the result, so that relu needs only its output. At a tie the second counts,
    /// or the constant: relu's gradient at 0 is 0.
    /// </summary>
    private static Expr Choose(BinaryOp better, Expr a, Expr b, Expr f, Expr da, Expr db) =>
        IsZero(da)
            ? Expr.Select(new BinaryExpr(better, f, a), db, da)
            : Expr.Select(new BinaryExpr(better, f, b), da, db);
}
