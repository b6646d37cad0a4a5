namespace NetCompiler;

/// <summary>What convolutions share. Where height and width differ, the properties named for one side count before those for both.</summary>
public abstract class ConvolutionAttribute : SizedLayerAttribute
{
    private protected ConvolutionAttribute(int channels) => Channels = channels;

    /// <summary>Number of output channels; 0 when sized otherwise.</summary>
    public int Channels { get; }

    /// <summary>Rows and columns of the kernel; 3 unless set.</summary>
    public int Kernel { get; set; } = 3;

    /// <summary>Rows of the kernel, where they differ from its columns.</summary>
    public int KernelHeight { get; set; }

    /// <summary>Columns of the kernel, where they differ from its rows.</summary>
    public int KernelWidth { get; set; }

    /// <summary>Distance of neighbouring windows; 1 unless set.</summary>
    public int Stride { get; set; } = 1;

    /// <summary>Distance of windows in rows.</summary>
    public int StrideHeight { get; set; }

    /// <summary>Distance of windows in columns.</summary>
    public int StrideWidth { get; set; }

    /// <summary>Distance of neighbouring elements of a window; 1 unless set.</summary>
    public int Dilation { get; set; } = 1;

    /// <summary>Distance in rows of the elements of a window.</summary>
    public int DilationHeight { get; set; }

    /// <summary>Distance in columns of the elements of a window.</summary>
    public int DilationWidth { get; set; }

    /// <summary>Zeros around the image by rule: <see cref="NetCompiler.Padding.Same"/> unless set. For a number of them see <see cref="Pad"/>.</summary>
    public Padding Padding { get; set; } = Padding.Same;

    /// <summary>Zeros on each side of the image, as a number: takes the place of <see cref="Padding"/>. PyTorch: <c>padding</c>.</summary>
    public int Pad { get; set; }

    /// <summary>Zeros above and below.</summary>
    public int PadHeight { get; set; }

    /// <summary>Zeros to the left and to the right.</summary>
    public int PadWidth { get; set; }

    /// <summary>So many independent convolutions side by side, each from its part of the channels to its part; 1 unless set.</summary>
    public int Groups { get; set; } = 1;

    /// <summary>How it is computed; the fastest way unless set. The results differ in rounding only.</summary>
    public ConvAlgorithm Algorithm { get; set; }
}

/// <summary>Ways of computing a convolution.</summary>
public enum ConvAlgorithm
{
    /// <summary>The one that is estimated to be the fastest.</summary>
    Auto,

    /// <summary>
    /// Product by product, as the formula says. For 3x3 kernels of stride 1, Winograd's method (Lavin and Gray, 2015) needs a quarter to a half of the products; its results
    /// are rounded more, but by less than 1e-5 of their norm.
    /// </summary>
    Direct,
}

/// <summary>
/// y[o, i, j] = b[o] + sum over c, p, q of W[o, c, p, q] x[c, i s + p d - pad, j s + q d - pad]. Shapes: [C, H, W] to [Channels, H', W'], where H' is ceil(H / stride) with
/// <see cref="NetCompiler.Padding.Same"/> and floor((H + 2 pad - dilation (kernel - 1) - 1) / stride) + 1 otherwise. Parameters: <c>weight</c>
/// [Channels, C / groups, kernel, kernel] and <c>bias</c> [Channels]. PyTorch: <c>Conv2d</c>; ONNX: <c>Conv</c>.
/// </summary>
public sealed class Conv2DAttribute : ConvolutionAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public Conv2DAttribute()
        : base(0)
    {
    }

    /// <summary>So many output channels.</summary>
    /// <param name="channels">Number of output channels.</param>
    public Conv2DAttribute(int channels)
        : base(channels)
    {
    }

    /// <summary>As many groups as the input has channels: each is filtered by itself.</summary>
    public bool Depthwise { get; set; }
}

/// <summary>
/// The transposed convolution: each input element adds its multiple of the kernel into the output. Shapes: [C, H, W] to [Channels, H', W'], where H' is H x stride with
/// <see cref="NetCompiler.Padding.Same"/> and (H - 1) stride - 2 pad + dilation (kernel - 1) + OutputPadding + 1 otherwise. Parameters: <c>weight</c>
/// [C, Channels / groups, kernel, kernel] and <c>bias</c> [Channels]. PyTorch: <c>ConvTranspose2d</c>; ONNX: <c>ConvTranspose</c>.
/// </summary>
public sealed class ConvTranspose2DAttribute : ConvolutionAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public ConvTranspose2DAttribute()
        : base(0)
    {
    }

    /// <summary>So many output channels.</summary>
    /// <param name="channels">Number of output channels.</param>
    public ConvTranspose2DAttribute(int channels)
        : base(channels)
    {
    }

    /// <summary>Rows and columns added below and to the right, less than the stride or the dilation; 0 unless set.</summary>
    public int OutputPadding { get; set; }
}
