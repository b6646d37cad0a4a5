namespace NetCompiler.Compiler.Graph;

/// <summary>
/// The same network for a few rows of its sequence at a time: every layer that has a row for each position of the sequence has just those of one
/// step. A network can be run so if some layer keeps a state and all others work row by row.
/// </summary>
internal static class Stepping
{
    /// <summary>Rows of a block, in which a long beginning (a prompt) is gone through: enough to share the loads of weights.</summary>
    public const int Block = 16;

    /// <summary>The graph of one step, or of so many steps at once; null if the network cannot be run step by step.</summary>
    public static NetworkGraph? Of(NetworkGraph graph, int steps)
    {
        // How many rows of the input there are for each row of a layer; 0: no sequence.
        var strides = new Dictionary<LayerNode, int>();
        var stateful = false;
        foreach (var node in graph.Nodes)
        {
            if (node.Rule.InputCount == 0)
            {
                strides[node] = IsSequence(node) ? 1 : 0;
                continue;
            }

            var stride = node.Inputs.Max(i => strides[i]);
            if (stride > 0)
            {
                // Beside a sequence there can only be sequences of as many rows: of what is no sequence each step would see the first rows.
                if (!node.Rule.CanStep(node) || node.Inputs.Any(i => strides[i] != stride)) return null;
                var isRow = node.Shape.Length < 2;
                if (isRow && node.Inputs.Any(i => i.Shape.Length < 2)) return null; // takes all tokens of a sequence for the features of one row
                stateful |= node.Rule.IsStateful(node);
                if (node.Rule.StepStride(node) > int.MaxValue / Block / stride) return null;
                stride = isRow ? 0 : stride * node.Rule.StepStride(node);
            }

            strides[node] = stride;
        }

        if (!stateful || strides.Values.Max() is var rows && strides.Values.Any(s => s > 0 && rows % s != 0)) return null;
        if (graph.Nodes.Any(n => strides[n] > 0 && Rows(n, steps) > n.Shape[0])) return null; // so many rows at once are more than the whole sequence

        var result = new NetworkGraph(graph.Spec);
        var nodes = new Dictionary<LayerNode, LayerNode>();
        foreach (var node in graph.Nodes)
        {
            var step = new LayerNode(node.Spec, node.Path, node.Source)
            {
                Rule = node.Rule, Functions = node.Functions, Limit = node.Limit, TiedWeight = node.TiedWeight, Whole = node,
                Shape = strides[node] == 0 ? node.Shape : [Rows(node, steps), .. node.Shape.Skip(1)], BlockRows = strides[node] == 0 ? 0 : Rows(node, Block),
                TakesSteps = node.Inputs.Any(i => strides[i] > 0),
            };
            step.Inputs.AddRange(node.Inputs.Select(i => nodes[i]));
            step.Parameters.AddRange(node.Parameters);
            nodes[node] = step;
            result.Nodes.Add(step);
        }

        result.Inputs.AddRange(graph.Inputs.Select(i => nodes[i]));
        result.Outputs.AddRange(graph.Outputs.Select(o => nodes[o]));
        result.OutputNames.AddRange(graph.OutputNames);
        result.StepRows = steps * rows;
        return result;

        int Rows(LayerNode node, int steps) => steps * rows / strides[node];
    }

    private static bool IsSequence(LayerNode input) => input.Limit > 0 ? input.Shape.Length == 1 && input.Shape[0] > 1 : input.Shape.Length == 2;
}
