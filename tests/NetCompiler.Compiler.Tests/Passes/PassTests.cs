using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Tests.Passes;

public class PassTests
{
    private readonly ProgramBuilder _builder = new(new Program("test"), training: false);

    private Program Program => _builder.Program;

    [Fact]
    public void A_permuted_slice_is_read_at_its_source()
    {
        var x = _builder.Input("x", [3, 5]);
        LoopIndex a = new("a", 5), b = new("b", 3), i = new("i", 2), j = new("j", 3);
        var turned = _builder.Store("turned", [5, 3], [a, b], [a, b], Read(x, b, a));
        var slice = _builder.Store("slice", [2, 3], [i, j], [i, j], Read(turned, (i * 2) + 1, j));
        Program.Outputs.Add(_builder.Pointwise("y", v => v[0] * 2, slice));

        var after = Same();
        Assert.Equal("(mul %0[i, 2*t + 1] 2)", Assert.Single(after.Nests).Body.ToString());
    }

    [Fact]
    public void A_flattened_image_splits_the_index_that_runs_over_it()
    {
        var x = _builder.Input("x", [2, 3, 4]);
        var w = Parameter("w", 5, 24);
        var flat = Flatten(x);
        LoopIndex o = new("o", 5), k = new("k", 24);
        Program.Outputs.Add(_builder.Sum("y", [5], [o, k], [o], Read(w, o, k) * Read(flat, k) * new IndexExpr(k + 1)));

        var after = Assert.Single(Same().Nests);
        Assert.Equal(["o", "c", "y", "x"], after.Indices.Select(n => n.Name));
        Assert.Equal("(mul (mul %1[o, 12*c + 4*y + x] %0[c, y, x]) (index 12*c + 4*y + x + 1))", after.Body.ToString());
    }

    [Fact]
    public void A_split_index_in_the_output_and_two_flattened_values_at_once()
    {
        var (x, z) = (_builder.Input("x", [2, 3, 4]), _builder.Input("z", [2, 3, 4]));
        Program.Outputs.Add(_builder.Pointwise("y", v => Expr.Max(v[0] * v[1], 0), Flatten(x), Flatten(z)));

        var after = Assert.Single(Same().Nests);
        Assert.Equal("%4[12*c + 4*y + x] = (max (mul %0[c, y, x] %1[c, y, x]) 0)", $"{after.Output} = {after.Body}");
        Assert.True(after.Output.IsBijection(after.Indices));
    }

    [Fact]
    public void A_factor_that_all_terms_share_multiplies_their_sum()
    {
        var (x, z) = (_builder.Input("x", [2, 3]), _builder.Input("z", [2, 3]));
        var (w, v) = (Parameter("w", 2), Parameter("v", 2));
        LoopIndex c = new("c", 2), i = new("i", 3);
        var first = _builder.Sum("first", [2], [c, i], [c], -(Read(x, c, i) * Read(w, c) * Read(z, c, i) / Read(v, c)), batched: false);
        Program.Outputs.Add(first);
        Program.Outputs.Add(_builder.Sum("second", [2], [c, i], [c], Read(x, c, i) * Read(z, c, i), batched: false));

        var after = Same();
        Assert.Equal(3, after.Nests.Count);
        Assert.Equal("(mul %0[c, i] %1[c, i])", after.Nests[0].Body.ToString());
        Assert.Equal($"(neg (div (mul {after.Nests[0].Output} %2[c]) %3[c]))", after.Nests[1].Body.ToString());
    }

    [Fact]
    public void A_view_that_its_reader_cannot_see_through_stays()
    {
        var x = _builder.Input("x", [2, 3, 4]);
        var i = new LoopIndex("i", 23);
        var flat = Flatten(x);
        Program.Outputs.Add(_builder.Store("y", [23], [i], [i], Read(flat, i) + Read(flat, i + 1)));
        Assert.Equal(2, Same().Nests.Count);
    }

    [Fact]
    public void Two_flattened_values_of_different_shape_in_one_nest()
    {
        var (x, z) = (_builder.Input("x", [2, 3, 4]), _builder.Input("z", [4, 3, 2]));
        Program.Outputs.Add(_builder.Pointwise("y", v => v[0] + v[1], Flatten(x), Flatten(z)));
        var after = Same();
        Assert.Equal(2, after.Nests.Count);
        Assert.Contains(after.Nests[1].Reads, r => r.Value == x);
    }

    [Fact]
    public void A_shared_value_that_each_sample_copies_is_summed_as_often()
    {
        var x = _builder.Input("x", [3]);
        var w = Parameter("w", 3);
        LoopIndex i = new("i", 3), j = new("j", 3);
        var copy = _builder.Store("copy", [3], [i], [i], Read(w, i), batched: true);
        Program.Outputs.Add(_builder.Sum("sum", [3], [j], [j], Read(copy, j), batched: false));
        Program.Outputs.Add(_builder.Pointwise("scaled", v => v[0] * v[1], x, copy));
        Assert.Equal(3, Same().Nests.Count);
    }

    [Fact]
    public void An_output_that_is_a_view_is_still_written_and_a_guarded_copy_is_no_view()
    {
        var x = _builder.Input("x", [2, 3, 4]);
        var flat = Flatten(x);
        Program.Outputs.Add(flat);
        Program.Outputs.Add(_builder.Pointwise("y", v => v[0] + 1, flat));
        var i = new LoopIndex("i", 24);
        var part = _builder.Store("part", [24], [i], [i], Read(flat, i), [new Guard(i - 2, 20)], fill: 9);
        Program.Outputs.Add(_builder.Pointwise("z", v => v[0] * 3, part));
        var after = Same();
        Assert.Equal(4, after.Nests.Count);
        Assert.DoesNotContain(after.Nests, n => n.Reads.Any(r => r.Value == flat));
    }

    [Fact]
    public void What_nothing_needs_goes_and_what_a_buffer_needs_stays()
    {
        var x = _builder.Input("x", [3]);
        var buffer = _builder.Parameter(new ParameterDeclaration("mean", new([3]), Initializer.Value(0), IsBuffer: true));
        _builder.Pointwise("unused", v => v[0] * 2, x);
        Program.BufferUpdates.Add((buffer, _builder.Pointwise("new mean", v => v[0] * 0.9, buffer)));
        Program.Outputs.Add(_builder.Pointwise("y", v => v[0] + 1, x));
        Assert.Equal(["new mean", "y"], Same().Nests.Select(n => n.Name));
    }

    [Fact]
    public void Equal_nests_are_computed_once_under_any_names_of_their_indices()
    {
        var x = _builder.Input("x", [3, 2]);
        LoopIndex a = new("a", 3), b = new("b", 2), c = new("c", 3), d = new("d", 2);
        var first = _builder.Sum("first", [2], [a, b], [b], Read(x, a, b));
        var second = _builder.Sum("second", [2], [c, d], [d], Read(x, c, d));
        var root1 = _builder.Pointwise("root", v => Expr.Exp(v[0]), first);
        var root2 = _builder.Pointwise("root", v => Expr.Exp(v[0]), second);
        var other = _builder.Store("other", [2], [b], [b], new RandomExpr(1, b) + Read(first, b));
        var another = _builder.Store("another", [2], [b], [b], new RandomExpr(2, b) + Read(second, b));
        Program.Outputs.Add(_builder.Pointwise("y", v => (v[0] * v[1]) + (v[2] * v[3]), root1, root2, other, another));
        Assert.Equal(["first", "root", "other", "another", "y"], Same().Nests.Select(n => n.Name));
    }

    [Fact]
    public void What_grows_is_computed_of_the_largest_element()
    {
        var (x, b) = (_builder.Input("x", [2, 7]), Parameter("b", 2));
        LoopIndex c = new("c", 2), i = new("i", 7), o = new("o", 2), t = new("t", 3), k = new("k", 2);
        var sum = _builder.Store("bias", [2, 7], [c, i], [c, i], Read(x, c, i) + Read(b, c));
        var active = _builder.Pointwise("active", v => Expr.Max(Expr.Tanh(v[0]) - 0.5, 0), sum);
        Program.Outputs.Add(_builder.Max("largest", [2, 3], [o, t, k], [o, t], Read(active, o, (t * 2) + k)));

        var nests = Same().Nests;
        Assert.Equal(["largest", "bias", "active"], nests.Select(n => n.Name));
        Assert.Equal("%0[o, 2*t + k]", nests[0].Body.ToString());
        Assert.All(nests.Skip(1), n => Assert.Equal(6, n.Indices.Aggregate(1, (a, index) => a * index.Extent)));
    }

    [Theory]
    [InlineData("falls")]
    [InlineData("differs within the window")]
    [InlineData("another reader")]
    [InlineData("turns")]
    public void Other_functions_stay_before_the_largest_element(string why)
    {
        var (x, b) = (_builder.Input("x", [6]), Parameter("b", 6));
        LoopIndex t = new("t", 3), k = new("k", 2);
        var y = _builder.Pointwise("y", v => why switch { "falls" => -v[0], "turns" => v[0] * v[0], "another reader" => Expr.Tanh(v[0]), _ => v[0] + v[1] }, x, b);
        Program.Outputs.Add(_builder.Max("largest", [3], [t, k], [t], Read(y, (t * 2) + k)));
        if (why == "another reader") Program.Outputs.Add(_builder.Pointwise("z", v => v[0] * 2, y));
        Assert.Equal(["y", "largest"], Same().Nests.Take(2).Select(n => n.Name));
    }

    [Fact]
    public void Each_pass_has_a_name_and_is_seen()
    {
        Program.Outputs.Add(_builder.Pointwise("y", v => v[0] + 1, _builder.Input("x", [3])));
        var seen = new List<string>();
        PassList.Run(Program, (pass, _) => seen.Add(pass.Name));
        Assert.Equal(["inline views", "factor sums", "largest first", "common subexpressions", "remove dead"], seen);
    }

    private Value Flatten(Value x)
    {
        var (c, y, z) = (new LoopIndex("c", x.Shape[0]), new LoopIndex("y", x.Shape[1]), new LoopIndex("x", x.Shape[2]));
        return _builder.Store("flat", [x.Length], [c, y, z], [(c * (x.Shape[1] * x.Shape[2])) + (y * x.Shape[2]) + z], Read(x, c, y, z));
    }

    private Value Parameter(string name, params int[] shape) =>
        _builder.Parameter(new ParameterDeclaration(name, shape.ToEquatableArray(), Initializer.Uniform(1), false));

    /// <summary>The program after all passes, which gives the same outputs.</summary>
    private Program Same()
    {
        ProgramVerifier.Verify(Program);
        var after = PassList.Run(Program);
        var (expected, actual) = (Run(Program), Run(after));
        foreach (var value in Program.Outputs.Concat(Program.BufferUpdates.Select(b => b.NewValue)))
            Assert.All(expected[value].Zip(actual[value]), p => Assert.Equal(p.First, p.Second, 1e-14));
        return after;
    }

    private static DoubleInterpreter Run(Program program)
    {
        var run = new DoubleInterpreter(program, 2);
        var random = new Random(4);
        foreach (var value in program.Inputs.Concat(program.Parameters))
            run[value] = [.. Enumerable.Range(0, run.SizeOf(value)).Select(_ => random.NextDouble() - 0.5)];
        run.Run();
        return run;
    }
}
