namespace NetCompiler;

/// <summary>
/// An input of the network, with the shape of one sample; the batch is implicit. Images are channels, height, width. In a block, without
/// a shape: the layer that the block is used on, and on further properties the layers that <see cref="UseAttribute{TBlock}"/> names, in order.
/// </summary>
/// <param name="shape">The dimensions of one sample: <c>[Input(784)]</c>, <c>[Input(3, 32, 32)]</c>; none in a block.</param>
public sealed class InputAttribute(params int[] shape) : LayerAttribute
{
    /// <summary>The dimensions of one sample.</summary>
    public IReadOnlyList<int> Shape { get; } = shape;

    /// <summary>What its elements are; floats unless set. Of <see cref="ElementType.Int32"/>, <c>Forward</c> takes a <c>ReadOnlySpan&lt;int&gt;</c>.</summary>
    public ElementType Type { get; set; }
}

/// <summary>
/// Takes that property as the input, rather than the property before. It must come first on its property.
/// </summary>
/// <param name="name">An earlier layer property: <c>nameof(Stem)</c>.</param>
public sealed class FromAttribute(string name) : LayerAttribute
{
    /// <summary>An earlier layer property.</summary>
    public string Name { get; } = name;
}

/// <summary>
/// The elementwise sum of two or more layers. Their shapes are alike, or 1 in some dimensions: that one element is combined with all of the others along it, as
/// a weight for each channel [C, 1, 1] with an image [C, H, W]. It names its inputs, so it must come first on its property.
/// </summary>
/// <param name="names">Earlier layer properties: <c>[Add(nameof(Stem), nameof(Outer))]</c>.</param>
public sealed class AddAttribute(params string[] names) : LayerAttribute
{
    /// <summary>Earlier layer properties.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}

/// <summary>
/// The elementwise product of two or more layers. Their shapes are alike, or 1 in some dimensions: that one element is combined with all of the others along it, as
/// a weight for each channel [C, 1, 1] with an image [C, H, W]. It names its inputs, so it must come first on its property.
/// </summary>
/// <param name="names">Earlier layer properties.</param>
public sealed class MultiplyAttribute(params string[] names) : LayerAttribute
{
    /// <summary>Earlier layer properties.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}

/// <summary>
/// Two or more layers one after the other along a dimension; their other dimensions are alike. It names its inputs, so it must come first on its
/// property. PyTorch: <c>torch.cat</c> (whose dimension 0 is the batch); ONNX: <c>Concat</c>.
/// </summary>
/// <param name="names">Earlier layer properties, in order.</param>
public sealed class ConcatAttribute(params string[] names) : LayerAttribute
{
    /// <summary>Earlier layer properties, in order.</summary>
    public IReadOnlyList<string> Names { get; } = names;

    /// <summary>The dimension of one sample that grows: 0 unless set, the channels of an image; negative counts from the end.</summary>
    public int Axis { get; set; }
}

/// <summary>Uses a block as a layer: its first input is the layer before, and it is sized by it.</summary>
/// <typeparam name="TBlock">A class with <see cref="BlockAttribute"/>.</typeparam>
/// <param name="inputs">
/// For a block with further <see cref="InputAttribute"/> properties: an earlier layer property for each of them, in order. They are the same for each
/// copy: <c>[Use&lt;Decoder&gt;(nameof(Memory), Repeat = 6)]</c>.
/// </param>
/// <example><code>
/// [Use&lt;DownBlock&gt;, Use&lt;BasicBlock&gt;(Repeat = 2)] public partial Layer Stage2 { get; }
/// </code></example>
public sealed class UseAttribute<TBlock>(params string[] inputs) : LayerAttribute
    where TBlock : class
{
    /// <summary>What the block's inputs after the first are.</summary>
    public IReadOnlyList<string> Inputs { get; } = inputs;

    /// <summary>How many copies, each with its own parameters, one after the other; 1 unless set.</summary>
    public int Repeat { get; set; } = 1;
}

/// <summary>
/// A pointwise function of one's own: a static method of the same class, such as <c>static float Squareplus(float x) =&gt; 0.5f * (x + MathF.Sqrt((x * x) + 4));</c>.
/// The compiler reads its C# expression, vectorises it and differentiates it. Of the layer before; or, with names behind the method, of as many layers as it has parameters: their
/// shapes are alike, or 1 in some dimensions, as those of <see cref="AddAttribute"/>. Then it names its inputs, so it must come first on its property. Shapes: any to the same; of
/// several, each dimension the largest of theirs.
/// </summary>
/// <param name="function">The method: <c>nameof(Squareplus)</c>.</param>
/// <param name="names">None: the layer before. Or an earlier layer property for each parameter of the method, in order: <c>[Map(nameof(Sampled), nameof(Mean), nameof(Noise))]</c>.</param>
public sealed class MapAttribute(string function, params string[] names) : LayerAttribute
{
    /// <summary>The method's name.</summary>
    public string Function { get; } = function;

    /// <summary>Earlier layer properties, in the order of the method's parameters; none: the layer before.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}

/// <summary>
/// The matrix product of two layers, of one sample: [n, k] and [k, m] to [n, m]. Of three dimensions the first numbers matrices, each of which is multiplied with its own of the
/// other layer; a layer with a single one, [1, n, k] or [n, k], has it multiplied with each of the other's: [N, n, k] and [k, m] to [N, n, m]. It names its inputs, so it must come first
/// on its property; both may be the same layer. PyTorch: <c>torch.matmul</c> (whose dimension 0 is the batch); ONNX: <c>MatMul</c>.
/// </summary>
/// <param name="a">The earlier layer property on the left: <c>[MatMul(nameof(Vectors), nameof(Vectors), TransposeB = true)]</c>, the products of each two rows.</param>
/// <param name="b">The one on the right.</param>
public sealed class MatMulAttribute(string a, string b) : LayerAttribute
{
    /// <summary>The layer on the left.</summary>
    public string A { get; } = a;

    /// <summary>The layer on the right.</summary>
    public string B { get; } = b;

    /// <summary>Swaps the last two dimensions of the layer on the left: it is [k, n].</summary>
    public bool TransposeA { get; set; }

    /// <summary>Swaps the last two dimensions of the layer on the right: it is [m, k].</summary>
    public bool TransposeB { get; set; }
}
