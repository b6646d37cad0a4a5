using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Overlapping frames of a waveform, [T, Hop] -> [T, Size]: each ends with its row.</summary>
internal sealed class FrameRule : LayerRule
{
    public override string Kind => "Frame";

    public override bool CanStep(LayerNode node) => true;

    public override bool IsStateful(LayerNode node) => Before(node, node.Inputs[0].Shape) > 0;

    public override int[]? Infer(LayerContext context)
    {
        if (!context.HasRank("[T, Hop]: rows of Hop samples", 2) || LayerChecks.Size(context, "Size", 0) is not { } size) return null;
        return LayerChecks.Fitting(context, context.Input[0], size);
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var (title, x, before) = (Loops.Title(node), inputs[0], Before(node, inputs[0].Shape));
        var (rows, hop, size) = (x.Shape[0], x.Shape[1], node.Shape[1]);
        var (t, c, n) = (Index("t", rows), Index("c", hop), Index("n", size));
        if (before == 0) return builder.Pointwise(title, [t, n], Read(x, t, n + (hop - size)));

        // One line of samples, in which frames overlap: who reads frames reads them there.
        Value samples;
        if (builder.StepRows == 0)
        {
            samples = builder.Store($"{title} samples", [before + (rows * hop)], [t, c], [(t * hop) + c + before], Read(x, t, c));
        }
        else
        {
            var state = builder.State($"{title} samples before", [before]);
            var b = Index("b", before);
            samples = builder.NewValue($"{title} samples", [before + (rows * hop)], batched: true);
            builder.StoreInto(samples.Name, samples, [b], [b], Read(state, b));
            builder.StoreInto(samples.Name, samples, [t, c], [(t * hop) + c + before], Read(x, t, c));
            builder.Write($"{title} samples, kept", state, [b], [b], Read(samples, b + (rows * hop)));
        }

        return builder.Pointwise(title, [t, n], Read(samples, (t * hop) + n));
    }

    /// <summary>Samples of a frame before those of its row.</summary>
    private static int Before(LayerNode node, int[] rows) => Math.Max(node.Shape[1] - rows[1], 0);
}
