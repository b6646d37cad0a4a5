using System.Text;

namespace NetCompiler.Compiler.Graph;

/// <summary>The graph as text, one layer a line: for tests and for people who look into the compiler.</summary>
public static class GraphDump
{
    public static string Write(NetworkGraph graph)
    {
        var numbers = new Dictionary<LayerNode, int>();
        foreach (var node in graph.Nodes) numbers.Add(node, numbers.Count);
        string Name(LayerNode node) => "#" + ShapeText.Of(numbers[node]);

        var text = new StringBuilder().Append("network ").Append(graph.Spec.FullName).Append('\n');
        foreach (var node in graph.Nodes)
        {
            text.Append("  ").Append(Name(node)).Append(' ').Append(node.Path).Append(" = ").Append(node.Spec);
            if (node.Inputs.Count > 0) text.Append(" of ").Append(string.Join(", ", node.Inputs.Select(Name)));
            text.Append(" : ").Append(ShapeText.Of(node.Shape)).Append('\n');
            foreach (var p in node.Parameters)
            {
                text.Append("      ").Append(p.IsBuffer ? "buffer " : "parameter ").Append(p.Name).Append(' ').Append(ShapeText.Of(p.Shape));
                text.Append(p.Initializer.Bound > 0 ? " uniform " + ShapeText.Of(p.Initializer.Bound) : " = " + ShapeText.Of(p.Initializer.Constant)).Append('\n');
            }
        }

        for (var i = 0; i < graph.Outputs.Count; i++)
            text.Append("  output ").Append(graph.OutputNames[i]).Append(" = ").Append(Name(graph.Outputs[i])).Append('\n');
        foreach (var label in graph.Labels)
        {
            text.Append("  ").Append(graph.Spec.Loss!.Kind).Append(" of ").Append(label.Name).Append(" with ").Append(ShapeText.Of(label.Shape));
            text.Append(label.Classes > 0 ? " class numbers below " + ShapeText.Of(label.Classes) : " numbers").Append('\n');
        }

        return text.ToString();
    }
}
