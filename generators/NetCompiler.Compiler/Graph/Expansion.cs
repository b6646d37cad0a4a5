using System.Globalization;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Graph;

/// <summary>Walks a network's properties in order and, inside each, its layers; a <c>Use</c> walks the block in the same way.</summary>
internal sealed class Expansion(NetworkGraph graph, Reporter reporter)
{
    /// <summary>More layers than any network has; it keeps <c>Repeat = 1000000000</c> from filling the memory.</summary>
    private const int MaximumSteps = 20_000;

    private readonly Dictionary<string, BlockSpec> _blocks = graph.Spec.Blocks.GroupBy(b => b.FullName, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
    private readonly List<string> _open = [];
    private int _steps;
    private bool _isFull;

    /// <summary>Gives the last property's layer; null if it is wrong.</summary>
    public LayerNode? Run(Scope scope)
    {
        LayerNode? last = null;
        for (var p = 0; p < scope.Properties.Count; p++)
        {
            var property = scope.Properties[p];
            last = RunProperty(scope, property, last, isFirst: p == 0);
            scope.Done[property.Name] = last;
            if (last is not null) graph.Places[last] = new SourceKey(scope.Type, property.Name, -1);
        }

        return last;
    }

    private LayerNode? RunProperty(Scope scope, PropertySpec property, LayerNode? previous, bool isFirst)
    {
        var whole = new SourceKey(scope.Type, property.Name, -1);
        if (property.Layers.Count == 0)
        {
            Misplaced(whole, $"'{property.Name}'", "has no layers: give it at least one layer attribute");
            return null;
        }

        if (property.IsOutput && scope.IsBlock)
            Misplaced(whole, "[Output]", "has no place in a block: a block's result is its last property");

        var first = property.Layers[0];
        if (isFirst && first.Kind is not "Input" && LayerRules.Find(first.Kind)?.NamedInputs(first) is null && first.Kind != "From")
        {
            if (!reporter.HasFailed(whole)) reporter.Report(DiagnosticInfo.Of("NETC0003", whole, scope.Type));
            return null;
        }

        var current = previous;
        var item = 0;
        for (var i = 0; i < property.Layers.Count; i++)
        {
            var layer = property.Layers[i];
            var source = new SourceKey(scope.Type, property.Name, i);
            switch (layer.Kind)
            {
                case "Input":
                    current = !CheckInput(scope, layer, source, i) ? null : scope.IsBlock ? BlockInput(scope.InputOf(property), layer, source) : AddNetworkInput(property, layer, source);
                    break;
                case "From":
                    if (i > 0) Misplaced(source, "[From]", "must come first on its property: what stands before it would have no effect");
                    current = reporter.HasFailed(source) ? null : Resolve(scope, layer.Text("Name") ?? "", source);
                    break;
                case "TiedTo":
                    if (current is not null) current = Tie(scope, layer, source, current, i);
                    break;
                case "Use":
                    current = UseBlock(scope, property, layer, source, current, ref item);
                    break;
                default:
                    current = AddLayer(scope, layer, source, scope.PathOf(property, item++), current, i);
                    break;
            }
        }

        return current;
    }

    private bool CheckInput(Scope scope, LayerSpec layer, SourceKey source, int position)
    {
        if (position > 0)
            return Misplaced(source, "[Input]", "must come first on its property: what stands before it would have no effect");
        if (!scope.IsBlock) return true;
        return layer.Ints("Shape").Length == 0 || Misplaced(source, "[Input]", "takes no shape in a block: the block's input is the layer that it is used on");
    }

    /// <summary>A block may say that it needs whole numbers; otherwise the layers that take them do.</summary>
    private LayerNode? BlockInput(LayerNode input, LayerSpec layer, SourceKey source)
    {
        if (layer.Text("Type") != "Int32" || input is { Rule.IsInput: true, Limit: > 0 }) return input;
        reporter.Report(DiagnosticInfo.Of("NETC0040", source, layer.Kind));
        return null;
    }

    private LayerNode? AddNetworkInput(PropertySpec property, LayerSpec layer, SourceKey source)
    {
        var node = new LayerNode(layer, property.Name.Length == 0 ? "Input" : property.Name, source) { Rule = LayerRules.Find("Input")! };
        if (!Infer(node, [], _ => null)) return null;
        graph.Inputs.Add(node);
        return node;
    }

    private LayerNode? AddLayer(Scope scope, LayerSpec layer, SourceKey source, string path, LayerNode? current, int position)
    {
        if (reporter.HasFailed(source)) return null;
        if (LayerRules.Find(layer.Kind) is not { } rule)
        {
            reporter.Report(DiagnosticInfo.Of("NETC0025", source, layer.Kind));
            return null;
        }

        var node = new LayerNode(layer, path, source) { Rule = rule, Functions = scope.Functions };
        if (rule.NamedInputs(layer) is { } names)
        {
            if (position > 0)
            {
                Misplaced(source, $"[{layer.Kind}]", "must come first on its property: it names its inputs, so what stands before it would have no effect");
                return null;
            }

            if (!ResolveMerged(scope, names, source, node)) return null;
        }
        else if (current is null) return null;
        else
        {
            node.Inputs.Add(current);
            foreach (var name in rule.FurtherInputs(layer))
            {
                if (Resolve(scope, name, source) is not { } further) return null;
                node.Inputs.Add(further);
            }
        }

        return Infer(node, [.. node.Inputs.Select(n => n.Shape)], name => Resolve(scope, name, source)?.Shape) ? node : null;
    }

    /// <summary>Gives the layer the weight of another property's layer instead of its own.</summary>
    private LayerNode? Tie(Scope scope, LayerSpec layer, SourceKey source, LayerNode node, int position)
    {
        if (reporter.HasFailed(source)) return null;
        if (position == 0 || node.FindParameter("weight") is not { IsBuffer: false } mine)
        {
            Misplaced(source, "[TiedTo]", "must follow a layer with a weight, on the same property");
            return null;
        }

        var name = layer.Text("Name") ?? "";
        if (Resolve(scope, name, source) is null) return null;
        var prefix = string.Join(".", new[] { scope.Prefix, name }.Where(s => s.Length > 0));
        var tied = graph.Nodes.Where(n => n.Path == prefix || n.Path.StartsWith(prefix + ".", StringComparison.Ordinal))
            .Select(n => n.FindParameter("weight")).FirstOrDefault(p => p is { IsBuffer: false });
        if (tied is null || !tied.Shape.Equals(mine.Shape))
        {
            reporter.Report(DiagnosticInfo.Of("NETC0041", source, name, tied is null ? "has none" : $"has the shape {ShapeText.Of([.. tied.Shape])}", ShapeText.Of([.. mine.Shape])));
            return null;
        }

        node.Parameters[node.Parameters.IndexOf(mine)] = tied;
        node.TiedWeight = tied;
        return node;
    }

    private bool ResolveMerged(Scope scope, string[] names, SourceKey source, LayerNode node)
    {
        if (names.Length < node.Rule.LeastNames)
        {
            reporter.Report(DiagnosticInfo.Of("NETC0024", source, node.Spec.Kind, ShapeText.Of(names.Length)));
            return false;
        }

        var whole = true;
        foreach (var name in names)
        {
            if (Resolve(scope, name, source) is { } input) node.Inputs.Add(input);
            else whole = false;
        }

        return whole;
    }

    private bool Infer(LayerNode node, int[][] inputShapes, Func<string, int[]?> shapeOf)
    {
        if (reporter.HasFailed(node.Source)) return false;
        _steps++;
        var context = new LayerContext(
            node, inputShapes, reporter.Report, shapeOf, name => node.Functions.TryGetValue(name, out var function) ? function : null);
        var shape = node.Rule.Infer(context);
        if (shape is null || reporter.HasFailed(node.Source)) return false;
        node.Shape = shape;
        if (!SizeLimits.CheckLayer(node, reporter) || !CheckValues(node)) return false;
        graph.Nodes.Add(node);
        return true;
    }

    /// <summary>What a layer need not ask: numbers are those of floats, and enumerations have no values without a name.</summary>
    private bool CheckValues(LayerNode node)
    {
        foreach (var argument in node.Spec.Arguments)
        {
            if (!(node.Rule.TakesInfinity && double.IsInfinity(argument.Number))) reporter.CheckFloat(node.Source, node.Spec.Kind, argument);
            if (argument.Text is { } text && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
                reporter.Report(DiagnosticInfo.Of("NETC0018", node.Source, node.Spec.Kind, argument.Name, text, "one of the values that have names"));
        }

        return !reporter.HasFailed(node.Source);
    }

    private LayerNode? UseBlock(Scope scope, PropertySpec property, LayerSpec layer, SourceKey source, LayerNode? current, ref int item)
    {
        if (reporter.HasFailed(source)) return null;
        var name = layer.Text("Block") ?? "";
        if (!_blocks.TryGetValue(name, out var block))
        {
            reporter.Report(DiagnosticInfo.Of("NETC0020", source, name, "give it [Block] and layer properties"));
            return null;
        }

        if (_open.Contains(name))
        {
            var cycle = _open.Skip(_open.IndexOf(name)).Append(name).Select(LastPart);
            reporter.Report(DiagnosticInfo.Of("NETC0013", source, name, string.Join(" -> ", cycle)));
            return null;
        }

        var repeat = layer.Int("Repeat", 1);
        if (repeat < 1)
        {
            reporter.Report(DiagnosticInfo.Of("NETC0010", source, $"Use<{LastPart(name)}>", "Repeat", ShapeText.Of(repeat)));
            return null;
        }

        if (FurtherInputs(scope, layer, source, block) is not { } further) return null;
        _open.Add(name);
        for (var i = 0; i < repeat && current is not null; i++)
        {
            var inner = new Scope(name, block.Properties, block.Functions, scope.PathOf(property, item++), [current, .. further]);
            var hasInput = !reporter.HasFailed(new SourceKey(name, "", -1)) && GraphBuilder.CheckHasInput(inner, reporter);
            current = hasInput && HasRoom(source, LastPart(name), repeat) ? Run(inner) : null;
        }

        _open.RemoveAt(_open.Count - 1);
        return current;
    }

    /// <summary>The layers that stand for a block's inputs after the first, in each of its copies; null if they are wrong.</summary>
    private List<LayerNode>? FurtherInputs(Scope scope, LayerSpec layer, SourceKey source, BlockSpec block)
    {
        var (names, inputs) = (layer.Texts("Inputs"), Scope.InputsOf(block.Properties).Skip(1).ToList());
        if (names.Length != inputs.Count)
        {
            var wanted = inputs.Count == 0 ? "no input after its first" : string.Join(" and ", inputs.Select(i => $"'{i}'")) + " after its first input";
            reporter.Report(DiagnosticInfo.Of("NETC0042", source, $"Use<{LastPart(block.FullName)}>", ShapeText.Of(names.Length), wanted));
            return null;
        }

        var nodes = names.Select(n => Resolve(scope, n, source)).ToList();
        return nodes.Contains(null) ? null : [.. nodes.OfType<LayerNode>()];
    }

    /// <summary>An earlier property's layer. A name that is unknown or comes later is reported; null also if the layer itself is wrong.</summary>
    private LayerNode? Resolve(Scope scope, string name, SourceKey source)
    {
        if (scope.Done.TryGetValue(name, out var node)) return node;
        reporter.Report(DiagnosticInfo.Of(name.Length > 0 && scope.Properties.Any(p => p.Name == name) ? "NETC0005" : "NETC0004", source, name, scope.Type));
        return null;
    }

    /// <summary>Only repetition makes more layers than someone has written, so it is what is reported.</summary>
    private bool HasRoom(SourceKey source, string block, int repeat)
    {
        if (++_steps <= MaximumSteps) return true;
        if (!_isFull)
            reporter.Report(DiagnosticInfo.Of(
                "NETC0018", source, $"Use<{block}>", "Repeat", ShapeText.Of(repeat), $"small enough for at most {ShapeText.Grouped(MaximumSteps)} layers in all"));
        _isFull = true;
        return false;
    }

    private bool Misplaced(SourceKey source, string what, string why)
    {
        if (!reporter.HasFailed(source)) reporter.Report(DiagnosticInfo.Of("NETC0023", source, what, why));
        return false;
    }

    private static string LastPart(string name) => name.Substring(name.LastIndexOf('.') + 1);
}
