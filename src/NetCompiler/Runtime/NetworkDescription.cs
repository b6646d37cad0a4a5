namespace NetCompiler;

/// <summary>What is known of a network at build time. The generator writes one for each network.</summary>
public sealed class NetworkDescription
{
    private TrainingDescription? training;

    /// <summary>The class's name.</summary>
    public required string Name { get; init; }

    /// <summary>Inputs in order of declaration; shapes are of one sample.</summary>
    public required TensorDescription[] Inputs { get; init; }

    /// <summary>Outputs in order of declaration; shapes are of one sample.</summary>
    public required TensorDescription[] Outputs { get; init; }

    /// <summary>Parameters and buffers (running statistics) in order of declaration.</summary>
    public required ParameterDescription[] Parameters { get; init; }

    /// <summary>
    /// Length of the parameter storage in floats, padding and buffers included; learned parameters are in [0, <see cref="TrainableLength"/>),
    /// buffers after. Padding elements are 0 and stay 0.
    /// </summary>
    public required int StorageLength { get; init; }

    /// <summary>The part of the storage that is learned; gradients and optimiser moments mirror it.</summary>
    public required int TrainableLength { get; init; }

    /// <summary>What the order of the parameter storage is known by: equal for networks whose storages are interchangeable. Empty: unknown.</summary>
    public string Layout { get; init; } = "";

    /// <summary>Makes <see cref="Training"/> when it is first asked for: a program that only predicts need not have the code for it compiled. Null: there is none.</summary>
    public Func<TrainingDescription>? MakeTraining { private get; init; }

    /// <summary>How the training step runs; null for a network declared without a loss.</summary>
    public TrainingDescription? Training => training ?? (MakeTraining is null ? null : Interlocked.CompareExchange(ref training, MakeTraining(), null) ?? training);

    /// <summary>The number of elements of a tensor. A loop: a program's first prediction should not load a library for it.</summary>
    internal static int Elements(int[] shape)
    {
        int elements = 1;
        foreach (int size in shape)
        {
            elements *= size;
        }

        return elements;
    }
}

/// <summary>A name and the shape of one sample.</summary>
public sealed record TensorDescription(string Name, int[] Shape)
{
    /// <summary>Elements of one sample.</summary>
    public int Length { get; } = NetworkDescription.Elements(Shape);

    /// <summary>For an input of whole numbers: they are from 0 up to, not including, this; 0: the elements are floats.</summary>
    public int Limit { get; init; }
}

/// <summary>A parameter or buffer: PyTorch's name and shape, and where its elements are stored.</summary>
/// <param name="Name">PyTorch's name: <c>Stem.0.weight</c>.</param>
/// <param name="Shape">PyTorch's shape.</param>
/// <param name="Offset">First float in the storage.</param>
/// <param name="Strides">Distance in floats between neighbours along each dimension of <see cref="StorageShape"/>.</param>
/// <param name="IsBuffer">True for running statistics, which are saved but not learned.</param>
/// <param name="Bound">Initial values are uniform in [-Bound, Bound]; 0: they are <paramref name="Constant"/>.</param>
/// <param name="Constant">Initial value when <paramref name="Bound"/> is 0.</param>
public sealed record ParameterDescription(string Name, int[] Shape, int Offset, int[] Strides, bool IsBuffer, float Bound, float Constant)
{
    /// <summary>
    /// The shape that the strides are for: the parameter's, or the same with one dimension in two, [n] as [n / 16, 16], when blocks of 16
    /// of it are kept together.
    /// </summary>
    public int[] StorageShape { get; init; } = Shape;

    /// <summary>Names that it would have in layers whose weight it is too ([TiedTo]): files may have it under these as well, or instead.</summary>
    public string[] OtherNames { get; init; } = [];

    /// <summary>Initial values are normally distributed around 0 with this standard deviation; 0: they are as the bound and the constant say.</summary>
    public float Deviation { get; init; }

    /// <summary>Elements, without padding.</summary>
    public int Length { get; } = NetworkDescription.Elements(Shape);
}

/// <summary>
/// The training step as phases. All items of a phase may run at once on any threads; a phase begins when the one before
/// has ended. Phases run in order 0 .. Phases.Length - 1.
/// </summary>
public sealed class TrainingDescription
{
    /// <summary>The phases.</summary>
    public required PhaseDescription[] Phases { get; init; }

    /// <summary>Samples of one chunk: the unit in which a minibatch is spread over threads. It never depends on the number of threads.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Floats that do not depend on the batch.</summary>
    public required int StaticLength { get; init; }

    /// <summary>Floats for each sample of the minibatch.</summary>
    public required int SampleLength { get; init; }

    /// <summary>Floats for each chunk of the minibatch.</summary>
    public required int ChunkLength { get; init; }

    /// <summary>Floats for each thread.</summary>
    public required int ScratchLength { get; init; }

    /// <summary>Where in the static memory the mean loss is when the phases have run.</summary>
    public required int LossOffset { get; init; }

    /// <summary>
    /// Where in the static memory the trainer writes 1 / batch before the phases run; and behind it, if labels are class numbers, for each output all its labels in the minibatch / those
    /// that are not -1 (0 if there are none of these).
    /// </summary>
    public required int InverseBatchOffset { get; init; }

    /// <summary>
    /// For each input: its gradient is at float (offset * batch) of the sample memory, [batch x input size], once the on-demand phases have run.
    /// </summary>
    public required int[] InputGradientOffsets { get; init; }

    /// <summary>
    /// Of a loss that is computed outside (<c>Loss.Custom</c>), for each output: it is at float (offset * batch) of the sample memory, [batch x output size], once the
    /// <see cref="PhaseRole.Gradient"/> phases have run. The labels of the phases after them are its gradients. Empty: of any other loss.
    /// </summary>
    public int[] OutputOffsets { get; init; } = [];

    /// <summary>Pairs [begin, end) of the storage: the parameters that the on-demand phases read; null: all.</summary>
    public int[]? InputGradientParameters { get; init; }

    /// <summary>What a step takes on one thread for each sample, about; 0: unknown.</summary>
    public int NanosecondsPerSample { get; init; }

    /// <summary>What recurrent layers remember at the end of a minibatch and may begin the next one with.</summary>
    public TrainingStateDescription[] States { get; init; } = [];

    /// <summary>Floats of all <see cref="States"/> for each sample of the minibatch.</summary>
    public int StateLength { get; init; }

    /// <summary>A recurrent layer that also goes backwards in time, for which there are no <see cref="States"/>; null: none does.</summary>
    public string? BothWays { get; init; }

    /// <summary>For each output: what it is compared with.</summary>
    public required LabelDescription[] Labels { get; init; }

    /// <summary>The loss of each output, for judging predictions (Evaluate); null: only accuracy is measured.</summary>
    public LossDescription? Loss { get; init; }
}

/// <summary>One state of a recurrent layer: a row of units for each sample of the minibatch.</summary>
/// <param name="Name">What it is of: <c>0 Lstm cell</c>.</param>
/// <param name="Offset">It begins at float (offset * batch) of the state memory, [batch x length].</param>
/// <param name="Length">Floats of one sample.</param>
public sealed record TrainingStateDescription(string Name, int Offset, int Length);

/// <param name="Kind">A member's name of the enum <c>Loss</c>: <c>SoftmaxCrossEntropy</c>.</param>
/// <param name="LabelSmoothing">For SoftmaxCrossEntropy.</param>
/// <param name="HuberDelta">For Huber.</param>
public sealed record LossDescription(string Kind, float LabelSmoothing, float HuberDelta);

/// <summary>When a phase runs.</summary>
public enum PhaseRole
{
    /// <summary>Always: loss and gradients; of a loss that is computed outside, the outputs.</summary>
    Gradient,

    /// <summary>Only when the step is committed (Step, not ComputeGradients): replaces running statistics. After the gradient phases.</summary>
    Commit,

    /// <summary>Only when the input's gradient is asked for.</summary>
    InputGradient,

    /// <summary>Of a loss that is computed outside, always: when the gradients of the outputs are known. After the gradient phases.</summary>
    AfterLoss,
}

/// <param name="Role">When the phase runs.</param>
/// <param name="Items">Number of independent items; 0: one for each chunk of the minibatch.</param>
public sealed record PhaseDescription(PhaseRole Role, int Items)
{
    /// <summary>The items in order, those alike together; null: all are alike.</summary>
    public PhaseItems[]? Groups { get; init; }
}

/// <summary>Items of a phase that are alike: each computes a part of one result.</summary>
/// <param name="Count">Number of items.</param>
/// <param name="Cost">What one takes, in any unit.</param>
/// <param name="Offset">Where in the storage of the gradients the result is; -1: it is no gradient, or does not matter.</param>
/// <param name="Length">Floats of the result.</param>
/// <param name="Stride">Floats between neighbours along the index that is spread over the items.</param>
/// <param name="Extent">Size of that index.</param>
/// <param name="Block">How much of it one item does.</param>
public sealed record PhaseItems(int Count, int Cost, int Offset = -1, int Length = 0, int Stride = 0, int Extent = 0, int Block = 0);

/// <param name="Shape">Shape of the labels of one sample; class labels leave the class dimension out.</param>
/// <param name="Classes">Number of classes when labels are class numbers (ints); 0 when they are floats.</param>
public sealed record LabelDescription(int[] Shape, int Classes)
{
    /// <summary>Labels for one sample.</summary>
    public int Length { get; } = NetworkDescription.Elements(Shape);
}
