using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// How a normalisation sees its input: the loops over one sample, the element's place, the place of the mean that it belongs to, and
/// the place of its learned scale and shift. Made anew for each nest.
/// </summary>
internal sealed record NormalizedElement(LoopIndex[] Loops, Affine[] Element, Affine[] Statistic, Affine[] Parameter);

/// <summary>What batch, layer and group normalisation share: they differ only in which elements are normalised together.</summary>
internal static class Normalization
{
    /// <summary>
    /// The mean and the biased variance, in two passes over the data: the mean of squares less the square of the mean loses
    /// all digits when the mean is large.
    /// </summary>
    /// <param name="inverseCount">1 / (elements that share a mean).</param>
    /// <param name="batched">Each sample has its own statistics.</param>
    public static (Value Mean, Value Variance) Statistics(
        ProgramBuilder builder, string title, Value x, Func<NormalizedElement> view, int[] shape, Expr inverseCount, bool batched)
    {
        var v = view();
        var sum = builder.Sum(title + " sum", shape, v.Loops, v.Statistic, ProgramBuilder.Read(x, v.Element), batched: batched);
        var mean = builder.Pointwise(title + " mean", e => e[0] * inverseCount, sum);

        // The variance's derivative with respect to the mean is a sum of deviations from the mean: 0.
        v = view();
        var deviation = ProgramBuilder.Read(x, v.Element) - Expr.StopGradient(ProgramBuilder.Read(mean, v.Statistic));
        var squares = builder.Sum(title + " squares", shape, v.Loops, v.Statistic, deviation * deviation, batched: batched);
        return (mean, builder.Pointwise(title + " variance", e => e[0] * inverseCount, squares));
    }

    /// <summary>
    /// The layers that have their statistics within one sample. Those that are not centred take 0 for the mean, so that the variance is the mean of the squares.
    /// </summary>
    public static Value WithinSample(
        ProgramBuilder builder, string title, Value x, Func<NormalizedElement> view, int[] shape, int count, double epsilon, Value? weight, Value? bias, bool isCentred = true)
    {
        var (mean, variance) = isCentred ? Statistics(builder, title, x, view, shape, 1.0 / count, batched: true) : (null, MeanSquare());
        var scale = builder.Pointwise(title + " scale", e => 1 / Expr.Sqrt(e[0] + epsilon), variance);
        var v = view();
        var result = ProgramBuilder.Read(x, v.Element);
        if (mean is not null) result -= ProgramBuilder.Read(mean, v.Statistic);
        result *= ProgramBuilder.Read(scale, v.Statistic);
        if (weight is not null) result *= ProgramBuilder.Read(weight, v.Parameter);
        if (bias is not null) result += ProgramBuilder.Read(bias, v.Parameter);
        return builder.Store(title, x.Shape, v.Loops, v.Element, result);

        Value MeanSquare()
        {
            var at = view();
            var element = ProgramBuilder.Read(x, at.Element);
            var squares = builder.Sum(title + " squares", shape, at.Loops, at.Statistic, element * element, batched: true);
            return builder.Pointwise(title + " mean square", e => e[0] * (1.0 / count), squares);
        }
    }
}
