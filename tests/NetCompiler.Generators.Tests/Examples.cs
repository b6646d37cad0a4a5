namespace NetCompiler.Generators.Tests;

/// <summary>The declarations of the public documentation, word for word.</summary>
internal static class Examples
{
    public const string Mlp = """
        [Network(Loss = Loss.SoftmaxCrossEntropy)]
        [Input(784), Dense(128), Relu, Dense(10)]
        public sealed partial class Mlp;
        """;

    public const string ResidualDigits = """
        [Network(Loss = Loss.SoftmaxCrossEntropy)]
        public sealed partial class ResidualDigits
        {
            [Input(1, 28, 28)]                                     public partial Layer Image { get; }
            [Conv2D(16, Kernel = 3), BatchNorm, Relu]              public partial Layer Stem { get; }
            [Conv2D(16, Kernel = 3), BatchNorm, Relu]              public partial Layer Inner { get; }
            [Conv2D(16, Kernel = 3), BatchNorm]                    public partial Layer Outer { get; }
            [Add(nameof(Stem), nameof(Outer)), Relu]               public partial Layer Joined { get; }
            [GlobalAveragePool, Dense(10)]                         public partial Layer Logits { get; }
        }
        """;

    public const string ResNet20 = """
        [Block]
        public sealed partial class BasicBlock
        {
            [Input]                                                                     public partial Layer X { get; }
            [Conv2D(Like = nameof(X), Kernel = 3), BatchNorm, Relu,
             Conv2D(Like = nameof(X), Kernel = 3), BatchNorm]                           public partial Layer Residual { get; }
            [Add(nameof(X), nameof(Residual)), Relu]                                    public partial Layer Sum { get; }
        }

        [Block]
        public sealed partial class DownBlock
        {
            [Input]                                                                     public partial Layer X { get; }
            [Conv2D(Scale = 2, Kernel = 3, Stride = 2), BatchNorm, Relu,
             Conv2D(Scale = 1, Kernel = 3), BatchNorm]                                  public partial Layer Residual { get; }
            [From(nameof(X)), Conv2D(Scale = 2, Kernel = 1, Stride = 2), BatchNorm]     public partial Layer Shortcut { get; }
            [Add(nameof(Residual), nameof(Shortcut)), Relu]                             public partial Layer Sum { get; }
        }

        [Network(Loss = Loss.SoftmaxCrossEntropy)]
        public sealed partial class ResNet20
        {
            [Input(3, 32, 32)]                                     public partial Layer Image { get; }
            [Conv2D(16, Kernel = 3), BatchNorm, Relu]              public partial Layer Stem { get; }
            [Use<BasicBlock>(Repeat = 3)]                          public partial Layer Stage1 { get; }
            [Use<DownBlock>, Use<BasicBlock>(Repeat = 2)]          public partial Layer Stage2 { get; }
            [Use<DownBlock>, Use<BasicBlock>(Repeat = 2)]          public partial Layer Stage3 { get; }
            [GlobalAveragePool, Dense(10)]                         public partial Layer Logits { get; }
        }
        """;

    public const string Llama = """
        [Network(Loss = Loss.SoftmaxCrossEntropy)]
        public sealed partial class Llama
        {
            [Input(64, Type = ElementType.Int32)]                                                       public partial Layer Ids { get; }
            [Embedding(65, 128), Dropout(0.1)]                                                          public partial Layer Tokens { get; }
            [Use<LlamaBlock>(Repeat = 2)]                                                               public partial Layer Blocks { get; }
            [RmsNorm, Dense(65, Bias = false), TiedTo(nameof(Tokens))]                                  public partial Layer Logits { get; }
        }

        [Block]
        public sealed partial class LlamaBlock
        {
            [Input]                                                                                     public partial Layer X { get; }
            [RmsNorm, SelfAttention(Heads = 4, KeyValueHeads = 2, Causal = true, Rotary = true, Bias = false, Dropout = 0.1), Dropout(0.1)]
                                                                                                        public partial Layer Seen { get; }
            [Add(nameof(X), nameof(Seen))]                                                              public partial Layer Middle { get; }
            [RmsNorm, SwiGlu(344, Bias = false), Dense(Like = nameof(X), Bias = false), Dropout(0.1)]   public partial Layer Thought { get; }
            [Add(nameof(Middle), nameof(Thought))]                                                      public partial Layer Sum { get; }
        }
        """;
}
