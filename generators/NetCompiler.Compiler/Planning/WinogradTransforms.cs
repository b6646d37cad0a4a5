using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// The matrices of Winograd's minimal filtering F(m, 3): m outputs of a filter of three taps with m + 2 products instead of 3 m. From
/// a tile d of m + 2 inputs and the taps g: A^T ((G g) * (B^T d)). Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
/// </summary>
internal sealed class WinogradTransforms
{
    private readonly double[][] _input;
    private readonly double[][] _weight;
    private readonly double[][] _output;

    private WinogradTransforms(double[][] input, double[][] weight, double[][] output)
    {
        _input = input;
        _weight = weight;
        _output = output;
    }

    /// <summary>Outputs of a tile along one axis.</summary>
    public int Outputs => _output.Length;

    /// <summary>Inputs of a tile along one axis, and products.</summary>
    public int Points => _input.Length;

    public static WinogradTransforms Two { get; } = new(
        [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
        [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]],
        [[1, 1, 1, 0], [0, 1, -1, -1]]);

    public static WinogradTransforms Four { get; } = new(
        [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1]],
        [[0.25, 0, 0], [-1 / 6.0, -1 / 6.0, -1 / 6.0], [-1 / 6.0, 1 / 6.0, -1 / 6.0], [1 / 24.0, 1 / 12.0, 1 / 6.0], [1 / 24.0, -1 / 12.0, 1 / 6.0], [0, 0, 1]],
        [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]);

    /// <summary>One axis of a tile d of inputs: place <paramref name="row"/> of B^T d.</summary>
    public Expr Input(int row, Func<int, Expr> tile) => EvenAndOdd(_input[row], tile);

    /// <summary>One axis of the products m: place <paramref name="row"/> of A^T m.</summary>
    public Expr Output(int row, Func<int, Expr> products) => Pairs(_output[row], products);

    /// <summary>One axis of the taps g: place <paramref name="row"/> of G g.</summary>
    public Expr Weight(int row, Func<int, Expr> taps) => EvenAndOdd(_weight[row], taps);

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
