using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// PyTorch's matmul of two layers: [.., n, k] and [.., k, m] -> [.., n, m]. The dimensions before the last two number matrices, of which each has its own product; where
/// one layer has a single matrix, or no such dimension, that is multiplied with each of the other's.
/// </summary>
internal sealed class MatMulRule : LayerRule
{
    public override string Kind => "MatMul";

    public override string[]? NamedInputs(LayerSpec spec) => [spec.Text("A") ?? "", spec.Text("B") ?? ""];

    // Neither dimension of a matrix need be time: a row of the result may need all rows of a sequence, or a column for each of them.
    public override bool CanStep(LayerNode node) => false;

    public override int[]? Infer(LayerContext context)
    {
        var spec = context.Spec;
        var names = NamedInputs(spec)!;
        for (var i = 0; i < names.Length; i++)
        {
            if (context.InputShapes[i].Length >= 2) continue;
            context.Report(
                Diagnostics.WrongRank.Id, Kind, "[T, F] or [N, T, F] (of a vector, Reshape(1, -1) makes a row and Reshape(-1, 1) a column)",
                $"{ShapeText.Of(context.InputShapes[i])} of '{names[i]}'");
            return null;
        }

        var (a, b) = (Turned(context.InputShapes[0], spec.Bool("TransposeA")), Turned(context.InputShapes[1], spec.Bool("TransposeB")));
        if (a[a.Length - 1] != b[b.Length - 2] || Broadcast.Sizes(Stack(a), Stack(b)) is not { } stack)
        {
            context.Report(Diagnostics.ShapesDoNotMultiply.Id, names[0], Described(0, a), names[1], Described(1, b));
            return null;
        }

        return LayerChecks.Fitting(context, [.. stack.Select(n => (long)n), a[a.Length - 2], b[b.Length - 1]]);

        string Described(int input, int[] shape)
        {
            var given = context.InputShapes[input];
            return ReferenceEquals(shape, given) ? ShapeText.Of(given) : $"{ShapeText.Of(given)}, transposed {ShapeText.Of(shape)}";
        }
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var (turnA, turnB) = (node.Spec.Bool("TransposeA"), node.Spec.Bool("TransposeB"));
        LoopIndex[] stack = [.. Stack(node.Shape).Select((extent, d) => Index("b" + ShapeText.Of(d), extent))];
        var (i, j) = (Index("i", node.Shape[node.Shape.Length - 2]), Index("j", node.Shape[node.Shape.Length - 1]));
        var k = Index("k", Turned(inputs[0].Shape, turnA)[inputs[0].Shape.Length - 1]);
        LoopIndex[] at = [.. stack, i, j];
        return builder.Sum(
            node.Title, node.Shape, [.. at, k], [.. at.Select(Affine.Of)],
            Read(inputs[0], At(inputs[0], turnA ? [k, i] : [i, k])) * Read(inputs[1], At(inputs[1], turnB ? [j, k] : [k, j])));

        Affine[] At(Value x, LoopIndex[] inMatrix) => [.. Broadcast.Places(Stack(x.Shape), stack), .. inMatrix.Select(Affine.Of)];
    }

    /// <summary>The dimensions that number matrices.</summary>
    private static int[] Stack(int[] shape) => [.. shape.Take(shape.Length - 2)];

    private static int[] Turned(int[] shape, bool turned) => turned ? [.. Stack(shape), shape[shape.Length - 1], shape[shape.Length - 2]] : shape;
}
