using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>2-D convolution (cross-correlation, as everywhere in deep learning).</summary>
internal sealed class Convolution : LayerRule
{
    public override string Kind => "Conv2D";

    public override int[]? Infer(LayerContext context)
    {
        if (!LayerChecks.IsImage(context)) return null;
        var spec = context.Spec;
        var inputs = context.Input[0];
        var depthwise = spec.Bool("Depthwise");
        if (depthwise && spec.Has("Groups"))
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Groups", ShapeText.Of(spec.Int("Groups")), "left out with Depthwise, which makes a group of each channel");
            return null;
        }

        if (Channels(context, depthwise) is not { } outputs
            || (depthwise ? inputs : LayerChecks.Size(context, "Groups", 1)) is not { } groups
            || !GroupsDivide(context, groups, inputs, "input")
            || !GroupsDivide(context, groups, outputs, "output")
            || Windows.OfConvolution(context) is not { } window)
            return null;

        var (kernelHeight, kernelWidth) = (window.Vertical.Kernel, window.Horizontal.Kernel);
        DeclareParameters(context, [outputs, inputs / groups, kernelHeight, kernelWidth], outputs);
        return LayerChecks.Fitting(context, outputs, window.Vertical.Count, window.Horizontal.Count);
    }

    private static int? Channels(LayerContext context, bool depthwise) =>
        depthwise && !context.Spec.Has("Channels") && !context.Spec.Has("Like") && !context.Spec.Has("Scale")
            ? context.Input[0]
            : context.Size("Channels", "channels", context.Input[0]);

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var window = Windows.OfConvolution(LayerChecks.Accepted(node, inputs))!;
        var weight = builder.Parameter(node.FindParameter("weight")!);
        var inputsPerGroup = weight.Shape[1];
        var groups = x.Shape[0] / inputsPerGroup;
        var outputsPerGroup = weight.Shape[0] / groups;

        var loops = new Loops();
        Affine g = groups > 1 ? loops.Add("g", groups) : 0;
        var o = groups > 1 ? loops.AddUnlessSingle("o", outputsPerGroup) : loops.Add("o", outputsPerGroup);
        var (row, column) = (loops.Add("y", window.Vertical.Count), loops.Add("x", window.Horizontal.Count));
        var c = loops.AddUnlessSingle("c", inputsPerGroup);
        var (ky, kx) = (loops.AddUnlessSingle("ky", window.Vertical.Kernel), loops.AddUnlessSingle("kx", window.Horizontal.Kernel));
        var (y, z) = (window.Vertical.Position(row, ky), window.Horizontal.Position(column, kx));
        var output = (g * outputsPerGroup) + o;
        var sum = builder.Sum(
            Loops.Title(node), node.Shape, loops.Indices, [output, row, column],
            ProgramBuilder.Read(x, (g * inputsPerGroup) + c, y, z) * ProgramBuilder.Read(weight, output, c, ky, kx), window.Guards(y, z));
        return AddBias(builder, node, sum);
    }

    /// <summary>Adds the bias, where the layer has one, in a nest of its own: planning fuses it with its neighbours.</summary>
    internal static Value AddBias(ProgramBuilder builder, LayerNode node, Value sum)
    {
        if (node.FindParameter("bias") is not { } declaration) return sum;
        var bias = builder.Parameter(declaration);
        var at = ProgramBuilder.IndicesOf(sum.Shape);
        return builder.Store(
            Loops.Title(node) + " bias", sum.Shape, at, [.. at.Select(Affine.Of)], ProgramBuilder.Read(sum, at) + ProgramBuilder.Read(bias, at[0]));
    }

    /// <summary>Weight and bias with PyTorch's initial values, which derive from the weight's dimensions after the first.</summary>
    internal static void DeclareParameters(LayerContext context, int[] weight, int outputs)
    {
        var initializer = Initializer.Uniform(1 / Math.Sqrt((double)weight[1] * weight[2] * weight[3]));
        context.Parameter("weight", weight, initializer, directConvolution: context.Spec.Text("Algorithm") == "Direct");
        if (context.Spec.Bool("Bias", true)) context.Parameter("bias", [outputs], initializer);
    }

    internal static bool GroupsDivide(LayerContext context, int groups, int channels, string which)
    {
        if (channels % groups == 0) return true;
        context.Report(Diagnostics.GroupsDoNotDivide.Id, context.Spec.Kind, ShapeText.Of(groups), ShapeText.Of(channels), which);
        return false;
    }
}
