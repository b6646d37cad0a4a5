namespace NetCompiler.Benchmarks;

// One kind of layer each, in the size in which small networks have it. What comes before it (positions, another convolution) is there so that the
// gradient of the layer's input is wanted too.

/// <summary>Causal attention, as in <see cref="Gpt"/>: 4 heads of 32 columns.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(64, 128), SelfAttention(Heads = 4, Causal = true, Bias = false)]
public sealed partial class AttentionLayer;

[Network(Loss = Loss.MeanSquaredError)]
[Input(64, 16), Lstm(64)]
public sealed partial class LstmLayer;

[Network(Loss = Loss.MeanSquaredError)]
[Input(64, 16), Gru(64)]
public sealed partial class GruLayer;

/// <summary>Causal convolutions over samples of sound; see <see cref="Steps.ConvStep"/>.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(64, 1)]
[Conv1D(16, Causal = true), Relu, Conv1D(16, Causal = true, Dilation = 2), Relu, Conv1D(16, Causal = true, Dilation = 4), Relu, Conv1D(16, Causal = true, Dilation = 8), Relu, Dense(1)]
public sealed partial class Conv1DLayers;

[Network(Loss = Loss.MeanSquaredError)]
[Input(64, 128), Positions, RmsNorm]
public sealed partial class RmsNormLayer;

[Network(Loss = Loss.MeanSquaredError)]
[Input(64, 128), Positions, LayerNorm]
public sealed partial class LayerNormLayer;

/// <summary>Hops of 10 ms at 8 kHz. It has no parameters; the normalisation makes it a network that can be trained.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(64, 80), Frame(256), MelSpectrogram(40, SampleRate = 8000), Log(Floor = 1e-4), BatchNorm]
public sealed partial class AudioFrontEnd;

/// <summary>Two convolutions that are computed by Winograd's method, and so is the gradient of what lies between.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(64, 16, 16), Conv2D(64, Kernel = 3), Relu, Conv2D(64, Kernel = 3)]
public sealed partial class WinogradLayers;

[Network(Loss = Loss.MeanSquaredError)]
[Input(64, Type = ElementType.Int32), Embedding(512, 128)]
public sealed partial class EmbeddingLayer;
