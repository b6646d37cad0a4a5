using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Tests.Primitives;

/// <summary>What the verifier asks of carried chains, and that they run step by step.</summary>
public class CarriedChainTests
{
    private const int Steps = 4;

    private readonly ProgramBuilder _builder = new(new Program("test"), training: true);
    private readonly Value _x;
    private readonly Value _h;
    private readonly LoopIndex _t = new("t", Steps);

    public CarriedChainTests()
    {
        _x = _builder.Input("x", [Steps]);
        _h = Program.NewValue("h", [Steps + 1], batched: true);
    }

    private Program Program => _builder.Program;

    [Fact]
    public void A_sum_over_time()
    {
        _builder.StoreInto("start", _h, [], [0], 100);
        _builder.Chain = new Chain(ChainOrder.Ascending);
        var twice = _builder.Store("twice", [Steps], [_t], [_t], Read(_x, _t) * 2);
        _builder.StoreInto("next", _h, [_t], [_t + 1], Read(_h, _t) + Read(twice, _t));
        ProgramVerifier.Verify(Program);

        var run = new DoubleInterpreter(Program, 2) { [_x] = [1, 2, 3, 4, 0, 0, 10, 0] };
        run.Run();
        Assert.Equal([100, 102, 106, 112, 120, 100, 100, 100, 120, 120], run[_h]);
    }

    [Fact]
    public void The_same_backwards()
    {
        _builder.StoreInto("start", _h, [], [Steps], 100);
        _builder.Chain = new Chain(ChainOrder.Descending);
        _builder.StoreInto("next", _h, [_t], [_t], Read(_h, _t + 1) + Read(_x, _t));
        ProgramVerifier.Verify(Program);

        var run = new DoubleInterpreter(Program, 1) { [_x] = [1, 2, 3, 4] };
        run.Run();
        Assert.Equal([110, 109, 107, 104, 100], run[_h]);
    }

    [Fact]
    public void What_is_rounded_goes_into_the_next_step()
    {
        _builder.StoreInto("start", _h, [], [0], 1);
        _builder.Chain = new Chain(ChainOrder.Ascending);
        _builder.StoreInto("next", _h, [_t], [_t + 1], Read(_h, _t) * 1.0000001 * Read(_x, _t));
        var run = new DoubleInterpreter(Program, 1) { [_x] = [1, 1, 1, 1], Rounding = () => 1 };
        run.Run();
        var expected = 1 + Math.Pow(2, -24);
        for (var step = 0; step < Steps; step++)
        {
            expected = (float)(expected * 1.0000001) * (1 + Math.Pow(2, -24));
            Assert.Equal(expected, run[_h][step + 1], 1e-12);
        }
    }

    [Fact]
    public void A_read_of_a_later_strip()
    {
        _builder.StoreInto("start", _h, [], [0], 0);
        _builder.Chain = new Chain(ChainOrder.Ascending);
        var early = _builder.Store("early", [Steps], [_t], [_t], Read(_h, _t + 1));
        _builder.StoreInto("next", _h, [_t], [_t + 1], Read(early, _t));
        Fails("'early' reads %1 'h' before all parts of it are written");
    }

    [Fact]
    public void A_read_against_the_order()
    {
        _builder.StoreInto("start", _h, [], [0], 0);
        _builder.Chain = new Chain(ChainOrder.Descending);
        _builder.StoreInto("next", _h, [_t], [_t + 1], Read(_h, _t));
        Fails("'next' reads %1[t], which its chain does not write in this strip or an earlier one");
    }

    [Fact]
    public void A_state_without_a_beginning()
    {
        _builder.Chain = new Chain(ChainOrder.Ascending);
        _builder.StoreInto("next", _h, [_t], [_t + 1], Read(_h, _t));
        Fails("'next' reads %1 'h' before it is computed");
    }

    [Fact]
    public void A_chain_in_two_parts()
    {
        var chain = new Chain(ChainOrder.Ascending);
        _builder.Chain = chain;
        _builder.Store("a", [Steps], [_t], [_t], Read(_x, _t));
        _builder.Chain = null;
        _builder.Store("between", [Steps], [_t], [_t], Read(_x, _t));
        _builder.Chain = chain;
        _builder.Store("b", [Steps], [_t], [_t], Read(_x, _t));
        Fails("'b' is apart from the rest of its chain");
    }

    [Fact]
    public void Strips_of_another_number()
    {
        _builder.Chain = new Chain(ChainOrder.Ascending);
        _builder.Store("a", [Steps], [_t], [_t], Read(_x, _t));
        var two = new LoopIndex("t", 2);
        _builder.Store("b", [2], [two], [two], Read(_x, two));
        Fails("'b' has not the strips of its chain as its first index");
    }

    [Fact]
    public void A_place_that_is_not_the_row_of_the_strip()
    {
        _builder.Chain = new Chain(ChainOrder.Ascending);
        _builder.Store("a", [2 * Steps], [_t], [_t * 2], Read(_x, _t));
        Fails("'a' does not write one row in each strip of its chain");
    }

    [Fact]
    public void A_maximum()
    {
        _builder.Chain = new Chain(ChainOrder.Ascending);
        _builder.Max("a", [Steps], [_t], [_t], Read(_x, _t));
        Fails("'a' is part of a carried chain, but not a Store or Sum without guards into a value with samples");
    }

    [Fact]
    public void The_text_of_a_program_shows_its_chains()
    {
        _builder.Chain = new Chain(ChainOrder.Descending);
        _builder.Store("a", [Steps], [_t], [_t], Read(_x, _t));
        Assert.Contains("step by step, descending:\n  %2 'a'", ProgramText.Dump(Program), StringComparison.Ordinal);
    }

    private void Fails(string part)
    {
        var message = Assert.Throws<InvalidOperationException>(() => ProgramVerifier.Verify(Program, "testing")).Message;
        Assert.Contains(part, message, StringComparison.Ordinal);
    }
}
