using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Scheduling;

namespace NetCompiler.Compiler.Tests.Scheduling;

/// <summary>Vectors of which a part is read that nobody has written.</summary>
public sealed class UnwrittenLanesTests
{
    private const int Length = 64;

    private static readonly LoopVar s_row = new("row");

    [Fact]
    public void A_part_beside_what_was_written_counts_until_it_is_written()
    {
        Assert.Equal([(0, 8)], Of(Store(0, 5), Load(0, 5)));
        Assert.Empty(Of(Store(0, 8), Load(0, 5)));
        Assert.Empty(Of(Store(0, 5), Store(5, 3), Load(0, 5)));
        Assert.Equal([(0, 8)], Of(Store(0, 5), Load(0, 5), Store(5, 3)));
        Assert.Empty(Of(Store(0, 5), new FillStmt(0, Address.Of(4), 4, 0), Load(0, 5)));
        Assert.Empty(Of(Store(0, 5), new TransposeStmt(0, Address.Of(5), 9, 1, Address.Of(0), 2, 2, 3), Load(0, 5)));
    }

    [Fact]
    public void Whole_vectors_exact_ones_and_other_memory_do_not_count()
    {
        Assert.Empty(Of(Load(0, 8)));
        Assert.Empty(Of(new DefineStmt(new Reg("x", 8), new LoadExpr(0, Address.Of(0), 5, Exact: true, 8))));
        Assert.Empty(Of(new DefineStmt(new Reg("x", 8), new LoadExpr(1, Address.Of(0), 5, Exact: false, 8))));
    }

    [Fact]
    public void The_widest_of_several_is_taken_also_within_expressions()
    {
        var narrow = new LoadExpr(0, Address.Of(8), 3, Exact: false, 4);
        var wide = new LoadExpr(0, Address.Of(8), 3, Exact: false, 8);
        Assert.Equal([(8, 8)], Of(
            new AssignStmt(new Reg("x", 4), new UnaryVExpr(UnaryOp.Neg, narrow)),
            new StoreStmt(1, Address.Of(0), new BinaryVExpr(BinaryOp.Add, wide, new ConstVExpr(1, 8)), 3)));
    }

    /// <summary>Rows of five side by side: each one's vector reaches into the next row, and the last one's behind all.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Loops_are_gone_through(bool descending)
    {
        var place = Address.Of(2).Plus(s_row, 5);
        Assert.Equal([(22, 8)], Of(Rows(new StoreStmt(0, place, Zero, 5)), Rows(new DefineStmt(new Reg("x", 8), new LoadExpr(0, place, 5, Exact: false, 8)))));

        // Read as soon as it is written: what is behind has been written if the last row was the first.
        var at = Of(Rows(new StoreStmt(0, place, Zero, 5), new DefineStmt(new Reg("x", 8), new LoadExpr(0, place, 5, Exact: false, 8))));
        Assert.Equal(descending ? [(22, 8)] : [(2, 8), (7, 8), (12, 8), (17, 8), (22, 8)], at);

        ForStmt Rows(params Stmt[] body) => new(s_row, Bound.Of(0), Bound.Of(5), 1, [.. body], descending);
    }

    [Fact]
    public void What_turns_is_gone_through_in_both_directions()
    {
        var place = Address.Of(0).Plus(s_row, 5);
        Stmt[] body = [new StoreStmt(0, place, Zero, 5), new DefineStmt(new Reg("x", 8), new LoadExpr(0, place, 5, Exact: false, 8))];
        var read = Of(Store(10, 10), new ForStmt(s_row, Bound.Of(0), Bound.Of(2), 1, [.. body], Turns: true), Load(0, 5));
        Assert.Equal([(0, 8)], read); // only in the first order is the second part not there yet
    }

    [Fact]
    public void Conditions_decide_and_blocks_do_not()
    {
        var row = Address.Of(0).Plus(s_row, 1);
        Assert.Equal([(0, 8)], Of(new ForStmt(s_row, Bound.Of(0), Bound.Of(2), 1, [new BlockStmt([new IfStmt(row.Plus(-1), 1, [Load(0, 5)])])])));
        Assert.Empty(Of(new ForStmt(s_row, Bound.Of(0), Bound.Of(2), 1, [new IfStmt(row.Plus(-2), 1, [Load(0, 5)])])));
    }

    private static ConstVExpr Zero => new(0, 8);

    private static StoreStmt Store(int at, int lanes) => new(0, Address.Of(at), Zero, lanes);

    private static DefineStmt Load(int at, int lanes) => new(new Reg("x", 8), new LoadExpr(0, Address.Of(at), lanes, Exact: false, 8));

    private static (int, int)[] Of(params Stmt[] body) => [.. UnwrittenLanes.Of([.. body], 0, Length).Select(v => (v.Key, v.Value))];
}
