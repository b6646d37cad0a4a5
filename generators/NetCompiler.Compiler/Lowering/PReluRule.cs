using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>A learned slope below 0: one for all elements, or one for each channel.</summary>
internal sealed class PReluRule : LayerRule
{
    public override string Kind => "PRelu";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        var slopes = context.Spec.Bool("PerChannel") ? context.Input[BatchNorm.Channel(context.Input)] : 1;
        context.Parameter("weight", [slopes], Initializer.Value(context.Spec.Number("Initial", 0.25)));
        return context.Input;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var (x, weight) = (inputs[0], builder.Parameter(node.FindParameter("weight")!));
        var at = IndicesOf(x.Shape);
        var slope = Read(weight, node.Spec.Bool("PerChannel") ? at[BatchNorm.Channel(x.Shape)] : (Affine)0);
        return builder.Pointwise(Loops.Title(node), at, Expr.Select(Expr.Greater(Read(x, at), 0), Read(x, at), slope * Read(x, at)));
    }
}
