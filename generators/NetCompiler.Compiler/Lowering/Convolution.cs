using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Convolution (cross-correlation, as everywhere in deep learning) of images or sequences.</summary>
internal sealed class Convolution(string kind, Grid grid) : LayerRule
{
    public override string Kind => kind;

    public override int[]? Infer(LayerContext context)
    {
        if (!grid.Fits(context)) return null;
        var spec = context.Spec;
        var inputs = grid.Channels(context.Input);
        var depthwise = spec.Bool("Depthwise");
        if (depthwise && spec.Has("Groups"))
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Groups", ShapeText.Of(spec.Int("Groups")), "left out with Depthwise, which makes a group of each channel");
            return null;
        }

        if (Channels(context, inputs, depthwise) is not { } outputs
            || (depthwise ? inputs : LayerChecks.Size(context, "Groups", 1)) is not { } groups
            || !GroupsDivide(context, groups, inputs, "input")
            || !GroupsDivide(context, groups, outputs, "output")
            || Windows.OfConvolution(context, grid) is not { } window)
            return null;

        DeclareParameters(context, [outputs, inputs / groups, .. window.Kernels], outputs);
        return grid.Shape(context, outputs, window.Counts);
    }

    private static int? Channels(LayerContext context, int inputs, bool depthwise) =>
        depthwise && !context.Spec.Has("Channels") && !context.Spec.Has("Like") && !context.Spec.Has("Scale")
            ? inputs
            : context.Size("Channels", "channels", inputs);

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var window = Windows.OfConvolution(LayerChecks.Accepted(node, inputs), grid)!;
        var weight = builder.Parameter(node.FindParameter("weight")!);
        var inputsPerGroup = weight.Shape[1];
        var groups = grid.Channels(x.Shape) / inputsPerGroup;
        var outputsPerGroup = weight.Shape[0] / groups;

        var loops = new Loops();
        Affine g = groups > 1 ? loops.Add("g", groups) : 0;
        var o = groups > 1 ? loops.AddUnlessSingle("o", outputsPerGroup) : loops.Add("o", outputsPerGroup);
        var windows = window.Slide(loops, grid);
        var c = loops.AddUnlessSingle("c", inputsPerGroup);
        var taps = window.Taps(loops, grid);
        var positions = window.Positions(windows, taps);
        var output = (g * outputsPerGroup) + o;
        var sum = builder.Sum(
            Loops.Title(node), node.Shape, loops.Indices, grid.Place(output, windows),
            ProgramBuilder.Read(x, grid.Place((g * inputsPerGroup) + c, positions)) * ProgramBuilder.Read(weight, [output, c, .. taps]), window.Guards(positions));
        return AddBias(builder, node, sum, grid);
    }

    /// <summary>Adds the bias, where the layer has one, in a nest of its own: planning fuses it with its neighbours.</summary>
    internal static Value AddBias(ProgramBuilder builder, LayerNode node, Value sum, Grid grid)
    {
        if (node.FindParameter("bias") is not { } declaration) return sum;
        var bias = builder.Parameter(declaration);
        var at = ProgramBuilder.IndicesOf(sum.Shape);
        return builder.Store(
            Loops.Title(node) + " bias", sum.Shape, at, [.. at.Select(Affine.Of)], ProgramBuilder.Read(sum, at) + ProgramBuilder.Read(bias, at[grid.Channel]));
    }

    /// <summary>Weight and bias with PyTorch's initial values, which derive from the weight's dimensions after the first.</summary>
    internal static void DeclareParameters(LayerContext context, int[] weight, int outputs)
    {
        var initializer = Initializer.Uniform(1 / Math.Sqrt(weight.Skip(1).Aggregate(1.0, (product, size) => product * size)));
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
