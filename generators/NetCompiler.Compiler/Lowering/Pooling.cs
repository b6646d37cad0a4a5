using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>What the pooling layers with a window share, of images or sequences.</summary>
internal abstract class WindowPooling(string kind, Grid grid) : LayerRule
{
    public override string Kind => kind;

    public override int[]? Infer(LayerContext context)
    {
        if (!grid.Fits(context) || Windows.OfPooling(context, grid) is not { } window) return null;
        for (var a = 0; a < window.Axes.Length; a++)
            if (!PadFits(context, window.Axes[a], grid.Sides[a])) return null;
        return grid.Shape(context, grid.Channels(context.Input), window.Counts);

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

    public override bool CanStep(LayerNode node) => WindowOf(node, node.Inputs[0].Shape).Axes[0].IsApart;

    public override int StepStride(LayerNode node) => WindowOf(node, node.Inputs[0].Shape).Axes[0].Stride;

    protected Windows WindowOf(LayerNode node, int[] input) => Windows.OfPooling(LayerChecks.Accepted(node, input), grid)!;

    /// <summary>The loops over windows and taps, and the element that a tap reads.</summary>
    protected (Loops Loops, Affine[] Output, Expr Tap, Guard[] Guards) Slide(LayerNode node, Value x, Windows window)
    {
        var loops = new Loops();
        var c = loops.Add("c", grid.Channels(node.Shape));
        var windows = window.Slide(loops, grid);
        var positions = window.Positions(windows, window.Taps(loops, grid));
        return (loops, grid.Place(c, windows), ProgramBuilder.Read(x, grid.Place(c, positions)), window.Guards(positions));
    }

    /// <summary>How many elements of the input are in the window of an output element.</summary>
    protected Expr Valid(Windows window, LoopIndex[] at) =>
        window.Axes.Select((axis, a) => axis.ValidTaps(at[grid.Positions[a]])).Aggregate((count, taps) => count * taps);
}

/// <summary>The largest element of each window; padding never wins.</summary>
internal sealed class MaxPooling(string kind, Grid grid) : WindowPooling(kind, grid)
{
    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var window = WindowOf(node, inputs[0].Shape);
        var (loops, output, tap, guards) = Slide(node, inputs[0], window);
        return window.Kernels.All(k => k == 1)
            ? builder.Store(Loops.Title(node), node.Shape, loops.Indices, output, tap, guards)
            : builder.Max(Loops.Title(node), node.Shape, loops.Indices, output, tap, guards);
    }
}

/// <summary>The mean of each window.</summary>
internal sealed class AveragePooling(string kind, Grid grid) : WindowPooling(kind, grid)
{
    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var window = WindowOf(node, inputs[0].Shape);
        var (loops, output, tap, guards) = Slide(node, inputs[0], window);
        var sum = builder.Sum(Loops.Title(node) + " sum", node.Shape, loops.Indices, output, tap, guards);

        var countsPadding = !window.IsSame && node.Spec.Bool("CountIncludePad", true);
        var at = ProgramBuilder.IndicesOf(node.Shape);
        Expr count = countsPadding ? window.Kernels.Aggregate(1.0, (product, kernel) => product * kernel) : Valid(window, at);
        var total = ProgramBuilder.Read(sum, at);
        return builder.Store(
            Loops.Title(node), node.Shape, at, [.. at.Select(Affine.Of)], count is ConstExpr constant ? total * (1 / constant.Value) : total / count);
    }
}

/// <summary>[C, H, W] or [T, C] to [C]: one number for all positions of each channel.</summary>
internal abstract class GlobalPooling(string kind) : LayerRule
{
    public override string Kind => kind;

    public override int[]? Infer(LayerContext context) =>
        context.HasRank("[C, H, W] or [T, C]", 3, 2) ? [GridOf(context.Input).Channels(context.Input)] : null;

    protected static Grid GridOf(int[] shape) => shape.Length == 3 ? Grid.Image : Grid.Sequence;
}

/// <summary>The mean of each channel.</summary>
internal sealed class GlobalAveragePooling() : GlobalPooling("GlobalAveragePool")
{
    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var at = ProgramBuilder.IndicesOf(x.Shape);
        var sum = builder.Sum(Loops.Title(node) + " sum", node.Shape, at, [at[GridOf(x.Shape).Channel]], ProgramBuilder.Read(x, at));
        return builder.Pointwise(Loops.Title(node), v => v[0] * ((double)node.Shape[0] / x.Length), sum);
    }
}

/// <summary>The largest element of each channel.</summary>
internal sealed class GlobalMaxPooling() : GlobalPooling("GlobalMaxPool")
{
    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var at = ProgramBuilder.IndicesOf(inputs[0].Shape);
        return builder.Max(Loops.Title(node), node.Shape, at, [at[GridOf(inputs[0].Shape).Channel]], ProgramBuilder.Read(inputs[0], at));
    }
}
