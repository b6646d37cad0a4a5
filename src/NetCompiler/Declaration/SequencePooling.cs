namespace NetCompiler;

/// <summary>What pooling over time shares. Sequences are [T, C], time first.</summary>
public abstract class SequencePoolingAttribute : LayerAttribute
{
    private protected SequencePoolingAttribute(int kernel) => Kernel = kernel;

    /// <summary>Rows of a window; 2 unless set.</summary>
    public int Kernel { get; set; }

    /// <summary>Distance of neighbouring windows; as long as the window unless set.</summary>
    public int Stride { get; set; }

    /// <summary>Padding by rule: <see cref="NetCompiler.Padding.Valid"/>, none, unless set. For a number see <see cref="Pad"/>.</summary>
    public Padding Padding { get; set; } = Padding.Valid;

    /// <summary>Padding before the sequence and after it, as a number: takes the place of <see cref="Padding"/>. PyTorch: <c>padding</c>.</summary>
    public int Pad { get; set; }
}

/// <summary>
/// The largest element of each window; padding never wins. Shapes: [T, C] to [T', C], where T' is floor((T + 2 pad - dilation (kernel - 1) - 1) / stride) + 1, or
/// ceil(T / stride) with <see cref="NetCompiler.Padding.Same"/>. PyTorch: <c>MaxPool1d</c>; ONNX: <c>MaxPool</c>.
/// </summary>
public sealed class MaxPool1DAttribute : SequencePoolingAttribute
{
    /// <summary>Windows of 2 rows unless set otherwise.</summary>
    public MaxPool1DAttribute()
        : base(2)
    {
    }

    /// <summary>Windows of so many rows.</summary>
    /// <param name="kernel">Rows of a window.</param>
    public MaxPool1DAttribute(int kernel)
        : base(kernel)
    {
    }

    /// <summary>Distance of neighbouring elements of a window; 1 unless set.</summary>
    public int Dilation { get; set; } = 1;
}

/// <summary>
/// The mean of each window. Shapes: [T, C] to [T', C], where T' is floor((T + 2 pad - kernel) / stride) + 1, or ceil(T / stride) with
/// <see cref="NetCompiler.Padding.Same"/>. PyTorch: <c>AvgPool1d</c>; ONNX: <c>AveragePool</c>.
/// </summary>
public sealed class AveragePool1DAttribute : SequencePoolingAttribute
{
    /// <summary>Windows of 2 rows unless set otherwise.</summary>
    public AveragePool1DAttribute()
        : base(2)
    {
    }

    /// <summary>Windows of so many rows.</summary>
    /// <param name="kernel">Rows of a window.</param>
    public AveragePool1DAttribute(int kernel)
        : base(kernel)
    {
    }

    /// <summary>
    /// Whether zeros of <see cref="SequencePoolingAttribute.Pad"/> count as elements of the mean; true unless set, as in PyTorch. Those of
    /// <see cref="NetCompiler.Padding.Same"/> never count, as in TensorFlow.
    /// </summary>
    public bool CountIncludePad { get; set; } = true;
}
