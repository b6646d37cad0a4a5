using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>Each rule of expressions and of nests on a small program made for it.</summary>
public class NestGradientTests
{
    private readonly ProgramBuilder _builder = new(new Program("test"), training: true);

    public static TheoryData<UnaryOp> UnaryOps => new(Enum.GetValues<UnaryOp>().Where(o => o != UnaryOp.Floor));

    public static TheoryData<BinaryOp> BinaryOps => new(Enum.GetValues<BinaryOp>().Where(o => o < BinaryOp.Less));

    [Theory]
    [MemberData(nameof(UnaryOps))]
    public void Functions_of_one_number(UnaryOp op)
    {
        var x = _builder.Input("x", [5]);
        var needsPositive = op is UnaryOp.Sqrt or UnaryOp.Log or UnaryOp.Log1P;
        var y = _builder.Pointwise("y", v => new UnaryExpr(op, v[0]), x);
        var inside = _builder.Pointwise("inside", v => new UnaryExpr(op, v[0] * 1.5) * v[0], x);
        Check([y, inside], (v, r) => v == x ? needsPositive ? 0.2 + r.NextDouble() : Away(r) : null);
    }

    /// <summary>Far below 0, in floats: terms that vanish must not come about as differences of terms that do not.</summary>
    [Theory]
    [InlineData(UnaryOp.Sigmoid, -60.7)]
    [InlineData(UnaryOp.Silu, -60.7)]
    [InlineData(UnaryOp.Mish, -60.7)]
    [InlineData(UnaryOp.Gelu, -9.3)]
    [InlineData(UnaryOp.GeluTanh, -6.1)]
    [InlineData(UnaryOp.ExpM1, -60.7)]
    public void Derivatives_keep_their_digits_where_they_vanish(UnaryOp op, double at)
    {
        var x = _builder.Input("x", [1]);
        var y = _builder.Pointwise("y", v => ExprDerivative.By(new UnaryExpr(op, v[0]), ((ReadExpr)v[0]).Access), x);
        var exact = new DoubleInterpreter(_builder.Program, 1) { [x] = [(float)at] };
        exact.Run();
        var rounded = new DoubleInterpreter(_builder.Program, 1) { [x] = [(float)at], Rounding = () => 0 };
        rounded.Run();
        Assert.NotEqual(exact[y][0], rounded[y][0]);
        Assert.Equal(1, rounded[y][0] / exact[y][0], 1e-5);
    }

    [Theory]
    [InlineData(UnaryOp.Gelu)]
    [InlineData(UnaryOp.GeluTanh)]
    [InlineData(UnaryOp.Silu)]
    [InlineData(UnaryOp.Mish)]
    public void Derivatives_are_one_where_the_function_is_its_argument(UnaryOp op)
    {
        double[] at = [25, 1e6, 1e15, 1e18];
        var x = _builder.Input("x", [at.Length]);
        var y = _builder.Pointwise("y", v => ExprDerivative.By(new UnaryExpr(op, v[0]), ((ReadExpr)v[0]).Access), x);
        var run = new DoubleInterpreter(_builder.Program, 1) { [x] = at };
        run.Run();
        Assert.All(run[y], slope => Assert.Equal(1, slope, 1e-9));
    }

    [Theory]
    [MemberData(nameof(BinaryOps))]
    public void Functions_of_two_numbers(BinaryOp op)
    {
        var x = _builder.Input("x", [7]);
        var w = Parameter("w", 7);
        var i = new LoopIndex("i", 7);
        var y = _builder.Store("y", [7], [i], [i], new BinaryExpr(op, Read(x, i), Read(w, i)));
        var inside = _builder.Store("inside", [7], [i], [i], new BinaryExpr(op, Read(x, i) * Read(w, i), Read(x, i) + 1.5) * Read(w, i));
        Check([y, inside], (v, r) => v == x ? 0.4 + r.NextDouble() : v == w ? 0.45 + r.NextDouble() : null);
    }

    [Theory]
    [InlineData("(select (gt x0 x1) (mul x0 x0) (neg x1))")]
    [InlineData("(select (le x0 0.3) (exp x1) x0)")]
    [InlineData("(select (lt (mul x0 x1) 0) 0 (mul x0 x1))")]
    [InlineData("(max x0 0)")]
    [InlineData("(max 0 x0)")]
    [InlineData("(min (max (add (div x0 6) 0.5) 0) 1)")]
    [InlineData("(mul x0 (sigmoid x0))")]
    [InlineData("(pow (abs x0) 3)")]
    [InlineData("(pow x0 2)")]
    [InlineData("(pow (abs x0) -1.5)")]
    [InlineData("(pow 2 x0)")]
    [InlineData("(div 3 (add (mul x0 x0) x1))")]
    [InlineData("(mul x0 (tanh (log1p (exp x0))))")]
    [InlineData("(sub (neg x0) (mul 3 (mul x1 -2)))")]
    [InlineData("(add x0 (mul (floor (mul 10 x1)) x1))")]
    public void Compositions(string text)
    {
        var x = _builder.Input("x", [9]);
        var z = _builder.Input("z", [9]);
        var function = ExprText.Parse(text);
        var y = _builder.Pointwise("y", v => function.Rewrite(e => e is ParameterExpr p ? v[p.Index] : null), x, z);
        var shifted = _builder.Pointwise("with z", v => v[0] + (v[1] * 0.1), y, z);
        Check([shifted], (v, r) => v == z ? 2.13 + (r.NextDouble() * 0.01) + r.Next(3) : v == x ? Away(r) : null);
    }

    [Fact]
    public void Relu_takes_no_gradient_at_zero_and_reads_only_its_output()
    {
        var x = _builder.Input("x", [3]);
        var y = _builder.Pointwise("y", v => Expr.Max(v[0], 0), x);
        SetLoss([y], random: false);
        var program = Differentiate.Run(_builder.Program);
        var run = new DoubleInterpreter(program, 1) { [x] = [-1, 0, 2] };
        run.Run();
        Assert.Equal([0, 0, 1], run[program.InputGradients[0]]);
        Assert.DoesNotContain(program.Nests.Single(n => n.Output.Value == program.InputGradients[0]).Reads, r => r.Value == x);
    }

    [Theory]
    [InlineData("(tanh x0)")]
    [InlineData("(sigmoid x0)")]
    [InlineData("(exp x0)")]
    [InlineData("(sqrt x0)")]
    [InlineData("(max x0 0)")]
    [InlineData("(min x0 1)")]
    public void Derivatives_by_the_output_need_no_input(string text)
    {
        var x = _builder.Input("x", [3]);
        var y = _builder.Pointwise("y", v => ExprText.Parse(text).Rewrite(e => e is ParameterExpr ? v[0] : null), x);
        SetLoss([y]);
        var program = Differentiate.Run(_builder.Program);
        var reads = program.Nests.Single(n => n.Output.Value == program.InputGradients[0]).Reads;
        Assert.Contains(reads, r => r.Value == y);
        Assert.DoesNotContain(reads, r => r.Value == x);
    }

    /// <summary>Near -1 the output has lost the exponential, which is the derivative. The bend of Elu reads the input anyway.</summary>
    [Theory]
    [InlineData("(expm1 x0)")]
    [InlineData("(select (gt x0 0) x0 (expm1 x0))")]
    public void Derivatives_that_the_output_has_lost_need_the_input_only(string text)
    {
        var x = _builder.Input("x", [3]);
        var y = _builder.Pointwise("y", v => ExprText.Parse(text).Rewrite(e => e is ParameterExpr ? v[0] : null), x);
        SetLoss([y]);
        var program = Differentiate.Run(_builder.Program);
        var reads = program.Nests.Single(n => n.Output.Value == program.InputGradients[0]).Reads;
        Assert.Contains(reads, r => r.Value == x);
        Assert.DoesNotContain(reads, r => r.Value == y);
    }

    [Fact]
    public void A_contraction_by_both_factors_and_a_bias()
    {
        var x = _builder.Input("x", [5]);
        var (w, b) = (Parameter("w", 4, 5), Parameter("b", 4));
        var (o, k, j) = (new LoopIndex("o", 4), new LoopIndex("k", 5), new LoopIndex("j", 4));
        var product = _builder.Sum("product", [4], [o, k], [o], Read(w, o, k) * Read(x, k));
        var y = _builder.Store("y", [4], [j], [j], Expr.Tanh(Read(product, j) + Read(b, j)));
        Check([y]);
    }

    [Fact]
    public void A_strided_dilated_padded_convolution()
    {
        var x = _builder.Input("x", [2, 7, 6]);
        var w = Parameter("w", 3, 2, 3, 2);
        LoopIndex o = new("o", 3), y = new("y", 4), z = new("x", 4), c = new("c", 2), ky = new("ky", 3), kx = new("kx", 2);
        Affine at = (y * 2) + ky - 1, across = (z * 2) + (kx * 2) - 2;
        var result = _builder.Sum(
            "conv", [3, 4, 4], [o, y, z, c, ky, kx], [o, y, z], Read(x, c, at, across) * Read(w, o, c, ky, kx), [new Guard(at, 7), new Guard(across, 6)]);
        Check([result]);
    }

    [Fact]
    public void A_scattering_sum()
    {
        var x = _builder.Input("x", [4]);
        var w = Parameter("w", 3);
        var (i, k) = (new LoopIndex("i", 4), new LoopIndex("k", 3));
        Affine to = (i * 2) + k - 1;
        var y = _builder.Sum("y", [8], [i, k], [to], Read(x, i) * Read(w, k), [new Guard(to, 8)]);
        Check([y]);
    }

    [Fact]
    public void Max_gives_all_to_the_first_largest()
    {
        var x = _builder.Input("x", [2, 5, 6]);
        LoopIndex c = new("c", 2), y = new("y", 3), z = new("x", 3), ky = new("ky", 3), kx = new("kx", 2);
        Affine at = (y * 2) + ky - 1, across = z * 2 + kx;
        var pooled = _builder.Max("pool", [2, 3, 3], [c, y, z, ky, kx], [c, y, z], Read(x, c, at, across), [new Guard(at, 5)]);
        Check([pooled]);
    }

    [Fact]
    public void Max_of_an_expression_of_several_reads_and_outer_reduction()
    {
        var x = _builder.Input("x", [4, 3]);
        var w = Parameter("w", 4);
        LoopIndex k = new("k", 4), i = new("i", 3);
        var y = _builder.Max("y", [3], [k, i], [i], Expr.Sigmoid(Read(x, k, i) * Read(w, k)));
        Check([y]);
    }

    [Fact]
    public void Ties_of_a_maximum_go_to_the_first_point()
    {
        var x = _builder.Input("x", [2, 2]);
        LoopIndex i = new("i", 2), k = new("k", 2);
        var y = _builder.Max("y", [1], [i, k], [0], Read(x, i, k));
        SetLoss([y], random: false);
        var program = Differentiate.Run(_builder.Program);
        var run = new DoubleInterpreter(program, 2) { [x] = [1, 3, 3, 3, 7, 7, 7, 7] };
        run.Run();
        Assert.Equal([0, 0.5, 0, 0, 0.5, 0, 0, 0], run[program.InputGradients[0]]);
    }

    [Fact]
    public void Views_slices_padding_and_merging()
    {
        var x = _builder.Input("x", [3, 4, 5]);
        var permuted = Indices(4, 3, 5);
        var p = _builder.Store("permuted", [4, 3, 5], permuted, All(permuted), Read(x, permuted[1], permuted[0], permuted[2]));
        var flat = Indices(4, 3, 5);
        var f = _builder.Store("flat", [60], flat, [(flat[0] * 15) + (flat[1] * 5) + flat[2]], Read(p, flat));
        var slice = new LoopIndex("i", 20);
        var s = _builder.Store("slice", [20], [slice], [slice], Read(f, (slice * 2) + 3));
        var folded = Indices(4, 5);
        var g = _builder.Store("folded", [4, 5], folded, All(folded), Read(s, (folded[0] * 5) + folded[1]));
        var pad = Indices(4, 5);
        var y = _builder.Store("padded", [6, 8], pad, [pad[0] + 1, pad[1] + 2], Read(g, pad), fill: 0.7);
        Check([y]);
    }

    [Fact]
    public void A_value_written_in_parts()
    {
        var (x, z) = (_builder.Input("x", [3]), _builder.Input("z", [2]));
        var joined = _builder.Program.NewValue("joined", [5], batched: true);
        LoopIndex i = new("i", 3), j = new("j", 2);
        _builder.StoreInto("first", joined, [i], [i], Read(x, i));
        _builder.StoreInto("second", joined, [j], [j + 3], Expr.Exp(Read(z, j)));
        var y = _builder.Pointwise("y", v => Expr.Tanh(v[0]), joined);
        Check([y]);
    }

    [Fact]
    public void Statistics_of_the_minibatch()
    {
        var x = _builder.Input("x", [3]);
        var w = Parameter("w", 3);
        LoopIndex a = new("i", 3), b = new("i", 3), c = new("i", 3);
        var mean = _builder.Sum("mean", [3], [a], [a], Read(x, a) * _builder.InverseBatch, batched: false);
        var variance = _builder.Sum("variance", [3], [b], [b], Expr.Pow(Read(x, b) - Read(mean, b), 2) * _builder.InverseBatch, batched: false);
        var y = _builder.Store("y", [3], [c], [c], (Read(x, c) - Read(mean, c)) / Expr.Sqrt(Read(variance, c) + 1e-3) * Read(w, c));
        Check([y]);
    }

    [Fact]
    public void A_shared_value_counts_once_for_each_sample()
    {
        var x = _builder.Input("x", [3]);
        var (w, v, u) = (Parameter("w", 3), Parameter("v", 3), Parameter("u", 3));
        LoopIndex a = new("i", 3), b = new("i", 3), c = new("i", 3);

        // The gradient of w within the nest has no sample left in it, though the nest sums over the samples; v is shared by all samples
        // of a value whose own gradient is one constant; u is used in a nest without samples.
        var sum = _builder.Sum("sum", [3], [a], [a], Read(x, a) + Read(w, a), batched: false);
        var shared = _builder.Store("shared", [3], [b], [b], Read(x, b) + Read(v, b));
        var single = _builder.Store("single", [3], [c], [c], Expr.Exp(Read(u, c)) * Read(sum, c));
        Check([sum, shared, single], random: false);
    }

    [Fact]
    public void A_value_used_several_times_gets_the_sum()
    {
        var x = _builder.Input("x", [6]);
        var doubled = _builder.Pointwise("doubled", v => v[0] * 2, x);
        LoopIndex i = new("i", 5), j = new("j", 6);
        var neighbours = _builder.Store("neighbours", [5], [i], [i], Read(doubled, i) * Read(doubled, i + 1) * Read(x, i));
        var more = _builder.Store("more", [6], [j], [j], Expr.Sigmoid(Read(doubled, j)) + Read(x, j));
        Check([neighbours, more, doubled]);
    }

    [Fact]
    public void Dropout_uses_the_same_random_numbers_both_ways()
    {
        var x = _builder.Input("x", [8]);
        var stream = _builder.NewStream();
        var i = new LoopIndex("i", 8);
        var y = _builder.Store("y", [8], [i], [i], Read(x, i) * Expr.Select(Expr.Less(new RandomExpr(stream, i), 0.5), 2, 0));
        Check([y]);
    }

    [Fact]
    public void Indices_as_numbers()
    {
        var x = _builder.Input("x", [4]);
        var i = new LoopIndex("i", 4);
        Check([_builder.Store("y", [4], [i], [i], Read(x, i) * new IndexExpr((i * 3) + 1) + new IndexExpr(i))]);
    }

    [Fact]
    public void Nothing_flows_through_a_stop_or_to_what_is_not_learned()
    {
        var x = _builder.Input("x", [3]);
        var unused = _builder.Input("unused", [2]);
        var label = _builder.Label("t", [3]);
        var buffer = _builder.Parameter(new ParameterDeclaration("mean", new([3]), Initializer.Value(0), IsBuffer: true));
        var w = Parameter("w", 3);
        var dead = Parameter("dead", 3);
        var i = new LoopIndex("i", 3);
        var y = _builder.Store("y", [3], [i], [i], (Read(x, i) * Expr.StopGradient(Read(w, i))) + (Read(label, i) * Read(buffer, i)));
        var square = _builder.Pointwise("square", v => v[0] * v[0], y);
        SetLoss([square], random: false);

        var program = Differentiate.Run(_builder.Program);
        ProgramVerifier.Verify(program);
        Assert.Empty(program.ParameterGradients);
        Assert.DoesNotContain(program.Values, v => v.Name is "gradient of t" or "gradient of mean" or "gradient of w" or "gradient of dead");
        var run = new DoubleInterpreter(program, 1) { [x] = [1, 2, 3], [unused] = [5, 5], [label] = [1, 1, 1], [buffer] = [1, 1, 1], [w] = [3, 2, 1] };
        run.Run();
        Assert.Equal([0, 0], run[program.InputGradients[1]]);
        Assert.All(run[program.InputGradients[0]], g => Assert.NotEqual(0, g));
    }

    [Fact]
    public void Without_a_loss_there_is_nothing_to_differentiate() =>
        Assert.Contains("no loss", Assert.Throws<InvalidOperationException>(() => Differentiate.Run(new Program("p"))).Message, StringComparison.Ordinal);

    private static double Away(Random random) => (0.15 + random.NextDouble()) * (random.Next(2) == 0 ? 1 : -1);

    private static LoopIndex[] Indices(params int[] extents) => [.. extents.Select((e, d) => new LoopIndex("i" + d, e))];

    private static Affine[] All(LoopIndex[] indices) => [.. indices.Select(Affine.Of)];

    private Value Parameter(string name, params int[] shape) =>
        _builder.Parameter(new ParameterDeclaration(name, shape.ToEquatableArray(), Initializer.Uniform(1), false));

    private void Check(Value[] results, Func<Value, Random, double?>? draw = null, bool random = true)
    {
        SetLoss(results, random);
        new FiniteDifference { Draw = draw is null ? null : (v, r) => draw(v, r) ?? ((r.NextDouble() * 2) - 1) }.Check(_builder.Program);
    }

    /// <summary>The mean over samples of a weighted sum of every element of the results.</summary>
    private void SetLoss(Value[] results, bool random = true)
    {
        var parts = results.Select((result, n) =>
        {
            var weights = _builder.Label("weights " + n, result.Shape);
            var indices = IndicesOf(result.Shape);
            var element = Read(result, indices);
            return _builder.Sum("part " + n, [1], indices, [0], random ? element * Read(weights, indices) : element);
        }).ToArray();
        var total = parts.Select(p => Read(p, 0)).Aggregate((a, b) => a + b);
        _builder.Program.Loss = _builder.Sum("loss", [1], [], [0], total * _builder.InverseBatch, batched: false);
    }
}
