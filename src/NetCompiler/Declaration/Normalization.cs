namespace NetCompiler;

/// <summary>What normalisations share: y = (x - mean) / sqrt(variance + epsilon) * weight + bias (of RMS normalisation: without mean and bias).</summary>
public abstract class NormalizationAttribute : LayerAttribute
{
    private protected NormalizationAttribute()
    {
    }

    /// <summary>A small number that keeps the quotient finite; 1e-5 unless set (<see cref="RmsNormAttribute"/>: 2^-23). PyTorch: <c>eps</c>.</summary>
    public double Epsilon { get; set; } = 1e-5;

    /// <summary>Whether <c>weight</c> and <c>bias</c> are learned; true unless set. PyTorch: <c>affine</c>, <c>elementwise_affine</c>.</summary>
    public bool Affine { get; set; } = true;
}

/// <summary>
/// Normalises each channel by its mean and variance over the minibatch (and the image or the sequence) while training, and by their running
/// averages when predicting. Shapes: [C], [T, C] or [C, H, W] to the same. Parameters: <c>weight</c> and <c>bias</c> [C]; buffers: <c>running_mean</c> and
/// <c>running_var</c> [C]. PyTorch: <c>BatchNorm1d</c>, <c>BatchNorm2d</c>; ONNX: <c>BatchNormalization</c>.
/// </summary>
public sealed class BatchNormAttribute : NormalizationAttribute
{
    /// <summary>The part of each minibatch's statistics in the new running averages; 0.1 unless set, as in PyTorch.</summary>
    public double Momentum { get; set; } = 0.1;
}

/// <summary>
/// Normalises each sample over its trailing dimensions. Shapes: any to the same. Parameters: <c>weight</c> and <c>bias</c>, shaped as those dimensions.
/// PyTorch: <c>LayerNorm</c>; ONNX: <c>LayerNormalization</c>.
/// </summary>
public sealed class LayerNormAttribute : NormalizationAttribute
{
    /// <summary>Number of trailing dimensions that are normalised together; unless set: all three of an image, otherwise the last.</summary>
    public int Dimensions { get; set; }
}

/// <summary>
/// Divides each sample by the root of the mean of its squares over its trailing dimensions: y = x / sqrt(mean of x^2 + epsilon) * weight (Zhang and Sennrich,
/// Root Mean Square Layer Normalization, 2019). Shapes: any to the same. Parameter: <c>weight</c>, shaped as those dimensions. PyTorch: <c>RMSNorm</c>, whose
/// epsilon, too, is 2^-23 = 1.19e-7 unless set (that of floats); Llama and others set 1e-5 or 1e-6. ONNX: <c>RMSNormalization</c>.
/// </summary>
public sealed class RmsNormAttribute : NormalizationAttribute
{
    /// <summary>With PyTorch's epsilon.</summary>
    public RmsNormAttribute() => Epsilon = 1.0 / (1 << 23);

    /// <summary>Number of trailing dimensions that are normalised together; unless set: all three of an image, otherwise the last.</summary>
    public int Dimensions { get; set; }
}

/// <summary>
/// Normalises each sample over groups of channels. Shapes: [F], [T, C] or [C, H, W] to the same. Parameters: <c>weight</c> and <c>bias</c> [C].
/// PyTorch: <c>GroupNorm</c>; ONNX: <c>GroupNormalization</c>.
/// </summary>
/// <param name="groups">Number of groups; it divides the channels.</param>
public sealed class GroupNormAttribute(int groups) : NormalizationAttribute
{
    /// <summary>Number of groups.</summary>
    public int Groups { get; } = groups;
}

/// <summary>
/// While training sets each element to 0 with probability Rate and divides the others by 1 - Rate; predicting, it does nothing. Shapes: any to the same.
/// PyTorch: <c>Dropout</c>.
/// </summary>
/// <param name="rate">The probability that an element is dropped: from 0 up, below 1.</param>
public sealed class DropoutAttribute(double rate) : LayerAttribute
{
    /// <summary>Drops half of the elements.</summary>
    public DropoutAttribute()
        : this(0.5)
    {
    }

    /// <summary>The probability that an element is dropped.</summary>
    public double Rate { get; } = rate;
}
