using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

internal sealed class FlattenRule : LayerRule
{
    public override string Kind => "Flatten";

    public override bool OnlyMoves => true;

    public override int[]? Infer(LayerContext context) => [context.Input.Aggregate(1, (a, b) => a * b)];

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs) =>
        ViewMaps.Reshape(builder, node.Path + " Flatten", inputs[0], node.Shape);
}

/// <summary>The same elements in the same order; one size may be -1: what is left.</summary>
internal sealed class ReshapeRule : LayerRule
{
    public override string Kind => "Reshape";

    public override bool OnlyMoves => true;

    public override int[]? Infer(LayerContext context)
    {
        var wanted = context.Spec.Ints("Shape");
        if (wanted.Length == 0)
        {
            context.Report("NETC0018", Kind, "Shape", "empty", "the sizes of one sample, such as [Reshape(16, 7, 7)]");
            return null;
        }

        var wrong = Array.FindIndex(wanted, s => s < 1 && s != -1);
        if (wrong >= 0)
        {
            context.Report("NETC0010", Kind, $"size {ShapeText.Of(wrong + 1)} of the shape", ShapeText.Of(wanted[wrong]));
            return null;
        }

        if (wanted.Count(s => s == -1) > 1)
        {
            context.Report("NETC0018", Kind, "Shape", ShapeText.Of(wanted), "a shape with at most one -1");
            return null;
        }

        long length = context.Input.Aggregate(1, (a, b) => a * b);
        var known = wanted.Where(s => s != -1).Aggregate(1.0, (a, b) => a * b);
        var isOpen = wanted.Contains(-1);
        if (isOpen ? length % known != 0 : length != known)
        {
            context.Report(
                "NETC0011", ShapeText.Of(context.Input), ShapeText.Of(length), ShapeText.Of(wanted),
                isOpen ? "a multiple of " + ShapeText.Of(known) : ShapeText.Of(known));
            return null;
        }

        return [.. wanted.Select(s => s == -1 ? (int)(length / known) : s)];
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs) =>
        ViewMaps.Reshape(builder, node.Path + " Reshape", inputs[0], node.Shape);
}

/// <summary>Dimension d of the output is dimension Order[d] of the input.</summary>
internal sealed class PermuteRule : LayerRule
{
    public override string Kind => "Permute";

    public override bool OnlyMoves => true;

    public override int[]? Infer(LayerContext context)
    {
        var order = context.Spec.Ints("Order");
        var input = context.Input;
        if (order.OrderBy(d => d).SequenceEqual(Enumerable.Range(0, input.Length))) return [.. order.Select(d => input[d])];
        context.Report(
            "NETC0018", Kind, "Order", ShapeText.Of(order),
            $"each of the dimensions 0 to {ShapeText.Of(input.Length - 1)} of the input {ShapeText.Of(input)} once");
        return null;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var order = node.Spec.Ints("Order");
        var indices = IndicesOf(node.Shape);
        var from = new Affine[order.Length];
        for (var d = 0; d < order.Length; d++) from[order[d]] = indices[d];
        return builder.Pointwise(node.Path + " Permute", indices, Read(inputs[0], from));
    }
}

/// <summary>Every Step-th element along an axis, Length of them from Start.</summary>
internal sealed class SliceRule : LayerRule
{
    public override string Kind => "Slice";

    public override bool OnlyMoves => true;

    public override bool CanStep(LayerNode node) => LayerArguments.ResolveAxis(node.Spec.Int("Axis"), node.Shape.Length) > 0;

    public override int[]? Infer(LayerContext context)
    {
        if (context.Axis(0) is not { } axis || context.Positive("Step", 1) is not { } step) return null;
        var size = context.Input[axis];
        var start = context.Spec.Int("Start");
        if (start < 0 || start >= size)
        {
            context.Report(
                "NETC0018", Kind, "Start", ShapeText.Of(start),
                $"between 0 and {ShapeText.Of(size - 1)} along axis {ShapeText.Of(axis)} of the input {ShapeText.Of(context.Input)}");
            return null;
        }

        var most = ((size - start - 1) / step) + 1;
        if (context.Positive("Length", most) is not { } length) return null;
        if (length > most)
        {
            context.Report(
                "NETC0018", Kind, "Length", ShapeText.Of(length),
                $"at most {ShapeText.Of(most)}: from {ShapeText.Of(start)} in steps of {ShapeText.Of(step)} along axis {ShapeText.Of(axis)} of the input {ShapeText.Of(context.Input)}");
            return null;
        }

        return [.. context.Input.Select((s, d) => d == axis ? length : s)];
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var axis = LayerArguments.ResolveAxis(node.Spec.Int("Axis"), node.Shape.Length)!.Value;
        var indices = IndicesOf(node.Shape);
        Affine[] from = [.. indices.Select((index, d) => d == axis ? (index * node.Spec.Int("Step", 1)) + node.Spec.Int("Start") : Affine.Of(index))];
        return builder.Pointwise(node.Path + " Slice", indices, Read(inputs[0], from));
    }
}

/// <summary>A border of a constant around an image.</summary>
internal sealed class PadRule : LayerRule
{
    public override string Kind => "Pad";

    /// <summary>What lies around an image may be said never to be its largest element.</summary>
    public override bool TakesInfinity => true;

    public override int[]? Infer(LayerContext context)
    {
        if (!context.HasRank("[C, H, W]", 3)) return null;
        foreach (var name in new[] { "Size", "Top", "Bottom", "Left", "Right" })
        {
            if (context.Spec.Int(name) >= 0) continue;
            context.Report("NETC0018", Kind, name, ShapeText.Of(context.Spec.Int(name)), "at least 0 (Slice takes borders away)");
            return null;
        }

        string[] sides = ["Top", "Bottom", "Left", "Right"];
        if (context.Spec.Has("Size") && sides.All(context.Spec.Has)) context.Report("NETC0052", Kind, "Size", "beside Top, Bottom, Left and Right");
        var (top, bottom, left, right) = Sizes(context.Spec);
        return [context.Input[0], Grow(context.Input[1], top, bottom), Grow(context.Input[2], left, right)];
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var (top, _, left, _) = Sizes(node.Spec);
        var indices = IndicesOf(inputs[0].Shape);
        return builder.Store(
            node.Path + " Pad", node.Shape, indices, [indices[0], indices[1] + top, indices[2] + left],
            Read(inputs[0], indices), fill: node.Spec.Number("Value"));
    }

    private static (int Top, int Bottom, int Left, int Right) Sizes(Model.LayerSpec spec)
    {
        var size = spec.Int("Size");
        return (spec.Int("Top", size), spec.Int("Bottom", size), spec.Int("Left", size), spec.Int("Right", size));
    }

    private static int Grow(int size, int before, int after) => (int)Math.Min(int.MaxValue, (long)size + before + after);
}
