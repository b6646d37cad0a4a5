namespace NetCompiler;

/// <summary>One dimension: [C, H, W] to [C x H x W], the last dimension fastest. PyTorch: <c>Flatten</c>.</summary>
public sealed class FlattenAttribute : LayerAttribute;

/// <summary>The same elements in another shape. PyTorch: <c>Unflatten</c>, <c>reshape</c>; ONNX: <c>Reshape</c>.</summary>
/// <param name="shape">The dimensions of one sample; one may be -1: as many as remain.</param>
public sealed class ReshapeAttribute(params int[] shape) : LayerAttribute
{
    /// <summary>The dimensions of one sample.</summary>
    public IReadOnlyList<int> Shape { get; } = shape;
}

/// <summary>
/// The dimensions in another order: dimension i of the result is dimension Order[i] of the input. PyTorch: <c>permute</c> (which counts the batch too);
/// ONNX: <c>Transpose</c>.
/// </summary>
/// <param name="order">Each dimension of one sample once: <c>[Permute(1, 2, 0)]</c> is [C, H, W] to [H, W, C].</param>
public sealed class PermuteAttribute(params int[] order) : LayerAttribute
{
    /// <summary>Each dimension of one sample once.</summary>
    public IReadOnlyList<int> Order { get; } = order;
}

/// <summary>A part along one dimension: elements Start, Start + Step ... ONNX: <c>Slice</c>.</summary>
public sealed class SliceAttribute : LayerAttribute
{
    /// <summary>The dimension of one sample; 0 unless set. Negative counts from the end.</summary>
    public int Axis { get; set; }

    /// <summary>The first element; 0 unless set. Negative counts from the end.</summary>
    public int Start { get; set; }

    /// <summary>Number of elements taken; unless set, as many as there are to the end.</summary>
    public int Length { get; set; }

    /// <summary>Distance of neighbouring elements taken; 1 unless set.</summary>
    public int Step { get; set; } = 1;
}

/// <summary>
/// A constant around the image. Shapes: [C, H, W] to [C, H + Top + Bottom, W + Left + Right]. PyTorch: <c>ConstantPad2d</c>; ONNX: <c>Pad</c>.
/// </summary>
public sealed class PadAttribute : LayerAttribute
{
    /// <summary>Sides are set one by one; those not set have none.</summary>
    public PadAttribute()
    {
    }

    /// <summary>The same on all sides that are not set.</summary>
    /// <param name="size">Rows or columns on each side.</param>
    public PadAttribute(int size) => Size = size;

    /// <summary>Rows or columns on each side that is not set.</summary>
    public int Size { get; }

    /// <summary>Rows above.</summary>
    public int Top { get; set; }

    /// <summary>Rows below.</summary>
    public int Bottom { get; set; }

    /// <summary>Columns to the left.</summary>
    public int Left { get; set; }

    /// <summary>Columns to the right.</summary>
    public int Right { get; set; }

    /// <summary>What the border holds; 0 unless set.</summary>
    public double Value { get; set; }
}
