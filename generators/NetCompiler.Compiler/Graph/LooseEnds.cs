using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Graph;

/// <summary>
/// Layers that lead to no output (NETC0050): often one whose successor begins with a From that names another. Of a branch its end is named, where the name was forgotten.
/// </summary>
internal static class LooseEnds
{
    public static void Check(NetworkGraph graph, Reporter reporter)
    {
        // A layer that gives its weight to another has its use, and so has one whose output Forward keeps.
        var tied = new HashSet<ParameterDeclaration>(graph.Nodes.Select(n => n.TiedWeight).OfType<ParameterDeclaration>());
        var wanted = new HashSet<LayerNode>(graph.Outputs.Concat(graph.Kept));
        for (var n = graph.Nodes.Count - 1; n >= 0; n--)
            if (wanted.Contains(graph.Nodes[n])) wanted.UnionWith(graph.Nodes[n].Inputs);

        var branches = Branches(graph, wanted);
        foreach (var (end, branch) in branches)
            if (!branch.Any(n => n.OwnParameters.Any(tied.Contains))) Report(graph, reporter, end, branch);
    }

    /// <summary>Each layer that no other one takes, with those before it that are not wanted either.</summary>
    private static List<(LayerNode End, HashSet<LayerNode> Branch)> Branches(NetworkGraph graph, HashSet<LayerNode> wanted)
    {
        var taken = new HashSet<LayerNode>(graph.Nodes.SelectMany(n => n.Inputs));
        var branches = new List<(LayerNode End, HashSet<LayerNode> Branch)>();
        foreach (var end in graph.Nodes.Where(n => !taken.Contains(n) && !wanted.Contains(n)))
        {
            HashSet<LayerNode> branch = [end];
            for (var n = graph.Nodes.IndexOf(end); n >= 0; n--)
                if (branch.Contains(graph.Nodes[n])) branch.UnionWith(graph.Nodes[n].Inputs.Where(i => !wanted.Contains(i)));
            branches.Add((end, branch));
        }

        return branches;
    }

    private static void Report(NetworkGraph graph, Reporter reporter, LayerNode end, HashSet<LayerNode> branch)
    {
        var place = graph.Places.TryGetValue(end, out var property) ? property : end.Source;
        var consequence = end.Rule.IsInput ? "what Forward is given for it has no effect"
            : branch.Any(n => n.OwnParameters.Any()) ? "nothing that Forward gives depends on it, and its parameters do not learn"
            : "nothing that Forward gives depends on it";
        var remedy = "Name it where it is to be used" + (place.Type == graph.Spec.FullName ? ", mark it with [Output]" : "");
        reporter.Report(DiagnosticInfo.Of(Diagnostics.LeadsNowhere.Id, place, place.Property.Length > 0 ? place.Property : end.Title, consequence, remedy));
    }
}
