using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>What the compiler knows of one loss: what labels it takes, and one sample's loss in primitives.</summary>
public abstract class LossRule
{
    /// <summary>The member's name in the enum <c>Loss</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>The labels for an output of that shape, or reports why the loss does not fit and gives null.</summary>
    public virtual LabelInfo? Fit(LossContext context) => new(context.OutputName, context.Shape.ToEquatableArray(), 0);

    /// <summary>The loss of one sample, a batched value of shape [1].</summary>
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
    ];

    /// <summary>The network's loss; null if it has none.</summary>
    public static LossRule? Of(NetworkSpec spec) => spec.Loss is { } loss ? All.FirstOrDefault(r => r.Kind == loss.Kind) : null;

    /// <summary>Gives each output its labels.</summary>
    internal static void Attach(NetworkGraph graph, Reporter reporter)
    {
        var source = new SourceKey(graph.Spec.FullName, "", -1);
        if (graph.Spec.Loss is not { } loss || loss.Kind == "None") return;
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
    }
}
