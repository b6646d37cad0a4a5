using NetCompiler.Compiler.Primitives;

namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>How far the functions of vectors are from exact ones: over the whole range of floats, for each width.</summary>
public sealed class AccuracyTests
{
    public static TheoryData<string> Functions => [.. Compiled.Functions];

    public static TheoryData<string> Layers => [.. Compiled.Layers];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Functions_are_right_to_a_few_units(string name)
    {
        foreach (var width in (int[])[1, .. Worst.Widths]) Check(name, $"of {width}", Compiled.Function(name, width));
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Layers_are_right_to_a_few_units(string name)
    {
        foreach (var width in Worst.Widths) Check(name, $"on the path of {width}", Compiled.Layer(name, width));
    }

    /// <summary>What kernels call for single numbers.</summary>
    [Fact]
    public void Functions_of_the_runtime_are_right_to_a_few_units()
    {
        Check("Exp", "of MathF", Each(MathF.Exp));
        Check("Log", "of MathF", Each(MathF.Log));
        Check("Tanh", "of MathF", Each(MathF.Tanh));

        static Compiled.Sweep Each(Func<float, float> function) => (x, y) =>
        {
            for (var i = 0; i < x.Length; i++) y[i] = function(x[i]);
        };
    }

    [Fact]
    public void Errors_are_those_of_the_table() => AccuracyTable.Check();

    /// <summary>The double functions that others are measured by, beside digits of mpmath.</summary>
    [Theory]
    [InlineData(0.01, 0.011283415555849617, 0.5039893563146316)]
    [InlineData(-0.5, -0.52049987781304654, 0.3085375387259869)]
    [InlineData(1, 0.84270079294971487, 0.84134474606854295)]
    [InlineData(-1.8, -0.98909050163573071, 0.035930319112925804)]
    [InlineData(2.4, 0.99931148610335492, 0.99180246407540387)]
    [InlineData(-2.6, -0.99976396558347065, 0.0046611880237187503)]
    [InlineData(-3.4, -0.99999847800663714, 0.00033692926567688094)]
    [InlineData(-3.6, -0.99999964413700699, 0.00015910859015753388)]
    [InlineData(-6.5, -1, 4.0160005838591178e-11)]
    [InlineData(-13, -1, 6.1171643995498797e-39)]
    public void References_are_right_to_ten_digits(double x, double erf, double cdf)
    {
        Assert.Equal(1, SpecialFunctions.Erf(x) / erf, 1e-10);
        Assert.Equal(1, SpecialFunctions.NormalCdf(x) / cdf, 1e-10);
    }

    private static void Check(string name, string which, Compiled.Sweep sweep)
    {
        var worst = Worst.Of(name, sweep);
        Assert.True(worst.Error <= AccuracyTable.Bound(name),
            $"{name} {which} is off by {worst.Error:G4} units at {worst.At:R}: {worst.Value:R} instead of {worst.Exact:G9}.");
    }
}
