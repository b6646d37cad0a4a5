using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Interpreter;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Tests.Layers;

/// <summary>One layer on its own: inferred, lowered and run in the interpreter on random numbers.</summary>
internal sealed class LayerRun
{
    private readonly ProgramBuilder _builder;
    private readonly Value _input;
    private readonly Value _output;
    private readonly LayerNode _node;
    private readonly DoubleInterpreter _run;

    public LayerRun(LayerRule rule, int[] input, ArgumentSpec[] arguments, int batch = 2, bool training = false, double mean = 0, bool zeros = false)
    {
        var (node, shape, reports) = Infer(rule, input, arguments);
        Assert.Empty(reports);
        Assert.NotNull(shape);
        _node = node;
        node.Shape = shape;
        _builder = new ProgramBuilder(new Program("test"), training);
        _input = _builder.Input("input", input);
        _output = rule.Lower(_builder, node, [_input]);
        Assert.Equal(shape, _output.Shape);
        Assert.True(_output.Batched);

        var random = new Random(7);
        _run = new DoubleInterpreter(_builder.Program, batch);
        _run[_input] = [.. Enumerable.Range(0, _run.SizeOf(_input)).Select(_ => zeros ? 0 : mean + (random.NextDouble() * 2) - 1)];
        foreach (var parameter in _builder.Program.Parameters)
            _run[parameter] = [.. Enumerable.Range(0, parameter.Length).Select(_ => random.NextDouble() + 0.1)];
        _run.Run();
    }

    public int[] Shape => _output.Shape;

    public int Batch => _run.Batch;

    public double[] Output => _run[_output];

    public IReadOnlyList<Nest> Nests => _builder.Program.Nests;

    /// <summary>The input's element, or 0 outside of the image.</summary>
    public double X(int sample, int c, int y, int x)
    {
        var s = _input.Shape;
        return y < 0 || y >= s[1] || x < 0 || x >= s[2] ? 0 : _run[_input][(((((sample * s[0]) + c) * s[1]) + y) * s[2]) + x];
    }

    public double[] Input => _run[_input];

    public double[] Parameter(string name) => _run[_builder.Parameter(_node.FindParameter(name)!)];

    public bool Has(string name) => _node.FindParameter(name) is not null;

    /// <summary>What a training step puts in place of a buffer.</summary>
    public double[] Replacement(string buffer) =>
        _run[_builder.Program.BufferUpdates.Single(u => u.Buffer.Name == "layer." + buffer).NewValue];

    /// <summary>Compares every output element with the reference, to rounding.</summary>
    public void MustBe(Func<int, int, int, int, double> reference)
    {
        var at = 0;
        var rows = Shape.Length == 3 ? Shape[1] : 1;
        var columns = Shape.Length == 3 ? Shape[2] : 1;
        for (var b = 0; b < Batch; b++)
            for (var c = 0; c < Shape[0]; c++)
                for (var y = 0; y < rows; y++)
                    for (var x = 0; x < columns; x++)
                        Assert.Equal(reference(b, c, y, x), Output[at++], 1e-11);
        Assert.Equal(Output.Length, at);
    }

    public static (LayerNode Node, int[]? Shape, List<DiagnosticInfo> Reports) Infer(LayerRule rule, int[] input, params ArgumentSpec[] arguments)
    {
        var reports = new List<DiagnosticInfo>();
        var node = new LayerNode(new LayerSpec(rule.Kind, new(arguments)), "layer", new SourceKey("Net", "", 1)) { Rule = rule };
        var context = new LayerContext(node, [input], reports.Add, name => name == "Other" ? [6, 4, 4] : null, _ => null);
        return (node, rule.Infer(context), reports);
    }

    /// <summary>The layer is refused with exactly this diagnostic, whose message contains the text.</summary>
    public static void MustFail(LayerRule rule, int[] input, string id, string text, params ArgumentSpec[] arguments)
    {
        var (_, shape, reports) = Infer(rule, input, arguments);
        Assert.Null(shape);
        var report = Assert.Single(reports);
        Assert.Equal(id, report.Id);
        var format = Diagnostics.All.Single(d => d.Id == id).MessageFormat;
        Assert.Contains(text, string.Format(System.Globalization.CultureInfo.InvariantCulture, format, [.. report.Arguments]), StringComparison.Ordinal);
    }

    /// <summary>Arguments from a line such as <c>Kernel=3 Padding=Valid Depthwise=true Factor=0.5</c>.</summary>
    public static ArgumentSpec[] Parse(string line) =>
    [
        .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word =>
        {
            var (name, text) = (word[..word.IndexOf('=')], word[(word.IndexOf('=') + 1)..]);
            return text is "true" or "false" ? ArgumentSpec.Of(name, text == "true")
                : double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? ArgumentSpec.Of(name, number)
                : ArgumentSpec.Of(name, text);
        }),
    ];
}
