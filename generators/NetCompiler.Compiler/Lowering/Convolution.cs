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

    public override bool CanStep(LayerNode node) => WindowOf(node).Axes[0].IsApart || node.Spec.Bool("Causal");

    public override bool IsStateful(LayerNode node) => WindowOf(node).Axes[0] is { Before: > 0 };

    public override int StepStride(LayerNode node) => WindowOf(node).Axes[0].Stride;

    private Windows WindowOf(LayerNode node) => Windows.OfConvolution(LayerChecks.Accepted(node, node.Inputs[0].Shape), grid)!;

    private static int? Channels(LayerContext context, int inputs, bool depthwise) =>
        depthwise && !context.Spec.Has("Channels") && !context.Spec.Has("Like") && !context.Spec.Has("Scale")
            ? inputs
            : context.Size("Channels", "channels", inputs);

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var window = Windows.OfConvolution(LayerChecks.Accepted(node, inputs[0].Shape), grid)!;
        var sum = builder.StepRows > 0 && window.Axes[0].Before > 0
            ? Step(builder, node, inputs[0], window.Axes[0])
            : Sum(builder, node, Loops.Title(node), inputs[0], window);
        return AddBias(builder, node, sum, grid);
    }

    /// <param name="builder">What to write with.</param>
    /// <param name="node">The layer.</param>
    /// <param name="title">What the nest is called.</param>
    /// <param name="x">What the windows slide over.</param>
    /// <param name="window">The windows: of taps from <paramref name="first"/> on.</param>
    /// <param name="first">The first tap.</param>
    /// <param name="row">The number of the row from which on they slide, where it is data.</param>
    private Value Sum(ProgramBuilder builder, LayerNode node, string title, Value x, Windows window, int first = 0, Access? row = null)
    {
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
        return builder.Sum(
            title, node.Shape, loops.Indices, grid.Place(output, windows),
            new ReadExpr(new Access(x, new(grid.Place((g * inputsPerGroup) + c, positions)), row)) * ProgramBuilder.Read(weight, [output, c, .. taps.Select(t => t + first)]), window.Guards(positions));
    }

    /// <summary>A few rows of a sequence, from these and those before them, which a state keeps.</summary>
    private Value Step(ProgramBuilder builder, LayerNode node, Value x, WindowAxis axis)
    {
        var (title, rows) = (Loops.Title(node), x.Shape[0]);
        var before = RowsBefore.Of(builder, node, x, axis);
        if (axis.Count == 1)
        {
            // What the rows before give does not wait for the row that has just come.
            var (state, start, turn) = before.Place;
            var earlier = Sum(builder, node, $"{title} of rows before", state, new([new(state.Shape[0], 1, axis.Kernel - 1, 1, axis.Dilation, -start)], false), row: turn);
            var now = Sum(builder, node, title, x, new([new(rows, 1, 1, 1, 1, 0)], false), first: axis.Kernel - 1);
            before.Keep();
            return builder.Pointwise($"{title} sum", v => v[0] + v[1], now, earlier);
        }

        var all = before.WithRows();
        var sum = Sum(builder, node, title, all, new([axis with { Length = all.Shape[0], Before = 0 }], false));
        before.Keep();
        return sum;
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
