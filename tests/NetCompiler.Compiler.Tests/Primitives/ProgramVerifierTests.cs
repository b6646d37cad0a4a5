using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Tests.Primitives;

public class ProgramVerifierTests
{
    private readonly ProgramBuilder _builder = new(new Program("test"), training: true);
    private readonly LoopIndex _i = new("i", 4);
    private readonly LoopIndex _k = new("k", 3);
    private readonly Value _x;

    public ProgramVerifierTests() => _x = _builder.Input("x", [4]);

    private Program Program => _builder.Program;

    [Fact]
    public void Guards_bound_what_is_read_also_inside_a_longer_expression()
    {
        var image = _builder.Input("image", [5, 4]);
        var flat = _builder.Input("flat", [20]);
        Affine y = _i + _k - 1, x = (_k * 2) - 1;
        Guard[] guards = [new(y, 5), new(x, 4)];
        _builder.Sum("both", [4], [_i, _k], [_i], Read(image, y, x) * Read(flat, (y * 4) + x), guards);
        ProgramVerifier.Verify(Program);

        _builder.Sum("one", [4], [_i, _k], [_i], Read(flat, (y * 4) + x), [guards[0]]);
        Fails("runs from -1 to 19");
    }

    [Fact]
    public void A_read_outside_of_the_shape()
    {
        _builder.Sum("y", [4], [_i, _k], [_i], Read(_x, _i + _k));
        Fails("'i + k' runs from 0 to 5, dimension 0 of 'x' has 4 elements");
    }

    [Fact]
    public void A_store_outside_of_the_shape()
    {
        _builder.Store("y", [4], [_i], [_i + 1], Read(_x, _i));
        Fails("'i + 1' runs from 1 to 4");
    }

    [Fact]
    public void A_read_before_the_value_is_computed()
    {
        var y = _builder.Store("y", [4], [_i], [_i], Read(_x, _i));
        _builder.Store("z", [4], [_i], [_i], Read(y, _i));
        Program.Nests.Reverse();
        Fails("'z' reads %1 'y' before it is computed");
    }

    [Fact]
    public void A_read_before_every_part_is_written()
    {
        var joined = Program.NewValue("joined", [8], batched: true);
        _builder.StoreInto("first", joined, [_i], [_i], Read(_x, _i));
        _builder.Store("early", [4], [_i], [_i], Read(joined, _i));
        _builder.StoreInto("second", joined, [_i], [_i + 4], Read(_x, _i));
        Fails("'early' reads %1 'joined' before all parts of it are written");
    }

    [Fact]
    public void A_sum_reads_rows_that_data_choose_if_all_its_points_read_the_same()
    {
        var (table, ids) = (_builder.Input("table", [9, 4]), _builder.Input("ids", [3], limit: 5));
        _builder.Sum("one", [4], [_i, _k], [_i], ReadFrom(0));
        ProgramVerifier.Verify(Program);

        _builder.Sum("each", [4], [_i, _k], [_i], ReadFrom(_k));
        Fails("'each' has rows that are data");

        ReadExpr ReadFrom(Affine place) => new(new Access(table, new([_k, _i]), new Access(ids, new([place]))));
    }

    [Fact]
    public void A_value_stored_and_summed()
    {
        var y = _builder.Store("y", [4], [_i], [_i], Read(_x, _i));
        Program.Nests.Add(new Nest("again", NestKind.Sum, [_i], new Access(y, new EquatableArray<Affine>([_i])), Read(_x, _i)));
        Fails("only Store nests may share a value");
    }

    [Fact]
    public void Several_points_in_one_element()
    {
        _builder.Store("y", [4], [_i, _k], [_i], Read(_x, _i));
        Fails("stores several points in one element");
    }

    [Fact]
    public void A_store_that_would_reduce_over_samples()
    {
        _builder.Store("y", [4], [_i], [_i], Read(_x, _i), batched: false);
        Fails("Store cannot reduce over them");
    }

    [Fact]
    public void Writing_what_is_given()
    {
        Program.Nests.Add(new Nest("bad", NestKind.Store, [_i], new Access(_x, new EquatableArray<Affine>([_i])), 1));
        Fails("writes %0 'x', which is given (Input)");
    }

    [Fact]
    public void A_foreign_index()
    {
        _builder.Store("y", [4], [_i], [_i], new IndexExpr(_k));
        Fails("uses the index 'k' in 'k', which is not one of its loops");
    }

    [Fact]
    public void A_comparison_as_a_number_and_a_number_as_a_choice()
    {
        _builder.Store("y", [4], [_i], [_i], Expr.Less(Read(_x, _i), 1) + 1);
        Fails("as a number");
        Program.Nests.Clear();
        _builder.Store("y", [4], [_i], [_i], Expr.Select(Read(_x, _i), 1, 0));
        Fails("which is not a comparison");
    }

    [Fact]
    public void A_free_parameter()
    {
        _builder.Store("y", [4], [_i], [_i], new ParameterExpr(0) * Read(_x, _i));
        Fails("free parameter x0");
    }

    [Fact]
    public void Results_that_are_not_computed_or_of_another_shape()
    {
        Program.Outputs.Add(Program.NewValue("nothing", [3], batched: true));
        Fails("an output, %1 'nothing', is not computed");
        Program.Outputs.Clear();

        Program.Loss = _builder.Store("y", [4], [_i], [_i], Read(_x, _i));
        Fails("is not one number");
        Program.Loss = null;

        var buffer = _builder.Parameter(new ParameterDeclaration("mean", new([3]), Initializer.Value(0), IsBuffer: true));
        Program.BufferUpdates.Add((buffer, Program.Nests[0].Output.Value));
        Fails("only one of them has samples");
    }

    [Fact]
    public void States_beside_what_they_were_are_written_as_a_whole_and_once()
    {
        var program = new Program("states") { SeparateStates = true };
        var builder = new ProgramBuilder(program, training: true);
        var state = builder.State("h", [1, 4]);
        Fails("the state %0 'h' is not written once", program);

        builder.Write("h, kept", state, [_i], [0, _i], Read(state, 0, _i) + 1);
        ProgramVerifier.Verify(program, "testing");

        var wide = builder.State("c", [1, 5]);
        builder.Write("c, kept", wide, [_i], [0, _i], Read(state, 0, _i));
        Fails("the state %3 'c' is not written as a whole", program);
    }

    private void Fails(string part, Program? program = null)
    {
        var message = Assert.Throws<InvalidOperationException>(() => ProgramVerifier.Verify(program ?? Program, "testing")).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.Contains("after testing", message, StringComparison.Ordinal);
    }
}
