using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>Carried chains in all the forms that a recurrence can have, against finite differences.</summary>
public class ChainGradientTests
{
    private const int Steps = 5;
    private const int Width = 3;

    private readonly ProgramBuilder _builder = new(new Program("test"), training: true);

    public static TheoryData<ChainOrder> Orders => new(ChainOrder.Ascending, ChainOrder.Descending);

    /// <summary>h = tanh(x + W h), in either direction: row r of h is the state before step r or, descending, after it.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void A_product_and_a_function(ChainOrder order)
    {
        var x = _builder.Input("x", [Steps, Width]);
        var w = Parameter("w", Width, Width);
        var h = State("h", order, 0.0);
        _builder.Chain = new Chain(order);
        var product = Product("product", h, w, order);
        var (t, j) = Loops();
        _builder.StoreInto("next", h, [t, j], [After(t, order), j], Expr.Tanh(Read(x, t, j) + Read(product, t, j)));
        _builder.Chain = null;
        Check(h);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_state_that_begins_with_something_learned(ChainOrder order)
    {
        var x = _builder.Input("x", [Steps, Width]);
        var start = _builder.Input("start", [Width]);
        var w = Parameter("w", Width, Width);
        var j0 = new LoopIndex("j", Width);
        var h = State("h", order, Expr.Sigmoid(Read(start, j0)), j0);
        _builder.Chain = new Chain(order);
        var product = Product("product", h, w, order);
        var (t, j) = Loops();
        _builder.StoreInto("next", h, [t, j], [After(t, order), j], Expr.Tanh(Read(x, t, j) + Read(product, t, j)));
        _builder.Chain = null;
        Check(h);
    }

    /// <summary>Gates that are parts of one product, two states, one of which is a function of the other.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void Gates_in_one_product(ChainOrder order)
    {
        var x = _builder.Input("x", [Steps, 4 * Width]);
        var w = Parameter("w", 4 * Width, Width);
        var (h, c) = (State("h", order, 0.0), State("c", order, 0.0));
        _builder.Chain = new Chain(order);
        var product = Product("product", h, w, order);
        var (tz, kz) = (new LoopIndex("t", Steps), new LoopIndex("k", 4 * Width));
        var z = _builder.Pointwise("z", [tz, kz], Read(x, tz, kz) + Read(product, tz, kz));
        var i = Gate("i", z, 0, Expr.Sigmoid);
        var f = Gate("f", z, 1, Expr.Sigmoid);
        var g = Gate("g", z, 2, Expr.Tanh);
        var o = Gate("o", z, 3, Expr.Sigmoid);
        var (t, j) = Loops();
        _builder.StoreInto("next c", c, [t, j], [After(t, order), j], (Read(f, t, j) * Read(c, Before(t, order), j)) + (Read(i, t, j) * Read(g, t, j)));
        var (u, k) = Loops();
        _builder.StoreInto("next h", h, [u, k], [After(u, order), k], Read(o, u, k) * Expr.Tanh(Read(c, After(u, order), k)));
        var (v, l) = Loops();
        var y = _builder.Pointwise("y", [v, l], Read(h, After(v, order), l));
        _builder.Chain = null;
        Check(y);
    }

    /// <summary>The state is read by a product and, element by element, in two other nests; a shared vector is applied in each step.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void A_state_with_several_readers(ChainOrder order)
    {
        var x = _builder.Input("x", [Steps, 2 * Width]);
        var (w, b) = (Parameter("w", 2 * Width, Width), Parameter("b", Width));
        var h = State("h", order, 0.0);
        _builder.Chain = new Chain(order);
        var product = Product("product", h, w, order);
        var (t, j) = Loops();
        var gate = _builder.Pointwise("gate", [t, j], Expr.Sigmoid(Read(x, t, j) + Read(product, t, j)));
        var (u, k) = Loops();
        var fresh = _builder.Pointwise("new", [u, k], Expr.Tanh(Read(x, u, k + Width) + (Read(gate, u, k) * (Read(product, u, k + Width) + Read(b, k)))));
        var (v, l) = Loops();
        _builder.StoreInto("next", h, [v, l], [After(v, order), l],
            ((1 - Read(gate, v, l)) * Read(fresh, v, l)) + (Read(gate, v, l) * Read(h, Before(v, order), l)));
        _builder.Chain = null;
        Check(h);
    }

    /// <summary>A product of what this step computed; a part of a value that nothing reads; one element for all.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void A_product_within_the_step(ChainOrder order)
    {
        var x = _builder.Input("x", [Steps, Width]);
        var (w, v) = (Parameter("w", Width + 2, Width), Parameter("v", Width, Width));
        var h = State("h", order, 0.0);
        _builder.Chain = new Chain(order);
        var product = Product("product", h, w, order);
        var (t, j) = Loops();
        var inner = _builder.Pointwise("inner", [t, j], Expr.Tanh(Read(product, t, j) + Read(x, t, j)) * (1 + Read(product, t, Width + 1)));
        LoopIndex u = new("t", Steps), o = new("o", Width), k = new("k", Width);
        var second = _builder.Sum("second", [Steps, Width], [u, o, k], [u, o], Read(v, o, k) * Read(inner, u, k));
        var (s, l) = Loops();
        _builder.StoreInto("next", h, [s, l], [After(s, order), l], Expr.Sigmoid(Read(second, s, l)) - Read(h, Before(s, order), 0));
        _builder.Chain = null;
        Check(h);
    }

    /// <summary>The state of two steps ago.</summary>
    [Fact]
    public void A_longer_memory()
    {
        var x = _builder.Input("x", [Steps, Width]);
        var w = Parameter("w", Width, Width);
        var h = _builder.Program.NewValue("h", [Steps + 2, Width], batched: true);
        LoopIndex r = new("r", 2), i = new("i", Width);
        _builder.StoreInto("start", h, [r, i], [r, i], Read(x, r, i) * 0.5);
        _builder.Chain = new Chain(ChainOrder.Ascending);
        LoopIndex u = new("t", Steps), o = new("o", Width), k = new("k", Width);
        var product = _builder.Sum("product", [Steps, Width], [u, o, k], [u, o], Read(w, o, k) * Read(h, u, k));
        var (t, j) = Loops();
        _builder.StoreInto("next", h, [t, j], [t + 2, j], Expr.Tanh(Read(x, t, j) + Read(product, t, j)) + (Read(h, t + 1, j) * Read(h, t, j)));
        _builder.Chain = null;
        Check(h);
    }

    /// <summary>One chain after the other, the second the other way, and only its last state counts.</summary>
    [Fact]
    public void Chains_on_each_other()
    {
        var x = _builder.Input("x", [Steps, Width]);
        var (w, v) = (Parameter("w", Width, Width), Parameter("v", Width, Width));
        var h = Simple("first", w, ChainOrder.Ascending, (t, j) => Read(x, t, j));
        var g = Simple("second", v, ChainOrder.Descending, (t, j) => Read(h, t + 1, j));
        var last = new LoopIndex("j", Width);
        Check(_builder.Store("last", [Width], [last], [last], Read(g, 0, last)));
    }

    /// <summary>Also what is only read a step later is kept, and what nothing needs goes.</summary>
    [Fact]
    public void Passes_keep_chains_whole()
    {
        var x = _builder.Input("x", [Steps, Width]);
        var w = Parameter("w", Width, Width);
        var h = State("h", ChainOrder.Ascending, 0.0);
        _builder.Chain = new Chain(ChainOrder.Ascending);
        var product = Product("product", h, w, ChainOrder.Ascending);
        var (a, b) = Loops();
        var y = _builder.Pointwise("y", [a, b], Read(product, a, b) + 1.0);
        var (c, d) = Loops();
        _builder.Pointwise("dead", [c, d], Read(product, c, d) * 2);
        var (t, j) = Loops();
        _builder.StoreInto("next", h, [t, j], [t + 1, j], Expr.Tanh(Read(x, t, j) + Read(product, t, j)));
        _builder.Chain = null;
        _builder.Program.Outputs.Add(y);

        var result = PassList.Run(_builder.Program);
        Assert.Equal(["h", "product", "y", "next"], result.Nests.Select(n => n.Name));
        Assert.Equal([null, _builder.Program.Nests[1].CarriedChain(), result.Nests[1].CarriedChain(), result.Nests[1].CarriedChain()], result.Nests.Select(n => n.CarriedChain()));
    }

    private static Affine Before(LoopIndex t, ChainOrder order) => order == ChainOrder.Ascending ? t : t + 1;

    private static Affine After(LoopIndex t, ChainOrder order) => order == ChainOrder.Ascending ? t + 1 : t;

    private static (LoopIndex T, LoopIndex J) Loops() => (new("t", Steps), new("j", Width));

    private Value Parameter(string name, params int[] shape) =>
        _builder.Parameter(new ParameterDeclaration(name, shape.ToEquatableArray(), Initializer.Uniform(1), false));

    private Value State(string name, ChainOrder order, Expr start, LoopIndex? index = null)
    {
        var state = _builder.Program.NewValue(name, [Steps + 1, Width], batched: true);
        index ??= new LoopIndex("j", Width);
        _builder.StoreInto(name, state, [index], [order == ChainOrder.Ascending ? 0 : Steps, index], start);
        return state;
    }

    private Value Product(string name, Value state, Value weight, ChainOrder order)
    {
        LoopIndex t = new("t", Steps), o = new("o", weight.Shape[0]), k = new("k", Width);
        return _builder.Sum(name, [Steps, weight.Shape[0]], [t, o, k], [t, o], Read(weight, o, k) * Read(state, Before(t, order), k));
    }

    private Value Gate(string name, Value z, int part, Func<Expr, Expr> function)
    {
        var (t, j) = Loops();
        return _builder.Pointwise(name, [t, j], function(Read(z, t, j + (part * Width))));
    }

    private Value Simple(string name, Value weight, ChainOrder order, Func<LoopIndex, LoopIndex, Expr> input)
    {
        var h = State(name, order, 0.0);
        _builder.Chain = new Chain(order);
        var product = Product(name + " product", h, weight, order);
        var (t, j) = Loops();
        _builder.StoreInto(name + " next", h, [t, j], [After(t, order), j], Expr.Tanh(input(t, j) + Read(product, t, j)));
        _builder.Chain = null;
        return h;
    }

    private void Check(Value result)
    {
        var weights = _builder.Label("weights", result.Shape);
        var indices = IndicesOf(result.Shape);
        var part = _builder.Sum("part", [1], indices, [0], Read(result, indices) * Read(weights, indices));
        _builder.Program.Loss = _builder.Sum("loss", [1], [], [0], Read(part, 0) * _builder.InverseBatch, batched: false);
        new FiniteDifference().Check(_builder.Program);

        // One chain back for each chain.
        var gradient = PassList.Run(Differentiate.Run(PassList.Run(_builder.Program)));
        var chains = gradient.Nests.Select(n => n.CarriedChain()).OfType<Chain>().Distinct().ToList();
        Assert.Equal(chains.Count / 2, chains.Count(c => _builder.Program.Nests.Any(n => n.CarriedChain() == c)));
    }
}
