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
        if (InferUnits(context) is not { } units) return null;
        Declare(context, units);
        return [.. context.Input.Take(context.Input.Length - 1), units];
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs) => Product(builder, node, inputs[0]);

    /// <summary>Checks the input and gives the number of units that is declared.</summary>
    public static int? InferUnits(LayerContext context) =>
        context.HasRank("[F] or [T, F] (use Flatten or GlobalAveragePool before it)", 1, 2)
            ? context.Size("Units", "units", context.Input[context.Input.Length - 1])
            : null;

    /// <summary>Declares weight and bias, as they begin in PyTorch.</summary>
    public static void Declare(LayerContext context, int rows)
    {
        var features = context.Input[context.Input.Length - 1];
        var uniform = Initializer.Uniform(1 / Math.Sqrt(features));
        context.Parameter("weight", [rows, features], uniform);
        if (context.Spec.Bool("Bias", true)) context.Parameter("bias", [rows], uniform);
    }

    /// <summary>The product with the layer's weight, with its bias added if it has one.</summary>
    public static Value Product(ProgramBuilder builder, LayerNode node, Value x)
    {
        var weight = builder.Parameter(node.FindParameter("weight")!);
        var o = Index("o", weight.Shape[0]);
        var f = Index("f", weight.Shape[1]);
        LoopIndex[] rows = x.Shape.Length == 2 ? [Index("t", x.Shape[0])] : [];
        LoopIndex[] at = [.. rows, o];

        var sum = builder.Sum(
            node.Path + " Dense", [.. at.Select(i => i.Extent)], [.. at, f], [.. at.Select(Affine.Of)], Read(weight, o, f) * Read(x, [.. rows, f]));
        if (node.FindParameter("bias") is not { } declaration) return sum;
        var bias = builder.Parameter(declaration);
        var indices = IndicesOf(sum.Shape);
        return builder.Pointwise(node.Path + " Dense bias", indices, Read(sum, indices) + Read(bias, indices[indices.Length - 1]));
    }
}
