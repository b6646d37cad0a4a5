namespace NetCompiler;

/// <summary>What convolutions over time share. Sequences are [T, C], time first: row t has the C channels of one moment.</summary>
public abstract class SequenceConvolutionAttribute : SizedLayerAttribute
{
    private protected SequenceConvolutionAttribute(int channels) => Channels = channels;

    /// <summary>Number of output channels; 0 when sized otherwise.</summary>
    public int Channels { get; }

    /// <summary>Rows of the kernel; 3 unless set. PyTorch: <c>kernel_size</c>.</summary>
    public int Kernel { get; set; } = 3;

    /// <summary>Distance of neighbouring windows; 1 unless set.</summary>
    public int Stride { get; set; } = 1;

    /// <summary>Distance of neighbouring elements of a window; 1 unless set.</summary>
    public int Dilation { get; set; } = 1;

    /// <summary>Zeros around the sequence by rule: <see cref="NetCompiler.Padding.Same"/> unless set. For a number of them see <see cref="Pad"/>.</summary>
    public Padding Padding { get; set; } = Padding.Same;

    /// <summary>Zeros before the sequence and after it, as a number: takes the place of <see cref="Padding"/>. PyTorch: <c>padding</c>.</summary>
    public int Pad { get; set; }

    /// <summary>So many independent convolutions side by side, each from its part of the channels to its part; 1 unless set.</summary>
    public int Groups { get; set; } = 1;
}

/// <summary>
/// y[t, o] = b[o] + sum over c, k of W[o, c, k] x[t s + k d - pad, c]. Shapes: [T, C] to [T', Channels], where T' is ceil(T / stride) with
/// <see cref="NetCompiler.Padding.Same"/> or <see cref="Causal"/>, and floor((T + 2 pad - dilation (kernel - 1) - 1) / stride) + 1 otherwise. Parameters: <c>weight</c>
/// [Channels, C / groups, kernel] and <c>bias</c> [Channels]. PyTorch: <c>Conv1d</c>, whose sequences are [C, T]; ONNX: <c>Conv</c>.
/// </summary>
/// <example><code>
/// [Network]
/// [Input(4096, 1), Conv1D(16, Causal = true), Tanh, Conv1D(16, Causal = true, Dilation = 2), Tanh, Conv1D(1, Kernel = 1)]
/// public sealed partial class Amplifier;
/// </code></example>
public sealed class Conv1DAttribute : SequenceConvolutionAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public Conv1DAttribute()
        : base(0)
    {
    }

    /// <summary>So many output channels.</summary>
    /// <param name="channels">Number of output channels.</param>
    public Conv1DAttribute(int channels)
        : base(channels)
    {
    }

    /// <summary>
    /// Whether each window ends at its own moment, t s: (kernel - 1) dilation zeros before the sequence and none after it. Such a layer sees nothing of what is to
    /// come, so a network of them can be run step by step. Keras: <c>padding='causal'</c>.
    /// </summary>
    public bool Causal { get; set; }

    /// <summary>As many groups as the input has channels: each is filtered by itself.</summary>
    public bool Depthwise { get; set; }
}

/// <summary>
/// The transposed convolution over time: each input row adds its multiple of the kernel into the output. Shapes: [T, C] to [T', Channels], where T' is T x stride with
/// <see cref="NetCompiler.Padding.Same"/> and (T - 1) stride - 2 pad + dilation (kernel - 1) + OutputPadding + 1 otherwise. Parameters: <c>weight</c>
/// [C, Channels / groups, kernel] and <c>bias</c> [Channels]. PyTorch: <c>ConvTranspose1d</c>, whose sequences are [C, T]; ONNX: <c>ConvTranspose</c>.
/// </summary>
public sealed class ConvTranspose1DAttribute : SequenceConvolutionAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public ConvTranspose1DAttribute()
        : base(0)
    {
    }

    /// <summary>So many output channels.</summary>
    /// <param name="channels">Number of output channels.</param>
    public ConvTranspose1DAttribute(int channels)
        : base(channels)
    {
    }

    /// <summary>Rows added at the end, less than the stride or the dilation; 0 unless set.</summary>
    public int OutputPadding { get; set; }
}
