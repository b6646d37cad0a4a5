using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Tests;

/// <summary>Declarations as the front end gives them, written briefly. Layers: <c>L("Dense", ("Units", 10))</c>.</summary>
public static class Declare
{
    public static LayerSpec L(string kind, params (string Name, object Value)[] arguments) => new(kind, Arguments(arguments));

    public static LayerSpec Input(params int[] shape) => shape.Length == 0 ? L("Input") : L("Input", ("Shape", shape));

    public static LayerSpec Dense(int units) => L("Dense", ("Units", units));

    public static LayerSpec Use(string block, int repeat = 1) => repeat == 1 ? L("Use", ("Block", block)) : L("Use", ("Block", block), ("Repeat", repeat));

    /// <summary>A block with layers for its inputs after the first.</summary>
    public static LayerSpec UseWith(string block, int repeat, params string[] inputs) => L("Use", ("Block", block), ("Repeat", repeat), ("Inputs", inputs));

    public static PropertySpec P(string name, params LayerSpec[] layers) => new(name, "public", false, new(layers));

    public static PropertySpec Out(string name, params LayerSpec[] layers) => new(name, "public", true, new(layers));

    public static BlockSpec Block(string name, params PropertySpec[] properties) =>
        new(name, new(properties), EquatableArray<FunctionSpec>.Empty);

    public static LossSpec Loss(string kind, params (string Name, object Value)[] arguments) => new(kind, Arguments(arguments));

    public static NetworkSpec Chain(LossSpec? loss, params LayerSpec[] layers) => Network(loss, [], P("", layers));

    public static NetworkSpec Chain(params LayerSpec[] layers) => Chain(null, layers);

    public static NetworkSpec Network(LossSpec? loss, BlockSpec[] blocks, params PropertySpec[] properties) =>
        new("Some", EquatableArray<ContainingType>.Empty, "Net", "public", "sealed", loss, new(properties), new(blocks), EquatableArray<FunctionSpec>.Empty);

    public static NetworkGraph Build(NetworkSpec spec)
    {
        var diagnostics = new List<DiagnosticInfo>();
        var graph = GraphBuilder.Build(spec, diagnostics);
        Assert.True(graph is not null, string.Join("\n", diagnostics.Select(Message)));
        Assert.Empty(diagnostics);
        return graph;
    }

    /// <summary>The one diagnostic of a declaration that is wrong in one place.</summary>
    public static DiagnosticInfo Fault(NetworkSpec spec)
    {
        var diagnostics = new List<DiagnosticInfo>();
        Assert.Null(GraphBuilder.Build(spec, diagnostics));
        return Assert.Single(diagnostics);
    }

    public static string Message(DiagnosticInfo diagnostic)
    {
        var kind = Model.Diagnostics.All.Single(d => d.Id == diagnostic.Id);
        return string.Format(System.Globalization.CultureInfo.InvariantCulture, kind.MessageFormat, [.. diagnostic.Arguments]);
    }

    private static EquatableArray<ArgumentSpec> Arguments((string Name, object Value)[] arguments) => arguments.Select(a => a.Value switch
    {
        bool b => ArgumentSpec.Of(a.Name, b),
        string s => ArgumentSpec.Of(a.Name, s),
        int[] numbers => ArgumentSpec.Of(a.Name, [.. numbers.Select(n => (double)n)]),
        string[] texts => ArgumentSpec.Of(a.Name, texts),
        _ => ArgumentSpec.Of(a.Name, Convert.ToDouble(a.Value, System.Globalization.CultureInfo.InvariantCulture)),
    }).ToEquatableArray();
}
