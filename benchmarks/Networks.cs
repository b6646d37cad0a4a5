namespace NetCompiler.Benchmarks;

/// <summary>A control network, as an audio effect or a game character has it: 1,633 parameters.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(16), Dense(32), Relu, Dense(32), Relu, Dense(1)]
public sealed partial class MlpTiny;

/// <summary>Twice as wide: 6,401 parameters.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(32), Dense(64), Relu, Dense(64), Relu, Dense(1)]
public sealed partial class MlpSmall;

/// <summary>The classic digit classifier without convolutions.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(784), Dense(128), Relu, Dense(10)]
public sealed partial class MlpMnist;

/// <summary>Larger than most second-level caches.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(128), Dense(512), Relu, Dense(512), Relu, Dense(64)]
public sealed partial class MlpMid;

/// <summary>Estimates the value of two actions from four observations (deep Q-learning of the cart and pole).</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(4), Dense(64), Relu, Dense(64), Relu, Dense(2)]
public sealed partial class Dqn;

/// <summary>A small convolutional digit classifier.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(1, 28, 28),
 Conv2D(8, Kernel = 3), Relu, MaxPool2D(2),
 Conv2D(16, Kernel = 3), Relu, MaxPool2D(2),
 Flatten, Dense(10)]
public sealed partial class Cnn;

/// <summary>Two convolutions beside an identity. No biases: the normalisation would take them away again.</summary>
[Block]
public sealed partial class BasicBlock
{
    [Input] public partial Layer X { get; }

    [Conv2D(Like = nameof(X), Kernel = 3, Bias = false), BatchNorm, Relu, Conv2D(Like = nameof(X), Kernel = 3, Bias = false), BatchNorm]
    public partial Layer Residual { get; }

    [Add(nameof(X), nameof(Residual)), Relu] public partial Layer Sum { get; }
}

/// <summary>Half the height and width, twice the channels. Padded as PyTorch does, so that every library computes the same without extra copies.</summary>
[Block]
public sealed partial class DownBlock
{
    [Input] public partial Layer X { get; }

    [Conv2D(Scale = 2, Kernel = 3, Stride = 2, Pad = 1, Bias = false), BatchNorm, Relu, Conv2D(Scale = 1, Kernel = 3, Bias = false), BatchNorm]
    public partial Layer Residual { get; }

    [From(nameof(X)), Conv2D(Scale = 2, Kernel = 1, Stride = 2, Bias = false), BatchNorm] public partial Layer Shortcut { get; }

    [Add(nameof(Residual), nameof(Shortcut)), Relu] public partial Layer Sum { get; }
}

/// <summary>He et al., 2015, for 32x32 colour images.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
public sealed partial class ResNet20
{
    [Input(3, 32, 32)] public partial Layer Image { get; }

    [Conv2D(16, Kernel = 3, Bias = false), BatchNorm, Relu] public partial Layer Stem { get; }

    [Use<BasicBlock>(Repeat = 3)] public partial Layer Stage1 { get; }

    [Use<DownBlock>, Use<BasicBlock>(Repeat = 2)] public partial Layer Stage2 { get; }

    [Use<DownBlock>, Use<BasicBlock>(Repeat = 2)] public partial Layer Stage3 { get; }

    [GlobalAveragePool, Dense(10)] public partial Layer Logits { get; }
}

/// <summary>Of characters: each position looks at those before it, then works out what it has seen.</summary>
[Block]
public sealed partial class GptBlock
{
    [Input] public partial Layer X { get; }

    [LayerNorm, SelfAttention(Heads = 4, Causal = true, Bias = false)] public partial Layer Seen { get; }

    [Add(nameof(X), nameof(Seen))] public partial Layer Middle { get; }

    [LayerNorm, Dense(Scale = 4, Bias = false), Gelu, Dense(Like = nameof(X), Bias = false)] public partial Layer Thought { get; }

    [Add(nameof(Middle), nameof(Thought))] public partial Layer Sum { get; }
}

/// <summary>nanoGPT's configuration for a processor: 4 layers, 4 heads, width 128, context 64, the 65 characters of its text.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
public sealed partial class Gpt
{
    [Input(64, Type = ElementType.Int32)] public partial Layer Ids { get; }

    [Embedding(65, 128, Deviation = 0.02)] public partial Layer Tokens { get; }

    [Positions(Deviation = 0.02)] public partial Layer Places { get; }

    [Use<GptBlock>(Repeat = 4)] public partial Layer Blocks { get; }

    [LayerNorm, Dense(65, Bias = false), TiedTo(nameof(Tokens))] public partial Layer Logits { get; }
}

/// <summary>The same network over 1,024 characters, where attention is a large part of the work.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
public sealed partial class Gpt1024
{
    [Input(1024, Type = ElementType.Int32)] public partial Layer Ids { get; }

    [Embedding(65, 128, Deviation = 0.02)] public partial Layer Tokens { get; }

    [Positions(Deviation = 0.02)] public partial Layer Places { get; }

    [Use<GptBlock>(Repeat = 4)] public partial Layer Blocks { get; }

    [LayerNorm, Dense(65, Bias = false), TiedTo(nameof(Tokens))] public partial Layer Logits { get; }
}

/// <summary>A small MobileNet: each 3x3 convolution sees one channel, each 1x1 convolution all of them.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(3, 96, 96),
 Conv2D(16, Kernel = 3, Stride = 2, Pad = 1, Bias = false), BatchNorm, Relu,
 Conv2D(16, Kernel = 3, Depthwise = true, Bias = false), BatchNorm, Relu, Conv2D(32, Kernel = 1, Bias = false), BatchNorm, Relu,
 Conv2D(32, Kernel = 3, Stride = 2, Pad = 1, Depthwise = true, Bias = false), BatchNorm, Relu, Conv2D(64, Kernel = 1, Bias = false), BatchNorm, Relu,
 Conv2D(64, Kernel = 3, Depthwise = true, Bias = false), BatchNorm, Relu, Conv2D(64, Kernel = 1, Bias = false), BatchNorm, Relu,
 Conv2D(64, Kernel = 3, Stride = 2, Pad = 1, Depthwise = true, Bias = false), BatchNorm, Relu, Conv2D(128, Kernel = 1, Bias = false), BatchNorm, Relu,
 Conv2D(128, Kernel = 3, Depthwise = true, Bias = false), BatchNorm, Relu, Conv2D(128, Kernel = 1, Bias = false), BatchNorm, Relu,
 GlobalAveragePool, Dense(10)]
public sealed partial class Depthwise;
