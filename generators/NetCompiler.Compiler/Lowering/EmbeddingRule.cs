using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>PyTorch's Embedding: the row of a table that each token names, [T] -> [T, Width].</summary>
internal sealed class EmbeddingRule : LayerRule
{
    public override string Kind => "Embedding";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        if (context.Positive("Vocabulary", 0) is not { } vocabulary || context.Positive("Width", 0) is not { } width) return null;
        if (SequenceChecks.Deviation(context) is not { } deviation) return null;
        if (!context.TakesNumbers(vocabulary) || !context.HasRank("[T]", 1)) return null;
        context.Parameter("weight", [vocabulary, width], Initializer.Normal(deviation));
        return LayerChecks.Fitting(context, context.Input[0], width);
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var table = builder.Parameter(node.FindParameter("weight")!);
        var (t, w) = (Index("t", node.Shape[0]), Index("w", node.Shape[1]));
        var token = new Access(inputs[0], new EquatableArray<Affine>([t]));
        return builder.Pointwise(Loops.Title(node), [t, w], ReadRow(table, token, w));
    }
}

/// <summary>Adds a row for each position of a sequence: learned, or sines and cosines.</summary>
internal sealed class PositionsRule : LayerRule
{
    public override string Kind => "Positions";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        if (!context.HasRank("[T, W]", 2) || SequenceChecks.Deviation(context) is not { } deviation) return null;
        if (IsSinusoidal(context.Spec) && context.Spec.Has("Deviation")) context.Report(Diagnostics.NoEffect.Id, Kind, "Deviation", "with PositionKind.Sinusoidal, which has no parameter");
        if (!IsSinusoidal(context.Spec)) context.Parameter("weight", context.Input, Initializer.Normal(deviation));
        return context.Input;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var indices = IndicesOf(node.Shape);
        if (!IsSinusoidal(node.Spec))
        {
            var weight = builder.Parameter(node.FindParameter("weight")!);
            if (builder.StepRows == 0) return builder.Pointwise(Loops.Title(node), indices, Read(inputs[0], indices) + Read(weight, indices));
            var before = builder.Counter(node.Shape[0], node.Whole!.Shape[0], limits: true);
            return builder.Pointwise(Loops.Title(node), indices, Read(inputs[0], indices) + new ReadExpr(new Access(weight, new EquatableArray<Affine>([indices[0], indices[1]]), before)));
        }

        var (t, w) = (Index("t", node.Shape[0]), Index("w", node.Shape[1]));
        var column = new IndexExpr(w);
        var half = new UnaryExpr(UnaryOp.Floor, column * 0.5);
        var angle = SequenceChecks.Position(builder, t) * Expr.Exp(half * (-2 * Math.Log(10000) / node.Shape[1]));
        var isCosine = Expr.Greater(column, (half * 2) + 0.5);
        var table = builder.Pointwise(Loops.Title(node) + " table", [t, w], Expr.Select(isCosine, new UnaryExpr(UnaryOp.Cos, angle), new UnaryExpr(UnaryOp.Sin, angle)));
        return builder.Pointwise(Loops.Title(node), indices, Read(inputs[0], indices) + Read(table, indices));
    }

    private static bool IsSinusoidal(LayerSpec spec) => spec.Text("Kind") == "Sinusoidal";
}

/// <summary>Checks that the layers of sequences share.</summary>
internal static class SequenceChecks
{
    /// <summary>The number of a row in the whole sequence.</summary>
    public static Expr Position(ProgramBuilder builder, LoopIndex row) =>
        builder.StepRows == 0 ? new IndexExpr(row) : new IndexExpr(row) + new ReadExpr(builder.Counter(row.Extent, 0, limits: false));

    /// <summary>The standard deviation that weights begin with.</summary>
    public static double? Deviation(LayerContext context)
    {
        var deviation = context.Spec.Number("Deviation", 1);
        if (deviation is > 0 and < double.PositiveInfinity) return deviation;
        context.Report(Diagnostics.BadArgument.Id, context.Spec.Kind, "Deviation", ShapeText.Of(deviation), "greater than 0");
        return null;
    }
}
