using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// A loss that the program computes outside of the network. Whatever it is, near these outputs it is the sum of outputs times their gradients; the labels are those gradients.
/// </summary>
internal sealed class CustomLossRule : LossRule
{
    public override string Kind => "Custom";

    public override bool IsMean => false;

    public override Value Lower(ProgramBuilder builder, LossSpec spec, Value output, Value label)
    {
        var indices = IndicesOf(output.Shape);
        return builder.Sum("loss of each sample", [1], indices, [0], Read(output, indices) * Read(label, indices));
    }
}
