using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Several layers of one shape, combined element by element.</summary>
internal sealed class PointwiseMergeRule(string kind, Func<Expr, Expr, Expr> combine) : LayerRule
{
    public override string Kind => kind;

    public override bool CanStep(LayerNode node) => true;

    public override int InputCount => -1;

    public override int[]? Infer(LayerContext context)
    {
        var shapes = context.InputShapes;
        var other = Array.FindIndex(shapes, s => !s.SequenceEqual(shapes[0]));
        if (other < 0) return shapes[0];
        var names = context.Spec.Texts("Names");
        context.Report("NETC0006", Kind, names[0], ShapeText.Of(shapes[0]), names[other], ShapeText.Of(shapes[other]));
        return null;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs) =>
        builder.Pointwise(node.Path + " " + kind, x => x.Aggregate(combine), inputs);
}

/// <summary>Layers one after the other along an axis: one nest for each input, each writing its part of the output.</summary>
internal sealed class ConcatRule : LayerRule
{
    public override string Kind => "Concat";

    public override bool CanStep(LayerNode node) => LayerArguments.ResolveAxis(node.Spec.Int("Axis"), node.Shape.Length) > 0;

    public override int InputCount => -1;

    public override int[]? Infer(LayerContext context)
    {
        if (context.Axis(0) is not { } axis) return null;
        var shapes = context.InputShapes;
        var other = Array.FindIndex(shapes, s => s.Length != shapes[0].Length || s.Where((size, d) => d != axis && size != shapes[0][d]).Any());
        if (other >= 0)
        {
            var names = context.Spec.Texts("Names");
            context.Report("NETC0007", ShapeText.Of(axis), names[0], ShapeText.Of(shapes[0]), names[other], ShapeText.Of(shapes[other]));
            return null;
        }

        // An overlong sum stays overlong, so that the limit on sizes sees it.
        var total = (int)Math.Min(int.MaxValue, shapes.Sum(s => (long)s[axis]));
        return [.. shapes[0].Select((size, d) => d == axis ? total : size)];
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var axis = LayerArguments.ResolveAxis(node.Spec.Int("Axis"), node.Shape.Length)!.Value;
        var output = builder.Program.NewValue(node.Path + " Concat", node.Shape, batched: true);
        var offset = 0;
        for (var i = 0; i < inputs.Length; i++)
        {
            var indices = IndicesOf(inputs[i].Shape);
            builder.StoreInto(
                $"{node.Path} Concat part {ShapeText.Of(i)}", output, indices,
                [.. indices.Select((index, d) => d == axis ? index + offset : Affine.Of(index))], Read(inputs[i], indices));
            offset += inputs[i].Shape[axis];
        }

        return output;
    }
}
