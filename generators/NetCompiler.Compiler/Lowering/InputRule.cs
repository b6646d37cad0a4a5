using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>A network's input. A block's <c>[Input]</c> never comes here: it stands for the layer that the block is used on.</summary>
internal sealed class InputRule : LayerRule
{
    public override string Kind => "Input";

    public override bool IsInput => true;

    public override int[]? Infer(LayerContext context)
    {
        var shape = context.Spec.Ints("Shape");
        if (shape.Length == 0)
        {
            context.Report("NETC0018", Kind, "Shape", "missing", "the shape of one sample, such as [Input(784)] or [Input(1, 28, 28)]");
            return null;
        }

        var wrong = Array.FindIndex(shape, s => s < 1);
        if (wrong < 0)
        {
            if (context.Spec.Text("Type") == "Int32") context.HoldsNumbers();
            return shape;
        }

        context.Report("NETC0010", Kind, $"size {ShapeText.Of(wrong + 1)} of the shape", ShapeText.Of(shape[wrong]));
        return null;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs) => builder.Input(node.Path, node.Shape, node.Limit);
}
