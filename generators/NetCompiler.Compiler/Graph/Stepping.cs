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
        if (Strides(graph, steps, out var obstacle) is not { } strides || obstacle is not null) return null;
        var rows = strides.Values.Max();
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

    /// <summary>Why a network cannot be run step by step although a layer of it would remember: the first layer that stands against it. Null where nothing does, or nothing remembers.</summary>
    public static string? Obstacle(NetworkGraph graph) => Strides(graph, 1, out var obstacle) is null ? null : obstacle;

    /// <summary>How many rows of the input there are for each row of a layer; 0: no sequence. Null if no layer remembers anything.</summary>
    private static Dictionary<LayerNode, int>? Strides(NetworkGraph graph, int steps, out string? obstacle)
    {
        obstacle = null;
        var strides = new Dictionary<LayerNode, int>();
        var stateful = false;
        foreach (var node in graph.Nodes)
        {
            if (node.Rule.IsInput)
            {
                strides[node] = IsSequence(node) ? 1 : 0;
                continue;
            }

            var stride = node.Inputs.Max(i => strides[i]);
            if (stride > 0)
            {
                stateful |= node.Rule.IsStateful(node);
                var isRow = node.Shape.Length < 2;
                obstacle ??= ObstacleAt(node, stride, isRow, strides);
                if (obstacle is null && !isRow) stride *= node.Rule.StepStride(node);
                if (isRow || (obstacle is not null && node.Shape.Length != 2)) stride = 0; // An image made of a sequence has windows with padding too, but remembers nothing.
            }

            strides[node] = stride;
        }

        if (!stateful) return null;
        var rows = strides.Values.Max();
        if (strides.Values.Any(s => s > 0 && rows % s != 0)) obstacle ??= "the strides of its layers do not divide each other";
        if (graph.Nodes.Any(n => strides[n] > 0 && steps * rows / strides[n] > n.Shape[0])) obstacle ??= "its sequence is shorter than one step";
        return strides;
    }

    private static string? ObstacleAt(LayerNode node, int stride, bool isRow, Dictionary<LayerNode, int> strides)
    {
        if (!node.Rule.CanStep(node)) return $"{node.Title} needs more of the sequence than each row and those before it";

        // Beside a sequence there can only be sequences of as many rows: of what is no sequence each step would see the first rows.
        if (node.Inputs.Any(i => strides[i] != stride)) return $"{node.Title} takes, beside a sequence, what has not a row for each of its rows";
        if (isRow && node.Inputs.Any(i => i.Shape.Length < 2)) return $"{node.Title} takes all tokens of the sequence for the features of one row";
        return node.Rule.StepStride(node) > int.MaxValue / Block / stride ? $"{node.Title} has too large a stride" : null;
    }

    private static bool IsSequence(LayerNode input) => input.Limit > 0 ? input.Shape.Length == 1 && input.Shape[0] > 1 : input.Shape.Length == 2;
}
