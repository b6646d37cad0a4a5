using NetCompiler;

namespace Writer;

/// <summary>
/// The network: of each 64 tokens it is asked for the next one at every position. Its size is that of nanoGPT's configuration for a
/// processor (4 layers, 4 heads, width 128, context 64).
/// </summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
internal sealed partial class Gpt
{
    public const int Context = 64;
    public const int Vocabulary = 512;

    [Input(Context, Type = ElementType.Int32)]
    public partial Layer Ids { get; }

    [Embedding(Vocabulary, 128, Deviation = 0.02)]
    public partial Layer Tokens { get; }

    [Positions(Deviation = 0.02)]
    public partial Layer Rows { get; }

    [Use<Transformer>(Repeat = 4)]
    public partial Layer Blocks { get; }

    [LayerNorm, Dense(Vocabulary, Bias = false), TiedTo(nameof(Tokens))]
    public partial Layer Logits { get; }
}

/// <summary>Each position looks at those before it, then works out what it has seen.</summary>
[Block]
internal sealed partial class Transformer
{
    [Input]
    public partial Layer X { get; }

    [LayerNorm, SelfAttention(Heads = 4, Causal = true)]
    public partial Layer Seen { get; }

    [Add(nameof(X), nameof(Seen))]
    public partial Layer Middle { get; }

    [LayerNorm, Dense(Scale = 4), Gelu, Dense(Like = nameof(X))]
    public partial Layer Thought { get; }

    [Add(nameof(Middle), nameof(Thought))]
    public partial Layer Sum { get; }
}
