using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Layers;

/// <summary>What the layers without windows compute, against the same written plainly.</summary>
public class CoreLayerTests
{
    private const double Erf1 = 0.84270079294971487; // erf(1), so that gelu(sqrt 2) = (1 + erf 1) / sqrt 2

    private static double[] Range(int count) => [.. Enumerable.Range(0, count).Select(i => (double)i)];

    /// <summary>Runs one sample; every parameter element is what <paramref name="parameter"/> gives for its name and number.</summary>
    private static double[] Run(NetworkSpec spec, double[][] inputs, Func<string, int, double>? parameter = null, bool training = false, int batch = 1, uint seed = 0)
    {
        var program = LoweringStage.Lower(Build(spec), training);
        ProgramVerifier.Verify(program);
        var run = new DoubleInterpreter(program, batch, seed);
        foreach (var (value, data) in program.Inputs.Zip(inputs)) run[value] = data;
        foreach (var p in program.Parameters) run[p] = [.. Enumerable.Range(0, p.Length).Select(i => parameter!(p.Name, i))];
        run.Run();
        return run[program.Outputs.Single()];
    }

    private static double[] RunChain(double[] input, int[] shape, params LayerSpec[] layers) => Run(Chain([Input(shape), .. layers]), [input]);

    private static void Near(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-13 * Math.Max(1, Math.Abs(expected[i])));
    }

    [Fact]
    public void Dense_multiplies_each_row_and_adds_the_bias()
    {
        var result = Run(Chain(Input(2, 3), Dense(2)), [[1, 2, 3, 4, 5, 6]], (name, i) => name == "0.weight" ? new[] { 1.0, 0, 2, -1, 1, 0 }[i] : 10 * (i + 1));
        Assert.Equal([1 + 6 + 10, -1 + 2 + 20, 4 + 12 + 10, -4 + 5 + 20], result);
        Assert.Equal([32.0], Run(Chain(Input(3), L("Dense", ("Units", 1), ("Bias", false))), [[1, 2, 3]], (_, i) => new[] { 4.0, 5, 6 }[i]));
    }

    public static TheoryData<string, double, double> ActivationValues => new()
    {
        { "Relu", 2, 2 }, { "Relu", -2, 0 },
        { "LeakyRelu", -2, -0.02 }, { "LeakyRelu", 3, 3 },
        { "Elu", -1, Math.Exp(-1) - 1 }, { "Elu", 2, 2 },
        { "Selu", 1, 1.0507009873554804934193349852946 }, { "Selu", -1, 1.0507009873554804934193349852946 * 1.6732632423543772848170429916717 * (Math.Exp(-1) - 1) },
        { "Gelu", Math.Sqrt(2), (1 + Erf1) / Math.Sqrt(2) }, { "Gelu", -Math.Sqrt(2), -(1 - Erf1) / Math.Sqrt(2) },
        { "Silu", 2, 2 / (1 + Math.Exp(-2)) },
        { "Mish", 1.5, 1.5 * Math.Tanh(Math.Log(1 + Math.Exp(1.5))) }, { "Mish", -3, -3 * Math.Tanh(Math.Log(1 + Math.Exp(-3))) }, { "Mish", 800, 800 }, { "Mish", -800, 0 },
        { "Sigmoid", -1, 1 / (1 + Math.E) },
        { "Tanh", 0.5, Math.Tanh(0.5) },
        { "Softplus", 1, Math.Log(1 + Math.E) }, { "Softplus", 1000, 1000 }, { "Softplus", -1000, 0 }, { "Softplus", 0, Math.Log(2) },
        { "HardSwish", 1, 4.0 / 6 }, { "HardSwish", -4, 0 }, { "HardSwish", 5, 5 },
        { "HardSigmoid", 1, 4.0 / 6 }, { "HardSigmoid", -4, 0 }, { "HardSigmoid", 5, 1 },
    };

    [Theory]
    [MemberData(nameof(ActivationValues))]
    public void Activations_have_their_values(string kind, double x, double expected) => Near([expected], RunChain([x], [1], L(kind)));

    [Fact]
    public void Activations_read_their_arguments()
    {
        Near([-0.5, 4], RunChain([-2, 4], [2], L("LeakyRelu", ("Slope", 0.25))));
        Near([3 * (Math.Exp(-2) - 1)], RunChain([-2], [1], L("Elu", ("Alpha", 3))));
        var x = 0.7;
        Near([0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))], RunChain([x], [1], L("Gelu", ("Approximate", true))));
    }

    [Fact]
    public void A_map_computes_the_users_function_also_in_a_block_and_without_its_argument()
    {
        FunctionSpec[] functions = [new("Swish", 1, "(div x0 (add 1 (exp (neg x0))))"), new("One", 1, "1")];
        var chain = Chain(Input(2), L("Map", ("Function", "Swish"))) with { Functions = new(functions) };
        Near([1 / (1 + Math.Exp(-1)), -2 / (1 + Math.Exp(2))], Run(chain, [[1, -2]]));
        var constant = Chain(Input(2), L("Map", ("Function", "One"))) with { Functions = new(functions) };
        Near([1, 1, 1, 1], Run(constant, [[1, -2, 3, 4]], batch: 2));

        var block = Block("Some.B", P("X", Input()), P("Y", L("Map", ("Function", "Swish")))) with { Functions = new(functions) };
        Near([0], Run(Network(null, [block], P("X", Input(1)), P("Y", Use("Some.B", 2))), [[0]]));
    }

    [Fact]
    public void A_map_of_several_layers_gives_each_parameter_its_own()
    {
        FunctionSpec[] functions = [new("Between", 3, "(add x0 (mul x2 (sub x1 x0)))"), new("Minus", 2, "(sub x0 x1)"), new("Second", 2, "x1"), new("One", 2, "1"), new("Twice", 1, "(mul 2 x0)")];
        NetworkSpec Map(int[] a, int[] b, string function, params string[] names) =>
            Network(null, [], P("A", Input(a)), P("B", Input(b)), P("M", L("Map", ("Function", function), ("Names", names)))) with { Functions = new(functions) };
        Near([-3, 18], Run(Map([2], [2], "Minus", "A", "B"), [[1, 20], [4, 2]]));
        Near([3, -18], Run(Map([2], [2], "Minus", "B", "A"), [[1, 20], [4, 2]]));
        Near([0, 0], Run(Map([2], [2], "Minus", "A", "A"), [[1, 20], [4, 2]]));
        Near([2, 40], Run(Map([2], [2], "Twice", "A"), [[1, 20], [4, 2]]));
        Near([1 + (1 * 3), 20 - (20 * 18)], Run(Map([2], [2], "Between", "A", "B", "A"), [[1, 20], [4, 2]]));
        Near([-9, -19, -8, -18, -7, -17], Run(Map([3, 1], [1, 2], "Minus", "A", "B"), [[1, 2, 3], [10, 20]]));

        // Of what it ignores the shape still counts.
        Near([10, 20, 10, 20, 10, 20], Run(Map([3, 1], [1, 2], "Second", "A", "B"), [[1, 2, 3], [10, 20]]));
        Near([1, 1, 1, 1], Run(Map([2, 1], [1, 1], "One", "A", "B"), [[1, 2, 3, 4], [5, 6]], batch: 2));

        var block = Block("Some.B", P("X", Input()), P("Y", Dense(1)), P("Z", L("Map", ("Function", "Minus"), ("Names", new[] { "X", "Y" })))) with { Functions = new(functions) };
        Near([1 - 3, 2 - 3], Run(Network(null, [block], P("X", Input(2)), P("Y", Use("Some.B"))), [[1, 2]], (name, _) => name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0));
    }

    [Theory]
    [InlineData(new[] { 3 }, null, 0)]
    [InlineData(new[] { 2, 3 }, null, 1)]
    [InlineData(new[] { 2, 3 }, 0, 0)]
    [InlineData(new[] { 3, 2, 2 }, null, 0)]
    [InlineData(new[] { 3, 2, 2 }, -1, 2)]
    public void Softmax_and_its_logarithm_along_an_axis(int[] shape, int? axis, int resolved)
    {
        var length = shape.Aggregate(1, (a, b) => a * b);

        // Far from 0: without the shift by the largest, the exponentials would overflow.
        double[] x = [.. Range(length).Select(i => 1000 + Math.Sin(i * i))];
        var inner = shape.Skip(resolved + 1).Aggregate(1, (a, b) => a * b);
        double LogSum(int at)
        {
            var first = at - (at / inner % shape[resolved] * inner);
            return Math.Log(Enumerable.Range(0, shape[resolved]).Sum(k => Math.Exp(x[first + (k * inner)] - 1000))) + 1000;
        }

        LayerSpec Layer(string kind) => axis is { } a ? L(kind, ("Axis", a)) : L(kind);
        var log = RunChain(x, shape, Layer("LogSoftmax"));
        var plain = RunChain(x, shape, Layer("Softmax"));
        for (var i = 0; i < length; i++)
        {
            Assert.Equal(x[i] - LogSum(i), log[i], 1e-12);
            Assert.Equal(Math.Exp(x[i] - LogSum(i)), plain[i], 1e-12);
        }
    }

    [Fact]
    public void Merging_layers()
    {
        static NetworkSpec Merge(int[] a, int[] b, LayerSpec layer) =>
            Network(null, [], P("A", Input(a)), P("B", Input(b)), P("M", layer));
        string[] names = ["A", "B"];
        Near([5, 7, 9], Run(Merge([3], [3], L("Add", ("Names", names))), [[1, 2, 3], [4, 5, 6]]));
        Near([4, 10, 18], Run(Merge([3], [3], L("Multiply", ("Names", names))), [[1, 2, 3], [4, 5, 6]]));
        Near([4, 4], Run(Merge([2], [2], L("Add", ("Names", new[] { "A", "A", "A", "B" }))), [[1, 1], [1, 1]]));
        Near([10, 20, 60, 80], Run(Merge([2, 1, 2], [2, 1, 1], L("Multiply", ("Names", names))), [[1, 2, 3, 4], [10, 20]]));
        Near([11, 21, 12, 22, 13, 23], Run(Merge([3, 1], [1, 2], L("Add", ("Names", names))), [[1, 2, 3], [10, 20]]));
        Near([3, 5, 7], Run(Merge([1], [3], L("Add", ("Names", new[] { "A", "B", "B" }))), [[1], [1, 2, 3]]));
        Near([1, 2, 3, 4, 5], Run(Merge([3], [2], L("Concat", ("Names", names))), [[1, 2, 3], [4, 5]]));
        Near([1, 2, 5, 3, 4, 6], Run(Merge([2, 2], [2, 1], L("Concat", ("Names", names), ("Axis", -1))), [[1, 2, 3, 4], [5, 6]]));
        Near([1, 2, 5, 6, 3, 4, 7, 8], Run(Merge([1, 2], [1, 2], L("Concat", ("Names", names))), [[1, 2, 3, 4], [5, 6, 7, 8]], batch: 2));
    }

    [Theory]
    [InlineData(new[] { 2, 3, 4 }, new[] { 24 })]
    [InlineData(new[] { 24 }, new[] { 2, 3, 4 })]
    [InlineData(new[] { 2, 3, 4 }, new[] { 6, 4 })]
    [InlineData(new[] { 6, 4 }, new[] { 2, 3, 1, 2, 2 })]
    [InlineData(new[] { 2, 3 }, new[] { 3, 2 })]
    [InlineData(new[] { 4, 3, 2 }, new[] { 4, 2, 3 })]
    [InlineData(new[] { 1, 6, 1 }, new[] { 2, -1 })]
    [InlineData(new[] { 2, 1, 3 }, new[] { 1, 2, 3, 1 })]
    [InlineData(new[] { 1, 1 }, new[] { 1 })]
    public void Reshape_keeps_the_order(int[] from, int[] to)
    {
        var x = Range(from.Aggregate(1, (a, b) => a * b));
        Near(x, RunChain(x, from, L("Reshape", ("Shape", to))));
        Near(x, RunChain(x, from, L("Flatten")));
    }

    [Fact]
    public void A_reshape_whose_dimensions_nest_is_one_copy()
    {
        static int Nests(int[] from, int[] to) => LoweringStage.Lower(Build(Chain(Input(from), L("Reshape", ("Shape", to)))), false).Nests.Count;
        Assert.Equal(1, Nests([16, 7, 7], [16, 49]));
        Assert.Equal(1, Nests([8, 6, 3], [2, 4, 18]));
        Assert.Equal(2, Nests([4, 6], [6, 4]));
    }

    [Fact]
    public void Permute_slice_and_pad()
    {
        Near([0, 3, 1, 4, 2, 5], RunChain(Range(6), [2, 3], L("Permute", ("Order", new[] { 1, 0 }))));

        // [2, 3, 2] -> [2, 2, 3]: out[a, b, c] = in[b, c, a].
        Near(
            [.. from a in Range(2) from b in Range(2) from c in Range(3) select (b * 6) + (c * 2) + a],
            RunChain(Range(12), [2, 3, 2], L("Permute", ("Order", new[] { 2, 0, 1 }))));
        Near([2, 5, 8], RunChain(Range(10), [10], L("Slice", ("Start", 2), ("Step", 3))));
        Near([1, 2, 5, 6], RunChain(Range(8), [2, 4], L("Slice", ("Axis", 1), ("Start", 1), ("Length", 2))));
        Near([7, 7, 7, 7, 0, 1, 7, 2, 3], RunChain(Range(4), [1, 2, 2], L("Pad", ("Top", 1), ("Left", 1), ("Value", 7))));
        Near([0, 0, 0, 0, 5, 0, 0, 0, 0], RunChain([5], [1, 1, 1], L("Pad", ("Size", 1))));
        Near([0, 0, 0, 0, 0, 5], RunChain([5], [1, 1, 1], L("Pad", ("Size", 1), ("Bottom", 0), ("Left", 2), ("Right", 0))));
    }

    [Theory]
    [InlineData("", 1, 0, 13)]
    [InlineData("PerChannel=true", 4, 0, 4)]
    [InlineData("PerChannel=true Initial=0.5", 4, 1, 5, 4)]
    [InlineData("PerChannel=true", 3, 0, 3, 4, 2)]
    public void PRelu_has_a_slope_for_all_or_for_each_channel(string arguments, int slopes, int dimension, params int[] shape)
    {
        var run = new LayerRun(new PReluRule(), shape, LayerRun.Parse(arguments));
        var slope = run.Parameter("weight");
        Assert.Equal(slopes, slope.Length);
        var inner = shape.Skip(dimension + 1).Aggregate(1, (a, b) => a * b);
        for (var i = 0; i < run.Input.Length; i++)
            Assert.Equal(run.Input[i] > 0 ? run.Input[i] : slope[i / inner % shape[dimension] % slopes] * run.Input[i], run.Output[i], 1e-12);
    }

    [Fact]
    public void Dropout_drops_its_share_scales_the_rest_and_predicts_nothing()
    {
        var x = Enumerable.Repeat(3.0, 40_000).ToArray();
        var spec = Chain(Input(200, 100), L("Dropout", ("Rate", 0.25)));
        var trained = Run(spec, [x], training: true, batch: 2, seed: 5);
        Assert.All(trained, y => Assert.True(y is 0 or 4));

        // Four standard deviations of a binomial count.
        Assert.InRange(trained.Count(y => y == 0), 10_000 - 350, 10_000 + 350);
        Assert.NotEqual(trained.Take(20_000), trained.Skip(20_000));
        Assert.Equal(trained, Run(spec, [x], training: true, batch: 2, seed: 5));
        Assert.NotEqual(trained, Run(spec, [x], training: true, batch: 2, seed: 6));
        Assert.Equal(x, Run(spec, [x], batch: 2));
    }

    [Fact]
    public void Two_dropouts_draw_different_numbers()
    {
        var spec = Chain(Input(64, 64), L("Dropout"), L("Dropout"));
        var result = Run(spec, [Enumerable.Repeat(1.0, 4096).ToArray()], training: true);

        // Kept by both with probability 1/4; by the same numbers it would be 1/2. Four standard deviations.
        Assert.InRange(result.Count(y => y == 4), 1024 - 111, 1024 + 111);
    }
}
