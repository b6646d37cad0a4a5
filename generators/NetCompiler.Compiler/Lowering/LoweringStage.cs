using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Graph to primitives: each layer's rule in order, then labels and loss for a training step.</summary>
public static class LoweringStage
{
    /// <param name="graph">The network.</param>
    /// <param name="training">False: what predicts. True: the same network as it trains, with labels and the mean loss if it has one.</param>
    /// <param name="keep">Layers whose outputs are outputs of the program too, after the network's own.</param>
    public static Program Lower(NetworkGraph graph, bool training, IEnumerable<LayerNode>? keep = null)
    {
        var program = new Program(graph.Spec.Name) { SeparateStates = training, StepRows = graph.StepRows };
        var builder = new ProgramBuilder(program, training)
        {
            CarriesStates = training && graph.CarriesStates,
            CountedOutputs = graph.Labels.Count(l => l.Classes > 0),
        };
        var values = new Dictionary<LayerNode, Value>();
        foreach (var node in graph.Nodes)
        {
            builder.Owner = node.Path;
            if (graph.StepRows > 0) (builder.StepRows, builder.CarriesStates) = (node.TakesSteps ? graph.StepRows : 0, node.TakesSteps);
            foreach (var parameter in node.Parameters) builder.Parameter(parameter);
            var known = program.Values.Count;
            var value = node.Rule.Lower(builder, node, [.. node.Inputs.Select(i => values[i])]);
            SizeLimits.CheckValues(node, program.Values.Skip(known));
            if (!value.Shape.SequenceEqual(node.Shape))
                throw new InvalidOperationException($"{node.Path} {node.Spec.Kind}: lowered to {ShapeText.Of(value.Shape)}, but inferred {ShapeText.Of(node.Shape)}.");
            values[node] = value;
        }

        builder.Owner = "";
        foreach (var (node, name) in graph.Outputs.Zip(graph.OutputNames, (n, name) => (n, name)))
        {
            var value = values[node];
            program.Outputs.Add(value.Kind == ValueKind.Input || program.Outputs.Contains(value) ? Copy(builder, name, value) : value);
        }

        foreach (var node in keep ?? [])
        {
            var value = values[node];
            program.Outputs.Add(value.Kind == ValueKind.Input || program.Outputs.Contains(value) ? Copy(builder, node.Path, value) : value);
        }

        if (training && LossRules.Of(graph.Spec) is { } rule) AddLoss(graph, builder, rule);
        return program;
    }

    /// <summary>An output is memory of its own: an input, or what is already an output, is copied.</summary>
    private static Value Copy(ProgramBuilder builder, string name, Value value) => builder.Pointwise(name, x => x[0], value);

    private static void AddLoss(NetworkGraph graph, ProgramBuilder builder, LossRule rule)
    {
        var samples = graph.Labels.Select((label, i) => rule.Lower(
            builder, graph.Spec.Loss!, builder.Program.Outputs[i], builder.Label(label.Name, [.. label.Shape]))).ToArray();
        var total = samples.Select((s, i) => graph.Labels[i].Classes > 0 ? Read(s, 0) * builder.OfThoseThatCount(i) : Read(s, 0)).Aggregate((a, b) => a + b);
        var inverse = builder.InverseBatch; // which the trainer writes, whether or not it is read
        builder.Program.Loss = builder.Sum("loss", [1], [], [0], rule.IsMean ? total * inverse : total, batched: false);
        if (!rule.IsMean) builder.Program.ShownOutputs.AddRange(builder.Program.Outputs);
    }
}
