namespace NetCompiler;

/// <summary>
/// Declares a partial class as a network, which is compiled when the project is built. Its layers are attributes on the class (a chain) or on partial
/// properties of type <see cref="Layer"/> (a graph).
/// </summary>
/// <example><code>
/// [Network(Loss = Loss.SoftmaxCrossEntropy)]
/// [Input(784), Dense(128), Relu, Dense(10)]
/// public sealed partial class Mlp;
/// </code></example>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class NetworkAttribute : Attribute
{
    /// <summary>What training makes small; without one the network only predicts.</summary>
    public Loss Loss { get; set; }

    /// <summary>
    /// For <see cref="Loss.SoftmaxCrossEntropy"/>: this part of the target is spread evenly over all classes; from 0 (unless set) to 1.
    /// PyTorch: <c>label_smoothing</c>.
    /// </summary>
    public double LabelSmoothing { get; set; }

    /// <summary>For <see cref="Loss.Huber"/>: where the square becomes a straight line; 1 unless set. PyTorch: <c>delta</c>.</summary>
    public double HuberDelta { get; set; } = 1;

    /// <summary>
    /// Also compiles a prediction that keeps what each layer property gives, for <see cref="Layer.LastOutput"/>: the network gets a property
    /// <c>KeepOutputs</c>, and while that is true <c>Forward</c> keeps them. Such a prediction must not run on several threads at once.
    /// </summary>
    public bool KeepOutputs { get; set; }

    /// <summary>
    /// A safetensors file, by its name or the end of its path, that is among the project's <c>AdditionalFiles</c>. Its tensors are checked against the layers
    /// when the project is built, and become part of the assembly: the network gets the static members <c>Pretrained</c>, one network for the whole program
    /// whose parameters cannot be changed, and <c>LoadPretrained()</c>, which makes networks that can be trained.
    /// </summary>
    /// <example><code>
    /// &lt;AdditionalFiles Include="mlp.safetensors" /&gt;
    ///
    /// [Network(Weights = "mlp.safetensors")]
    /// [Input(784), Dense(128), Relu, Dense(10)]
    /// public sealed partial class Mlp;
    /// </code></example>
    public string? Weights { get; set; }
}

/// <summary>
/// Declares a partial class as a block: layers that networks and other blocks use as one, with <see cref="UseAttribute{TBlock}"/>. Its input is the
/// property with <c>[Input]</c>, without a shape; its result is the last property. Further properties with <c>[Input]</c> are layers that Use names.
/// </summary>
/// <example><code>
/// [Block]
/// public sealed partial class BasicBlock
/// {
///     [Input]                                                      public partial Layer X { get; }
///     [Conv2D(Like = nameof(X), Kernel = 3), BatchNorm, Relu,
///      Conv2D(Like = nameof(X), Kernel = 3), BatchNorm]            public partial Layer Residual { get; }
///     [Add(nameof(X), nameof(Residual)), Relu]                     public partial Layer Sum { get; }
/// }
/// </code></example>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class BlockAttribute : Attribute;

/// <summary>
/// Marks a layer property as an output of the network. A network without one has its last property as its output; with several, each is an
/// output, in order of declaration, and the loss is the sum of each output's loss.
/// </summary>
[AttributeUsage(AttributeTargets.Property, Inherited = false)]
public sealed class OutputAttribute : Attribute;
