namespace NetCompiler;

/// <summary>What the elements of an <see cref="InputAttribute"/> are.</summary>
public enum ElementType
{
    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>32-bit integers, from 0 to 2^24: tokens, class numbers, lengths.</summary>
    Int32,
}

/// <summary>
/// A learned row for each token. Shapes: [T] to [T, Width], of an <see cref="InputAttribute"/> with <see cref="ElementType.Int32"/>. Parameter:
/// <c>weight</c> [Vocabulary, Width]. A token from outside the vocabulary is an <see cref="ArgumentException"/> that names its position and value.
/// PyTorch: <c>Embedding</c>; ONNX: <c>Gather</c>.
/// </summary>
/// <param name="vocabulary">How many tokens there are: they are from 0 to vocabulary - 1.</param>
/// <param name="width">Elements of a row.</param>
public sealed class EmbeddingAttribute(int vocabulary, int width) : LayerAttribute
{
    /// <summary>How many tokens there are.</summary>
    public int Vocabulary { get; } = vocabulary;

    /// <summary>Elements of a row.</summary>
    public int Width { get; } = width;

    /// <summary>Rows begin normally distributed around 0 with this standard deviation; 1 unless set, as PyTorch's.</summary>
    public double Deviation { get; set; } = 1;
}

/// <summary>What <see cref="PositionsAttribute"/> adds.</summary>
public enum PositionKind
{
    /// <summary>A learned row for each position: parameter <c>weight</c> [T, W].</summary>
    Learned,

    /// <summary>sin(t / 10000^(2i/W)) in column 2i and the cosine in column 2i + 1 (Vaswani et al., Attention Is All You Need, 2017, section 3.5).</summary>
    Sinusoidal,
}

/// <summary>
/// Adds to each row of a sequence what tells its position. Shapes: [T, W] to the same. Rotary positions are a property of
/// <see cref="SelfAttentionAttribute"/>.
/// </summary>
/// <param name="kind">Learned or fixed.</param>
public sealed class PositionsAttribute(PositionKind kind = PositionKind.Learned) : LayerAttribute
{
    /// <summary>Learned or fixed.</summary>
    public PositionKind Kind { get; } = kind;

    /// <summary>Learned rows begin normally distributed around 0 with this standard deviation; 1 unless set, as PyTorch's <c>Embedding</c>.</summary>
    public double Deviation { get; set; } = 1;
}

/// <summary>
/// The weight of the layer before it on the same property is the weight of another property's layer: one parameter, used (and learned) in both
/// places. The shapes must be alike: an <see cref="EmbeddingAttribute"/>'s [Vocabulary, Width] and a <see cref="DenseAttribute"/>'s [Units, N]
/// are for Units = Vocabulary and N = Width (Press and Wolf, Using the Output Embedding to Improve Language Models, 2017). The parameter
/// has the name that the other property gives it.
/// </summary>
/// <param name="name">An earlier layer property: <c>nameof(Tokens)</c>.</param>
/// <example><code>
/// [Dense(65, Bias = false), TiedTo(nameof(Tokens))] public partial Layer Logits { get; }
/// </code></example>
public sealed class TiedToAttribute(string name) : LayerAttribute
{
    /// <summary>An earlier layer property.</summary>
    public string Name { get; } = name;
}
