using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Several layers combined element by element. Along a dimension where one has size 1 and others more, its one element is combined with each of theirs.</summary>
internal sealed class PointwiseMergeRule(string kind, Func<Expr, Expr, Expr> combine) : LayerRule
{
    public override string Kind => kind;

    public override bool CanStep(LayerNode node) => Broadcast.CanStep(node);

    public override string[]? NamedInputs(LayerSpec spec) => spec.Texts("Names");

    public override int[]? Infer(LayerContext context) => Broadcast.Infer(context);

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var indices = IndicesOf(node.Shape);
        return builder.Pointwise(node.Path + " " + kind, indices, Broadcast.Read(inputs, indices).Aggregate(combine));
    }
}

/// <summary>Named inputs that are gone through together, element by element; where one has size 1 in a dimension, its one element stands beside all of the others'.</summary>
internal static class Broadcast
{
    /// <summary>A single row beside a sequence is combined with all its rows, but a step would take it for the row of that step.</summary>
    public static bool CanStep(LayerNode node) => node.Inputs.All(i => i.Shape[0] == node.Shape[0]);

    /// <summary>The shape of all together; null if they do not fit each other (NETC0006).</summary>
    public static int[]? Infer(LayerContext context)
    {
        var shapes = context.InputShapes;
        for (var i = 1; i < shapes.Length; i++)
        {
            var other = Array.FindIndex(shapes, 0, i, s => s.Length != shapes[i].Length || Sizes(s, shapes[i]) is null);
            if (other < 0) continue;
            var names = context.Spec.Texts("Names");
            context.Report("NETC0006", context.Spec.Kind, names[other], ShapeText.Of(shapes[other]), names[i], ShapeText.Of(shapes[i]));
            return null;
        }

        return [.. shapes[0].Select((_, d) => shapes.Max(s => s[d]))];
    }

    /// <summary>The larger of each two sizes, counted from the last; null if some are neither alike nor 1.</summary>
    public static int[]? Sizes(int[] a, int[] b)
    {
        var sizes = new int[Math.Max(a.Length, b.Length)];
        for (var d = 1; d <= sizes.Length; d++)
        {
            var (m, n) = (d <= a.Length ? a[a.Length - d] : 1, d <= b.Length ? b[b.Length - d] : 1);
            if (m != n && m != 1 && n != 1) return null;
            sizes[sizes.Length - d] = Math.Max(m, n);
        }

        return sizes;
    }

    /// <summary>What of each input stands at those indices of the result.</summary>
    public static Expr[] Read(Value[] inputs, LoopIndex[] indices) => [.. inputs.Select(x => ProgramBuilder.Read(x, Places(x.Shape, indices)))];

    /// <summary>The places in the last dimensions of the result, for a shape of that many: 0 where it has one element and the result more.</summary>
    public static Affine[] Places(IReadOnlyList<int> shape, LoopIndex[] indices)
    {
        var places = new Affine[shape.Count];
        for (var d = 0; d < places.Length; d++)
        {
            var index = indices[indices.Length - places.Length + d];
            places[d] = shape[d] < index.Extent ? 0 : Affine.Of(index);
        }

        return places;
    }
}

/// <summary>Layers one after the other along an axis: one nest for each input, each writing its part of the output.</summary>
internal sealed class ConcatRule : LayerRule
{
    public override string Kind => "Concat";

    public override bool OnlyMoves => true;

    public override bool CanStep(LayerNode node) => LayerArguments.ResolveAxis(node.Spec.Int("Axis"), node.Shape.Length) > 0;

    public override string[]? NamedInputs(LayerSpec spec) => spec.Texts("Names");

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
