using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// 2-D transposed convolution: the gradient of a convolution with respect to its input, taken as a layer. Each input
/// element adds a window to the output, so the nest is a Sum whose output place moves with both the window and the tap: the same form
/// as a convolution's gradient, and served by the same scheduling.
/// </summary>
internal sealed class ConvolutionTranspose : LayerRule
{
    public override string Kind => "ConvTranspose2D";

    public override int[]? Infer(LayerContext context)
    {
        if (!LayerChecks.IsImage(context)) return null;
        var inputs = context.Input[0];
        if (context.Size("Channels", "channels", inputs) is not { } outputs
            || LayerChecks.Size(context, "Groups", 1) is not { } groups
            || !Convolution.GroupsDivide(context, groups, inputs, "input")
            || !Convolution.GroupsDivide(context, groups, outputs, "output")
            || Windows.OfTransposed(context) is not { } window)
            return null;

        Convolution.DeclareParameters(context, [inputs, outputs / groups, window.Vertical.Kernel, window.Horizontal.Kernel], outputs);
        return LayerChecks.Fitting(context, outputs, window.Vertical.Length, window.Horizontal.Length);
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var window = Windows.OfTransposed(LayerChecks.Accepted(node, inputs))!;
        var weight = builder.Parameter(node.FindParameter("weight")!);
        var outputsPerGroup = weight.Shape[1];
        var groups = node.Shape[0] / outputsPerGroup;
        var inputsPerGroup = x.Shape[0] / groups;

        var loops = new Loops();
        Affine g = groups > 1 ? loops.Add("g", groups) : 0;
        var o = groups > 1 ? loops.AddUnlessSingle("o", outputsPerGroup) : loops.Add("o", outputsPerGroup);
        var (row, column) = (loops.Add("y", window.Vertical.Count), loops.Add("x", window.Horizontal.Count));
        var c = loops.AddUnlessSingle("c", inputsPerGroup);
        var (ky, kx) = (loops.AddUnlessSingle("ky", window.Vertical.Kernel), loops.AddUnlessSingle("kx", window.Horizontal.Kernel));
        var (y, z) = (window.Vertical.Position(row, ky), window.Horizontal.Position(column, kx));
        var input = (g * inputsPerGroup) + c;
        var sum = builder.Sum(
            Loops.Title(node), node.Shape, loops.Indices, [(g * outputsPerGroup) + o, y, z],
            ProgramBuilder.Read(x, input, row, column) * ProgramBuilder.Read(weight, input, o, ky, kx), window.Guards(y, z));
        return Convolution.AddBias(builder, node, sum);
    }
}
