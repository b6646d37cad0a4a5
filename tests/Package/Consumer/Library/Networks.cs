using NetCompiler;

namespace Library;

/// <summary>A chain with a function of its own.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(2), Dense(16), Map(nameof(Swish)), Dense(16), Tanh, Dense(1)]
public sealed partial class Regression
{
    private static float Swish(float x) => x / (1 + MathF.Exp(-x));
}

/// <summary>Convolutions beside an identity.</summary>
[Block]
public sealed partial class Residue
{
    [Input] public partial Layer X { get; }

    [Conv2D(Like = nameof(X), Kernel = 3), BatchNorm, Relu] public partial Layer Inner { get; }

    [Add(nameof(X), nameof(Inner))] public partial Layer Sum { get; }
}

/// <summary>A graph with a block.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
public sealed partial class Pictures
{
    [Input(1, 8, 8)] public partial Layer Image { get; }

    [Conv2D(8, Kernel = 3), Relu] public partial Layer Stem { get; }

    [Use<Residue>(Repeat = 2), MaxPool2D] public partial Layer Body { get; }

    [Flatten, Dense(3)] public partial Layer Logits { get; }
}
