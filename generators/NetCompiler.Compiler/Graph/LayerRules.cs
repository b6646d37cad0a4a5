using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Graph;

/// <summary>Every layer that the compiler knows: one line each. A new layer is a rule class and a line here.</summary>
public static class LayerRules
{
    private static readonly LayerRule[] All =
    [
        new InputRule(),
        new DenseRule(),
        new GatedRule("SwiGlu", (_, x) => Expr.Silu(x)),
        new GatedRule("GeGlu", Activations.Gelu),
        new EmbeddingRule(),
        new SelfAttentionRule(),
        new CrossAttentionRule(),
        new PositionsRule(),
        new FlattenRule(),
        new ReshapeRule(),
        new PermuteRule(),
        new SliceRule(),
        new PadRule(),
        new DropoutRule(),
        new PointwiseMergeRule("Add", (a, b) => a + b),
        new PointwiseMergeRule("Multiply", (a, b) => a * b),
        new ConcatRule(),
        new MatMulRule(),
        new SoftmaxRule(),
        new LogSoftmaxRule(),
        new MapRule(),
        .. Activations.Rules,
        new LogRule(),
        new PReluRule(),
        new FrameRule(),
        new SpectrogramRule(),
        new MelSpectrogramRule(),
        new Convolution("Conv2D", Grid.Image),
        new Convolution("Conv1D", Grid.Sequence),
        new ConvolutionTranspose("ConvTranspose2D", Grid.Image),
        new ConvolutionTranspose("ConvTranspose1D", Grid.Sequence),
        new MaxPooling("MaxPool2D", Grid.Image),
        new MaxPooling("MaxPool1D", Grid.Sequence),
        new AveragePooling("AveragePool2D", Grid.Image),
        new AveragePooling("AveragePool1D", Grid.Sequence),
        new GlobalAveragePooling(),
        new GlobalMaxPooling(),
        new Upsample(),
        new BatchNorm(),
        new LayerNorm(),
        new RmsNorm(),
        new GroupNorm(),
        new RnnRule(),
        new GruRule(),
        new LstmRule(),
    ];

    private static readonly Dictionary<string, LayerRule> ByKind = All.ToDictionary(r => r.Kind, StringComparer.Ordinal);

    public static IReadOnlyCollection<LayerRule> Known => All;

    public static LayerRule? Find(string kind) => ByKind.TryGetValue(kind, out var rule) ? rule : null;
}
