namespace NetCompiler;

/// <summary>
/// One layer of a network or block. Several on one class or property are a chain: each takes the one before as its input.
/// The compiler knows its layers by name, so other assemblies cannot add attributes of their own; see <see cref="MapAttribute"/>
/// and <see cref="UseAttribute{TBlock}"/> for layers of one's own.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property, AllowMultiple = true, Inherited = false)]
public abstract class LayerAttribute : Attribute
{
    private protected LayerAttribute()
    {
    }
}

/// <summary>
/// A layer whose number of units or channels is said in one of three ways: as a number, as <see cref="Like"/> another layer, or as
/// <see cref="Scale"/> times its own input.
/// </summary>
public abstract class SizedLayerAttribute : LayerAttribute
{
    private protected SizedLayerAttribute()
    {
    }

    /// <summary>As many units or channels as that layer has: <c>Like = nameof(X)</c>.</summary>
    public string? Like { get; set; }

    /// <summary>So many times the units or channels of this layer's own input; the product must be a whole number.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>Whether a learned number is added to each unit or channel; true unless set. PyTorch: <c>bias</c>.</summary>
    public bool Bias { get; set; } = true;
}

/// <summary>What sits between the border of an image or sequence and a window that reaches beyond it.</summary>
public enum Padding
{
    /// <summary>
    /// Zeros such that the output has ceil(input / stride) rows and columns; the odd one goes below and to the right. TensorFlow's <c>SAME</c>,
    /// ONNX's <c>SAME_UPPER</c>.
    /// </summary>
    Same,

    /// <summary>None: windows lie inside the image. The output has floor((input - reach) / stride) + 1 rows and columns.</summary>
    Valid,
}

/// <summary>How <see cref="UpsampleAttribute"/> finds the elements between those it is given.</summary>
public enum UpsampleMode
{
    /// <summary>Each element is repeated. PyTorch: <c>mode='nearest'</c>.</summary>
    Nearest,

    /// <summary>Linear between the four neighbours. PyTorch: <c>mode='bilinear'</c>.</summary>
    Bilinear,
}

/// <summary>What training makes small: a function of the network's output and the labels, averaged over the minibatch.</summary>
public enum Loss
{
    /// <summary>None: the network predicts only. It has no trainer and no training code.</summary>
    None,

    /// <summary>
    /// -log softmax(output)[label], for labels that are class numbers; the output is logits. The classes are dimension 0 of outputs [K] and [C, H, W] and
    /// the last of [T, K]; the mean is over all other positions of the minibatch whose label is not -1, which says that a position does not count. PyTorch:
    /// <c>CrossEntropyLoss</c>, with <c>ignore_index=-1</c>. See <see cref="NetworkAttribute.LabelSmoothing"/>.
    /// </summary>
    SoftmaxCrossEntropy,

    /// <summary>
    /// -t log s(y) - (1 - t) log(1 - s(y)) for the logistic function s, the mean over all elements; the output is logits, labels are floats
    /// from 0 to 1. PyTorch: <c>BCEWithLogitsLoss</c>.
    /// </summary>
    BinaryCrossEntropy,

    /// <summary>(y - t)^2, the mean over all elements. PyTorch: <c>MSELoss</c>.</summary>
    MeanSquaredError,

    /// <summary>|y - t|, the mean over all elements. PyTorch: <c>L1Loss</c>.</summary>
    MeanAbsoluteError,

    /// <summary>
    /// (y - t)^2 / 2 where |y - t| is at most d = <see cref="NetworkAttribute.HuberDelta"/>, and d (|y - t| - d / 2) beyond; the mean over all elements.
    /// PyTorch: <c>HuberLoss</c>.
    /// </summary>
    Huber,

    /// <summary>
    /// What <c>Trainer.CustomLoss</c> computes: a function that is given the outputs of the whole minibatch and its labels, and gives the loss and its gradients
    /// with respect to the outputs. See <see cref="LossFunction"/>.
    /// </summary>
    Custom,
}
