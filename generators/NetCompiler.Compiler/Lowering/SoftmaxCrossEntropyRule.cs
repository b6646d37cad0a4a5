using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// PyTorch's CrossEntropyLoss on class numbers. With the logarithm of the sum of exponentials L of a position, the loss there is
/// the sum over classes of w (L - x), where w is 1 for the labelled class, smoothed towards 1 / classes.
/// </summary>
internal sealed class SoftmaxCrossEntropyRule : LossRule
{
    public override string Kind => "SoftmaxCrossEntropy";

    public override LabelInfo? Fit(LossContext context)
    {
        var axis = ClassAxis(context.Shape.Length);
        var classes = context.Shape[axis];
        var smoothing = context.Spec.Number("LabelSmoothing", 0);
        if (!(smoothing >= 0 && smoothing < 1))
        {
            context.Report("NETC0018", Kind, "LabelSmoothing", ShapeText.Of(smoothing), "at least 0 and less than 1");
            return null;
        }

        if (classes < 2)
        {
            context.Report(
                "NETC0012", Kind, $"'{context.OutputName}' {ShapeText.Of(context.Shape)}",
                $"it needs at least 2 classes in dimension {ShapeText.Of(axis)}; for one yes-or-no number use BinaryCrossEntropy");
            return null;
        }

        int[] shape = [.. context.Shape.Where((_, d) => d != axis)];
        return new LabelInfo(context.OutputName, (shape.Length == 0 ? [1] : shape).ToEquatableArray(), classes);
    }

    public override Value Lower(ProgramBuilder builder, LossSpec spec, Value output, Value label)
    {
        var axis = ClassAxis(output.Shape.Length);
        var classes = output.Shape[axis];
        var positions = output.Length / classes;
        var logSum = LogSum.Lower(builder, "loss", output, axis);

        var smoothing = spec.Number("LabelSmoothing", 0);
        var indices = IndicesOf(output.Shape);
        var place = LogSum.Without(indices, axis);
        var isLabel = Expr.Equal(new IndexExpr(indices[axis]), Read(label, place));
        var lack = Read(logSum, place) - Read(output, indices);
        var weighted = smoothing == 0
            ? Expr.Select(isLabel, lack, 0)
            : Expr.Select(isLabel, 1 - smoothing + (smoothing / classes), smoothing / classes) * lack;
        return builder.Sum("loss of each sample", [1], indices, [0], weighted * (1.0 / positions));
    }

    /// <summary>The dimension that holds the classes: channels of an image, features of a sequence.</summary>
    private static int ClassAxis(int rank) => rank == 2 ? 1 : 0;
}
