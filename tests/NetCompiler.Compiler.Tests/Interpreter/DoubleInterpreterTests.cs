using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Tests.Interpreter;

public class DoubleInterpreterTests
{
    private readonly ProgramBuilder _builder = new(new Program("test"), training: true);

    [Fact]
    public void A_dense_layer_contracts_each_sample_with_the_shared_weights()
    {
        var x = _builder.Input("x", [3]);
        var w = Parameter("w", 2, 3);
        var (o, k) = (new LoopIndex("o", 2), new LoopIndex("k", 3));
        var y = _builder.Sum("y", [2], [o, k], [o], ProgramBuilder.Read(w, o, k) * ProgramBuilder.Read(x, k));

        var run = new DoubleInterpreter(_builder.Program, 2) { [x] = [1, 2, 3, 4, 5, 6], [w] = [1, 10, 100, 0, -1, 1] };
        run.Run();
        Assert.Equal([321, 1, 654, 1], run[y]);
    }

    [Fact]
    public void Guards_leave_points_out_and_fill_shows_where_nothing_is_stored()
    {
        var x = _builder.Input("x", [4]);
        var (i, k) = (new LoopIndex("i", 4), new LoopIndex("k", 3));
        var at = i + k - 1;
        var sums = _builder.Sum("sums", [4], [i, k], [i], ProgramBuilder.Read(x, at), [new Guard(at, 4)]);
        var padded = _builder.Store("padded", [6], [i], [i + 1], ProgramBuilder.Read(x, i), fill: -7);

        var run = new DoubleInterpreter(_builder.Program, 1) { [x] = [1, 2, 3, 4] };
        run.Run();
        Assert.Equal([3, 6, 9, 7], run[sums]);
        Assert.Equal([-7, 1, 2, 3, 4, -7], run[padded]);
    }

    [Fact]
    public void Values_without_samples_are_reduced_over_the_minibatch()
    {
        var x = _builder.Input("x", [2]);
        var i = new LoopIndex("i", 2);
        var mean = _builder.Sum("mean", [2], [i], [i], ProgramBuilder.Read(x, i) * _builder.InverseBatch, batched: false);
        var largest = _builder.Program.NewValue("largest", [1], batched: false);
        _builder.Program.Nests.Add(new Nest("largest", NestKind.Max, [i], new Access(largest, new EquatableArray<Affine>([0])), ProgramBuilder.Read(x, i)));

        var run = new DoubleInterpreter(_builder.Program, 4) { [x] = [1, -2, 3, -4, 5, -6, 7, -8] };
        run.Run();
        Assert.Equal([4, -5], run[mean]);
        Assert.Equal([7], run[largest]);
    }

    [Fact]
    public void ArgMax_numbers_the_first_largest_point_over_the_reduced_indices()
    {
        var x = _builder.Input("x", [2, 2, 3]);
        var (c, y, z) = (new LoopIndex("c", 2), new LoopIndex("y", 2), new LoopIndex("z", 3));
        var at = _builder.Add(NestKind.ArgMax, "at", [2], [y, c, z], [c], ProgramBuilder.Read(x, c, y, z), null, 0, null);

        var run = new DoubleInterpreter(_builder.Program, 1) { [x] = [1, 5, 2, 5, 0, 5, -3, -3, -9, -2, -2, -1] };
        run.Run();
        Assert.Equal([1, 5], run[at]);
    }

    [Fact]
    public void Random_numbers_are_those_of_the_counter_and_differ_between_samples()
    {
        var x = _builder.Input("x", [3]);
        var i = new LoopIndex("i", 3);
        var noise = _builder.Store("noise", [3], [i], [i], new RandomExpr(5, i * 2) + (ProgramBuilder.Read(x, i) * 1));

        var run = new DoubleInterpreter(_builder.Program, 2, seed: 9) { [x] = new double[6] };
        run.Run();
        for (var sample = 0; sample < 2; sample++)
            for (var n = 0; n < 3; n++)
                Assert.Equal(CounterRandom.Uniform(CounterRandom.RowKey(9, 5, sample), n * 2), run[noise][(sample * 3) + n]);
        Assert.Equal(6, run[noise].Distinct().Count());
    }

    [Fact]
    public void Every_function_has_its_value()
    {
        var x = _builder.Input("x", [1]);
        var expected = new Dictionary<UnaryOp, double>
        {
            [UnaryOp.Neg] = -0.3, [UnaryOp.Abs] = 0.3, [UnaryOp.Sqrt] = Math.Sqrt(0.3), [UnaryOp.Exp] = Math.Exp(0.3),
            [UnaryOp.Log] = Math.Log(0.3), [UnaryOp.Tanh] = Math.Tanh(0.3), [UnaryOp.Sigmoid] = 0.574442516811659,
            [UnaryOp.Erf] = 0.328626759459127, [UnaryOp.Sin] = Math.Sin(0.3), [UnaryOp.Cos] = Math.Cos(0.3), [UnaryOp.Floor] = 0,
            [UnaryOp.Log1P] = Math.Log(1.3), [UnaryOp.ExpM1] = Math.Exp(0.3) - 1, [UnaryOp.NormalCdf] = 0.617911422188953,
            [UnaryOp.Gelu] = 0.185373426656686, [UnaryOp.GeluSlope] = 0.73232776682711, [UnaryOp.GeluTanh] = 0.185370923542759, [UnaryOp.Silu] = 0.172332755043498, [UnaryOp.Mish] = 0.208001372348115,
            [UnaryOp.Sinh] = 0.304520293447143, [UnaryOp.Cosh] = 1.04533851412886,
        };
        var values = Enum.GetValues<UnaryOp>().ToDictionary(op => op, op => _builder.Pointwise(op.ToString(), v => new UnaryExpr(op, v[0]), x));
        var run = new DoubleInterpreter(_builder.Program, 1) { [x] = [0.3] };
        run.Run();
        foreach (var (op, value) in values) Assert.Equal(expected[op], run[value][0], 14);
    }

    [Fact]
    public void Comparisons_choose()
    {
        var x = _builder.Input("x", [2]);
        (BinaryOp Op, double[] Expected)[] cases =
        [
            (BinaryOp.Less, [1, 0]), (BinaryOp.LessOrEqual, [1, 1]), (BinaryOp.Greater, [0, 0]),
            (BinaryOp.GreaterOrEqual, [0, 1]), (BinaryOp.Equal, [0, 1]), (BinaryOp.NotEqual, [1, 0]),
        ];
        var values = cases.Select(c => _builder.Pointwise(c.Op.ToString(), v => Expr.Select(new BinaryExpr(c.Op, v[0], 2), 1, 0), x)).ToArray();
        var run = new DoubleInterpreter(_builder.Program, 1) { [x] = [1, 2] };
        run.Run();
        for (var c = 0; c < cases.Length; c++) Assert.Equal(cases[c].Expected, run[values[c]]);
    }

    [Fact]
    public void Missing_and_ill_sized_data_are_named()
    {
        var x = _builder.Input("picture", [3]);
        _builder.Pointwise("y", v => v[0] * 2, x);
        var run = new DoubleInterpreter(_builder.Program, 2);
        Assert.Contains("'picture'", Assert.Throws<InvalidOperationException>(run.Run).Message, StringComparison.Ordinal);
        Assert.Contains("6 expected", Assert.Throws<ArgumentException>(() => run[x] = new double[5]).Message, StringComparison.Ordinal);
    }

    private Value Parameter(string name, params int[] shape) =>
        _builder.Parameter(new ParameterDeclaration(name, shape.ToEquatableArray(), Initializer.Uniform(1), false));
}
