namespace NetCompiler.Compiler.Graph;

/// <summary>Readings of arguments that several layers share. Each reports what is wrong and then gives null.</summary>
public static class LayerArguments
{
    /// <summary>
    /// The number of units or channels: said as a number, as <c>Like</c> another layer, or as <c>Scale</c> times
    /// <paramref name="inputSize"/>, the layer's own input; exactly one of them.
    /// </summary>
    /// <param name="context">The layer.</param>
    /// <param name="argument">The name of the plain number: <c>Units</c>.</param>
    /// <param name="noun">What is counted: <c>units</c>.</param>
    /// <param name="inputSize">As many as the input has.</param>
    public static int? Size(this LayerContext context, string argument, string noun, int inputSize)
    {
        var spec = context.Spec;
        if (new[] { argument, "Like", "Scale" }.Count(spec.Has) != 1)
        {
            context.Report("NETC0021", spec.Kind, noun);
            return null;
        }

        if (spec.Has(argument)) return context.Positive(argument, 1);
        if (spec.Text("Like") is { } like) return context.ShapeOf(like) is { } shape ? Width(shape) : null;

        var scale = spec.Number("Scale");
        var size = scale * inputSize;
        var whole = Math.Round(size);
        if (!(whole >= 1 && whole <= int.MaxValue && Math.Abs(size - whole) <= 1e-6 * whole))
        {
            context.Report(
                "NETC0018", spec.Kind, "Scale", ShapeText.Of(scale),
                $"a factor that gives a whole number of {noun}, at least 1 ({ShapeText.Of(scale)} x {ShapeText.Of(inputSize)} = {ShapeText.Of(size)})");
            return null;
        }

        return (int)whole;
    }

    /// <summary>An integer that must be at least 1 (NETC0010).</summary>
    public static int? Positive(this LayerContext context, string argument, int otherwise)
    {
        var size = context.Spec.Int(argument, otherwise);
        if (size >= 1) return size;
        context.Report("NETC0010", context.Spec.Kind, argument, ShapeText.Of(size));
        return null;
    }

    /// <summary>A dimension of a shape; negative counts from the end (NETC0018).</summary>
    public static int? Axis(this LayerContext context, int otherwise)
    {
        var rank = context.Input.Length;
        if (ResolveAxis(context.Spec.Int("Axis", otherwise), rank) is { } axis) return axis;
        context.Report(
            "NETC0018", context.Spec.Kind, "Axis", ShapeText.Of(context.Spec.Int("Axis")),
            $"between {ShapeText.Of(-rank)} and {ShapeText.Of(rank - 1)} for an input of shape {ShapeText.Of(context.Input)}");
        return null;
    }

    /// <summary>The axis counted from the start; null when the rank has no such axis.</summary>
    public static int? ResolveAxis(int axis, int rank) => axis < -rank || axis >= rank ? null : axis < 0 ? axis + rank : axis;

    /// <summary>Requires a rank; <paramref name="wanted"/> is written in the message: <c>[C, H, W]</c> (NETC0017).</summary>
    public static bool HasRank(this LayerContext context, string wanted, params int[] ranks)
    {
        if (ranks.Contains(context.Input.Length)) return true;
        context.Report("NETC0017", context.Spec.Kind, wanted, ShapeText.Of(context.Input));
        return false;
    }

    /// <summary>How many units or channels a layer of that shape has: channels come first in images, features last elsewhere.</summary>
    private static int Width(int[] shape) => shape.Length == 3 ? shape[0] : shape[shape.Length - 1];
}
