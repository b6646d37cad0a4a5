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

    [Fact]
    public void ResidualDigits_has_the_names_and_shapes_of_its_PyTorch_twin()
    {
        var graph = Build(Examples.ResidualDigits);

        Assert.Equal(
            [
                "Stem.0.weight [16, 1, 3, 3]", "Stem.0.bias [16]", .. BatchNorm("Stem.1", 16),
                "Inner.0.weight [16, 16, 3, 3]", "Inner.0.bias [16]", .. BatchNorm("Inner.1", 16),
                "Outer.0.weight [16, 16, 3, 3]", "Outer.0.bias [16]", .. BatchNorm("Outer.1", 16),
                "Logits.1.weight [10, 16]", "Logits.1.bias [10]",
            ],
            Parameters(graph));
        Assert.Equal([16, 28, 28], graph.Properties["Joined"].Shape);
        var add = graph.Nodes.Single(n => n.Spec.Kind == "Add");
        Assert.Equal("Joined.0", add.Path);
        Assert.Equal(["Stem.2", "Outer.1"], add.Inputs.Select(i => i.Path));
    }

    [Fact]
    public void ResNet20_numbers_the_blocks_of_a_property_in_one_list()
    {
        var graph = Build(Examples.ResNet20);
        var parameters = Parameters(graph);

        Assert.Contains("Stage1.0.Residual.3.weight [16, 16, 3, 3]", parameters);
        Assert.Contains("Stage2.0.Residual.0.weight [32, 16, 3, 3]", parameters);
        Assert.Contains("Stage2.0.Shortcut.0.weight [32, 16, 1, 1]", parameters);
        Assert.Contains("Stage2.0.Shortcut.1.running_var [32]", parameters);
        Assert.Contains("Stage3.2.Residual.4.running_mean [64]", parameters);
        Assert.Contains("Logits.1.weight [10, 64]", parameters);
        Assert.Equal(
            ["Stage1.0", "Stage1.1", "Stage1.2", "Stage2.0", "Stage2.1", "Stage2.2", "Stage3.0", "Stage3.1", "Stage3.2"],
            graph.Nodes.Where(n => n.Spec.Kind == "Add").Select(n => n.Path[..n.Path.IndexOf(".Sum", StringComparison.Ordinal)]));
        Assert.Equal(graph.Nodes.Count, graph.Nodes.Select(n => n.Path).Distinct().Count());
        Assert.Equal([16, 32, 32], graph.Properties["Stage1"].Shape);
        Assert.Equal([32, 16, 16], graph.Properties["Stage2"].Shape);
        Assert.Equal([64, 8, 8], graph.Properties["Stage3"].Shape);

        Assert.Equal(Expected(3), graph.Nodes.SelectMany(n => n.Parameters).Where(p => !p.IsBuffer).Sum(p => p.Shape.Aggregate(1, (a, b) => a * b)));
    }

    [Fact]
    public void Depth_comes_from_repetition()
    {
        var graph = Build(Examples.ResNet("ResNet110", 18));
        Assert.Equal(109 + 2, graph.Nodes.Count(n => n.Spec.Kind is "Conv2D"));
        Assert.Contains("Stage3.17.Residual.3.weight [64, 64, 3, 3]", Parameters(graph));
    }

    [Fact]
    public void Blocks_nest_and_mix_with_layers()
    {
        var inner = Block("Some.Inner", P("X", Input()), P("Y", Dense(4)));
        var outer = Block("Some.Outer", P("X", Input()), P("Two", Use("Some.Inner"), Use("Some.Inner")), P("Y", Examples.Add("X", "Two")));
        var chain = Block("Some.Chain", P("", Input(), Dense(7), L("Tanh")));
        var graph = Build(Network(
            null, [inner, outer, chain],
            P("X", Input(3)), P("A", Dense(4), Use("Some.Outer", 2), L("Relu")), P("B", Use("Some.Chain"))));

        Assert.Equal(
            [
                "A.0.weight [4, 3]", "A.0.bias [4]",
                "A.1.Two.0.Y.weight [4, 4]", "A.1.Two.0.Y.bias [4]", "A.1.Two.1.Y.weight [4, 4]", "A.1.Two.1.Y.bias [4]",
                "A.2.Two.0.Y.weight [4, 4]", "A.2.Two.0.Y.bias [4]", "A.2.Two.1.Y.weight [4, 4]", "A.2.Two.1.Y.bias [4]",
                "B.0.0.weight [7, 4]", "B.0.0.bias [7]",
            ],
            Parameters(graph));
        Assert.Equal(["X", "A.0", "A.1.Two.0.Y", "A.1.Two.1.Y", "A.1.Y", "A.2.Two.0.Y", "A.2.Two.1.Y", "A.2.Y", "A.3", "B.0.0", "B.0.1"], graph.Nodes.Select(n => n.Path));
    }

    [Fact]
    public void Blocks_on_a_chain_take_their_number_in_it()
    {
        var graph = Build(Chain(Input(3), Dense(4)) with
        {
            Properties = new([P("", Input(3), Use("Some.B", 2), Dense(5))]),
            Blocks = new([Block("Some.B", P("X", Input()), P("Y", L("Dense", ("Like", "X"))))]),
        });
        Assert.Equal(["0.Y.weight [3, 3]", "0.Y.bias [3]", "1.Y.weight [3, 3]", "1.Y.bias [3]", "2.weight [5, 3]", "2.bias [5]"], Parameters(graph));
    }

    [Fact]
    public void Further_inputs_of_a_block_are_the_same_for_each_copy()
    {
        var gate = Block("Some.Gate", P("X", Input()), P("Gate", Input()), P("Y", L("From", ("Name", "X")), L("Dense", ("Like", "Gate"))), P("Z", L("Multiply", ("Names", new[] { "Y", "Gate" }))));
        var outer = Block("Some.Outer", P("G", Input()), P("X", L("Tanh")), P("Y", UseWith("Some.Gate", 2, "G"), UseWith("Some.Gate", 1, "X")));
        var graph = Build(Network(null, [gate, outer], P("X", Input(3)), P("A", Dense(4)), P("B", UseWith("Some.Gate", 2, "A"), Dense(5), Use("Some.Outer"))));

        var products = graph.Nodes.Where(n => n.Spec.Kind == "Multiply").Select(n => string.Join(" * ", n.Inputs.Select(i => i.Path)));
        Assert.Equal(["B.0.Y * A", "B.1.Y * A", "B.3.Y.0.Y * B.2", "B.3.Y.1.Y * B.2", "B.3.Y.2.Y * B.3.X"], products);
    }

    [Fact]
    public void Several_inputs_and_outputs()
    {
        var graph = Build(Network(
            Loss("MeanSquaredError"), [],
            P("A", Input(3)), P("B", Input(4)), Out("OfB", Dense(2)), P("OfA", L("From", ("Name", "A")), L("Dense", ("Scale", 2), ("Bias", false))),
            Out("Both", L("Concat", ("Names", new[] { "OfA", "OfB" }))), P("Unused", Dense(1))));

        Assert.Equal(["A", "B"], graph.Inputs.Select(i => i.Path));
        Assert.Equal(["OfB", "Both"], graph.OutputNames);
        Assert.Equal([2], graph.Outputs[0].Shape);
        Assert.Equal([8], graph.Outputs[1].Shape);
        Assert.Equal(["OfB.weight [2, 4]", "OfB.bias [2]", "OfA.weight [6, 3]", "Unused.weight [1, 8]", "Unused.bias [1]"], Parameters(graph));
        Assert.Equal([new LabelInfo("OfB", new([2]), 0), new LabelInfo("Both", new([8]), 0)], graph.Labels);
    }

    [Theory]
    [InlineData(new[] { 7 }, new[] { 1 }, 7)]
    [InlineData(new[] { 5, 7 }, new[] { 5 }, 7)]
    [InlineData(new[] { 7, 5, 4 }, new[] { 5, 4 }, 7)]
    public void Class_labels_leave_the_class_dimension_out(int[] output, int[] label, int classes)
    {
        var graph = Build(Chain(Loss("SoftmaxCrossEntropy"), Input(output), L("Relu")));
        Assert.Equal(new LabelInfo("Output", new(label), classes), graph.Labels.Single());
    }

    [Fact]
    public void Dense_works_on_the_last_dimension()
    {
        var graph = Build(Chain(Input(5, 3), Dense(8)));
        Assert.Equal([5, 8], graph.Outputs.Single().Shape);
        Assert.Equal(["0.weight [8, 3]", "0.bias [8]"], Parameters(graph));
    }

    [Fact]
    public void A_dump_shows_layers_inputs_parameters_and_labels()
    {
        var graph = Build(Network(
            Loss("SoftmaxCrossEntropy"), [], P("X", Input(4)), P("Y", Dense(4), L("LeakyRelu", ("Slope", 0.2))), P("Z", Examples.Add("X", "Y"))));
        Assert.Equal(
            """
            network Some.Net
              #0 X = Input(Shape = 4) : [4]
              #1 Y.0 = Dense(Units = 4) of #0 : [4]
                  parameter Y.0.weight [4, 4] uniform 0.5
                  parameter Y.0.bias [4] uniform 0.5
              #2 Y.1 = LeakyRelu(Slope = 0.2) of #1 : [4]
              #3 Z = Add(Names = X, Y) of #0, #2 : [4]
              output Z = #3
              SoftmaxCrossEntropy of Z with [1] class numbers below 4

            """.ReplaceLineEndings("\n"),
            GraphDump.Write(graph));
    }

    private static string[] BatchNorm(string path, int channels) =>
        [.. new[] { "weight", "bias", "running_mean", "running_var" }.Select(n => $"{path}.{n} [{channels}]")];

    /// <summary>Weights and biases of the convolutions, two numbers a channel for each normalisation, and the last layer.</summary>
    private static int Expected(int repeat)
    {
        static int Conv(int from, int to, int kernel) => (from * to * kernel * kernel) + to + (2 * to);
        static int Basic(int c) => 2 * Conv(c, c, 3);
        static int Down(int c) => Conv(c, 2 * c, 3) + Conv(2 * c, 2 * c, 3) + Conv(c, 2 * c, 1);
        return Conv(3, 16, 3) + (repeat * Basic(16)) + Down(16) + ((repeat - 1) * Basic(32)) + Down(32) + ((repeat - 1) * Basic(64)) + 650;
    }

    internal static string[] Parameters(NetworkGraph graph) =>
        [.. graph.Nodes.SelectMany(n => n.Parameters).Select(p => $"{p.Name} {ShapeText.Of(p.Shape)}")];
}
