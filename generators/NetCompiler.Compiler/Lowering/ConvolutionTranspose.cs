using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// Transposed convolution of images or sequences: the gradient of a convolution with respect to its input, taken as a layer. Each input
/// element adds a window to the output, so the nest is a Sum whose output place moves with both the window and the tap: the same form
/// as a convolution's gradient, and served by the same scheduling.
/// </summary>
internal sealed class ConvolutionTranspose(string kind, Grid grid) : LayerRule
{
    public override string Kind => kind;

    public override int[]? Infer(LayerContext context)
    {
        if (!grid.Fits(context)) return null;
        var inputs = grid.Channels(context.Input);
        if (context.Size("Channels", "channels", inputs) is not { } outputs
            || LayerChecks.Size(context, "Groups", 1) is not { } groups
            || !Convolution.GroupsDivide(context, groups, inputs, "input")
            || !Convolution.GroupsDivide(context, groups, outputs, "output")
            || Windows.OfTransposed(context, grid) is not { } window)
            return null;

        Convolution.DeclareParameters(context, [inputs, outputs / groups, .. window.Kernels], outputs);
        return grid.Shape(context, outputs, window.Lengths);
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var window = Windows.OfTransposed(LayerChecks.Accepted(node, inputs), grid)!;
        var weight = builder.Parameter(node.FindParameter("weight")!);
        var outputsPerGroup = weight.Shape[1];
        var groups = grid.Channels(node.Shape) / outputsPerGroup;
        var inputsPerGroup = grid.Channels(x.Shape) / groups;

        var loops = new Loops();
        Affine g = groups > 1 ? loops.Add("g", groups) : 0;
        var o = groups > 1 ? loops.AddUnlessSingle("o", outputsPerGroup) : loops.Add("o", outputsPerGroup);
        var windows = window.Slide(loops, grid);
        var c = loops.AddUnlessSingle("c", inputsPerGroup);
        var taps = window.Taps(loops, grid);
        var positions = window.Positions(windows, taps);
        var input = (g * inputsPerGroup) + c;
        var sum = builder.Sum(
            Loops.Title(node), node.Shape, loops.Indices, grid.Place((g * outputsPerGroup) + o, positions),
            ProgramBuilder.Read(x, grid.Place(input, windows)) * ProgramBuilder.Read(weight, [input, o, .. taps]), window.Guards(positions));
        return Convolution.AddBias(builder, node, sum, grid);
    }
}
