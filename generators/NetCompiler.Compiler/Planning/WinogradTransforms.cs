using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// The matrices of Winograd's minimal filtering F(m, 3): m outputs of a filter of three taps with m + 2 products instead of 3 m. From
/// a tile d of m + 2 inputs and the taps g: A^T ((G g) * (B^T d)). Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
/// </summary>
internal sealed class WinogradTransforms
{
    private WinogradTransforms(double[][] input, double[][] weight, double[][] output)
    {
        Outputs = output.Length;
        Points = input.Length;
        Input = Both(input, EvenAndOdd);
        Weight = Both(weight, EvenAndOdd);
        Output = Both(output, Pairs);
    }

    /// <summary>Outputs of a tile along one axis.</summary>
    public int Outputs { get; }

    /// <summary>Inputs of a tile along one axis, and products.</summary>
    public int Points { get; }

    public static WinogradTransforms Two { get; } = new(
        [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
        [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]],
        [[1, 1, 1, 0], [0, 1, -1, -1]]);

    public static WinogradTransforms Four { get; } = new(
        [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]],
        [[0.25, 0, 0], [-1 / 6.0, -1 / 6.0, -1 / 6.0], [-1 / 6.0, 1 / 6.0, -1 / 6.0], [1 / 24.0, 1 / 12.0, 1 / 6.0], [1 / 24.0, -1 / 12.0, 1 / 6.0], [0, 0, 1]],
        [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]);

    /// <summary>B^T d B, element by element; the reads are d, row by row.</summary>
    public BodyForm[,] Input { get; }

    /// <summary>G g G^T.</summary>
    public BodyForm[,] Weight { get; }

    /// <summary>A^T m A.</summary>
    public BodyForm[,] Output { get; }

    /// <summary>Down the columns, then along the rows. The parts that several results share are written the same way, so that they are computed once.</summary>
    private static BodyForm[,] Both(double[][] matrix, Func<double[], Func<int, Expr>, Expr> combine)
    {
        int rows = matrix.Length, columns = matrix[0].Length;
        var half = new Expr[rows, columns];
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < columns; c++) half[r, c] = combine(matrix[r], i => new ParameterExpr((i * columns) + c));
        var result = new BodyForm[rows, rows];
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < rows; c++) result[r, c] = new(combine(matrix[c], i => half[r, i]));
        return result;
    }

    /// <summary>Rows come in pairs that differ in the sign of the odd places: the sums over even and over odd places are shared.</summary>
    private static Expr EvenAndOdd(double[] row, Func<int, Expr> x)
    {
        var (even, evenSign) = Sum(row, x, 0, 2);
        var (odd, oddSign) = Sum(row, x, 1, 2);
        return odd is null ? Signed(even!, evenSign) : even is null ? Signed(odd, oddSign) : Add(Signed(even, evenSign), odd, oddSign);
    }

    /// <summary>Places 1 and 2, 3 and 4 have the same factors but for the sign: their sum and their difference are shared.</summary>
    private static Expr Pairs(double[] row, Func<int, Expr> x)
    {
        Expr? sum = null;
        void Plus(double factor, Expr term) => sum = sum is null ? factor * term : Add(sum, Math.Abs(factor) * term, Math.Sign(factor));
        for (var i = 1; i + 1 < row.Length; i += 2)
        {
            if (row[i] == 0) continue;
            if (row[i + 1] == row[i]) Plus(row[i], x(i) + x(i + 1));
            else if (row[i + 1] == -row[i]) Plus(row[i], x(i) - x(i + 1));
            else
            {
                Plus(row[i], x(i));
                if (row[i + 1] != 0) Plus(row[i + 1], x(i + 1));
            }
        }

        if (row[0] != 0) Plus(row[0], x(0));
        if (row.Length % 2 == 0 && row[row.Length - 1] != 0) Plus(row[row.Length - 1], x(row.Length - 1));
        return sum!;
    }

    /// <summary>The sum over some places with its first factor positive, and the sign to take it with.</summary>
    private static (Expr? Sum, int Sign) Sum(double[] row, Func<int, Expr> x, int first, int step)
    {
        Expr? sum = null;
        var sign = 1;
        for (var i = first; i < row.Length; i += step)
        {
            if (row[i] == 0) continue;
            if (sum is null) sign = Math.Sign(row[i]);
            var factor = row[i] * sign;
            sum = sum is null ? factor * x(i) : Add(sum, Math.Abs(factor) * x(i), Math.Sign(factor));
        }

        return (sum, sign);
    }

    private static Expr Add(Expr a, Expr b, int sign) => sign > 0 ? a + b : a - b;

    private static Expr Signed(Expr a, int sign) => sign > 0 ? a : -a;
}
