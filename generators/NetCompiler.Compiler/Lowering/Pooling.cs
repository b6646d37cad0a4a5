using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>What the two pooling layers with a window share.</summary>
internal abstract class WindowPooling : LayerRule
{
    public override int[]? Infer(LayerContext context)
    {
        if (!LayerChecks.IsImage(context) || Windows.OfPooling(context) is not { } window) return null;
        if (!PadFits(context, window.Vertical, "Height") || !PadFits(context, window.Horizontal, "Width")) return null;
        return LayerChecks.Fitting(context, context.Input[0], window.Vertical.Count, window.Horizontal.Count);

        // A window with nothing but padding has no largest element and no mean. PyTorch's rule (at most half the kernel) keeps
        // it away, except with dilation.
        static bool PadFits(LayerContext context, WindowAxis axis, string side)
        {
            var reach = ((axis.Kernel - 1) * axis.Dilation) + 1;
            var name = context.Spec.Has("Pad" + side) ? "Pad" + side : "Pad";
            var pad = context.Spec.Int(name);
            if (pad > reach / 2)
            {
                context.Report(Diagnostics.BadArgument.Id, context.Spec.Kind, name, ShapeText.Of(pad), $"at most half the kernel ({ShapeText.Of(reach / 2)})");
                return false;
            }

            if (!axis.HasEmptyWindow) return true;
            context.Report(
                Diagnostics.BadArgument.Id, context.Spec.Kind, context.Spec.Has("Dilation" + side) ? "Dilation" + side : "Dilation",
                ShapeText.Of(axis.Dilation), $"so small that every window meets the input ({ShapeText.Of(axis.Length)} elements)");
            return false;
        }
    }

    /// <summary>The loops over windows and taps, and the element that a tap reads.</summary>
    protected static (Loops Loops, Affine[] Output, Expr Tap, Guard[] Guards) Slide(LayerNode node, Value x, Windows window)
    {
        var loops = new Loops();
        var (c, row, column) = (loops.Add("c", node.Shape[0]), loops.Add("y", node.Shape[1]), loops.Add("x", node.Shape[2]));
        var (ky, kx) = (loops.AddUnlessSingle("ky", window.Vertical.Kernel), loops.AddUnlessSingle("kx", window.Horizontal.Kernel));
        var (y, z) = (window.Vertical.Position(row, ky), window.Horizontal.Position(column, kx));
        return (loops, [c, row, column], ProgramBuilder.Read(x, c, y, z), window.Guards(y, z));
    }
}

/// <summary>The largest element of each window; padding never wins.</summary>
internal sealed class MaxPooling : WindowPooling
{
    public override string Kind => "MaxPool2D";

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var window = Windows.OfPooling(LayerChecks.Accepted(node, inputs))!;
        var (loops, output, tap, guards) = Slide(node, inputs[0], window);
        return window.Vertical.Kernel * window.Horizontal.Kernel == 1
            ? builder.Store(Loops.Title(node), node.Shape, loops.Indices, output, tap, guards)
            : builder.Max(Loops.Title(node), node.Shape, loops.Indices, output, tap, guards);
    }
}

/// <summary>The mean of each window.</summary>
internal sealed class AveragePooling : WindowPooling
{
    public override string Kind => "AveragePool2D";

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var window = Windows.OfPooling(LayerChecks.Accepted(node, inputs))!;
        var (loops, output, tap, guards) = Slide(node, inputs[0], window);
        var sum = builder.Sum(Loops.Title(node) + " sum", node.Shape, loops.Indices, output, tap, guards);

        var countsPadding = !window.IsSame && node.Spec.Bool("CountIncludePad", true);
        var at = ProgramBuilder.IndicesOf(node.Shape);
        Expr count = countsPadding
            ? (double)window.Vertical.Kernel * window.Horizontal.Kernel
            : window.Vertical.ValidTaps(at[1]) * window.Horizontal.ValidTaps(at[2]);
        var total = ProgramBuilder.Read(sum, at);
        return builder.Store(
            Loops.Title(node), node.Shape, at, [.. at.Select(Affine.Of)], count is ConstExpr constant ? total * (1 / constant.Value) : total / count);
    }
}

/// <summary>[C, H, W] to [C]: the mean of each channel.</summary>
internal sealed class GlobalAveragePooling : LayerRule
{
    public override string Kind => "GlobalAveragePool";

    public override int[]? Infer(LayerContext context) => LayerChecks.IsImage(context) ? [context.Input[0]] : null;

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var at = ProgramBuilder.IndicesOf(x.Shape);
        var sum = builder.Sum(Loops.Title(node) + " sum", node.Shape, at, [at[0]], ProgramBuilder.Read(x, at));
        return builder.Pointwise(Loops.Title(node), v => v[0] * (1.0 / ((double)x.Shape[1] * x.Shape[2])), sum);
    }
}

/// <summary>[C, H, W] to [C]: the largest element of each channel.</summary>
internal sealed class GlobalMaxPooling : LayerRule
{
    public override string Kind => "GlobalMaxPool";

    public override int[]? Infer(LayerContext context) => LayerChecks.IsImage(context) ? [context.Input[0]] : null;

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var at = ProgramBuilder.IndicesOf(inputs[0].Shape);
        return builder.Max(Loops.Title(node), node.Shape, at, [at[0]], ProgramBuilder.Read(inputs[0], at));
    }
}
