namespace NetCompiler;

/// <summary>
/// y = W x + b over the last dimension. Shapes: [..., N] to [..., Units]. Parameters: <c>weight</c> [Units, N] and <c>bias</c> [Units].
/// PyTorch: <c>Linear</c>; ONNX: <c>Gemm</c>. An image needs a <see cref="FlattenAttribute"/> before.
/// </summary>
public sealed class DenseAttribute : SizedLayerAttribute
{
    /// <summary>Sized by <see cref="SizedLayerAttribute.Like"/> or <see cref="SizedLayerAttribute.Scale"/>.</summary>
    public DenseAttribute()
    {
    }

    /// <summary>So many units.</summary>
    /// <param name="units">Number of outputs.</param>
    public DenseAttribute(int units) => Units = units;

    /// <summary>Number of outputs; 0 when sized otherwise.</summary>
    public int Units { get; }
}
