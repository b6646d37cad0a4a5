using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// While training, each element is dropped with probability Rate and the rest are scaled by 1 / (1 - Rate); nothing when predicting.
/// The random number is recomputed wherever it is needed, so no mask is stored.
/// </summary>
internal sealed class DropoutRule : LayerRule
{
    public override string Kind => "Dropout";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        var rate = context.Spec.Number("Rate", 0.5);
        if (rate >= 0 && rate < 1) return context.Input;
        context.Report("NETC0018", Kind, "Rate", ShapeText.Of(rate), "at least 0 and less than 1");
        return null;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var rate = node.Spec.Number("Rate", 0.5);
        if (!builder.Training || rate == 0) return inputs[0];

        return Drop(builder, node.Path + " Dropout", inputs[0], rate);
    }

    /// <summary>The value with elements dropped.</summary>
    public static Value Drop(ProgramBuilder builder, string name, Value x, double rate)
    {
        var indices = IndicesOf(x.Shape);
        var random = new RandomExpr(builder.NewStream(), ViewMaps.RowMajor([.. indices.Select(Affine.Of)], x.Shape));
        var kept = Expr.GreaterOrEqual(random, rate);
        return builder.Pointwise(name, indices, Expr.Select(kept, Read(x, indices) * (1 / (1 - rate)), 0));
    }
}
