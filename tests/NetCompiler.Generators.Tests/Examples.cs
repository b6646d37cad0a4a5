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
}
