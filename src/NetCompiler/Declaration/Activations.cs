namespace NetCompiler;

/// <summary>max(x, 0). Shapes: any to the same. PyTorch: <c>ReLU</c>.</summary>
public sealed class ReluAttribute : LayerAttribute;

/// <summary>x above 0, slope x below. Shapes: any to the same. PyTorch: <c>LeakyReLU</c>.</summary>
/// <param name="slope">The slope below 0.</param>
public sealed class LeakyReluAttribute(double slope) : LayerAttribute
{
    /// <summary>A slope of 0.01.</summary>
    public LeakyReluAttribute()
        : this(0.01)
    {
    }

    /// <summary>The slope below 0.</summary>
    public double Slope { get; } = slope;
}

/// <summary>
/// x above 0, a learned slope times x below (He et al., Delving Deep into Rectifiers, 2015). Shapes: any to the same. Parameter: <c>weight</c> [1], or [C] with
/// <see cref="PerChannel"/>. PyTorch: <c>PReLU</c>; Keras: <c>PReLU</c> with all axes but the channels' shared.
/// </summary>
public sealed class PReluAttribute : LayerAttribute
{
    /// <summary>A slope for each channel of an image, or feature of a row or sequence; one for all unless set. PyTorch: <c>num_parameters</c>.</summary>
    public bool PerChannel { get; set; }

    /// <summary>What the slopes begin with; 0.25 unless set. PyTorch: <c>init</c>.</summary>
    public double Initial { get; set; } = 0.25;
}

/// <summary>x above 0, alpha (e^x - 1) below. Shapes: any to the same. PyTorch: <c>ELU</c>.</summary>
/// <param name="alpha">Minus the limit at minus infinity.</param>
public sealed class EluAttribute(double alpha) : LayerAttribute
{
    /// <summary>An alpha of 1.</summary>
    public EluAttribute()
        : this(1)
    {
    }

    /// <summary>Minus the limit at minus infinity.</summary>
    public double Alpha { get; } = alpha;
}

/// <summary>1.0507 x above 0, 1.0507 x 1.67326 (e^x - 1) below: keeps mean 0 and variance 1. Shapes: any to the same. PyTorch: <c>SELU</c>.</summary>
public sealed class SeluAttribute : LayerAttribute;

/// <summary>x P(x) for the normal distribution's P. Shapes: any to the same. PyTorch: <c>GELU</c>.</summary>
public sealed class GeluAttribute : LayerAttribute
{
    /// <summary>Whether to use x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. PyTorch: <c>approximate='tanh'</c>.</summary>
    public bool Approximate { get; set; }
}

/// <summary>x / (1 + e^-x), also known as Swish. Shapes: any to the same. PyTorch: <c>SiLU</c>.</summary>
public sealed class SiluAttribute : LayerAttribute;

/// <summary>x tanh(log(1 + e^x)). Shapes: any to the same. PyTorch: <c>Mish</c>.</summary>
public sealed class MishAttribute : LayerAttribute;

/// <summary>1 / (1 + e^-x). Shapes: any to the same. PyTorch: <c>Sigmoid</c>. Not before <see cref="Loss.BinaryCrossEntropy"/>, which takes logits.</summary>
public sealed class SigmoidAttribute : LayerAttribute;

/// <summary>The hyperbolic tangent. Shapes: any to the same. PyTorch: <c>Tanh</c>.</summary>
public sealed class TanhAttribute : LayerAttribute;

/// <summary>log(1 + e^x). Shapes: any to the same. PyTorch: <c>Softplus</c>.</summary>
public sealed class SoftplusAttribute : LayerAttribute;

/// <summary>x min(max(x + 3, 0), 6) / 6. Shapes: any to the same. PyTorch: <c>Hardswish</c>.</summary>
public sealed class HardSwishAttribute : LayerAttribute;

/// <summary>min(max(x + 3, 0), 6) / 6. Shapes: any to the same. PyTorch: <c>Hardsigmoid</c>.</summary>
public sealed class HardSigmoidAttribute : LayerAttribute;

/// <summary>
/// e^x[i] / sum of e^x along one dimension. Shapes: any to the same. PyTorch: <c>Softmax</c>. Not before <see cref="Loss.SoftmaxCrossEntropy"/>, which takes logits.
/// </summary>
public sealed class SoftmaxAttribute : LayerAttribute
{
    /// <summary>
    /// The dimension of one sample that is summed over; unless set: the channels of an image, otherwise the last. Negative counts from the end.
    /// </summary>
    public int Axis { get; set; }
}

/// <summary>log(softmax(x)) along one dimension, without overflow. Shapes: any to the same. PyTorch: <c>LogSoftmax</c>.</summary>
public sealed class LogSoftmaxAttribute : LayerAttribute
{
    /// <summary>
    /// The dimension of one sample that is summed over; unless set: the channels of an image, otherwise the last. Negative counts from the end.
    /// </summary>
    public int Axis { get; set; }
}

/// <summary>
/// log(max(x, Floor)), the natural logarithm. Shapes: any to the same. After <see cref="MelSpectrogramAttribute"/> it makes powers of a waveform what is heard; the floor then is
/// the power of silence. Elements below the floor have no gradient.
/// </summary>
public sealed class LogAttribute : LayerAttribute
{
    /// <summary>Of what is below, the logarithm of this is taken; 1e-10 unless set.</summary>
    public double Floor { get; set; } = 1e-10;
}
