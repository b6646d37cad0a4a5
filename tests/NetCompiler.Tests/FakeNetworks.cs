namespace NetCompiler.Tests;

/// <summary>Two outputs compared with floats.</summary>
internal sealed class Regressor(long seed) : INetwork<Regressor>
{
    public const int InputSize = 3;
    public const int OutputSize = 2;

    private static readonly LinearPhases Phases = new("Regressor", InputSize, OutputSize, classes: false, noisy: false);

    public static NetworkDescription Description { get; } = Phases.Describe();

    public NetworkState State { get; } = new(Description, seed);

    public InstructionPath InstructionPath { get; set; } = InstructionPaths.Default;

    public ParameterCollection Parameters => State.Parameters;

    public static Regressor Create(long seed) => new(seed);

    public void ForwardAll(ReadOnlySpan<float> inputs, Span<float> outputs) => Phases.Forward(ref State.Reference, inputs, outputs);

    public static void RunForward(InstructionPath path, in ForwardFrame frame, nint begin, nint end) => throw new NotSupportedException();

    public static void RunTraining(InstructionPath path, int phase, in TrainingFrame frame, int begin, int end) => Phases.Run(phase, frame, begin, end);
}

/// <summary>Five classes; wide enough that its parameters fill several tiles of an update.</summary>
internal sealed class Classifier(long seed) : INetwork<Classifier>
{
    public const int InputSize = 3301;
    public const int OutputSize = 5;

    private static readonly LinearPhases Phases = new("Classifier", InputSize, OutputSize, classes: true, noisy: true);

    public static NetworkDescription Description { get; } = Phases.Describe();

    public NetworkState State { get; } = new(Description, seed);

    public InstructionPath InstructionPath { get; set; } = InstructionPaths.Default;

    public ParameterCollection Parameters => State.Parameters;

    public static Classifier Create(long seed) => new(seed);

    public void ForwardAll(ReadOnlySpan<float> inputs, Span<float> outputs) => Phases.Forward(ref State.Reference, inputs, outputs);

    public static void RunForward(InstructionPath path, in ForwardFrame frame, nint begin, nint end) => throw new NotSupportedException();

    public static void RunTraining(InstructionPath path, int phase, in TrainingFrame frame, int begin, int end) => Phases.Run(phase, frame, begin, end);
}

/// <summary>Three classes of points in a plane.</summary>
internal sealed class SmallClassifier(long seed) : INetwork<SmallClassifier>
{
    public const int InputSize = 2;
    public const int OutputSize = 3;

    private static readonly LinearPhases Phases = new("SmallClassifier", InputSize, OutputSize, classes: true, noisy: true);

    public static NetworkDescription Description { get; } = Phases.Describe();

    public NetworkState State { get; } = new(Description, seed);

    public InstructionPath InstructionPath { get; set; } = InstructionPaths.Default;

    public ParameterCollection Parameters => State.Parameters;

    public static SmallClassifier Create(long seed) => new(seed);

    public void ForwardAll(ReadOnlySpan<float> inputs, Span<float> outputs) => Phases.Forward(ref State.Reference, inputs, outputs);

    public static void RunForward(InstructionPath path, in ForwardFrame frame, nint begin, nint end) => throw new NotSupportedException();

    public static void RunTraining(InstructionPath path, int phase, in TrainingFrame frame, int begin, int end) => Phases.Run(phase, frame, begin, end);
}

/// <summary>Its inputs are the whole numbers 0, 1 and 2.</summary>
internal sealed class TokenClassifier(long seed) : INetwork<TokenClassifier>
{
    public const int InputSize = 2;
    public const int OutputSize = 3;

    private static readonly LinearPhases Phases = new("TokenClassifier", InputSize, OutputSize, classes: true, limit: 3);

    public static NetworkDescription Description { get; } = Phases.Describe();

    public NetworkState State { get; } = new(Description, seed);

    public InstructionPath InstructionPath { get; set; } = InstructionPaths.Default;

    public ParameterCollection Parameters => State.Parameters;

    public static TokenClassifier Create(long seed) => new(seed);

    public void ForwardAll(ReadOnlySpan<float> inputs, Span<float> outputs) => Phases.Forward(ref State.Reference, inputs, outputs);

    public static void RunForward(InstructionPath path, in ForwardFrame frame, nint begin, nint end) => throw new NotSupportedException();

    public static void RunTraining(InstructionPath path, int phase, in TrainingFrame frame, int begin, int end) => Phases.Run(phase, frame, begin, end);
}

/// <summary>A sample is as large as a picture.</summary>
internal sealed class PictureClassifier(long seed) : INetwork<PictureClassifier>
{
    public const int InputSize = 1 << 18;
    public const int OutputSize = 3;

    private static readonly LinearPhases Phases = new("PictureClassifier", InputSize, OutputSize, classes: true);

    public static NetworkDescription Description { get; } = Phases.Describe();

    public NetworkState State { get; } = new(Description, seed);

    public InstructionPath InstructionPath { get; set; } = InstructionPaths.Default;

    public ParameterCollection Parameters => State.Parameters;

    public static PictureClassifier Create(long seed) => new(seed);

    public void ForwardAll(ReadOnlySpan<float> inputs, Span<float> outputs) => Phases.Forward(ref State.Reference, inputs, outputs);

    public static void RunForward(InstructionPath path, in ForwardFrame frame, nint begin, nint end) => throw new NotSupportedException();

    public static void RunTraining(InstructionPath path, int phase, in TrainingFrame frame, int begin, int end) => Phases.Run(phase, frame, begin, end);
}
