using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.Expr;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>A loss that compares element with element and takes the mean.</summary>
internal abstract class ElementLossRule : LossRule
{
    protected abstract Expr Element(LossSpec spec, Expr output, Expr label);

    public override Value Lower(ProgramBuilder builder, LossSpec spec, Value output, Value label)
    {
        var indices = IndicesOf(output.Shape);
        var element = Element(spec, Read(output, indices), Read(label, indices));
        return builder.Sum("loss of each sample", [1], indices, [0], element * (1.0 / output.Length));
    }
}

/// <summary>
/// On logits, with targets between 0 and 1: log(1 + e^x) - x t. Written so that neither the loss nor its derivative is the small difference of large numbers
/// where x is large and t is near to 1.
/// </summary>
internal sealed class BinaryCrossEntropyRule : ElementLossRule
{
    public override string Kind => "BinaryCrossEntropy";

    public override string Activation => "Sigmoid";

    protected override Expr Element(LossSpec spec, Expr output, Expr label)
    {
        var positive = GreaterOrEqual(output, 0);
        return ((Select(positive, 1, 0) - label) * output) + Log1P(Exp(Select(positive, -output, output)));
    }
}

internal sealed class MeanSquaredErrorRule : ElementLossRule
{
    public override string Kind => "MeanSquaredError";

    protected override Expr Element(LossSpec spec, Expr output, Expr label) => Pow(output - label, 2);
}

internal sealed class MeanAbsoluteErrorRule : ElementLossRule
{
    public override string Kind => "MeanAbsoluteError";

    protected override Expr Element(LossSpec spec, Expr output, Expr label) => Abs(output - label);
}

/// <summary>Squared near 0, linear beyond delta.</summary>
internal sealed class HuberRule : ElementLossRule
{
    public override string Kind => "Huber";

    public override (string Name, double Otherwise)? Option => ("HuberDelta", 1);

    public override LabelInfo? Fit(LossContext context)
    {
        var delta = context.Spec.Number("HuberDelta", 1);
        if (delta >= LayerChecks.LeastFloat) return base.Fit(context);
        context.Report("NETC0018", Kind, "HuberDelta", ShapeText.Of(delta), LayerChecks.PositiveFloat);
        return null;
    }

    protected override Expr Element(LossSpec spec, Expr output, Expr label)
    {
        var delta = spec.Number("HuberDelta", 1);
        var difference = output - label;
        var distance = Abs(difference);
        return Select(Less(distance, delta), 0.5 * (difference * difference), delta * (distance - (0.5 * delta)));
    }
}
