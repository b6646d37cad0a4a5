using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Graph;

public class SummaryTests
{
    [Fact]
    public void The_table_of_a_chain()
    {
        var graph = Build(Examples.Mlp);

        // A multiply-add for each weight and an addition for each bias: 2 * 784 * 128 + 128, and 2 * 128 * 10 + 10.
        Assert.Equal(
            """
            Mlp
            -----------------------------------------
            Layer  Kind   Output  Parameters    FLOPs
            -----------------------------------------
            Input  Input  [784]            -        -
            0      Dense  [128]      100,480  200,832
            1      Relu   [128]            -      128
            2      Dense  [10]         1,290    2,570
            -----------------------------------------
            Total                    101,770  203,530
            -----------------------------------------
            Shapes and FLOPs are of one sample; a multiply-add is 2 FLOPs.

            """.ReplaceLineEndings("\n"),
            NetworkSummary.Write(graph, LoweringStage.Lower(graph, training: false)));
    }

    [Fact]
    public void A_product_of_layers_counts_its_multiply_adds()
    {
        var spec = Network(null, [], P("X", Input(2, 5, 3)), P("Y", Input(3, 7)), P("M", L("MatMul", ("A", "X"), ("B", "Y"))), P("N", L("Map", ("Function", "Mix"), ("Names", new[] { "M", "M" }))))
            with { Functions = new([new Model.FunctionSpec("Mix", 2, "(add x0 (mul x1 x1))")]) };
        var graph = Build(spec);
        NetworkSummary.Write(graph, LoweringStage.Lower(graph, training: false));
        Assert.Equal([0, 0, 2 * 2 * 5 * 3 * 7, 2 * 2 * 5 * 7], graph.Nodes.Select(n => n.Flops));
    }

    [Fact]
    public void Running_statistics_are_no_parameters()
    {
        var graph = Build(Examples.ResidualDigits);
        var summary = NetworkSummary.Write(graph, LoweringStage.Lower(graph, training: false));
        Assert.Contains("it keeps 96 running statistics.", summary, StringComparison.Ordinal);
        Assert.Equal(32, graph.Nodes.Single(n => n.Path == "Stem.1").Parameters.Where(p => !p.IsBuffer).Sum(p => p.Shape[0]));
        Assert.Single(summary.Split('\n')[1..^2].Where(l => l.Length > 0).Select(l => l.Length).Distinct());
    }

    [Fact]
    public void Guarded_points_do_not_count()
    {
        // Same padding: of 3 x 3 taps on 4 x 4 pixels, the border pixels have 2 in each direction: (2 + 3 + 3 + 2) squared.
        var graph = Build(Chain(Input(1, 4, 4), L("Conv2D", ("Channels", 5), ("Kernel", 3), ("Bias", false))));
        FlopCounter.Assign(graph, LoweringStage.Lower(graph, training: false));
        Assert.Equal(2 * 5 * 100, graph.Nodes[1].Flops);
    }

    [Fact]
    public void Copies_count_nothing_and_shared_parts_count_once()
    {
        var builder = new ProgramBuilder(new Program("test"), training: false);
        var x = builder.Input("x", [6]);
        builder.Pointwise("copy", v => v[0], x);
        builder.Pointwise("shared", v => Expr.Exp(v[0]) / (Expr.Exp(v[0]) + 1), x);
        Assert.Equal([0, 18], builder.Program.Nests.Select(FlopCounter.Count));
    }
}
