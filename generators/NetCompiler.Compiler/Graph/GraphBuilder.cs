using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Graph;

/// <summary>
/// Spec to graph: blocks expanded, inputs resolved, modules named as PyTorch does, shapes inferred. A layer that is wrong
/// is reported once, however often its block is used, and what depends on it stays silent.
/// </summary>
public static class GraphBuilder
{
    /// <summary>The network as layers, with its warnings; null if there were errors, which alone are reported.</summary>
    public static NetworkGraph? Build(NetworkSpec spec, List<DiagnosticInfo> diagnostics)
    {
        var before = diagnostics.Count;
        var graph = new NetworkGraph(spec);
        var reporter = new Reporter(diagnostics, graph.Warnings);
        var scope = new Scope(spec.FullName, spec.Properties, spec.Functions, "", []);
        if (CheckHasInput(scope, reporter)) new Expansion(graph, reporter).Run(scope);
        if (diagnostics.Count > before) return null;

        AddOutputs(graph, scope);
        LossRules.Attach(graph, reporter);
        SizeLimits.CheckTotals(graph, reporter);
        LooseEnds.Check(graph, reporter);
        if (spec.KeepOutputs && spec.IsChain)
            reporter.Report(DiagnosticInfo.Of(Diagnostics.NoEffect.Id, SourceKey.OptionOf(spec.FullName, "KeepOutputs"), "Network", "KeepOutputs", "on a chain: it keeps what layer properties give, and there are none"));
        return diagnostics.Count > before ? null : graph;
    }

    /// <summary>A network without any [Input] has no shapes at all: nothing else is worth saying.</summary>
    internal static bool CheckHasInput(Scope scope, Reporter reporter)
    {
        if (scope.Properties.Any(p => p.Layers.Any(l => l.Kind == "Input"))) return true;
        reporter.Report(DiagnosticInfo.Of("NETC0003", new SourceKey(scope.Type, "", -1), scope.Type));
        return false;
    }

    private static void AddOutputs(NetworkGraph graph, Scope scope)
    {
        var marked = scope.Properties.Where(p => p.IsOutput).ToList();
        if (marked.Count == 0) marked.Add(scope.Properties[scope.Properties.Count - 1]);
        foreach (var property in marked)
        {
            graph.Outputs.Add(scope.Done[property.Name]!);
            graph.OutputNames.Add(property.Name.Length == 0 ? "Output" : property.Name);
        }

        if (graph.Spec.IsChain) return;
        foreach (var property in scope.Properties) graph.Properties[property.Name] = scope.Done[property.Name]!;
    }
}

/// <summary>A network or one use of a block: the names that its layers can see.</summary>
/// <param name="type">Full name of the network or block.</param>
/// <param name="properties">Its layers.</param>
/// <param name="functions">Its pointwise functions.</param>
/// <param name="prefix">The module path of this use; empty for the network.</param>
/// <param name="inputs">For a block: the layers that its inputs stand for, the one that it is used on first; empty for the network.</param>
internal sealed class Scope(string type, EquatableArray<PropertySpec> properties, EquatableArray<FunctionSpec> functions, string prefix, IReadOnlyList<LayerNode> inputs)
{
    public string Type => type;

    public EquatableArray<PropertySpec> Properties => properties;

    public string Prefix => prefix;

    public bool IsBlock => inputs.Count > 0;

    /// <summary>The properties that stand for inputs, in order.</summary>
    public static IEnumerable<string> InputsOf(EquatableArray<PropertySpec> properties) => properties.Where(p => p.Layers.Count > 0 && p.Layers[0].Kind == "Input").Select(p => p.Name);

    /// <summary>Of a block: the layer that this one of its inputs stands for.</summary>
    public LayerNode InputOf(PropertySpec property) => inputs[InputsOf(properties).TakeWhile(n => n != property.Name).Count()];

    public IReadOnlyDictionary<string, FunctionSpec> Functions { get; } =
        functions.GroupBy(f => f.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);

    /// <summary>What each property so far gives; null: something in it is wrong and was reported.</summary>
    public Dictionary<string, LayerNode?> Done { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// The module path of a property's item. As in PyTorch: a property with one layer is that layer, one with several or
    /// with blocks is a list; a chain's layers are numbered from the start.
    /// </summary>
    public string PathOf(PropertySpec property, int item)
    {
        var counted = property.Layers.Where(l => l.Kind is not ("Input" or "From" or "TiedTo")).ToList();
        var numbered = property.Name.Length == 0 || counted.Count > 1 || counted.Any(l => l.Kind == "Use");
        return string.Join(".", new[] { prefix, property.Name, numbered ? ShapeText.Of(item) : "" }.Where(s => s.Length > 0));
    }
}

/// <summary>Collects diagnostics; each place in the source speaks only the first time that it is visited.</summary>
/// <param name="errors">What makes the declaration wrong.</param>
/// <param name="warnings">The rest: nothing depends on it.</param>
internal sealed class Reporter(List<DiagnosticInfo> errors, List<DiagnosticInfo> warnings)
{
    private readonly HashSet<SourceKey> _failed = [];

    public void Report(DiagnosticInfo diagnostic)
    {
        var isWarning = Diagnostics.IsWarning(diagnostic.Id);
        if (!isWarning) _failed.Add(diagnostic.Source);
        var reported = isWarning ? warnings : errors;
        if (!reported.Contains(diagnostic)) reported.Add(diagnostic);
    }

    /// <summary>Numbers of a declaration are doubles, those that are computed with are floats (NETC0018).</summary>
    public void CheckFloat(SourceKey source, string kind, ArgumentSpec argument)
    {
        if (!(Math.Abs(argument.Number) <= float.MaxValue))
            Report(DiagnosticInfo.Of("NETC0018", source, kind, argument.Name, ShapeText.Of(argument.Number), "a number in the range of floats"));
    }

    /// <summary>An error was already reported at that place.</summary>
    public bool HasFailed(SourceKey source) => _failed.Contains(source);
}
