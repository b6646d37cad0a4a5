namespace NetCompiler;

/// <summary>
/// What <see cref="SelfAttentionAttribute"/> and <see cref="CrossAttentionAttribute"/> share: softmax(Q K^T / sqrt(d)) V in several heads of d = W / Heads
/// columns, between a product that gives Q, K and V and one that joins the heads (Vaswani et al., Attention Is All You Need, 2017).
/// </summary>
public abstract class AttentionAttribute : LayerAttribute
{
    private protected AttentionAttribute()
    {
    }

    /// <summary>Number of heads; they divide the width. 1 unless set. PyTorch: <c>num_heads</c>.</summary>
    public int Heads { get; set; } = 1;

    /// <summary>
    /// Number of heads of keys and values, which several heads of queries share; it divides <see cref="Heads"/>. As many as Heads unless set; 1 is
    /// multi-query attention (Shazeer, 2019), between them lies grouped-query attention (Ainslie et al., 2023).
    /// </summary>
    public int KeyValueHeads { get; set; }

    /// <summary>Whether numbers are added after the products; true unless set. PyTorch: <c>bias</c>.</summary>
    public bool Bias { get; set; } = true;

    /// <summary>Share of the attention weights that training drops; 0 unless set. PyTorch: <c>dropout</c>.</summary>
    public double Dropout { get; set; }

    /// <summary>
    /// An <see cref="InputAttribute"/> of one whole number, <c>[Input(1, Type = ElementType.Int32)]</c>: how many of the keys of a sample count, from
    /// the first on. Those after them are padding, which no query attends to.
    /// </summary>
    public string? Lengths { get; set; }
}

/// <summary>
/// Attention of a sequence to itself. Shapes: [T, W] to [T, W]. Parameters as in PyTorch's <c>MultiheadAttention</c>: <c>in_proj_weight</c> [3 W, W] (of
/// queries, keys and values; fewer rows with fewer <see cref="AttentionAttribute.KeyValueHeads"/>), <c>in_proj_bias</c>,
/// <c>out_proj.weight</c> [W, W], <c>out_proj.bias</c>.
/// </summary>
/// <example><code>
/// [LayerNorm, SelfAttention(Heads = 4, Causal = true)] public partial Layer Attended { get; }
/// </code></example>
public sealed class SelfAttentionAttribute : AttentionAttribute
{
    /// <summary>Whether a position attends to itself and earlier ones only.</summary>
    public bool Causal { get; set; }

    /// <summary>
    /// With <see cref="Causal"/>: a position attends to so many positions, itself and those just before it; 0, as unless set: to all of them.
    /// </summary>
    public int Window { get; set; }

    /// <summary>
    /// Whether queries and keys are turned by an angle that grows with their position, column j of a head with column j + d/2 (Su et al., RoFormer, 2021; in the
    /// halves of Llama): t / 10000^(2j/d). A head then has an even number of columns.
    /// </summary>
    public bool Rotary { get; set; }
}

/// <summary>
/// Attention of a sequence to another one. Shapes: [T, W] and [S, W] to [T, W]. Parameters as in PyTorch's <c>MultiheadAttention</c>.
/// </summary>
/// <param name="memory">The layer that keys and values come from: <c>[CrossAttention(nameof(Encoded), Heads = 4)]</c>.</param>
public sealed class CrossAttentionAttribute(string memory) : AttentionAttribute
{
    /// <summary>The layer that keys and values come from.</summary>
    public string Memory { get; } = memory;
}
