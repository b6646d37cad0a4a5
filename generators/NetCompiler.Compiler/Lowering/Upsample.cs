using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Enlarges an image by a whole factor: output y is y = i * Factor + r, for input row i and phase r in [0, Factor).</summary>
internal sealed class Upsample : LayerRule
{
    public override string Kind => "Upsample";

    public override int[]? Infer(LayerContext context)
    {
        if (!Grid.Image.Fits(context) || LayerChecks.Size(context, "Factor", 2) is not { } factor) return null;
        var mode = context.Spec.Text("Mode") ?? "Nearest";
        if (mode is not ("Nearest" or "Bilinear"))
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Mode", mode, "Nearest or Bilinear");
            return null;
        }

        if (mode == "Nearest" && context.Spec.Bool("AlignCorners"))
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "AlignCorners", "true", "left out with Mode = Nearest, where it means nothing");
            return null;
        }

        return LayerChecks.Fitting(context, context.Input[0], (long)context.Input[1] * factor, (long)context.Input[2] * factor);
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var factor = node.Spec.Int("Factor", 2);
        if (node.Spec.Text("Mode") != "Bilinear") return Nearest(builder, node, inputs[0], factor);
        if (factor == 1) return builder.Pointwise(Loops.Title(node), v => v[0], inputs[0]);
        var rows = Interpolate(builder, node, inputs[0], axis: 1, factor);
        return Interpolate(builder, node, rows, axis: 2, factor);
    }

    private static Value Nearest(ProgramBuilder builder, LayerNode node, Value x, int factor)
    {
        var loops = new Loops();
        var c = loops.Add("c", x.Shape[0]);
        var y = loops.Add("y", x.Shape[1]);
        var r = loops.AddUnlessSingle("r", factor);
        var z = loops.Add("x", x.Shape[2]);
        var q = loops.AddUnlessSingle("q", factor);
        return builder.Store(Loops.Title(node), node.Shape, loops.Indices, [c, (y * factor) + r, (z * factor) + q], ProgramBuilder.Read(x, c, y, z));
    }

    /// <summary>
    /// Linear interpolation along one axis. An output element's source lies less than one element away from input i (with either
    /// meaning of the corners), so three taps i - 1, i, i + 1 hold its two neighbours: their weights, the third being 0, are a small
    /// table that depends on i only at the edges, and the rest is a contraction.
    /// </summary>
    private static Value Interpolate(ProgramBuilder builder, LayerNode node, Value x, int axis, int factor)
    {
        var title = Loops.Title(node) + (axis == 1 ? " rows" : " columns");
        var length = x.Shape[axis];
        var table = new Loops();
        var (i, r, k) = (table.Add("i", length), table.Add("r", factor), table.Add("k", 3));

        // Where the source is, relative to input i. Computed as this small difference, it loses no digits far from the origin.
        var offset = node.Spec.Bool("AlignCorners")
            ? new IndexExpr((r * (length - 1)) - (i * (factor - 1))) * (1.0 / (((double)length * factor) - 1))
            : Expr.Max(
                Expr.Min((new IndexExpr(r) * (1.0 / factor)) + (0.5 / factor) - 0.5, new IndexExpr((Affine)(length - 1) - i)),
                new IndexExpr(i * -1));
        var weights = builder.Store(
            title + " weights", [length, factor, 3], table.Indices, [i, r, k], Expr.Max(1 - Expr.Abs(offset - new IndexExpr(k - 1)), 0), batched: false);

        var shape = (int[])x.Shape.Clone();
        shape[axis] *= factor;
        var loops = new Loops();
        var at = new Affine[3];
        var output = new Affine[3];
        Affine phase = 0, tap = 0, element = 0;
        string[] names = ["c", "y", "x"];
        for (var d = 0; d < 3; d++)
        {
            var index = loops.Add(names[d], x.Shape[d]);
            at[d] = output[d] = index;
            if (d != axis) continue;
            element = index;
            phase = loops.Add("r", factor);
            output[d] = (index * factor) + phase;
        }

        tap = loops.Add("k", 3);
        at[axis] = element + tap - 1;
        return builder.Sum(
            title, shape, loops.Indices, output, ProgramBuilder.Read(x, at) * ProgramBuilder.Read(weights, element, phase, tap), [new Guard(at[axis], length)]);
    }
}
