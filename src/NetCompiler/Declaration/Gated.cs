namespace NetCompiler;

/// <summary>
/// What <see cref="SwiGluAttribute"/> and <see cref="GeGluAttribute"/> share: f(V x + b) (W x + c) over the last dimension, for a function f, the gate
/// (Shazeer, GLU Variants Improve Transformer, 2020). Both products are one: its parameters are <c>weight</c> [2 Units, N], the rows of V before
/// those of W, and <c>bias</c> [2 Units], b before c, which begin as PyTorch's <c>Linear</c>. The feed-forward layers of a transformer block are this layer and a
/// <see cref="DenseAttribute"/> that returns to the width.
/// </summary>
/// <example><code>
/// [RmsNorm, SwiGlu(344, Bias = false), Dense(Like = nameof(X), Bias = false)] public partial Layer Thought { get; }
/// </code></example>
public abstract class GatedLayerAttribute : SizedLayerAttribute
{
    private protected GatedLayerAttribute(int units) => Units = units;

    /// <summary>Number of outputs; 0 when sized otherwise.</summary>
    public int Units { get; }
}

/// <summary>
/// A product gated by x / (1 + e^-x). Shapes: [..., N] to [..., Units]. Parameters: <c>weight</c> [2 Units, N], the gate first, and <c>bias</c> [2 Units]. In Llama's
/// names: <c>gate_proj.weight</c> above <c>up_proj.weight</c>, without a bias.
/// </summary>
public sealed class SwiGluAttribute : GatedLayerAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public SwiGluAttribute()
        : base(0)
    {
    }

    /// <summary>So many units.</summary>
    /// <param name="units">Number of outputs, half of those of the product.</param>
    public SwiGluAttribute(int units)
        : base(units)
    {
    }
}

/// <summary>
/// A product gated by <see cref="GeluAttribute"/>'s function. Shapes: [..., N] to [..., Units]. Parameters: <c>weight</c> [2 Units, N], the gate first, and <c>bias</c> [2 Units].
/// </summary>
public sealed class GeGluAttribute : GatedLayerAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public GeGluAttribute()
        : base(0)
    {
    }

    /// <summary>So many units.</summary>
    /// <param name="units">Number of outputs, half of those of the product.</param>
    public GeGluAttribute(int units)
        : base(units)
    {
    }

    /// <summary>Whether the gate is the approximation with tanh: see <see cref="GeluAttribute.Approximate"/>.</summary>
    public bool Approximate { get; set; }
}
