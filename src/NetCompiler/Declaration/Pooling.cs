namespace NetCompiler;

/// <summary>What pooling layers share. Where height and width differ, the properties named for one side count before those for both.</summary>
public abstract class PoolingAttribute : LayerAttribute
{
    private protected PoolingAttribute(int kernel) => Kernel = kernel;

    /// <summary>Rows and columns of a window; 2 unless set.</summary>
    public int Kernel { get; set; }

    /// <summary>Rows of a window, where they differ from its columns.</summary>
    public int KernelHeight { get; set; }

    /// <summary>Columns of a window, where they differ from its rows.</summary>
    public int KernelWidth { get; set; }

    /// <summary>Distance of neighbouring windows; as large as the window unless set.</summary>
    public int Stride { get; set; }

    /// <summary>Distance of windows in rows.</summary>
    public int StrideHeight { get; set; }

    /// <summary>Distance of windows in columns.</summary>
    public int StrideWidth { get; set; }

    /// <summary>Padding by rule: <see cref="NetCompiler.Padding.Valid"/>, none, unless set. For a number see <see cref="Pad"/>.</summary>
    public Padding Padding { get; set; } = Padding.Valid;

    /// <summary>Padding on each side of the image, as a number: takes the place of <see cref="Padding"/>. PyTorch: <c>padding</c>.</summary>
    public int Pad { get; set; }

    /// <summary>Padding above and below.</summary>
    public int PadHeight { get; set; }

    /// <summary>Padding to the left and to the right.</summary>
    public int PadWidth { get; set; }
}

/// <summary>
/// The largest element of each window; padding never wins. Shapes: [C, H, W] to [C, H', W'], where H' is floor((H + 2 pad - dilation (kernel - 1) - 1) / stride) + 1, or
/// ceil(H / stride) with <see cref="NetCompiler.Padding.Same"/>. PyTorch: <c>MaxPool2d</c>; ONNX: <c>MaxPool</c>.
/// </summary>
public sealed class MaxPool2DAttribute : PoolingAttribute
{
    /// <summary>Windows of 2 x 2 unless set otherwise.</summary>
    public MaxPool2DAttribute()
        : base(2)
    {
    }

    /// <summary>Square windows.</summary>
    /// <param name="kernel">Rows and columns of a window.</param>
    public MaxPool2DAttribute(int kernel)
        : base(kernel)
    {
    }

    /// <summary>Distance of neighbouring elements of a window; 1 unless set.</summary>
    public int Dilation { get; set; } = 1;
}

/// <summary>
/// The mean of each window. Shapes: [C, H, W] to [C, H', W'], where H' is floor((H + 2 pad - kernel) / stride) + 1, or ceil(H / stride) with
/// <see cref="NetCompiler.Padding.Same"/>. PyTorch: <c>AvgPool2d</c>; ONNX: <c>AveragePool</c>.
/// </summary>
public sealed class AveragePool2DAttribute : PoolingAttribute
{
    /// <summary>Windows of 2 x 2 unless set otherwise.</summary>
    public AveragePool2DAttribute()
        : base(2)
    {
    }

    /// <summary>Square windows.</summary>
    /// <param name="kernel">Rows and columns of a window.</param>
    public AveragePool2DAttribute(int kernel)
        : base(kernel)
    {
    }

    /// <summary>
    /// Whether zeros of <see cref="PoolingAttribute.Pad"/> count as elements of the mean; true unless set, as in PyTorch. Those of
    /// <see cref="NetCompiler.Padding.Same"/> never count, as in TensorFlow.
    /// </summary>
    public bool CountIncludePad { get; set; } = true;
}

/// <summary>The mean of each channel. Shapes: [C, H, W] or [T, C] to [C]. PyTorch: <c>AdaptiveAvgPool2d(1)</c> or <c>AdaptiveAvgPool1d(1)</c>, and <c>Flatten</c>; ONNX: <c>GlobalAveragePool</c>.</summary>
public sealed class GlobalAveragePoolAttribute : LayerAttribute;

/// <summary>The largest element of each channel. Shapes: [C, H, W] or [T, C] to [C]. PyTorch: <c>AdaptiveMaxPool2d(1)</c> or <c>AdaptiveMaxPool1d(1)</c>, and <c>Flatten</c>; ONNX: <c>GlobalMaxPool</c>.</summary>
public sealed class GlobalMaxPoolAttribute : LayerAttribute;

/// <summary>A larger image. Shapes: [C, H, W] to [C, H x Factor, W x Factor]. PyTorch: <c>Upsample</c>; ONNX: <c>Resize</c>.</summary>
/// <param name="factor">How many times as many rows and columns.</param>
public sealed class UpsampleAttribute(int factor) : LayerAttribute
{
    /// <summary>Twice as many rows and columns.</summary>
    public UpsampleAttribute()
        : this(2)
    {
    }

    /// <summary>How many times as many rows and columns.</summary>
    public int Factor { get; } = factor;

    /// <summary>How the new elements are found; <see cref="UpsampleMode.Nearest"/> unless set.</summary>
    public UpsampleMode Mode { get; set; }

    /// <summary>For <see cref="UpsampleMode.Bilinear"/>: whether the corners of both images lie on each other. PyTorch: <c>align_corners</c>.</summary>
    public bool AlignCorners { get; set; }
}
