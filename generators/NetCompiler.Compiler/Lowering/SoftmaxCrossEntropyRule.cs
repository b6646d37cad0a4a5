using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// PyTorch's CrossEntropyLoss on class numbers. With the largest x of a position m, the loss there is log(sum of exp(x - m)) and the sum
/// over classes of w (m - x), where w is 1 for the labelled class, smoothed towards 1 / classes. No term is negative: where x is far from 0
/// and the loss is small, none of its digits is lost. The loss of a position whose label is -1 is 0, and so are its gradients, whatever the smoothing: no class
/// is the labelled one, and nothing is taken from the place that the label would name.
/// </summary>
internal sealed class SoftmaxCrossEntropyRule : LossRule
{
    public override string Kind => "SoftmaxCrossEntropy";

    public override string Activation => "Softmax";

    public override (string Name, double Otherwise)? Option => ("LabelSmoothing", 0);

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
        var largest = LogSum.Largest(builder, "loss", output, axis);
        var exponentials = LogSum.SumOfExponentials(builder, "loss", output, axis, largest);

        var smoothing = spec.Number("LabelSmoothing", 0);
        var indices = IndicesOf(output.Shape);
        var place = LogSum.Without(indices, axis);
        var isLabel = Expr.Equal(new IndexExpr(indices[axis]), Read(label, place));
        var lack = Expr.StopGradient(Read(largest, place)) - Read(output, indices);
        var weighted = smoothing == 0
            ? Expr.Select(isLabel, lack, 0)
            : Expr.Select(isLabel, 1 - smoothing + (smoothing / classes), smoothing / classes) * lack;
        var lacks = builder.Sum("loss largest less label", largest.Shape, indices, place, weighted);

        // The weights of a position add up to 1: the logarithm takes part once, not with each class.
        var at = IndicesOf(largest.Shape);
        var counts = Expr.GreaterOrEqual(Read(label, at), 0);

        // Without smoothing a label of -1 leaves out all that is lacking. The choice is made of each part: around the whole term, it would draw the factor of all into itself.
        if (smoothing > 0) lacks = builder.Pointwise("loss largest less label where it counts", at, Expr.Select(counts, Read(lacks, at), 0));
        return builder.Sum("loss of each sample", [1], at, [0], (Expr.Select(counts, Expr.Log(Read(exponentials, at)), 0) + Read(lacks, at)) * (1.0 / positions));
    }

    /// <summary>The dimension that holds the classes: channels of an image, features of a sequence.</summary>
    private static int ClassAxis(int rank) => rank == 2 ? 1 : 0;
}
