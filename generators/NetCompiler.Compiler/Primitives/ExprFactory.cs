namespace NetCompiler.Compiler.Primitives;

/// <summary>Builds expression nodes, folding constants and neutral elements.</summary>
internal static class ExprFactory
{
    public static Expr Unary(UnaryOp op, Expr x)
    {
        if (x is ConstExpr c) return Evaluate(op, c.Value);
        if (op == UnaryOp.Neg && x is UnaryExpr { Op: UnaryOp.Neg } inner) return inner.X;
        return new UnaryExpr(op, x);
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
            BinaryOp.Mul when IsConst(a, 0) || IsConst(b, 0) => 0,
            BinaryOp.Mul when IsConst(a, 1) => b,
            BinaryOp.Mul when IsConst(b, 1) => a,
            BinaryOp.Mul when IsConst(a, -1) => Unary(UnaryOp.Neg, b),
            BinaryOp.Mul when IsConst(b, -1) => Unary(UnaryOp.Neg, a),
            BinaryOp.Div when IsConst(a, 0) => 0,
            BinaryOp.Div when IsConst(b, 1) => a,
            BinaryOp.Pow when IsConst(b, 1) => a,
            BinaryOp.Pow when IsConst(b, 2) => new BinaryExpr(BinaryOp.Mul, a, a),
            BinaryOp.Pow when IsConst(b, 0.5) => Unary(UnaryOp.Sqrt, a),
            _ => new BinaryExpr(op, a, b),
        };
    }

    public static Expr Select(Expr condition, Expr whenTrue, Expr whenFalse) =>
        whenTrue.Equals(whenFalse) ? whenTrue : new SelectExpr(condition, whenTrue, whenFalse);

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

    private static bool IsConst(Expr e, double value) => e is ConstExpr c && c.Value == value;
}
