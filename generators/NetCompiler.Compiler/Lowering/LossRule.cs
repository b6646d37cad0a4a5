using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>What the compiler knows of one loss: what labels it takes, and one sample's loss in primitives.</summary>
public abstract class LossRule
{
    /// <summary>The member's name in the enum <c>Loss</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The layer that it has in it, so that the network must not end with one; null if it takes outputs as they are.</summary>
    public virtual string? Activation => null;

    /// <summary>Each sample's loss is a part of the mean. Of one that is computed outside it is what makes the labels the gradients of the outputs.</summary>
    public virtual bool IsMean => true;

    /// <summary>The argument of [Network] that it alone takes, and what that is unless set; null if there is none.</summary>
    public virtual (string Name, double Otherwise)? Option => null;

    /// <summary>The labels for an output of that shape, or reports why the loss does not fit and gives null.</summary>
    public virtual LabelInfo? Fit(LossContext context) => new(context.OutputName, context.Shape.ToEquatableArray(), 0);

    /// <summary>
    /// The loss of one sample, a batched value of shape [1]: the mean over its positions, where those with a class number of -1 add 0.
    /// </summary>
    public abstract Value Lower(ProgramBuilder builder, LossSpec spec, Value output, Value label);
}

/// <summary>What a loss rule sees while it is matched with an output.</summary>
public sealed class LossContext(LossSpec spec, string outputName, int[] shape, SourceKey source, Action<DiagnosticInfo> report)
{
    public LossSpec Spec => spec;

    public string OutputName => outputName;

    public int[] Shape => shape;

    public void Report(string id, params string[] arguments) => report(DiagnosticInfo.Of(id, source, arguments));
}

/// <summary>Every loss that the compiler knows, and how a network gets its own.</summary>
public static class LossRules
{
    private static readonly LossRule[] All =
    [
        new SoftmaxCrossEntropyRule(),
        new BinaryCrossEntropyRule(),
        new MeanSquaredErrorRule(),
        new MeanAbsoluteErrorRule(),
        new HuberRule(),
        new CustomLossRule(),
    ];

    /// <summary>The network's loss; null if it has none.</summary>
    public static LossRule? Of(NetworkSpec spec) => spec.Loss is { } loss ? All.FirstOrDefault(r => r.Kind == loss.Kind) : null;

    /// <summary>Gives each output its labels.</summary>
    internal static void Attach(NetworkGraph graph, Reporter reporter)
    {
        var source = new SourceKey(graph.Spec.FullName, "", -1);
        if (graph.Spec.Loss is not { } loss) return;
        if (loss.Kind == LossSpec.None)
        {
            CheckOptions(graph.Spec, loss, null, reporter);
            return;
        }

        if (Of(graph.Spec) is not { } rule)
        {
            reporter.Report(DiagnosticInfo.Of("NETC0025", source, "Loss." + loss.Kind));
            return;
        }

        // The face says the numbers of all losses.
        foreach (var argument in loss.Arguments) reporter.CheckFloat(source, rule.Kind, argument);

        for (var i = 0; i < graph.Outputs.Count && !reporter.HasFailed(source); i++)
            if (rule.Fit(new LossContext(loss, graph.OutputNames[i], graph.Outputs[i].Shape, source, reporter.Report)) is { } label)
                graph.Labels.Add(label);
        if (reporter.HasFailed(source)) return;

        CheckOptions(graph.Spec, loss, rule, reporter);
        if (rule.Activation is { } activation)
            foreach (var node in graph.Outputs.SelectMany(Probabilities)) reporter.Report(DiagnosticInfo.Of(Diagnostics.LossHasActivation.Id, node.Source, node.Spec.Kind, rule.Kind, activation));
    }

    /// <summary>Arguments for another loss than this one.</summary>
    private static void CheckOptions(NetworkSpec spec, LossSpec loss, LossRule? rule, Reporter reporter)
    {
        foreach (var other in All)
        {
            if (other == rule || other.Option is not { } option || loss.Number(option.Name, option.Otherwise).Equals(option.Otherwise)) continue;
            var beside = rule is null ? "without a loss" : $"with Loss.{rule.Kind}";
            reporter.Report(DiagnosticInfo.Of(Diagnostics.NoEffect.Id, SourceKey.OptionOf(spec.FullName, option.Name), "Network", option.Name, $"{beside}: it belongs to Loss.{other.Kind}"));
        }
    }

    /// <summary>The layers that keep all elements of the output between 0 and 1; none if some element may be any number.</summary>
    private static IEnumerable<LayerNode> Probabilities(LayerNode output)
    {
        if (output.Rule.GivesProbabilities) return [output];
        if (!output.Rule.OnlyMoves) return [];
        var inputs = output.Inputs.Select(i => Probabilities(i).ToList()).ToList();
        return inputs.All(i => i.Count > 0) ? inputs.SelectMany(i => i) : [];
    }
}
