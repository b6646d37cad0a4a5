using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests.Drawn;

/// <summary>What a drawn network is like.</summary>
public enum NetworkKind
{
    /// <summary>Any layers, of few operations.</summary>
    Small,

    /// <summary>Layers that can be run step by step, mostly.</summary>
    Steps,

    /// <summary>Any layers, of so many operations that the compiler cuts them into strips or splits their gradients.</summary>
    Medium,

    /// <summary>So many operations that threads share layers.</summary>
    Large,
}

/// <summary>
/// Draws a network: properties that begin with the one before, an earlier one, a merge of some or a block, and go on with layers that fit. What the compiler refuses is drawn again.
/// The same seed gives the same network.
/// </summary>
public sealed partial class NetworkDraw
{
    private static readonly int[] s_sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 20, 24, 31, 32, 33, 40, 47, 48, 49, 63, 64, 65];

    private readonly Random _random;
    private readonly string _name;
    private readonly NetworkKind _kind;
    private readonly int _depth;
    private readonly List<PropertySpec> _properties = [];
    private readonly List<(string Name, int[] Shape)> _done = [];
    private readonly List<BlockSpec> _blocks;
    private NetworkGraph? _graph;

    private NetworkDraw(Random random, string name, NetworkKind kind, int depth, List<BlockSpec> blocks) =>
        (_random, _name, _kind, _depth, _blocks) = (random, name, kind, depth, blocks);

    /// <summary>Declarations that the compiler refused, by diagnostic.</summary>
    public static SortedDictionary<string, int> Refused { get; } = new(StringComparer.Ordinal);

    private double Budget => _kind switch { NetworkKind.Medium => 3e6, NetworkKind.Large => 6e7, _ => 1e5 };

    /// <summary>Numbers that the layers of one sample may have between them.</summary>
    private double Room => _kind switch { NetworkKind.Medium => 2e5, NetworkKind.Large => 2e6, _ => 2e4 };

    public static NetworkSpec Draw(int seed, NetworkKind kind) => new NetworkDraw(new Random(seed), "Net" + seed, kind, 0, []).Whole();

    private NetworkSpec Whole()
    {
        Inputs();
        if (Chance(0.3)) Properties(4 + _random.Next(6), longest: 2, merges: 0.8);
        else Properties(1 + _random.Next(5), longest: 4, merges: 0.45);
        if (Chance(0.3)) Tied();
        for (var attempt = 0; ; attempt++)
        {
            var properties = _properties.ToArray();
            if (Chance(0.3))
            {
                for (var i = 0; i < properties.Length; i++)
                    if (properties[i].Layers[0].Kind != "Input" && (i == properties.Length - 1 || Chance(0.4))) properties[i] = properties[i] with { IsOutput = true };
            }

            var spec = Spec(attempt < 10 ? AnyLoss() : Loss("MeanSquaredError"), properties) with { KeepOutputs = Chance(0.1) };
            if (attempt == 10 || Build(spec) is not null) return spec;
        }
    }

    private LossSpec? AnyLoss() => _random.Next(14) switch
    {
        0 => null,
        1 or 2 or 3 => Loss("SoftmaxCrossEntropy"),
        4 => Loss("SoftmaxCrossEntropy", ("LabelSmoothing", Pick(0.1, 0.9, 0.0))),
        5 or 6 => Loss("BinaryCrossEntropy"),
        7 => Loss("MeanAbsoluteError"),
        8 => Loss("Huber", ("HuberDelta", Pick(0.4, 0.01, 5.0))),
        13 => Loss("Custom"),
        _ => Loss("MeanSquaredError"),
    };

    private void Properties(int count, int longest, double merges)
    {
        for (var p = 0; p < count; p++)
        {
            var name = (_depth == 0 ? "P" : "Q") + p;
            var layers = new List<LayerSpec>();
            var shape = Begin(name, layers, merges);
            Layers(name, layers, shape, 1 + _random.Next(longest));
            if (layers.Count > 0 && Add(name, layers) && Chance(0.12)) Weights(name);
        }
    }

    /// <summary>A layer with size 1 in some dimensions of the last one, combined with that: weights for its channels, its places, its rows.</summary>
    private void Weights(string name)
    {
        var (of, shape) = _done[^1];
        if (shape.Length < 2) return;
        int[] some = [.. shape.Select(s => Chance(0.5) ? 1 : s)];
        LayerSpec[] weights = _kind == NetworkKind.Steps ? [Dense(1)]
            : [L(Pick("GlobalAveragePool", "GlobalMaxPool", "Flatten")), Dense(some.Aggregate(1, (a, b) => a * b)), L("Reshape", ("Shape", some))];
        if (!Add(name + "W", [L("From", ("Name", Chance(0.7) ? of : Any(_done).Name)), .. weights, L(Pick("Sigmoid", "Tanh", "Softplus"))])) return;
        Add(name + "B", [L(Pick("Multiply", "Multiply", "Add"), ("Names", Chance(0.5) ? new[] { of, name + "W" } : [name + "W", of]))]);
    }

    /// <summary>Up to so many layers on what is there.</summary>
    private int[] Layers(string name, List<LayerSpec> layers, int[] shape, int count)
    {
        for (var i = 0; i < count; i++)
        {
            for (var attempt = 0; attempt < 6; attempt++)
            {
                LayerSpec[] more = _depth < 2 && Chance(0.08) && DrawBlock(shape) is { } use ? [use] : Chance(0.15) && Tie(shape) is { } tied ? tied : [Layer(shape)];
                layers.AddRange(more);
                if (Try(name, layers) is { } next)
                {
                    shape = next;
                    break;
                }

                layers.RemoveRange(layers.Count - more.Length, more.Length);
            }
        }

        return shape;
    }

    /// <summary>How a property begins, if not with what comes before.</summary>
    private int[] Begin(string name, List<LayerSpec> layers, double merges)
    {
        if (_done.Count < 2) return _done[^1].Shape;
        if (Chance(merges))
        {
            layers.Add(Merge());
            if (Try(name, layers) is { } merged) return merged;
            layers.Clear();
        }
        else if (Chance(0.4))
        {
            var from = _kind == NetworkKind.Steps && _done.Exists(d => d.Shape.Length == 2) ? Any(_done.FindAll(d => d.Shape.Length == 2)) : Any(_done);
            layers.Add(L("From", ("Name", from.Name)));
            return from.Shape;
        }

        return _done[^1].Shape;
    }

    private bool Add(string name, List<LayerSpec> layers)
    {
        if (Try(name, layers) is not { } shape) return false;
        _properties.Add(P(name, [.. layers]));
        _done.Add((name, shape));
        return true;
    }

    private void Inputs()
    {
        void In(string name, int[] shape, bool whole = false)
        {
            _properties.Add(P(name, whole ? L("Input", ("Shape", shape), ("Type", "Int32")) : Input(shape)));
            _done.Add((name, shape));
        }

        var large = _kind >= NetworkKind.Medium;
        var length = large ? Pick(9, 33, 40, 64, 90, 131, 160) : Pick(1, 2, 3, 5, 7, 9, 15, 17, 20, 31, 33, 40);
        if (_kind == NetworkKind.Steps)
        {
            length = Pick(17, 20, 24, 33, 36, 40, 48, 72, 100, 135);
            if (Chance(0.4)) { In("Ids", [length], whole: true); Tokens("Tokens", length); }
            else In("X", [length, Pick(1, 2, 3, 5, 8, 9, 16, 17)]);
            if (Chance(0.1)) In("Y", [length, Pick(1, 4, 9)]);
            return;
        }

        // A second input first, so that what follows goes on with the larger one.
        if (Chance(0.15)) In("Y", Chance(0.5) ? [Pick(1, 5, 9), Pick(4, 8, 9)] : [Pick(s_sizes)]);
        if (Chance(0.15)) In("Length", [1], whole: true);
        switch (_random.Next(10))
        {
            case 0 or 1: In("X", [large ? Pick(17, 64, 130, 257) : Pick(s_sizes)]); break;
            case 2 or 3 or 4: In("X", [length, large ? Pick(3, 8, 16, 17, 33, 48, 64) : Pick(1, 2, 3, 4, 5, 8, 9, 16, 17, 33)]); break;
            case 5 or 6 or 7:
                In("X", large ? [Pick(1, 3, 8, 16, 17, 32), Pick(8, 9, 14, 16, 17, 28), Pick(7, 8, 12, 15, 16, 28)]
                    : [Pick(1, 2, 3, 4, 8, 15, 16, 17), Pick(1, 3, 4, 5, 7, 8, 9, 13, 16), Pick(1, 3, 5, 6, 7, 8, 12, 15)]);
                break;
            default: In("Ids", [length], whole: true); Tokens("Tokens", length); break;
        }
    }

    private void Tokens(string name, int length)
    {
        var layers = new List<LayerSpec> { L("From", ("Name", "Ids")), L("Embedding", ("Vocabulary", Pick(1, 7, 19, 65, 300)), ("Width", Pick(1, 4, 5, 8, 16, 24, 33))) };
        if (Chance(0.5)) layers.Add(Chance(0.5) ? L("Positions") : L("Positions", ("Kind", "Sinusoidal")));
        Add(name, layers);
    }

    private LayerSpec Merge()
    {
        if (Chance(_kind == NetworkKind.Steps ? 0.02 : 0.2) && !HasProducts && Product() is { } product) return product;
        var first = _kind == NetworkKind.Steps ? Any(_done.FindAll(d => d.Shape.Length == _done[^1].Shape.Length)) : Any(_done);
        var same = _done.Where(d => d.Shape.SequenceEqual(first.Shape)).ToList();
        var beside = _done.Where(d => d.Shape.Length == first.Shape.Length && !d.Shape.SequenceEqual(first.Shape) && d.Shape.Zip(first.Shape, (a, b) => a == b || a == 1 || b == 1).All(f => f)).ToList();
        if (Chance(0.2))
        {
            string[] mapped = [first.Name, .. Enumerable.Range(0, _random.Next(3)).Select(_ => Any([.. same, .. beside]).Name)];
            return L("Map", ("Function", FunctionOf(mapped.Length)), ("Names", mapped.OrderBy(_ => _random.Next()).ToArray()));
        }

        if (beside.Count > 0 && Chance(0.4)) return L(Chance(0.6) ? "Multiply" : "Add", ("Names", Chance(0.5) ? new[] { first.Name, Any(beside).Name } : [Any(beside).Name, first.Name, first.Name]));
        if ((same.Count > 1 && Chance(0.65)) || Chance(0.15))
            return Chance(0.3) ? L("Multiply", ("Names", new[] { first.Name, Any(same).Name }))
                : L("Add", ("Names", new[] { first.Name, Any(same).Name, Any(same).Name, Any(same).Name }[..(2 + _random.Next(3))]));
        var axis = _kind == NetworkKind.Steps && Chance(0.9) ? first.Shape.Length - 1 : _random.Next(first.Shape.Length);
        var fits = _done.Where(d => d.Shape.Length == first.Shape.Length && !d.Shape.Where((s, i) => i != axis && s != first.Shape[i]).Any()).ToList();
        string[] names = [first.Name, .. Enumerable.Range(0, 1 + _random.Next(3)).Select(_ => Any(fits).Name)];
        return L("Concat", ("Names", names), ("Axis", Chance(0.3) ? axis - first.Shape.Length : axis));
    }

    /// <summary>The product of two layers that fit each other, as they are or turned; null: none does.</summary>
    private LayerSpec? Product()
    {
        var fitting = new List<LayerSpec>();
        foreach (var a in _done.Where(d => d.Shape.Length > 1))
        {
            foreach (var b in _done.Where(d => d.Shape.Length > 1))
            {
                foreach (var (turnA, turnB) in new[] { (false, false), (true, false), (false, true), (true, true) })
                {
                    if (a.Shape[turnA ? ^2 : ^1] != b.Shape[turnB ? ^1 : ^2]) continue;
                    if (a.Shape.Length == 3 && b.Shape.Length == 3 && a.Shape[0] != b.Shape[0] && a.Shape[0] != 1 && b.Shape[0] != 1) continue;
                    fitting.Add(L("MatMul", [("A", a.Name), ("B", b.Name), .. Maybe(turnA ? 1 : 0, "TransposeA", () => true), .. Maybe(turnB ? 1 : 0, "TransposeB", () => true)]));
                }
            }
        }

        return fitting.Count == 0 ? null : Any(fitting);
    }

    /// <summary>A layer with the weight of another that is there; null: none fits.</summary>
    private LayerSpec[]? Tie(int[] shape)
    {
        if (_graph is null) return null;
        var fitting = new List<LayerSpec[]>();
        foreach (var (name, _) in _done)
        {
            var weight = _graph.Nodes.Where(n => n.Path == name || n.Path.StartsWith(name + ".", StringComparison.Ordinal)).Select(n => n.FindParameter("weight")).FirstOrDefault(p => p is { IsBuffer: false });
            if (weight is not null && WithWeight([.. weight.Shape], shape) is { } layer) fitting.Add([layer, L("TiedTo", ("Name", name))]);
        }

        return fitting.Count == 0 ? null : Any(fitting);
    }

    /// <summary>A layer whose weight has that shape: of the same kind, after an embedding, or a convolution the other way round.</summary>
    private LayerSpec? WithWeight(int[] weight, int[] shape)
    {
        switch (weight.Length)
        {
            case 1 when shape[^1] == weight[0]: return L(Pick("LayerNorm", "BatchNorm"), ("Epsilon", 0.01));
            case 1 when shape[0] == weight[0]: return L("BatchNorm", ("Epsilon", 0.01));
            case 2 when shape.Length <= 2 && shape[^1] == weight[1]: return L("Dense", [("Units", weight[0]), .. Bias()]);
            case 3 when shape.Length == 2 && shape[1] == weight[1]: return L("Conv1D", [("Channels", weight[0]), ("Kernel", weight[2]), .. Bias(), .. Maybe(0.3, "Stride", () => Pick(2, 3)), .. Maybe(0.3, "Dilation", () => 2)]);
            case 3 when shape.Length == 2 && shape[1] == weight[0]: return L("ConvTranspose1D", [("Channels", weight[1]), ("Kernel", weight[2]), .. Bias(), .. Maybe(0.4, "Stride", () => Pick(2, 3)), .. Maybe(0.3, "Dilation", () => 2)]);
            case 4 when shape.Length == 3 && shape[0] == weight[1]: return L("Conv2D", [("Channels", weight[0]), ("KernelHeight", weight[2]), ("KernelWidth", weight[3]), .. Bias(), .. Maybe(0.3, "Stride", () => Pick(2, 3)), .. Maybe(0.3, "Dilation", () => 2)]);
            case 4 when shape.Length == 3 && shape[0] == weight[0]:
                return L("ConvTranspose2D", [("Channels", weight[1]), ("KernelHeight", weight[2]), ("KernelWidth", weight[3]), .. Bias(), .. Maybe(0.5, "Stride", () => 2)]);
            default: return null;
        }
    }

    /// <summary>As language models end: with the table of the embedding.</summary>
    private void Tied()
    {
        if (_graph?.Nodes.FirstOrDefault(n => n.Spec.Kind == "Embedding") is not { } embedding || embedding.Path.Split('.')[0] is var name && !_done.Any(d => d.Name == name)) return;
        var width = embedding.FindParameter("weight")!.Shape;
        var layers = new List<LayerSpec>();
        if (Chance(0.5)) layers.Add(L(Pick("LayerNorm", "RmsNorm", "Tanh")));
        if (_done[^1].Shape[^1] != width[1]) layers.Add(Dense(width[1]));
        layers.Add(L("Dense", ("Units", width[0]), ("Bias", Chance(0.5))));
        layers.Add(L("TiedTo", ("Name", name)));
        Add("Logits", layers);
    }

    /// <summary>
    /// A block for a layer of that shape, drawn as a network of its own; mostly what it computes is joined with what it began with, so that it can be repeated.
    /// </summary>
    private LayerSpec? DrawBlock(int[] shape)
    {
        if (_blocks.Count > 0 && Chance(0.3)) return Used(Any(_blocks), shape);
        var inner = new NetworkDraw(_random, _name, _kind, _depth + 1, _blocks);
        inner.Given("X", shape, []);
        if (Chance(0.2) && Any(_done) is var memory) inner.Given("Memory", memory.Shape, IsWhole(memory.Name) ? [("Type", "Int32")] : []);
        if (_done.Exists(d => d.Name == "Length") && Chance(0.5)) inner.Given("Length", [1], [("Type", "Int32")]);
        inner.Properties(1 + _random.Next(3), longest: 3, merges: 0.45);
        inner.Join(shape);
        if (inner._properties.All(p => p.Layers[0].Kind == "Input")) return null;
        var block = Block($"Some.{_name}Block{_blocks.Count}",
            [.. inner._properties.Select(p => p.Layers[0].Kind == "Input" ? P(p.Name, p.Layers[0].Has("Type") ? L("Input", ("Type", "Int32")) : L("Input")) : p)]) with { Functions = s_functions };
        _blocks.Add(block);
        return Used(block, shape);
    }

    private bool IsWhole(string name) => _properties.Find(p => p.Name == name)!.Layers[0].Has("Type");

    private void Given(string name, int[] shape, (string, object)[] type)
    {
        _properties.Add(P(name, L("Input", [("Shape", shape), .. type])));
        _done.Add((name, shape));
    }

    private LayerSpec Used(BlockSpec block, int[] shape)
    {
        var arguments = new List<(string, object)> { ("Block", block.FullName) };
        var further = block.Properties.Skip(1).Where(p => p.Layers[0].Kind == "Input").Select(p => p.Name == "Length" ? "Length" : Any(_done).Name).ToArray();
        if (further.Length > 0) arguments.Add(("Inputs", further));
        if (Chance(0.6)) arguments.Add(("Repeat", Pick(2, 2, 3)));
        return L("Use", [.. arguments]);
    }

    /// <summary>Brings the last layer to the shape of the block's input and joins the two.</summary>
    private void Join(int[] shape)
    {
        if (Chance(0.15)) return;
        var last = _done[^1];
        if (!last.Shape.SequenceEqual(shape))
        {
            LayerSpec[] back = shape.Length switch
            {
                1 => [L("Flatten"), L("Dense", ("Like", "X"))],
                2 when last.Shape.Length == 2 && last.Shape[0] == shape[0] => [L(Pick("Dense", "Conv1D", "Gru"), ("Like", "X"))],
                3 when last.Shape.Length == 3 && last.Shape[1] == shape[1] && last.Shape[2] == shape[2] => [L("Conv2D", ("Like", "X"), ("Kernel", Pick(1, 3)))],
                _ => [L("Flatten"), Dense(shape.Aggregate(1, (a, b) => a * b)), L("Reshape", ("Shape", shape))],
            };
            if (!Add("Back", [.. back])) return;
        }

        var sum = new List<LayerSpec> { L(Chance(0.85) ? "Add" : "Multiply", ("Names", Chance(0.5) ? new[] { "X", _done[^1].Name } : [_done[^1].Name, "X"])) };
        if (Chance(0.3)) sum.Add(Activation([1]));
        Add("Sum", sum);
    }

    private NetworkSpec Spec(LossSpec? loss, params PropertySpec[] properties) => Network(loss, [.. _blocks], properties) with { Name = _name, Functions = s_functions };

    private static NetworkGraph? Build(NetworkSpec spec)
    {
        var diagnostics = new List<DiagnosticInfo>();
        var graph = GraphBuilder.Build(spec, diagnostics);
        if (graph is not null) return graph;
        lock (Refused)
        {
            foreach (var diagnostic in diagnostics) Refused[diagnostic.Id] = Refused.GetValueOrDefault(diagnostic.Id) + 1;
        }

        return null;
    }

    /// <summary>The last layer's shape; null if the network is refused with it, or grows too large.</summary>
    private int[]? Try(string name, List<LayerSpec> layers)
    {
        if (Build(Spec(null, [.. _properties, P(name, [.. layers])])) is not { } graph) return null;
        if (graph.Nodes.Any(n => n.Shape.Length > 3) || graph.Nodes.Sum(n => n.Shape.Aggregate(1.0, (a, b) => a * b)) > Room || graph.Nodes.Count > 60) return null;
        FlopCounter.Assign(graph, LoweringStage.Lower(graph, training: false));
        if (graph.Nodes.Sum(n => n.Flops) > Budget) return null;
        _graph = graph;
        return graph.Outputs[0].Shape;
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private T Pick<T>(params T[] from) => from[_random.Next(from.Length)];

    private T Any<T>(List<T> from) => from[_random.Next(from.Count)];
}
