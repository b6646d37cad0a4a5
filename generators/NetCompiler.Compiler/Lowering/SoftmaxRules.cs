using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

internal abstract class SoftmaxFamilyRule : LayerRule
{
    public override bool CanStep(LayerNode node) => LayerArguments.ResolveAxis(node.Spec.Int("Axis", DefaultAxis(node.Shape.Length)), node.Shape.Length) > 0;

    public override int[]? Infer(LayerContext context) => context.Axis(DefaultAxis(context.Input.Length)) is null ? null : context.Input;

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var axis = LayerArguments.ResolveAxis(node.Spec.Int("Axis", DefaultAxis(node.Shape.Length)), node.Shape.Length)!.Value;
        return Lower(builder, node.Path + " " + Kind, inputs[0], axis);
    }

    protected abstract Value Lower(ProgramBuilder builder, string name, Value x, int axis);

    /// <summary>Channels of an image, features otherwise.</summary>
    private static int DefaultAxis(int rank) => rank == 2 ? 1 : 0;
}

/// <summary>exp(x - m) / sum of exp(x - m), m the largest along the axis.</summary>
internal sealed class SoftmaxRule : SoftmaxFamilyRule
{
    public override string Kind => "Softmax";

    public override bool GivesProbabilities => true;

    protected override Value Lower(ProgramBuilder builder, string name, Value x, int axis)
    {
        var indices = IndicesOf(x.Shape);
        var summed = IndicesOf(x.Shape);
        var largest = LogSum.Largest(builder, name, x, axis);
        var exponential = builder.Pointwise(name + " exponentials", indices, LogSum.RelativeExponential(x, axis, largest, indices));
        var sum = builder.Sum(
            name + " sum of exponentials", LogSum.ShapeWithout(x.Shape, axis), summed, LogSum.Without(summed, axis), Read(exponential, summed));
        var result = IndicesOf(x.Shape);
        return builder.Pointwise(name, result, Read(exponential, result) / Read(sum, LogSum.Without(result, axis)));
    }
}

/// <summary>x - m - log(sum of exp(x - m)), m the largest along the axis.</summary>
internal sealed class LogSoftmaxRule : SoftmaxFamilyRule
{
    public override string Kind => "LogSoftmax";

    protected override Value Lower(ProgramBuilder builder, string name, Value x, int axis)
    {
        var largest = LogSum.Largest(builder, name, x, axis);
        var sum = LogSum.SumOfExponentials(builder, name, x, axis, largest);
        var log = builder.Pointwise(name + " log of sum", v => Expr.Log(v[0]), sum);
        var indices = IndicesOf(x.Shape);
        var place = LogSum.Without(indices, axis);
        return builder.Pointwise(name, indices, Read(x, indices) - Expr.StopGradient(Read(largest, place)) - Read(log, place));
    }
}
