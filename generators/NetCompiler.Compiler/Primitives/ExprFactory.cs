namespace NetCompiler.Compiler.Primitives;

/// <summary>Builds expression nodes, folding constants and neutral elements.</summary>
internal static class ExprFactory
{
    /// <summary>The least float that has all digits, 2^-126.</summary>
    public const double LeastFloat = 1.17549435e-38;

    public static Expr Unary(UnaryOp op, Expr x)
    {
        if (x is ConstExpr c) return Evaluate(op, c.Value);
        if (op == UnaryOp.Neg && x is UnaryExpr { Op: UnaryOp.Neg } inner) return inner.X;
        return new UnaryExpr(op, x) { IsSettled = true };
    }

    public static Expr Binary(BinaryOp op, Expr a, Expr b)
    {
        if (a is ConstExpr ca && b is ConstExpr cb && op < BinaryOp.Less) return Evaluate(op, ca.Value, cb.Value);
        return op switch
        {
            BinaryOp.Add when IsConst(a, 0) => b,
            BinaryOp.Add when IsConst(b, 0) => a,
            BinaryOp.Sub when IsConst(b, 0) => a,
            BinaryOp.Sub when IsConst(a, 0) => Unary(UnaryOp.Neg, b),
            BinaryOp.Add when a.Equals(b) => 2 * a,
            BinaryOp.Add or BinaryOp.Sub when a is SelectExpr s && b is SelectExpr t && s.Condition.Equals(t.Condition) =>
                Select(s.Condition, Binary(op, s.WhenTrue, t.WhenTrue), Binary(op, s.WhenFalse, t.WhenFalse)),
            BinaryOp.Add when Negated(b) is { } x => Binary(BinaryOp.Sub, a, x),
            BinaryOp.Add when Negated(a) is { } x => Binary(BinaryOp.Sub, b, x),
            BinaryOp.Sub when Negated(b) is { } x => Binary(BinaryOp.Add, a, x),
            BinaryOp.Mul when IsConst(a, 0) || IsConst(b, 0) => 0,
            BinaryOp.Mul when IsConst(a, 1) => b,
            BinaryOp.Mul when IsConst(b, 1) => a,
            BinaryOp.Mul when IsConst(a, -1) => Unary(UnaryOp.Neg, b),
            BinaryOp.Mul when IsConst(b, -1) => Unary(UnaryOp.Neg, a),
            BinaryOp.Mul when Negated(a) is { } x => Unary(UnaryOp.Neg, Binary(BinaryOp.Mul, x, b)),
            BinaryOp.Mul when Negated(b) is { } x => Unary(UnaryOp.Neg, Binary(BinaryOp.Mul, a, x)),
            BinaryOp.Mul when a is ConstExpr c && Scaled(b) is { } s && IsOrdinary(c.Value * s.Factor) => Binary(BinaryOp.Mul, c.Value * s.Factor, s.X),
            BinaryOp.Mul when b is ConstExpr c && Scaled(a) is { } s && IsOrdinary(c.Value * s.Factor) => Binary(BinaryOp.Mul, c.Value * s.Factor, s.X),
            BinaryOp.Mul when Reciprocal(a) is { } x => Binary(BinaryOp.Div, b, x),
            BinaryOp.Mul when Reciprocal(b) is { } x => Binary(BinaryOp.Div, a, x),
            BinaryOp.Mul when b is SelectExpr s && HasZero(s) => Select(s.Condition, a * s.WhenTrue, a * s.WhenFalse),
            BinaryOp.Mul when a is SelectExpr s && HasZero(s) => Select(s.Condition, s.WhenTrue * b, s.WhenFalse * b),
            BinaryOp.Div when IsConst(a, 0) => 0,
            BinaryOp.Div when Negated(a) is { } x => Unary(UnaryOp.Neg, Binary(BinaryOp.Div, x, b)),
            BinaryOp.Div when a is SelectExpr s && HasZero(s) => Select(s.Condition, s.WhenTrue / b, s.WhenFalse / b),
            BinaryOp.Div when IsConst(b, 1) => a,
            BinaryOp.Pow when IsConst(b, 1) => a,
            BinaryOp.Pow when IsConst(b, 2) => new BinaryExpr(BinaryOp.Mul, a, a),
            BinaryOp.Pow when IsConst(b, 0.5) => Unary(UnaryOp.Sqrt, a),
            _ => new BinaryExpr(op, a, b) { IsSettled = true },
        };
    }

    public static Expr Select(Expr condition, Expr whenTrue, Expr whenFalse)
    {
        if (condition is BinaryExpr { Op: >= BinaryOp.Less, A: ConstExpr a, B: ConstExpr b } test)
            return Compare(test.Op, a.Value, b.Value) ? whenTrue : whenFalse;
        return whenTrue.Equals(whenFalse) ? whenTrue : new SelectExpr(condition, whenTrue, whenFalse) { IsSettled = true };
    }

    public static double Evaluate(UnaryOp op, double x) => op switch
    {
        UnaryOp.Neg => -x,
        UnaryOp.Abs => Math.Abs(x),
        UnaryOp.Sqrt => Math.Sqrt(x),
        UnaryOp.Exp => Math.Exp(x),
        UnaryOp.Log => Math.Log(x),
        UnaryOp.Tanh => Math.Tanh(x),
        UnaryOp.Sigmoid => 1 / (1 + Math.Exp(-x)),
        UnaryOp.Erf => SpecialFunctions.Erf(x),
        UnaryOp.Sin => Math.Sin(x),
        UnaryOp.Cos => Math.Cos(x),
        UnaryOp.Floor => Math.Floor(x),
        UnaryOp.Log1P => SpecialFunctions.Log1P(x),
        UnaryOp.ExpM1 => SpecialFunctions.ExpM1(x),
        UnaryOp.NormalCdf => SpecialFunctions.NormalCdf(x),
        UnaryOp.Gelu => SpecialFunctions.Gelu(x),
        UnaryOp.GeluSlope => SpecialFunctions.GeluSlope(x),
        UnaryOp.GeluTanh => SpecialFunctions.GeluTanh(x),
        UnaryOp.Silu => SpecialFunctions.Silu(x),
        UnaryOp.Mish => SpecialFunctions.Mish(x),
        UnaryOp.Sinh => Math.Sinh(x),
        UnaryOp.Cosh => Math.Cosh(x),
        _ => throw new InvalidOperationException($"unary {op}"),
    };

    public static double Evaluate(BinaryOp op, double a, double b) => op switch
    {
        BinaryOp.Add => a + b,
        BinaryOp.Sub => a - b,
        BinaryOp.Mul => a * b,
        BinaryOp.Div => a / b,
        BinaryOp.Max => Math.Max(a, b),
        BinaryOp.Min => Math.Min(a, b),
        BinaryOp.Pow => Math.Pow(a, b),
        _ => throw new InvalidOperationException($"binary {op}"),
    };

    public static bool Compare(BinaryOp op, double a, double b) => op switch
    {
        BinaryOp.Less => a < b,
        BinaryOp.LessOrEqual => a <= b,
        BinaryOp.Greater => a > b,
        BinaryOp.GreaterOrEqual => a >= b,
        BinaryOp.Equal => a == b,
        BinaryOp.NotEqual => a != b,
        _ => throw new InvalidOperationException($"comparison {op}"),
    };

    private static Expr? Negated(Expr e) => e is UnaryExpr { Op: UnaryOp.Neg } u ? u.X : null;

    private static Expr? Reciprocal(Expr e) => e is BinaryExpr { Op: BinaryOp.Div, A: ConstExpr { Value: 1 } } b ? b.B : null;

    /// <summary>The constant factor of a product, and the other.</summary>
    private static (double Factor, Expr X)? Scaled(Expr e) => e switch
    {
        BinaryExpr { Op: BinaryOp.Mul, A: ConstExpr c } b => (c.Value, b.B),
        BinaryExpr { Op: BinaryOp.Mul, B: ConstExpr c } b => (c.Value, b.A),
        _ => null,
    };

    /// <summary>A float keeps its digits. Of two factors that make a larger or smaller number, one after the other may do what that number cannot.</summary>
    private static bool IsOrdinary(double value) => Math.Abs(value) is >= LeastFloat and <= float.MaxValue;

    /// <summary>One branch is 0, so that a factor drawn into the choice still stands there once.</summary>
    private static bool HasZero(SelectExpr s) => IsConst(s.WhenTrue, 0) || IsConst(s.WhenFalse, 0);

    private static bool IsConst(Expr e, double value) => e is ConstExpr c && c.Value == value;
}
