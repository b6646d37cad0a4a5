using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.CodeGen.Tests;

/// <summary>
/// What a program computes in double precision, and the bound for code that computes it in float: 2e-5 of the tensor's norm. A tensor
/// whose elements cancel has hardly a norm (the gradient of a bias before a batch normalisation is 0): there no float code can be
/// right to a part of it, and the bound is a few times what a plain evaluation of the program in float does to the tensor.
/// </summary>
/// <param name="prepare">An interpreter with all that the program is given.</param>
/// <param name="margin">How many times what rounding does is allowed. A tensor may be a single number, whose error varies from one way of rounding to the next.</param>
public sealed class Oracle(Func<DoubleInterpreter> prepare, double margin = 4)
{
    private const double Tolerance = 2e-5;
    private const int Draws = 4;

    private readonly Lazy<DoubleInterpreter> _exact = new(() => Run(prepare(), null));
    private readonly Lazy<DoubleInterpreter[]> _rounded = new(() => [.. Enumerable.Range(1, Draws).Select(seed => Run(prepare(), new Random(seed)))]);

    public void Compare(string what, Value value, ReadOnlySpan<float> actual)
    {
        var expected = _exact.Value[value];
        Assert.Equal(expected.Length, actual.Length);
        var worst = 0;
        double error = 0;
        for (var i = 0; i < actual.Length; i++)
        {
            var difference = Math.Abs(expected[i] - actual[i]);
            if (!(difference <= Math.Abs(expected[worst] - actual[worst]))) worst = i;
            error += difference * difference;
        }

        error = Math.Sqrt(error);
        var norm = Math.Sqrt(expected.Sum(v => v * v));
        if (error <= Tolerance * norm) return;

        var rounding = Math.Sqrt(_rounded.Value.Average(r => r[value].Zip(expected, (a, b) => (a - b) * (a - b)).Sum()));
        Assert.True(error <= margin * rounding,
            $"{what} is off by {error:G3}, norm {norm:G3}, rounding {rounding:G3}; worst at {worst}: expected {expected[worst]:G6}, got {actual[worst]:G6}.");
    }

    /// <summary>The norm of the error by that of the tensor.</summary>
    public double RelativeError(Value value, ReadOnlySpan<float> actual)
    {
        var expected = _exact.Value[value];
        Assert.Equal(expected.Length, actual.Length);
        double error = 0;
        for (var i = 0; i < actual.Length; i++) error += (expected[i] - actual[i]) * (expected[i] - actual[i]);
        return Math.Sqrt(error / expected.Sum(v => v * v));
    }

    private static DoubleInterpreter Run(DoubleInterpreter interpreter, Random? rounding)
    {
        if (rounding is not null) interpreter.Rounding = () => (2 * rounding.NextDouble()) - 1;
        interpreter.Run();
        return interpreter;
    }
}
