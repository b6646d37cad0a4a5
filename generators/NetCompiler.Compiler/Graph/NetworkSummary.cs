using System.Text;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Graph;

/// <summary>The table that a network shows of itself: <c>Mlp.Summary</c>.</summary>
public static class NetworkSummary
{
    private const string Gap = "  ";

    /// <param name="graph">The network.</param>
    /// <param name="prediction">The same, lowered for prediction, before any pass: operations are counted from it.</param>
    public static string Write(NetworkGraph graph, Program prediction)
    {
        FlopCounter.Assign(graph, prediction);
        List<string[]> rows = [["Layer", "Kind", "Output", "Parameters", "FLOPs"]];
        foreach (var node in graph.Nodes)
            rows.Add([node.Path, node.Spec.Kind, ShapeText.Of(node.Shape), NumberOrDash(Learned(node)), NumberOrDash(node.Flops)]);
        rows.Add(["Total", "", "", ShapeText.Grouped(graph.Nodes.Sum(Learned)), ShapeText.Grouped(graph.Nodes.Sum(n => n.Flops))]);

        var widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var rule = new string('-', widths.Sum() + (Gap.Length * (widths.Length - 1)));
        var text = new StringBuilder().Append(graph.Spec.Name).Append('\n').Append(rule).Append('\n');
        for (var r = 0; r < rows.Count; r++)
        {
            if (r == 1 || r == rows.Count - 1) text.Append(rule).Append('\n');
            text.Append(string.Join(Gap, rows[r].Select((cell, c) => c < 3 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c])))).Append('\n');
        }

        text.Append(rule).Append('\n');
        text.Append("Shapes and FLOPs are of one sample; a multiply-add is 2 FLOPs.");
        var buffers = graph.Nodes.SelectMany(n => n.Parameters).Where(p => p.IsBuffer).Sum(p => p.Shape.Aggregate(1L, (a, b) => a * b));
        if (buffers > 0) text.Append(" Beside its parameters it keeps ").Append(ShapeText.Grouped(buffers)).Append(" running statistics.");
        return text.Append('\n').ToString();
    }

    private static long Learned(LayerNode node) => node.OwnParameters.Where(p => !p.IsBuffer).Sum(p => p.Shape.Aggregate(1L, (a, b) => a * b));

    private static string NumberOrDash(long number) => number == 0 ? "-" : ShapeText.Grouped(number);
}
