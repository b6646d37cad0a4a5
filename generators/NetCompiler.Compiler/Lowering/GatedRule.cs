using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// A gated product, on the last dimension: [F] -> [Units], [T, F] -> [T, Units]. One product gives both halves: the gate's rows of the weight come first, then those of
/// what passes through it.
/// </summary>
internal sealed class GatedRule(string kind, Func<LayerSpec, Expr, Expr> function) : LayerRule
{
    private const int MostUnits = int.MaxValue / 2;

    public override string Kind => kind;

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        if (DenseRule.InferUnits(context) is not { } units) return null;
        if (units > MostUnits)
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Units", ShapeText.Of(units), $"at most {ShapeText.Of(MostUnits)}");
            return null;
        }

        DenseRule.Declare(context, 2 * units);
        return [.. context.Input.Take(context.Input.Length - 1), units];
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var both = DenseRule.Product(builder, node, inputs[0]);
        var at = IndicesOf(node.Shape);
        Affine[] gate = [.. at.Select(Affine.Of)];
        Affine[] rest = [.. gate.Take(at.Length - 1), gate[at.Length - 1] + at[at.Length - 1].Extent];
        return builder.Pointwise(Loops.Title(node), at, function(node.Spec, Read(both, gate)) * Read(both, rest));
    }
}
