namespace NetCompiler.Benchmarks.Compare;

/// <summary>A layer as the other systems are told of it: plain data, and the parameters' names of the NetCompiler network beside it.</summary>
internal abstract record Step
{
    /// <summary>Parameters are <c>Name.weight</c> and so on.</summary>
    public string Name { get; init; } = "";
}

internal sealed record Dense(int Units, bool Bias = true) : Step
{
    /// <summary>Whose weight it uses; null: its own.</summary>
    public string? TiedTo { get; init; }
}

/// <summary>Rows of a table, by whole numbers.</summary>
internal sealed record Embedding(int Vocabulary, int Width) : Step;

/// <summary>Adds a learned row to each position.</summary>
internal sealed record Positions : Step;

/// <summary>Of the last dimension.</summary>
internal sealed record LayerNorm : Step
{
    public const float Epsilon = 1e-5f;
}

internal sealed record Gelu : Step;

/// <summary>Each position sees itself and those before; no biases.</summary>
internal sealed record CausalAttention(int Heads) : Step;

internal sealed record Conv(int Channels, int Kernel = 3, int Stride = 1, bool Depthwise = false, bool Bias = false) : Step
{
    /// <summary>What gives ceil(size / stride), on both sides.</summary>
    public int Pad => Kernel / 2;
}

internal sealed record Norm : Step
{
    public const float Epsilon = 1e-5f;
    public const float Momentum = 0.1f;
}

internal sealed record Relu : Step;

internal sealed record Softmax : Step;

internal sealed record MaxPool : Step
{
    public const int Size = 2;
}

internal sealed record GlobalAverage : Step;

internal sealed record Flatten : Step;

/// <summary>The sum of two paths from the same value.</summary>
/// <param name="Main">One path.</param>
/// <param name="Shortcut">The other; empty: the value itself.</param>
internal sealed record Residual(Step[] Main, Step[] Shortcut) : Step;

/// <summary>The reference networks once more, for the other systems. A case's first act is to check that both give the same numbers.</summary>
internal static class Blueprint
{
    public static Step[] Mlp(params int[] units) =>
        Sequence("", [.. units.SkipLast(1).SelectMany(u => new Step[] { new Dense(u), new Relu() }), new Dense(units[^1])]);

    public static Step[] Cnn { get; } = Sequence("",
        new Conv(8, Bias: true), new Relu(), new MaxPool(), new Conv(16, Bias: true), new Relu(), new MaxPool(), new Flatten(), new Dense(10));

    public static Step[] ResNet20 { get; } =
    [
        .. Sequence("Stem.", new Conv(16), new Norm(), new Relu()),
        .. Basic("Stage1.0", 16), .. Basic("Stage1.1", 16), .. Basic("Stage1.2", 16),
        .. Down("Stage2.0", 32), .. Basic("Stage2.1", 32), .. Basic("Stage2.2", 32),
        .. Down("Stage3.0", 64), .. Basic("Stage3.1", 64), .. Basic("Stage3.2", 64),
        .. Sequence("Logits.", new GlobalAverage(), new Dense(10)),
    ];

    public static Step[] Depthwise { get; } = Sequence("",
    [
        .. Normalised(new Conv(16, Stride: 2)), .. Separable(16, 1, 32), .. Separable(32, 2, 64), .. Separable(64, 1, 64), .. Separable(64, 2, 128), .. Separable(128, 1, 128),
        new GlobalAverage(), new Dense(10),
    ]);

    public static Step[] Gpt { get; } =
    [
        new Embedding(65, 128) { Name = "Tokens" }, new Positions { Name = "Places" },
        .. Enumerable.Range(0, 4).SelectMany(i => Transformer(FormattableString.Invariant($"Blocks.{i}"), 128)),
        .. Sequence("Logits.", new LayerNorm(), new Dense(65, Bias: false) { TiedTo = "Tokens" }),
    ];

    private static Step[] Transformer(string name, int width) =>
    [
        new Residual(Sequence(name + ".Seen.", new LayerNorm(), new CausalAttention(4)), []),
        new Residual(Sequence(name + ".Thought.", new LayerNorm(), new Dense(4 * width, Bias: false), new Gelu(), new Dense(width, Bias: false)), []),
    ];

    /// <summary>Names as nn.Sequential gives them.</summary>
    private static Step[] Sequence(string prefix, params Step[] steps) => [.. steps.Select((s, i) => s with { Name = prefix + i })];

    private static Step[] Normalised(Conv convolution) => [convolution, new Norm(), new Relu()];

    private static Step[] Separable(int input, int stride, int output) =>
        [.. Normalised(new Conv(input, Stride: stride, Depthwise: true)), .. Normalised(new Conv(output, Kernel: 1))];

    private static Step[] Basic(string name, int channels) =>
        [new Residual(Sequence(name + ".Residual.", new Conv(channels), new Norm(), new Relu(), new Conv(channels), new Norm()), []), new Relu()];

    private static Step[] Down(string name, int channels) =>
    [
        new Residual(
            Sequence(name + ".Residual.", new Conv(channels, Stride: 2), new Norm(), new Relu(), new Conv(channels), new Norm()),
            Sequence(name + ".Shortcut.", new Conv(channels, Kernel: 1, Stride: 2), new Norm())),
        new Relu(),
    ];
}
