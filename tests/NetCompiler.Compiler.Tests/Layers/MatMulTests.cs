using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Layers;

/// <summary>Products of two layers against loops.</summary>
public class MatMulTests
{
    [Theory]
    [InlineData(new[] { 3, 4 }, new[] { 4, 5 }, new[] { 3, 5 })]
    [InlineData(new[] { 1, 4 }, new[] { 4, 1 }, new[] { 1, 1 })]
    [InlineData(new[] { 3, 1 }, new[] { 1, 5 }, new[] { 3, 5 })]
    [InlineData(new[] { 2, 3, 4 }, new[] { 2, 4, 5 }, new[] { 2, 3, 5 })]
    [InlineData(new[] { 1, 3, 4 }, new[] { 2, 4, 5 }, new[] { 2, 3, 5 })]
    [InlineData(new[] { 2, 3, 4 }, new[] { 1, 4, 5 }, new[] { 2, 3, 5 })]
    [InlineData(new[] { 3, 4 }, new[] { 2, 4, 5 }, new[] { 2, 3, 5 })]
    [InlineData(new[] { 2, 3, 4 }, new[] { 4, 5 }, new[] { 2, 3, 5 })]
    [InlineData(new[] { 3, 1, 2, 4 }, new[] { 2, 4, 5 }, new[] { 3, 2, 2, 5 })]
    public void Every_matrix_is_multiplied_with_its_own(int[] a, int[] b, int[] expected)
    {
        foreach (var (turnA, turnB) in new[] { (false, false), (true, false), (false, true), (true, true) })
        {
            var spec = Network(
                null, [], P("X", Input(turnA ? Turned(a) : a)), P("Y", Input(turnB ? Turned(b) : b)),
                P("M", L("MatMul", ("A", "X"), ("B", "Y"), ("TransposeA", turnA), ("TransposeB", turnB))));
            var graph = Build(spec);
            Assert.Equal(expected, graph.Outputs.Single().Shape);
            var program = LoweringStage.Lower(graph, training: false);
            ProgramVerifier.Verify(program);
            var run = new DoubleInterpreter(program, 1);
            foreach (var (input, seed) in program.Inputs.Zip([1, 2])) run[input] = [.. Enumerable.Range(0, input.Length).Select(i => Math.Sin((i * i) + seed))];
            run.Run();

            var at = 0;
            foreach (var place in Places(expected))
            {
                var sum = 0.0;
                for (var k = 0; k < a[^1]; k++) sum += Element(run[program.Inputs[0]], a, turnA, place, place[^2], k) * Element(run[program.Inputs[1]], b, turnB, place, k, place[^1]);
                Assert.Equal(sum, run[program.Outputs.Single()][at++], 1e-13);
            }
        }
    }

    [Fact]
    public void A_layer_with_itself()
    {
        var program = LoweringStage.Lower(Build(Network(null, [], P("X", Input(2, 3)), P("M", L("MatMul", ("A", "X"), ("B", "X"), ("TransposeB", true))))), training: false);
        var run = new DoubleInterpreter(program, 1);
        run[program.Inputs.Single()] = [1, 2, 3, 4, 5, 6];
        run.Run();
        Assert.Equal([14.0, 32, 32, 77], run[program.Outputs.Single()]);
    }

    private static int[] Turned(int[] shape) => [.. shape[..^2], shape[^1], shape[^2]];

    /// <summary>Element (row, column) of the matrix that stands at a place of the result; dimensions before the last two are counted from the last and may be 1 or missing.</summary>
    private static double Element(double[] data, int[] shape, bool turned, int[] place, int row, int column)
    {
        var at = 0;
        for (var d = 0; d < shape.Length - 2; d++) at = (at * shape[d]) + (shape[d] == 1 ? 0 : place[place.Length - shape.Length + d]);
        var (rows, columns) = (shape[^2], shape[^1]);
        return data[(at * rows * columns) + (turned ? (column * rows) + row : (row * columns) + column)];
    }

    private static IEnumerable<int[]> Places(int[] shape) => shape.Aggregate(
        new List<int[]> { Array.Empty<int>() }, (places, size) => [.. places.SelectMany(p => Enumerable.Range(0, size).Select(i => (int[])[.. p, i]))]);
}
