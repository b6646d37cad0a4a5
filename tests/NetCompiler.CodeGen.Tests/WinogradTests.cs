using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Convolutions by Winograd's method: right, within 1e-5, and only where they may be.</summary>
public sealed class WinogradTests() : AgreementTests("Winograd")
{
    public static TheoryData<string> Names => NamesOf("Winograd");

    [Theory]
    [MemberData(nameof(Names))]
    public void With_the_interpreter(string name) => Agrees(name, 1, 2, 7, 33);

    [Theory]
    [MemberData(nameof(Names))]
    public void They_are_computed_so(string name) => Assert.Contains("by Winograd", Kernels(Case(name)), StringComparison.Ordinal);

    [Theory]
    [InlineData(16, true)]
    [InlineData(64, true)]
    [InlineData(16, false, "Algorithm", "Direct")]
    [InlineData(16, false, "Stride", 2)]
    [InlineData(16, false, "Dilation", 2)]
    [InlineData(16, false, "Groups", 2)]
    [InlineData(16, false, "Kernel", 5)]
    [InlineData(4, false)]
    public void Only_where_it_pays_and_may_be(int channels, bool expected, string? argument = null, object? value = null)
    {
        (string, object)[] arguments = argument is null ? [] : [(argument, value!)];
        var kernels = Kernels(Cases.Named("Choice", Chain(Loss("MeanSquaredError"), Input(channels, 8, 8), L("Conv2D", [("Channels", channels), .. arguments]))));
        Assert.Equal(expected, kernels.Contains("by Winograd", StringComparison.Ordinal));
    }

    /// <summary>Few outputs are vectors along the channels that are summed over, which leaves little for fewer products to save.</summary>
    [Theory]
    [InlineData(32, 1, false)]
    [InlineData(64, 3, false)]
    [InlineData(32, 4, true)]
    [InlineData(24, 3, true)] // a vector and a half: two sums across vectors for each element
    public void Of_few_outputs_where_it_pays(int channels, int outputs, bool expected)
    {
        var kernels = Kernels(Cases.Named("Few", Chain(Input(channels, 8, 8), L("Conv2D", ("Channels", outputs)))));
        Assert.Equal(expected, kernels.Contains("by Winograd", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Rounding16")]
    [InlineData("Rounding64")]
    [InlineData("Rounding256")]
    public void Rounding_stays_below_a_hundred_thousandth(string name)
    {
        var spec = Cases.Families["Rounding"].Single(c => c.Name == name);
        Assert.Contains("by Winograd4", Kernels(spec), StringComparison.Ordinal);
        var runner = new Runner(spec, Generated("Rounding"));
        foreach (var path in Paths)
            Assert.InRange(runner.ForwardError(3, path), 1e-9, 1e-5);
    }
}
