using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Layers;

/// <summary>Recurrent layers against their formulas, written plainly.</summary>
public class RecurrentTests
{
    private static LayerRule Rule(string kind) => kind switch { "Rnn" => new RnnRule(), "Gru" => new GruRule(), _ => new LstmRule() };

    [Theory]
    [InlineData("Rnn", "Units=4")]
    [InlineData("Rnn", "Units=4 Nonlinearity=Relu Bias=false")]
    [InlineData("Rnn", "Units=1 Layers=2 Bidirectional=true")]
    [InlineData("Gru", "Units=4")]
    [InlineData("Gru", "Units=3 Bias=false Bidirectional=true Returns=Last")]
    [InlineData("Gru", "Units=2 Layers=3 Bidirectional=true")]
    [InlineData("Lstm", "Units=4")]
    [InlineData("Lstm", "Units=4 Returns=Last")]
    [InlineData("Lstm", "Units=3 Layers=2 Bidirectional=true Returns=Last")]
    [InlineData("Lstm", "Units=2 Bias=false")]
    public void Steps_follow_the_formula(string kind, string arguments)
    {
        foreach (var steps in new[] { 1, 2, 5 })
        {
            var run = new LayerRun(Rule(kind), [steps, 3], LayerRun.Parse(arguments));
            var layers = arguments.Contains("Layers", StringComparison.Ordinal) ? arguments[arguments.IndexOf("Layers=", StringComparison.Ordinal) + 7] - '0' : 1;
            var directions = arguments.Contains("Bidirectional", StringComparison.Ordinal) ? 2 : 1;
            var isLast = arguments.Contains("Last", StringComparison.Ordinal);
            for (var sample = 0; sample < run.Batch; sample++)
            {
                var x = Enumerable.Range(0, steps).Select(t => run.Input.AsSpan(((sample * steps) + t) * 3, 3).ToArray()).ToArray();
                double[] last = [];
                for (var layer = 0; layer < layers; layer++)
                {
                    var forward = Layer(kind, arguments, run, $"_l{layer}", x);
                    var both = directions == 1 ? null : Layer(kind, arguments, run, $"_l{layer}_reverse", [.. x.Reverse()]).Reverse().ToArray();
                    last = [.. forward[^1], .. both?[0] ?? []];
                    x = [.. forward.Select((h, t) => (double[])[.. h, .. both?[t] ?? []])];
                }

                double[] expected = isLast ? last : [.. x.SelectMany(h => h)];
                Assert.Equal(run.Shape.Aggregate(1, (a, b) => a * b), expected.Length);
                for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], run.Output[(sample * expected.Length) + i], 1e-12);
            }
        }
    }

    [Theory]
    [InlineData("Rnn", 1)]
    [InlineData("Gru", 3)]
    [InlineData("Lstm", 4)]
    public void Names_shapes_and_initial_values_are_those_of_PyTorch(string kind, int gates)
    {
        var graph = Build(Chain(Input(7, 3), L(kind, ("Units", 5), ("Layers", 2), ("Bidirectional", true))));
        string[] names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
        int[][] Shapes(int input) => [[gates * 5, input], [gates * 5, 5], [gates * 5], [gates * 5]];
        var expected = new[] { ("_l0", 3), ("_l0_reverse", 3), ("_l1", 10), ("_l1_reverse", 10) }
            .SelectMany(l => names.Zip(Shapes(l.Item2), (name, shape) => $"0.{name}{l.Item1} {string.Join('x', shape)}"));
        var parameters = graph.Nodes[1].Parameters;
        Assert.Equal(expected, parameters.Select(p => $"{p.Name} {string.Join('x', p.Shape)}"));
        Assert.All(parameters, p => Assert.Equal(1 / Math.Sqrt(5), p.Initializer.Bound, 1e-15));
        Assert.Equal([7, 10], graph.Nodes[1].Shape);
    }

    [Fact]
    public void Sizes_may_be_relative()
    {
        var graph = Build(Network(null, [], P("X", Input(4, 6)), P("A", L("Gru", ("Like", "X"))), P("B", L("Lstm", ("Scale", 0.5)))));
        Assert.Equal([4, 6], graph.Nodes[1].Shape);
        Assert.Equal([4, 3], graph.Nodes[2].Shape);
    }

    [Theory]
    [InlineData("Rnn")]
    [InlineData("Gru")]
    [InlineData("Lstm")]
    public void Faults_are_reported(string kind)
    {
        LayerRun.MustFail(Rule(kind), [7], "NETC0017", $"{kind} needs an input of shape [T, F]: a sequence of T steps with F features each, but gets [7]", LayerRun.Parse("Units=4"));
        LayerRun.MustFail(Rule(kind), [3, 8, 8], "NETC0017", "but gets [3, 8, 8]", LayerRun.Parse("Units=4"));
        LayerRun.MustFail(Rule(kind), [7, 3], "NETC0021", $"{kind} needs its number of units", []);
        LayerRun.MustFail(Rule(kind), [7, 3], "NETC0021", "only one of them", LayerRun.Parse("Units=4 Scale=2"));
        LayerRun.MustFail(Rule(kind), [7, 3], "NETC0010", $"{kind}: Units is 0", LayerRun.Parse("Units=0"));
        LayerRun.MustFail(Rule(kind), [7, 3], "NETC0010", $"{kind}: Layers is 0", LayerRun.Parse("Units=4 Layers=0"));
        LayerRun.MustFail(Rule(kind), [7, 3], "NETC0018", $"{kind}: Dropout is 1, but must be at least 0 and less than 1", LayerRun.Parse("Units=4 Dropout=1"));
        LayerRun.MustFail(Rule(kind), [7, 3], "NETC0018", $"{kind}: Units is 2000000000, but must be at most", LayerRun.Parse("Units=2000000000 Bidirectional=true"));
    }

    [Fact]
    public void A_state_of_many_units_is_too_large() =>
        Assert.Equal("NETC0016", Fault(Chain(Input(7, 3), L("Lstm", ("Units", 100_000)))).Id);

    [Theory]
    [InlineData("Rnn", 4, "Sequence")]
    [InlineData("Gru", 1, "Sequence")]
    [InlineData("Gru", 4, "Last")]
    [InlineData("Lstm", 1, "Last")]
    [InlineData("Lstm", 4, "Sequence")]
    public void A_training_step_goes_on_where_the_one_before_ended(string kind, int steps, string returns)
    {
        const int Batch = 2;
        const int Windows = 3;
        Program Training(int length) => LoweringStage.Lower(
            Build(Chain(Loss("MeanSquaredError"), Input(length, 3), L(kind, ("Units", 5), ("Layers", 2)), L("Tanh"), L(kind, ("Units", 2), ("Returns", returns)))), training: true);
        var random = new Random(1);
        double[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextDouble() * 2) - 1)];

        var all = Training(steps * Windows);
        var whole = new DoubleInterpreter(all, Batch);
        foreach (var value in all.Parameters) whole[value] = Draw(value.Length);
        whole[all.Inputs[0]] = Draw(whole.SizeOf(all.Inputs[0]));
        whole[all.Labels[0]] = Draw(whole.SizeOf(all.Labels[0]));
        whole.Run();
        var expected = whole[all.Outputs[0]];

        foreach (var window in new[] { Training(steps), PassList.Run(Training(steps)) })
        {
            var run = new DoubleInterpreter(window, Batch);
            foreach (var (value, same) in window.Parameters.Zip(all.Parameters)) run[value] = whole[same];
            run[window.Labels[0]] = new double[run.SizeOf(window.Labels[0])];
            Assert.Equal(kind == "Lstm" ? 6 : 3, window.States.Count);
            Assert.Equal(window.States, window.StateWrites.Select(w => w.StateOf));
            for (var w = 0; w < Windows; w++)
            {
                run[window.Inputs[0]] = [.. Enumerable.Range(0, Batch).SelectMany(b => whole[all.Inputs[0]].Skip(((b * Windows) + w) * steps * 3).Take(steps * 3))];
                run.Run();
                foreach (var end in window.StateWrites) run[end.StateOf!] = [.. run[end]];
                if (returns == "Last" && w + 1 < Windows) continue;
                var actual = run[window.Outputs[0]];
                for (var i = 0; i < actual.Length; i++)
                {
                    var (b, rest) = (i / (actual.Length / Batch), i % (actual.Length / Batch));
                    Assert.Equal(expected[returns == "Last" ? i : (((b * Windows) + w) * steps * 2) + rest], actual[i], 1e-12);
                }
            }
        }
    }

    [Fact]
    public void Backwards_in_time_there_is_nothing_to_go_on_from()
    {
        var graph = Build(Chain(Loss("MeanSquaredError"), Input(4, 3), L("Gru", ("Units", 5)), L("Lstm", ("Units", 5), ("Bidirectional", true))));
        Assert.False(graph.CarriesStates);
        Assert.Equal("1 Lstm", graph.BothWays?.Title);
        Assert.Empty(LoweringStage.Lower(graph, training: true).States);
        Assert.Empty(LoweringStage.Lower(Build(Chain(Input(4, 3), L("Gru", ("Units", 5)))), training: false).States);
    }

    private static double[][] Layer(string kind, string arguments, LayerRun run, string suffix, double[][] x)
    {
        var w = run.Parameter("weight_ih" + suffix);
        var v = run.Parameter("weight_hh" + suffix);
        var bias = run.Has("bias_ih" + suffix);
        var (b, c) = bias ? (run.Parameter("bias_ih" + suffix), run.Parameter("bias_hh" + suffix)) : (new double[w.Length], new double[w.Length]);
        var units = v.Length / (w.Length / x[0].Length);
        double[] h = new double[units], cell = new double[units];
        return [.. x.Select(Step)];

        double[] Step(double[] input)
        {
            double FromInput(int gate, int j) => Dot(w, (gate * units) + j, input) + b[(gate * units) + j];
            double FromState(int gate, int j) => Dot(v, (gate * units) + j, h) + c[(gate * units) + j];
            double Gate(int gate, int j) => Sigmoid(FromInput(gate, j) + FromState(gate, j));
            var next = new double[units];
            for (var j = 0; j < units; j++)
            {
                switch (kind)
                {
                    case "Rnn":
                        var sum = FromInput(0, j) + FromState(0, j);
                        next[j] = arguments.Contains("Relu", StringComparison.Ordinal) ? Math.Max(sum, 0) : Math.Tanh(sum);
                        break;
                    case "Gru":
                        var z = Gate(1, j);
                        next[j] = ((1 - z) * Math.Tanh(FromInput(2, j) + (Gate(0, j) * FromState(2, j)))) + (z * h[j]);
                        break;
                    default:
                        cell[j] = (Gate(1, j) * cell[j]) + (Gate(0, j) * Math.Tanh(FromInput(2, j) + FromState(2, j)));
                        next[j] = Gate(3, j) * Math.Tanh(cell[j]);
                        break;
                }
            }

            return h = next;
        }
    }

    private static double Dot(double[] matrix, int row, double[] x) => x.Select((value, i) => matrix[(row * x.Length) + i] * value).Sum();

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
