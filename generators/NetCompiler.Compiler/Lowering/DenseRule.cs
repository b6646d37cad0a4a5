using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>PyTorch's Linear, on the last dimension: [F] -> [Units], [T, F] -> [T, Units].</summary>
internal sealed class DenseRule : LayerRule
{
    public override string Kind => "Dense";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        if (!context.HasRank("[F] or [T, F] (use Flatten or GlobalAveragePool before it)", 1, 2)) return null;
        var features = context.Input[context.Input.Length - 1];
        if (context.Size("Units", "units", features) is not { } units) return null;

        var uniform = Initializer.Uniform(1 / Math.Sqrt(features));
        context.Parameter("weight", [units, features], uniform);
        if (context.Spec.Bool("Bias", true)) context.Parameter("bias", [units], uniform);
        return [.. context.Input.Take(context.Input.Length - 1), units];
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var weight = builder.Parameter(node.FindParameter("weight")!);
        var o = Index("o", weight.Shape[0]);
        var f = Index("f", weight.Shape[1]);
        LoopIndex[] rows = x.Shape.Length == 2 ? [Index("t", x.Shape[0])] : [];
        LoopIndex[] at = [.. rows, o];

        var sum = builder.Sum(
            node.Path + " Dense", node.Shape, [.. at, f], [.. at.Select(Affine.Of)], Read(weight, o, f) * Read(x, [.. rows, f]));
        if (node.FindParameter("bias") is not { } declaration) return sum;
        var bias = builder.Parameter(declaration);
        var indices = IndicesOf(node.Shape);
        return builder.Store(
            node.Path + " Dense bias", node.Shape, indices, [.. indices.Select(Affine.Of)],
            Read(sum, indices) + Read(bias, indices[indices.Length - 1]));
    }
}
