using System.Globalization;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Reads a layer's arguments with the checks that all layers share; each failed check reports once and gives null.</summary>
internal static class LayerChecks
{
    /// <summary>No size of a window or factor has a use beyond this, and sums of a few products of such sizes cannot overflow.</summary>
    private const int LargestSize = 1 << 14;

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    public static string Text(int[] shape) => "[" + string.Join(", ", shape.Select(Text)) + "]";

    /// <summary>The context once more, for lowering a layer that inference has accepted: so that arguments are read in one place only.</summary>
    public static LayerContext Accepted(LayerNode node, Value[] inputs) => new(
        node, [.. inputs.Select(v => v.Shape)],
        d => throw new InvalidOperationException($"{node.Spec} is lowered although it was refused: {d.Id} {string.Join(", ", d.Arguments)}."), _ => null, _ => null);

    /// <summary>A size from 1 up.</summary>
    public static int? Size(LayerContext context, string name, int otherwise)
    {
        var size = context.Spec.Int(name, otherwise);
        if (size < 1)
        {
            context.Report(Diagnostics.SizeNotPositive.Id, context.Spec.Kind, name, Text(size));
            return null;
        }

        if (size <= LargestSize) return size;
        context.Report(Diagnostics.BadArgument.Id, context.Spec.Kind, name, Text(size), $"at most {Text(LargestSize)}");
        return null;
    }

    /// <summary>A size from 0 up.</summary>
    public static int? Pad(LayerContext context, string name, int otherwise)
    {
        var size = context.Spec.Int(name, otherwise);
        if (size is >= 0 and <= LargestSize) return size;
        context.Report(Diagnostics.BadArgument.Id, context.Spec.Kind, name, Text(size), $"from 0 to {Text(LargestSize)}");
        return null;
    }

    /// <summary>The small number that keeps a normalisation from dividing by zero.</summary>
    public static double? Epsilon(LayerContext context)
    {
        var epsilon = context.Spec.Number("Epsilon", 1e-5);
        if (epsilon is > 0 and < double.PositiveInfinity) return epsilon;
        context.Report(Diagnostics.BadArgument.Id, context.Spec.Kind, "Epsilon", Text(epsilon), "greater than 0");
        return null;
    }

    public static bool IsImage(LayerContext context)
    {
        if (context.Input.Length == 3) return true;
        context.Report(Diagnostics.WrongRank.Id, context.Spec.Kind, "[channels, height, width]", Text(context.Input));
        return false;
    }

    /// <summary>
    /// The number of output channels (or units), given in exactly one of three ways: as a number, <c>Like</c> another layer, or
    /// <c>Scale</c> times the input's. <paramref name="axis"/> is the dimension that counts them. <paramref name="otherwise"/>, when
    /// not null, is what no argument at all means.
    /// </summary>
    public static int? Count(LayerContext context, string argument, int axis, int? otherwise = null)
    {
        var spec = context.Spec;
        var plural = argument.ToLowerInvariant();
        var given = new[] { argument, "Like", "Scale" }.Count(spec.Has);
        if (given == 0 && otherwise is not null) return otherwise;
        if (given != 1)
        {
            context.Report(Diagnostics.NoSize.Id, spec.Kind, plural);
            return null;
        }

        if (spec.Text("Like") is { } like)
        {
            if (context.ShapeOf(like) is not { } shape)
            {
                context.Report(Diagnostics.BadArgument.Id, spec.Kind, "Like", "'" + like + "'", "an earlier layer of the same network or block");
                return null;
            }

            if (axis < shape.Length) return shape[axis];
            context.Report(Diagnostics.BadArgument.Id, spec.Kind, "Like", $"'{like}' of shape {Text(shape)}", $"a layer that has {plural}");
            return null;
        }

        if (spec.Find("Scale") is { } scale)
        {
            var exact = scale.Number * context.Input[axis];
            var whole = Math.Round(exact);
            if (whole is >= 1 and <= int.MaxValue && Math.Abs(exact - whole) < 1e-6) return (int)whole;
            context.Report(
                Diagnostics.BadArgument.Id, spec.Kind, "Scale", Text(scale.Number),
                $"such that {Text(scale.Number)} x {Text(context.Input[axis])} {plural} is a whole number from 1 up");
            return null;
        }

        var count = spec.Int(argument);
        if (count >= 1) return count;
        context.Report(Diagnostics.SizeNotPositive.Id, spec.Kind, argument, Text(count));
        return null;
    }

    /// <summary>The shape, unless one sample of it has more elements than an array can.</summary>
    public static int[]? Fitting(LayerContext context, params long[] shape)
    {
        var elements = shape.Aggregate(1.0, (a, b) => a * b);
        if (elements < int.MaxValue) return [.. shape.Select(n => (int)n)];
        context.Report(
            Diagnostics.TooLarge.Id, context.Spec.Kind, $"{(elements * 4 / (1L << 30)).ToString("0.#", CultureInfo.InvariantCulture)} GB",
            $"the output [{string.Join(", ", shape.Select(n => n.ToString(CultureInfo.InvariantCulture)))}] of one sample", "8 GB");
        return null;
    }
}
