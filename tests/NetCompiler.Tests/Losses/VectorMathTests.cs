using System.Numerics;

namespace NetCompiler.Tests;

public sealed class VectorMathTests
{
    [Fact]
    public void Exponentials_have_all_digits()
    {
        for (double x = -708; x <= 1e-9; x += 0.00731)
        {
            double expected = Math.Exp(x);
            Assert.Equal(expected, Exp(x), 5e-16 * expected);
        }

        Assert.Equal(1, Exp(0));
        Assert.Equal(1, Exp(-1e-300));
        foreach (double x in new[] { -708.5, -1000, -1e18, double.MinValue, double.NegativeInfinity })
        {
            Assert.Equal(0, Exp(x));
        }

        Assert.Equal(double.NaN, Exp(double.NaN));
        Assert.Equal(double.NaN, Exp(float.NaN));
        Assert.Equal(double.NaN, Exp(-double.NaN));

        static double Exp(double x) => VectorMath.ExpOfNonPositive(new Vector<double>(x))[Vector<double>.Count - 1];
    }

    [Fact]
    public void Logarithms_have_all_digits()
    {
        for (double x = 1; x <= 3; x += 0.000173)
        {
            Assert.Equal(Math.Log(x), VectorMath.LogOfOneToThree(new Vector<double>(x))[0], 4e-16);
        }

        Assert.Equal(0, VectorMath.LogOfOneToThree(Vector<double>.One)[0]);
        Assert.Equal(Math.Log(3), VectorMath.LogOfOneToThree(new Vector<double>(3))[0], 4e-16);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(-1, -3, -2)]
    [InlineData(-3000, -3001, -2999)]
    [InlineData(5, double.NegativeInfinity, 4)]
    [InlineData(double.NegativeInfinity, -1e9, double.NegativeInfinity)]
    [InlineData(double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity)]
    [InlineData(-1e200, -1e300, double.NegativeInfinity)]
    public void Sums_are_those_of_the_exponentials(double a, double b, double c)
    {
        Check(a, b, c);
        Check(b, c, a);
        Check(c, a, b);

        static void Check(double a, double b, double c)
        {
            double expected = LogOfSum(a, b);
            Assert.Equal(expected, VectorMath.LogOfSum(a, b), 1e-15 * Math.Abs(expected));
            Assert.Equal(expected, VectorMath.LogOfSum(new Vector<double>(a), new Vector<double>(b))[0], 1e-15 * Math.Abs(expected));
            expected = LogOfSum(a, b, c);
            Assert.Equal(expected, VectorMath.LogOfSum(new Vector<double>(a), new Vector<double>(b), new Vector<double>(c))[0], 1e-15 * Math.Abs(expected));
        }

        static double LogOfSum(params double[] x)
        {
            double highest = x.Max();
            return double.IsNegativeInfinity(highest) ? highest : highest + Math.Log(x.Sum(y => Math.Exp(y - highest)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(21)]
    public void The_logarithm_of_a_sum_over_any_number(int count)
    {
        float[] values = [.. TestData.Floats(count, count).Select(x => 40 * x)];
        double[] room = new double[VectorMath.WholeVectors(count)];
        double expected = Math.Log(values.Sum(v => Math.Exp(v)));
        Assert.Equal(expected, VectorMath.LogSumExp(values, room), 1e-14);
        Assert.Equal(values.Select(v => (double)v), room.Take(count));
        Assert.All(room.Skip(count), r => Assert.Equal(double.NegativeInfinity, r));
        values[count / 2] = float.NaN;
        Assert.Equal(double.NaN, VectorMath.LogSumExp(values, room));
    }
}
