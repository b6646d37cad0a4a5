using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Tests.Layers;

public class GatedTests
{
    [Theory]
    [InlineData("SwiGlu", "Units=3", 5)]
    [InlineData("SwiGlu", "Units=4 Bias=false", 3, 6)]
    [InlineData("GeGlu", "Scale=2", 2, 3)]
    [InlineData("GeGlu", "Like=Other Approximate=true", 5)]
    public void The_first_half_of_the_product_gates_the_second(string kind, string arguments, params int[] shape)
    {
        var run = new LayerRun(Rule(kind), shape, LayerRun.Parse(arguments));
        var features = shape[^1];
        var units = run.Shape[^1];
        Assert.Equal(2 * units * features, run.Parameter("weight").Length);
        Assert.Equal(!arguments.Contains("Bias=false", StringComparison.Ordinal), run.Has("bias"));
        for (var i = 0; i < run.Output.Length; i++)
        {
            var (row, unit) = (i / units, i % units);
            Assert.Equal(Function(Product(row, unit)) * Product(row, units + unit), run.Output[i], 1e-11);
        }

        double Product(int row, int o) => Enumerable.Range(0, features).Sum(f => run.Parameter("weight")[(o * features) + f] * run.Input[(row * features) + f])
            + (run.Has("bias") ? run.Parameter("bias")[o] : 0);

        double Function(double x) => kind == "SwiGlu" ? x / (1 + Math.Exp(-x))
            : arguments.Contains("Approximate", StringComparison.Ordinal) ? SpecialFunctions.GeluTanh(x) : SpecialFunctions.Gelu(x);
    }

    [Fact]
    public void Parameters_begin_as_those_of_Linear()
    {
        var parameters = LayerRun.Infer(Rule("SwiGlu"), [6, 16], LayerRun.Parse("Units=5")).Node.Parameters;
        Assert.Equal(["layer.weight", "layer.bias"], parameters.Select(p => p.Name));
        Assert.Equal([10, 16], parameters[0].Shape);
        Assert.All(parameters, p => Assert.Equal(0.25, p.Initializer.Bound));
    }

    [Fact]
    public void Bad_declarations_are_named()
    {
        LayerRun.MustFail(Rule("SwiGlu"), [3, 5, 7], "NETC0017", "SwiGlu needs an input of shape [F] or [T, F]", LayerRun.Parse("Units=3"));
        LayerRun.MustFail(Rule("SwiGlu"), [5], "NETC0021", "SwiGlu needs its number of units");
        LayerRun.MustFail(Rule("GeGlu"), [5], "NETC0010", "GeGlu: Units is 0", LayerRun.Parse("Units=0"));
        LayerRun.MustFail(Rule("GeGlu"), [5], "NETC0018", "Units is 2000000000, but must be at most 1073741823", LayerRun.Parse("Units=2000000000"));
    }

    private static LayerRule Rule(string kind) => LayerRules.Find(kind)!;
}
