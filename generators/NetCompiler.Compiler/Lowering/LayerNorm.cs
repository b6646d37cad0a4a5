using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Normalises over the last dimensions of each sample: about their mean with a bias, or (<paramref name="isCentred"/> false) about 0 without.</summary>
internal abstract class TrailingNorm(string kind, bool isCentred, double epsilon) : LayerRule
{
    public override string Kind => kind;

    public override bool CanStep(LayerNode node) => node.Shape.Length - node.Spec.Int("Dimensions", node.Shape.Length == 3 ? 3 : 1) > 0;

    public override int[]? Infer(LayerContext context)
    {
        var rank = context.Input.Length;
        var dimensions = Dimensions(context);
        if (dimensions < 1 || dimensions > rank)
        {
            context.Report(
                Diagnostics.BadArgument.Id, Kind, "Dimensions", ShapeText.Of(dimensions),
                $"from 1 to the input's number of dimensions ({ShapeText.Of(rank)}, of {ShapeText.Of(context.Input)})");
            return null;
        }

        if (LayerChecks.Epsilon(context, epsilon) is null) return null;
        if (context.Spec.Bool("Affine", true))
        {
            int[] normalized = [.. context.Input.Skip(rank - dimensions)];
            context.Parameter("weight", normalized, Initializer.Value(1));
            if (isCentred) context.Parameter("bias", normalized, Initializer.Value(0));
        }

        return context.Input;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var context = LayerChecks.Accepted(node, inputs);
        var outer = x.Shape.Length - Dimensions(context);
        int[] shape = outer == 0 ? [1] : [.. x.Shape.Take(outer)];
        var count = x.Shape.Skip(outer).Aggregate(1, (a, b) => a * b);
        return Normalization.WithinSample(
            builder, Loops.Title(node), x, View, shape, count, LayerChecks.Epsilon(context, epsilon)!.Value, Find("weight"), Find("bias"), isCentred);

        Value? Find(string name) => node.FindParameter(name) is { } declaration ? builder.Parameter(declaration) : null;

        NormalizedElement View()
        {
            var at = ProgramBuilder.IndicesOf(x.Shape);
            var element = at.Select(Affine.Of).ToArray();
            return new NormalizedElement(at, element, outer == 0 ? [0] : [.. element.Take(outer)], [.. element.Skip(outer)]);
        }
    }

    private static int Dimensions(LayerContext context) => context.Spec.Int("Dimensions", context.Input.Length == 3 ? 3 : 1);
}

/// <summary>PyTorch's LayerNorm.</summary>
internal sealed class LayerNorm() : TrailingNorm("LayerNorm", isCentred: true, LayerChecks.UsualEpsilon);

/// <summary>PyTorch's RMSNorm, whose epsilon is a float's.</summary>
internal sealed class RmsNorm() : TrailingNorm("RmsNorm", isCentred: false, 1.0 / (1 << 23));
