namespace NetCompiler.Benchmarks.Steps;

/// <summary>What an audio effect with memory is made of; step by step it remembers, so the length of the sequence plays no part.</summary>
[Network]
[Input(64, 16), Lstm(64)]
internal sealed partial class LstmStep;

/// <summary>The same with three gates.</summary>
[Network]
[Input(64, 16), Gru(64)]
internal sealed partial class GruStep;

/// <summary>The transformer of <see cref="Gpt"/>, with room for twice as many tokens.</summary>
[Network]
internal sealed partial class GptStep
{
    [Input(128, Type = ElementType.Int32)] public partial Layer Ids { get; }

    [Embedding(65, 128, Deviation = 0.02)] public partial Layer Tokens { get; }

    [Positions(Deviation = 0.02)] public partial Layer Places { get; }

    [Use<GptBlock>(Repeat = 4)] public partial Layer Blocks { get; }

    [LayerNorm, Dense(65, Bias = false), TiedTo(nameof(Tokens))] public partial Layer Logits { get; }
}

/// <summary>The same, with room for a long text.</summary>
[Network]
internal sealed partial class GptRoomStep
{
    [Input(1024, Type = ElementType.Int32)] public partial Layer Ids { get; }

    [Embedding(65, 128, Deviation = 0.02)] public partial Layer Tokens { get; }

    [Positions(Deviation = 0.02)] public partial Layer Places { get; }

    [Use<GptBlock>(Repeat = 4)] public partial Layer Blocks { get; }

    [LayerNorm, Dense(65, Bias = false), TiedTo(nameof(Tokens))] public partial Layer Logits { get; }
}

/// <summary>A stack of causal convolutions over samples of sound: 31 samples decide each result.</summary>
[Network]
[Input(64, 1)]
[Conv1D(16, Causal = true), Relu, Conv1D(16, Causal = true, Dilation = 2), Relu, Conv1D(16, Causal = true, Dilation = 4), Relu, Conv1D(16, Causal = true, Dilation = 8), Relu, Dense(1)]
internal sealed partial class ConvStep;

/// <summary>The same, as amplifiers are modelled: with a function that takes longer than a layer's products.</summary>
[Network]
[Input(64, 1)]
[Conv1D(16, Causal = true), Tanh, Conv1D(16, Causal = true, Dilation = 2), Tanh, Conv1D(16, Causal = true, Dilation = 4), Tanh, Conv1D(16, Causal = true, Dilation = 8), Tanh, Dense(1)]
internal sealed partial class ConvTanhStep;

/// <summary>Ten of them, as in WaveNet (van den Oord et al., 2016): 2,047 samples decide each result.</summary>
[Network]
[Input(64, 1)]
[Conv1D(16, Causal = true), Relu, Conv1D(16, Causal = true, Dilation = 2), Relu, Conv1D(16, Causal = true, Dilation = 4), Relu, Conv1D(16, Causal = true, Dilation = 8), Relu, Conv1D(16, Causal = true, Dilation = 16), Relu]
[Conv1D(16, Causal = true, Dilation = 32), Relu, Conv1D(16, Causal = true, Dilation = 64), Relu, Conv1D(16, Causal = true, Dilation = 128), Relu, Conv1D(16, Causal = true, Dilation = 256), Relu, Conv1D(16, Causal = true, Dilation = 512), Relu, Dense(1)]
internal sealed partial class FarStep;
