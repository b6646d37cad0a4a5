using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Normalises each group of channels of each sample. Channels are the last dimension of a sequence, as everywhere, and the first of anything else.</summary>
internal sealed class GroupNorm : LayerRule
{
    public override string Kind => "GroupNorm";

    public override int[]? Infer(LayerContext context)
    {
        if (!context.Spec.Has("Groups"))
        {
            context.Report(Diagnostics.SizeNotPositive.Id, Kind, "Groups", "0");
            return null;
        }

        var channels = context.Input[ChannelDimension(context.Input)];
        if (LayerChecks.Size(context, "Groups", 0) is not { } groups
            || !Convolution.GroupsDivide(context, groups, channels, "input")
            || LayerChecks.Epsilon(context) is null)
            return null;
        if (context.Spec.Bool("Affine", true))
        {
            context.Parameter("weight", [channels], Initializer.Value(1));
            context.Parameter("bias", [channels], Initializer.Value(0));
        }

        return context.Input;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var context = LayerChecks.Accepted(node, inputs);
        var groups = node.Spec.Int("Groups");
        var dimension = ChannelDimension(x.Shape);
        var perGroup = x.Shape[dimension] / groups;
        var count = x.Shape.Aggregate(1, (a, b) => a * b) / groups;
        return Normalization.WithinSample(
            builder, Loops.Title(node), x, View, [groups], count, LayerChecks.Epsilon(context)!.Value, Find("weight"), Find("bias"));

        Value? Find(string name) => node.FindParameter(name) is { } declaration ? builder.Parameter(declaration) : null;

        NormalizedElement View()
        {
            var loops = new Loops();
            Affine group = groups > 1 ? loops.Add("g", groups) : 0;
            var channel = (group * perGroup) + (groups > 1 ? loops.AddUnlessSingle("c", perGroup) : loops.Add("c", perGroup));
            var element = ProgramBuilder.IndicesOf(x.Shape).Select((i, d) => d == dimension ? channel : (Affine)loops.Add(i.Name, i.Extent)).ToArray();
            return new NormalizedElement(loops.Indices, element, [group], [channel]);
        }
    }

    private static int ChannelDimension(int[] shape) => shape.Length == 2 ? Grid.Sequence.Channel : Grid.Image.Channel;
}
