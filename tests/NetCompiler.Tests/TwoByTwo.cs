using System.Runtime.CompilerServices;

namespace NetCompiler.Tests;

/// <summary>
/// Two inputs (1 and 2 floats), two outputs (2 classes; 3 classes at 2 positions each), nothing to learn. Its training loss is a sum in which each place of the inputs and
/// labels has its own weight, so that a float in a wrong place shows.
/// </summary>
internal sealed class TwoByTwo : INetwork<TwoByTwo>
{
    public static NetworkDescription Description { get; } = new()
    {
        Name = nameof(TwoByTwo),
        Inputs = [new TensorDescription("A", [1]), new TensorDescription("B", [2])],
        Outputs = [new TensorDescription("P", [2]), new TensorDescription("Q", [2, 3])],
        Parameters = [],
        StorageLength = 0,
        TrainableLength = 0,
        MakeTraining = () => new TrainingDescription
        {
            Phases = [new PhaseDescription(PhaseRole.Gradient, 1), new PhaseDescription(PhaseRole.InputGradient, 1)],
            ChunkSize = 8,
            StaticLength = 4,
            SampleLength = 4,
            ChunkLength = 0,
            ScratchLength = 0,
            LossOffset = 3,
            InverseBatchOffset = 0,
            InputGradientOffsets = [3, 0],
            Labels = [new LabelDescription([], 2), new LabelDescription([2], 3)],
            Loss = new LossDescription("SoftmaxCrossEntropy", 0.1f, 1),
        },
    };

    public NetworkState State { get; } = new(Description, 0);

    public InstructionPath InstructionPath { get; set; }

    public ParameterCollection Parameters => State.Parameters;

    public static TwoByTwo Create(long seed) => new();

    public static float TrainingLoss(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> p, ReadOnlySpan<float> q)
    {
        float sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (i + 1) * (a[i] + (10 * b[2 * i]) + (100 * b[(2 * i) + 1]) + (1000 * p[i]) + (10000 * q[2 * i]) + (100000 * q[(2 * i) + 1]));
        }

        return sum;
    }

    public static void RunForward(InstructionPath path, in ForwardFrame frame, nint begin, nint end) => throw new NotSupportedException();

    public static void RunTraining(InstructionPath path, int phase, in TrainingFrame frame, int begin, int end)
    {
        int n = frame.Batch;
        if (phase == 0)
        {
            Unsafe.Add(ref frame.Static, 3) = TrainingLoss(Block(ref frame.Inputs, 0, n), Block(ref frame.Inputs, n, 2 * n), Block(ref frame.Labels, 0, n), Block(ref frame.Labels, n, 2 * n));
            return;
        }

        Block(ref frame.Samples, 3 * n, n).Fill(1);
        Block(ref frame.Samples, 0, 2 * n).Fill(2);
    }

    public void ForwardAll(ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        int n = inputs.Length / 3;
        ReadOnlySpan<float> b = inputs[n..];
        Span<float> q = outputs[(2 * n)..];
        for (int i = 0; i < n; i++)
        {
            outputs[2 * i] = 0;
            outputs[(2 * i) + 1] = inputs[i];
            for (int c = 0; c < 6; c++)
            {
                q[(6 * i) + c] = c * b[(2 * i) + (c / 3)];
            }
        }
    }

    private static Span<float> Block(ref float start, int offset, int length) =>
        System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref Unsafe.Add(ref start, offset), length);
}
