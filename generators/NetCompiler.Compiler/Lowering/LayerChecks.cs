using System.Globalization;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Checks of arguments that convolution, pooling and normalisation share; each failed check reports once and gives null.</summary>
internal static class LayerChecks
{
    /// <summary>No size of a window or factor has a use beyond this, and sums of a few products of such sizes cannot overflow.</summary>
    private const int LargestSize = 1 << 14;

    /// <summary>A smaller number may be 0 as a float, and below this some processors take it for 0.</summary>
    public const double LeastFloat = ExprFactory.LeastFloat;

    /// <summary>What is expected of a number that must be greater than 0.</summary>
    public const string PositiveFloat = "greater than 0, in the range of floats (at least 1.2e-38)";

    /// <summary>PyTorch's for most normalisations.</summary>
    public const double UsualEpsilon = 1e-5;

    /// <summary>The context once more, for lowering a layer that inference has accepted: so that arguments are read in one place only.</summary>
    public static LayerContext Accepted(LayerNode node, Value[] inputs) => Accepted(node, [.. inputs.Select(v => v.Shape)]);

    public static LayerContext Accepted(LayerNode node, params int[][] shapes) => new(
        node, shapes,
        d =>
        {
            if (!Diagnostics.IsWarning(d.Id)) throw new InvalidOperationException($"{node.Spec} is lowered although it was refused: {d.Id} {string.Join(", ", d.Arguments)}.");
        },
        _ => null, _ => null);

    /// <summary>A size from 1 to so many.</summary>
    public static int? Size(LayerContext context, string name, int otherwise, int most = LargestSize)
    {
        if (context.Positive(name, otherwise) is not { } size) return null;
        if (size <= most) return size;
        context.Report(Diagnostics.BadArgument.Id, context.Spec.Kind, name, ShapeText.Of(size), $"at most {ShapeText.Of(most)}");
        return null;
    }

    /// <summary>A size from 0 up.</summary>
    public static int? Pad(LayerContext context, string name, int otherwise)
    {
        var size = context.Spec.Int(name, otherwise);
        if (size is >= 0 and <= LargestSize) return size;
        context.Report(Diagnostics.BadArgument.Id, context.Spec.Kind, name, ShapeText.Of(size), $"from 0 to {ShapeText.Of(LargestSize)}");
        return null;
    }

    /// <summary>The small number that keeps a normalisation from dividing by zero.</summary>
    public static double? Epsilon(LayerContext context, double otherwise = UsualEpsilon)
    {
        var epsilon = context.Spec.Number("Epsilon", otherwise);
        if (epsilon is >= LeastFloat and < double.PositiveInfinity) return epsilon;
        context.Report(Diagnostics.BadArgument.Id, context.Spec.Kind, "Epsilon", ShapeText.Of(epsilon), PositiveFloat);
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
