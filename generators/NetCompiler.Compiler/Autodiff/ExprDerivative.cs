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
    private static Expr Slope(UnaryOp op, Expr x, Expr f) => op switch
    {
        UnaryOp.Neg => -1,
        UnaryOp.Abs => Expr.Select(Expr.Greater(x, 0), 1, Expr.Select(Expr.Less(x, 0), -1, 0)),
        UnaryOp.Sqrt => (Expr)0.5 / f,
        UnaryOp.Exp => f,
        UnaryOp.Log => (Expr)1 / x,
        UnaryOp.Tanh => (Expr)1 - (f * f),
        UnaryOp.Sigmoid => f * ((Expr)1 - f),
        UnaryOp.Erf => Expr.Exp(-(x * x)) * (2 / Math.Sqrt(Math.PI)),
        UnaryOp.Sin => new UnaryExpr(UnaryOp.Cos, x),
        UnaryOp.Cos => -new UnaryExpr(UnaryOp.Sin, x),
        UnaryOp.Floor => 0,
        UnaryOp.Log1P => (Expr)1 / (x + 1),
        UnaryOp.ExpM1 => Expr.Exp(x), // f + 1 has lost it where f is near -1
        UnaryOp.Sinh => Expr.Cosh(x),
        UnaryOp.Cosh => Expr.Sinh(x),
        UnaryOp.NormalCdf => NormalDensity(x),
        UnaryOp.Gelu => Expr.GeluSlope(x),
        UnaryOp.GeluSlope => NormalDensity(x) * (2 - (x * x)),
        UnaryOp.GeluTanh => Gated(x, Expr.Sigmoid(x * GeluSlope * (1 + (GeluCubic * (x * x)))), GeluSlope * (1 + (3 * GeluCubic * (x * x)))),
        UnaryOp.Silu => Gated(x, Expr.Sigmoid(x), 1),
        UnaryOp.Mish => Mish(x),
        _ => throw new InvalidOperationException($"No derivative of {op}."),
    };

    // GeluTanh is x sigmoid(slope (x + cubic x^3)).
    private const double GeluSlope = 1.5957691216057307117597842397375;
    private const double GeluCubic = 0.044715;

    /// <summary>d f(a, b), from a, b, f(a, b) and the derivatives of a and b (0 where there is none).</summary>
    private static Expr Slope(BinaryOp op, Expr a, Expr b, Expr f, Expr da, Expr db) => op switch
    {
        BinaryOp.Add => da + db,
        BinaryOp.Sub => da - db,
        BinaryOp.Mul => (da * b) + (a * db),
        BinaryOp.Div => (da / b) - (db * f / b),
        BinaryOp.Max => Choose(BinaryOp.Greater, a, b, f, da, db),
        BinaryOp.Min => Choose(BinaryOp.Less, a, b, f, da, db),
        BinaryOp.Pow => (da * b * Expr.Pow(a, b - 1)) + (db * f * (IsZero(db) ? 0 : Expr.Log(a))),
        _ => throw new InvalidOperationException($"{f} is a truth value: it has no derivative."),
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

    private static Expr Chain(Expr inner, UnaryExpr u) => IsZero(inner) ? 0 : inner * Slope(u.Op, u.X, u);

    private static Expr Join(BinaryExpr b, Expr da, Expr db) => IsZero(da) && IsZero(db) ? 0 : Slope(b.Op, b.A, b.B, b, da, db);

    private static Expr NormalDensity(Expr x) => Expr.Exp(x * x * -0.5) * (1 / Math.Sqrt(2 * Math.PI));

    /// <summary>x s for a sigmoid s of an argument with the given slope.</summary>
    private static Expr Gated(Expr x, Expr s, Expr slope) => s * (1 + (x * slope * (1 - s)));

    /// <summary>x t for t = n / (n + 2), n = e (e + 2), e = exp(x). Beyond 20, t is 1 and the slope too, and e^4 is soon no float.</summary>
    private static Expr Mish(Expr x)
    {
        var bounded = Expr.Min(x, 20);
        var e = Expr.Exp(bounded);
        var n = e * (e + 2);
        return (n / (n + 2)) + (bounded * (4 * e * (e + 1) / ((n + 2) * (n + 2))));
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
