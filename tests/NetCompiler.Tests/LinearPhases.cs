using System.Runtime.CompilerServices;

namespace NetCompiler.Tests;

/// <summary>
/// What the generator would write for a network of one dense layer, by hand and in plain loops: weight rows padded to a multiple of 4, a
/// running mean of the inputs as a buffer, chunks of <see cref="ChunkSize"/> samples, and random numbers that depend on the step's seed.
/// </summary>
internal sealed class LinearPhases(string name, int inputs, int outputs, bool classes, bool noisy = false, int limit = 0)
{
    public const int ChunkSize = 4;

    private int Stride => (inputs + 3) / 4 * 4;

    private int BiasOffset => Stride * outputs;

    private int MeanOffset => BiasOffset + outputs;

    // In chunk memory: the loss, the gradients of weight and bias, the sums of the inputs.
    private int PartialLength => (outputs * inputs) + outputs + inputs;

    public NetworkDescription Describe() => new()
    {
        Name = name,
        Inputs = [new TensorDescription("Input", [inputs]) { Limit = limit }],
        Outputs = [new TensorDescription("Output", [outputs])],
        Parameters =
        [
            new ParameterDescription("layer.weight", [outputs, inputs], 0, [Stride, 1], false, 1 / MathF.Sqrt(inputs), 0),
            new ParameterDescription("layer.bias", [outputs], BiasOffset, [1], false, 0, 0.25f),
            new ParameterDescription("norm.running_mean", [inputs], MeanOffset, [1], true, 0, 0),
        ],
        StorageLength = MeanOffset + inputs,
        TrainableLength = MeanOffset,
        MakeTraining = () => new TrainingDescription
        {
            Phases =
            [
                new PhaseDescription(PhaseRole.Gradient, 0),
                new PhaseDescription(PhaseRole.Gradient, outputs),
                new PhaseDescription(PhaseRole.Commit, 1),
                new PhaseDescription(PhaseRole.InputGradient, 0),
            ],
            ChunkSize = ChunkSize,
            StaticLength = 3,
            SampleLength = outputs + inputs,
            ChunkLength = 1 + PartialLength,
            ScratchLength = outputs,
            LossOffset = 2,
            InverseBatchOffset = 0,
            InputGradientOffsets = [outputs],
            Labels = [new LabelDescription(classes ? [] : [outputs], classes ? outputs : 0)],
            Loss = new LossDescription(classes ? "SoftmaxCrossEntropy" : "MeanSquaredError", 0, 1),
        },
    };

    public void Forward(ref float storage, ReadOnlySpan<float> input, Span<float> output)
    {
        int batch = ForwardArguments.Check(name, input.Length, inputs, output.Length, outputs);
        for (int i = 0; i < batch; i++)
        {
            for (int o = 0; o < outputs; o++)
            {
                output[(i * outputs) + o] = Dot(ref storage, o, input.Slice(i * inputs, inputs));
            }
        }
    }

    public void Run(int phase, in TrainingFrame frame, int begin, int end)
    {
        for (int item = begin; item < end; item++)
        {
            switch (phase)
            {
                case 0: Chunk(frame, item); break;
                case 1: Gather(frame, item); break;
                case 2: Commit(frame); break;
                default: InputGradient(frame, item); break;
            }
        }
    }

    private float Dot(ref float storage, int output, ReadOnlySpan<float> x)
    {
        float sum = Unsafe.Add(ref storage, BiasOffset + output);
        for (int k = 0; k < inputs; k++)
        {
            sum += Unsafe.Add(ref storage, (output * Stride) + k) * x[k];
        }

        return sum;
    }

    private static Span<float> Span(ref float reference, int start, int length) =>
        System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref Unsafe.Add(ref reference, start), length);

    /// <summary>Of class numbers: all labels / those that count.</summary>
    private float Share(in TrainingFrame frame) => classes ? Unsafe.Add(ref frame.Static, 1) : 1;

    private static int Chunks(in TrainingFrame frame) => (frame.Batch + ChunkSize - 1) / ChunkSize;

    private void Chunk(in TrainingFrame frame, int chunk)
    {
        Span<float> partial = Span(ref frame.Chunks, Chunks(frame) + (chunk * PartialLength), PartialLength);
        partial.Clear();
        float loss = 0;
        Span<float> y = Span(ref frame.Scratch, 0, outputs);
        for (int i = chunk * ChunkSize; i < Math.Min(frame.Batch, (chunk + 1) * ChunkSize); i++)
        {
            Span<float> x = Span(ref frame.Inputs, i * inputs, inputs);
            Span<float> dy = Span(ref frame.Samples, i * outputs, outputs);
            for (int o = 0; o < outputs; o++)
            {
                y[o] = Dot(ref frame.Parameters, o, x);
            }

            loss += classes ? CrossEntropy(y, (int)Unsafe.Add(ref frame.Labels, i), dy) : SquaredError(y, Span(ref frame.Labels, i * outputs, outputs), dy);
            for (int o = 0; o < outputs; o++)
            {
                dy[o] *= frame.Static * Share(frame);
                for (int k = 0; k < inputs; k++)
                {
                    partial[(o * inputs) + k] += dy[o] * x[k];
                }

                partial[(outputs * inputs) + o] += dy[o];
            }

            for (int k = 0; k < inputs; k++)
            {
                partial[(outputs * inputs) + outputs + k] += x[k];
            }
        }

        Unsafe.Add(ref frame.Chunks, chunk) = loss;
    }

    private static float CrossEntropy(ReadOnlySpan<float> y, int label, Span<float> dy)
    {
        if (label < 0)
        {
            dy.Clear();
            return 0;
        }

        float highest = y[0];
        foreach (float value in y)
        {
            highest = MathF.Max(highest, value);
        }

        float sum = 0;
        for (int o = 0; o < y.Length; o++)
        {
            sum += dy[o] = MathF.Exp(y[o] - highest);
        }

        for (int o = 0; o < y.Length; o++)
        {
            dy[o] = (dy[o] / sum) - (o == label ? 1 : 0);
        }

        return highest + MathF.Log(sum) - y[label];
    }

    private static float SquaredError(ReadOnlySpan<float> y, ReadOnlySpan<float> expected, Span<float> dy)
    {
        float sum = 0;
        for (int o = 0; o < y.Length; o++)
        {
            float difference = y[o] - expected[o];
            sum += difference * difference;
            dy[o] = 2 * difference / y.Length;
        }

        return sum / y.Length;
    }

    private void Gather(in TrainingFrame frame, int output)
    {
        Span<float> row = Span(ref frame.Gradients, output * Stride, inputs);
        row.Clear();
        float bias = 0;
        float loss = 0;
        for (int c = 0; c < Chunks(frame); c++)
        {
            Span<float> partial = Span(ref frame.Chunks, Chunks(frame) + (c * PartialLength), PartialLength);
            for (int k = 0; k < inputs; k++)
            {
                row[k] += partial[(output * inputs) + k];
            }

            bias += partial[(outputs * inputs) + output];
            loss += Unsafe.Add(ref frame.Chunks, c);
        }

        // Stands for dropout: something that differs from step to step and comes back with the same seed.
        Unsafe.Add(ref frame.Gradients, BiasOffset + output) = noisy ? bias + ((frame.Seed % 1000) * 1e-5f) : bias;
        if (output == 0)
        {
            Unsafe.Add(ref frame.Static, 2) = loss * frame.Static * Share(frame);
        }
    }

    private void Commit(in TrainingFrame frame)
    {
        Span<float> mean = Span(ref frame.Parameters, MeanOffset, inputs);
        for (int k = 0; k < inputs; k++)
        {
            float sum = 0;
            for (int c = 0; c < Chunks(frame); c++)
            {
                sum += Unsafe.Add(ref frame.Chunks, Chunks(frame) + (c * PartialLength) + (outputs * inputs) + outputs + k);
            }

            mean[k] = (0.9f * mean[k]) + (0.1f * sum * frame.Static);
        }
    }

    private void InputGradient(in TrainingFrame frame, int chunk)
    {
        for (int i = chunk * ChunkSize; i < Math.Min(frame.Batch, (chunk + 1) * ChunkSize); i++)
        {
            for (int k = 0; k < inputs; k++)
            {
                float sum = 0;
                for (int o = 0; o < outputs; o++)
                {
                    sum += Unsafe.Add(ref frame.Samples, (i * outputs) + o) * Unsafe.Add(ref frame.Parameters, (o * Stride) + k);
                }

                Unsafe.Add(ref frame.Samples, (outputs * frame.Batch) + (i * inputs) + k) = sum;
            }
        }
    }
}
