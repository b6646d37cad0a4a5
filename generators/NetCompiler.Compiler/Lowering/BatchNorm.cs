using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Normalises each channel over the minibatch in training, with running statistics in prediction.</summary>
internal sealed class BatchNorm : LayerRule
{
    public override string Kind => "BatchNorm";

    public override bool CanStep(LayerNode node) => true;

    public override int[]? Infer(LayerContext context)
    {
        if (!context.HasRank("[F], [T, C] or [C, H, W]", 1, 2, 3) || LayerChecks.Epsilon(context) is null) return null;
        var momentum = Momentum(context.Spec);
        if (momentum is not (>= 0 and <= 1))
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Momentum", ShapeText.Of(momentum), "from 0 to 1");
            return null;
        }

        int[] channels = [context.Input[Channel(context.Input)]];
        if (context.Spec.Bool("Affine", true))
        {
            context.Parameter("weight", channels, Initializer.Value(1));
            context.Parameter("bias", channels, Initializer.Value(0));
        }

        context.Parameter("running_mean", channels, Initializer.Value(0), isBuffer: true);
        context.Parameter("running_var", channels, Initializer.Value(1), isBuffer: true);
        return context.Input;
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var x = inputs[0];
        var epsilon = LayerChecks.Epsilon(LayerChecks.Accepted(node, inputs))!.Value;
        var weight = Find("weight");
        var bias = Find("bias");
        var runningMean = Find("running_mean")!;
        var runningVariance = Find("running_var")!;
        var title = Loops.Title(node);
        return builder.Training ? Train() : Predict();

        Value? Find(string name) => node.FindParameter(name) is { } declaration ? builder.Parameter(declaration) : null;

        NormalizedElement View()
        {
            var at = ProgramBuilder.IndicesOf(x.Shape);
            return new NormalizedElement(at, [.. at.Select(Affine.Of)], [at[Channel(x.Shape)]], [at[Channel(x.Shape)]]);
        }

        // The channel's factor: 1 / standard deviation, times the learned weight.
        Value Scale(Value variance) => weight is null
            ? builder.Pointwise(title + " scale", e => 1 / Expr.Sqrt(e[0] + epsilon), variance)
            : builder.Pointwise(title + " scale", e => e[1] / Expr.Sqrt(e[0] + epsilon), variance, weight);

        // x * scale + shift, so that prediction fuses it into the layer before.
        Value Predict()
        {
            var scale = Scale(runningVariance);
            var shift = bias is null
                ? builder.Pointwise(title + " shift", e => -(e[0] * e[1]), runningMean, scale)
                : builder.Pointwise(title + " shift", e => e[2] - (e[0] * e[1]), runningMean, scale, bias);
            var v = View();
            return builder.Store(
                title, x.Shape, v.Loops, v.Element,
                (ProgramBuilder.Read(x, v.Element) * ProgramBuilder.Read(scale, v.Statistic)) + ProgramBuilder.Read(shift, v.Statistic));
        }

        // The mean is subtracted first: x * scale + shift would lose digits where the mean is large.
        Value Train()
        {
            var channels = x.Shape[Channel(x.Shape)];
            var inverseCount = builder.InverseBatch * ((double)channels / x.Length);
            var (mean, variance) = Normalization.Statistics(builder, title, x, View, [channels], inverseCount, batched: false);
            var scale = Scale(variance);
            var v = View();
            var result = (ProgramBuilder.Read(x, v.Element) - ProgramBuilder.Read(mean, v.Statistic)) * ProgramBuilder.Read(scale, v.Statistic);
            if (bias is not null) result += ProgramBuilder.Read(bias, v.Parameter);
            var y = builder.Store(title, x.Shape, v.Loops, v.Element, result);

            // The running variance takes the unbiased one, n / (n - 1) = 1 / (1 - 1/n) times the biased; the bound matters only for n = 1,
            // where the variance is 0 and must stay so.
            var momentum = Momentum(node.Spec);
            var newMean = builder.Pointwise(
                title + " running mean", e => ((1 - momentum) * e[0]) + (momentum * e[1]), runningMean, mean);
            var newVariance = builder.Pointwise(
                title + " running variance", e => ((1 - momentum) * e[0]) + (momentum * (e[1] / Expr.Max(1 - inverseCount, 0.5))), runningVariance, variance);
            builder.Program.BufferUpdates.Add((runningMean, newMean));
            builder.Program.BufferUpdates.Add((runningVariance, newVariance));
            return y;
        }
    }

    /// <summary>The dimension of the channels: the last of features and sequences, the first of images.</summary>
    internal static int Channel(int[] shape) => shape.Length == 2 ? 1 : 0;

    private static double Momentum(LayerSpec spec) => spec.Number("Momentum", 0.1);
}
