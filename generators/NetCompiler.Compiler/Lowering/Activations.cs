using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.Expr;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// The pointwise layers as expressions of one number. Where a function can be written in several ways, the one here has
/// the cheaper derivative, and no branch of it overflows where the other is taken. What cannot be written so that it keeps its
/// digits everywhere is a function of its own.
/// </summary>
internal static class Activations
{
    public static IReadOnlyList<LayerRule> Rules { get; } =
    [
        new ActivationRule("Relu", (_, x) => Max(x, 0)),
        new ActivationRule("LeakyRelu", (s, x) => Select(Greater(x, 0), x, s.Number("Slope", 0.01) * x)),
        new ActivationRule("Elu", (s, x) => Select(Greater(x, 0), x, s.Number("Alpha", 1) * ExpM1(x))),
        new ActivationRule("Selu", (_, x) => Select(Greater(x, 0), SeluScale * x, SeluScale * SeluAlpha * ExpM1(x))),
        new ActivationRule("Gelu", Gelu),
        new ActivationRule("Silu", (_, x) => Silu(x)),
        new ActivationRule("Mish", (_, x) => Mish(x)),
        new ActivationRule("Sigmoid", (_, x) => Sigmoid(x), givesProbabilities: true),
        new ActivationRule("Tanh", (_, x) => Tanh(x)),
        new ActivationRule("Softplus", (_, x) => Softplus(x)),
        new ActivationRule("HardSwish", (_, x) => x * HardSigmoid(x)),
        new ActivationRule("HardSigmoid", (_, x) => HardSigmoid(x), givesProbabilities: true),
    ];

    // The fixed point of mean 0 and variance 1 (Klambauer et al. 2017), as PyTorch writes it.
    private const double SeluAlpha = 1.6732632423543772848170429916717;
    private const double SeluScale = 1.0507009873554804934193349852946;

    /// <summary>
    /// log(1 + exp(x)) without overflow. Both branches turn on the same comparison, so the derivative at 0 is exactly one half.
    /// </summary>
    public static Expr Softplus(Expr x)
    {
        var positive = GreaterOrEqual(x, 0);
        return Select(positive, x, 0) + Log1P(Exp(Select(positive, -x, x)));
    }

    /// <summary>As the layer says: exact, or with tanh.</summary>
    public static Expr Gelu(LayerSpec spec, Expr x) => spec.Bool("Approximate") ? GeluTanh(x) : Expr.Gelu(x);

    /// <summary>The sum first: it is exact near -3, where the function rises from 0.</summary>
    private static Expr HardSigmoid(Expr x) => Min(Max((x + 3) * (1.0 / 6), 0), 1);
}

internal sealed class ActivationRule(string kind, Func<LayerSpec, Expr, Expr> function, bool givesProbabilities = false) : LayerRule
{
    public override string Kind => kind;

    public override bool GivesProbabilities => givesProbabilities;

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context) => context.Input;

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs) =>
        builder.Pointwise(node.Path + " " + kind, x => function(node.Spec, x[0]), inputs[0]);
}

/// <summary>The logarithm of each element, of those below the floor that of the floor. At the floor it has the logarithm's slope, as clamp(floor).log() in PyTorch.</summary>
internal sealed class LogRule : LayerRule
{
    private const double DefaultFloor = 1e-10;

    public override string Kind => "Log";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        var floor = context.Spec.Number("Floor", DefaultFloor);
        if (floor is >= LayerChecks.LeastFloat and <= float.MaxValue) return context.Input;
        context.Report(Diagnostics.BadArgument.Id, Kind, "Floor", ShapeText.Of(floor), "from 1.2e-38 to 3.4e38, the range of floats greater than 0");
        return null;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var floor = node.Spec.Number("Floor", DefaultFloor);
        return builder.Pointwise(node.Path + " " + Kind, x => Log(Select(Less(x[0], floor), floor, x[0])), inputs[0]);
    }
}
