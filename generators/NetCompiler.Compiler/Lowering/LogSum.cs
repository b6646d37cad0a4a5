using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// The parts of every softmax: the largest element along an axis, exponentials relative to it, and their sum. The largest
/// element only keeps the exponentials in range; it cancels, so no gradient goes through it.
/// </summary>
internal static class LogSum
{
    public static Value Largest(ProgramBuilder builder, string name, Value x, int axis)
    {
        var indices = IndicesOf(x.Shape);
        return builder.Max(name + " largest", ShapeWithout(x.Shape, axis), indices, Without(indices, axis), Read(x, indices));
    }

    public static Value SumOfExponentials(ProgramBuilder builder, string name, Value x, int axis, Value largest)
    {
        var indices = IndicesOf(x.Shape);
        return builder.Sum(
            name + " sum of exponentials", ShapeWithout(x.Shape, axis), indices, Without(indices, axis), RelativeExponential(x, axis, largest, indices));
    }

    /// <summary>exp(x - largest), between 0 and 1.</summary>
    public static Expr RelativeExponential(Value x, int axis, Value largest, LoopIndex[] indices) =>
        Expr.Exp(Read(x, indices) - Expr.StopGradient(Read(largest, Without(indices, axis))));

    /// <summary>The place without the axis; the only place of a value of one number when nothing is left.</summary>
    public static Affine[] Without(LoopIndex[] indices, int axis) =>
        indices.Length == 1 ? [Affine.Zero] : [.. indices.Where((_, d) => d != axis).Select(Affine.Of)];

    public static int[] ShapeWithout(int[] shape, int axis) => shape.Length == 1 ? [1] : [.. shape.Where((_, d) => d != axis)];
}
