using NetCompiler.Compiler.Graph;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Graph;

public class NamesAndShapesTests
{
    [Fact]
    public void A_chain_is_numbered_as_in_Sequential_without_its_input()
    {
        var graph = Build(Chain(Loss("SoftmaxCrossEntropy"), Input(784), Dense(128), L("Relu"), Dense(10)));

        Assert.Equal(["0.weight [128, 784]", "0.bias [128]", "2.weight [10, 128]", "2.bias [10]"], Parameters(graph));
        Assert.Equal(["Input", "0", "1", "2"], graph.Nodes.Select(n => n.Path));
        Assert.Equal([10], graph.Outputs.Single().Shape);
        Assert.Equal(new LabelInfo("Output", new([1]), 10), graph.Labels.Single());
        Assert.All(graph.Nodes.SelectMany(n => n.Parameters), p => Assert.Equal(1 / Math.Sqrt(p.Name[0] == '0' ? 784 : 128), p.Initializer.Bound));
    }

    [Fact]
    public void A_property_with_one_layer_is_that_module_and_with_several_a_Sequential()
    {
        var graph = Build(Network(
            null, [],
            P("Image", Input(12)),
            P("Stem", Dense(8), L("Relu"), Dense(6)),
            P("Other", L("From", ("Name", "Image")), Dense(5)),
            P("Logits", L("Relu"), Dense(3))));

        Assert.Equal(
            ["Stem.0.weight [8, 12]", "Stem.0.bias [8]", "Stem.2.weight [6, 8]", "Stem.2.bias [6]", "Other.weight [5, 12]", "Other.bias [5]", "Logits.1.weight [3, 5]", "Logits.1.bias [3]"],
            Parameters(graph));
        Assert.Equal("Image", graph.Inputs.Single().Path);
        Assert.Equal(["Logits"], graph.OutputNames);
        Assert.Equal([6], graph.Properties["Stem"].Shape);
    }

    internal static string[] Parameters(NetworkGraph graph) =>
        [.. graph.Nodes.SelectMany(n => n.Parameters).Select(p => $"{p.Name} {ShapeText.Of(p.Shape)}")];
}
