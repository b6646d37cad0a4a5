namespace NetCompiler;

public sealed partial class Trainer<TNetwork>
{
    private const int EvaluationBatch = 256;

    /// <summary>Predicts a whole data set, spread over the threads, and compares with its labels.</summary>
    /// <param name="data">Inputs and labels.</param>
    public EvaluationResult Evaluate(DataSet data)
    {
        CheckData(data);
        using Guard guard = new(this);
        return EvaluateChecked(data);
    }

    private EvaluationResult EvaluateChecked(DataSet data)
    {
        PredictionLoss loss = new(TNetwork.Description, training);
        EvaluationWork work = new(this, data, loss);
        pool.Run(work, work.Batches);
        return new EvaluationResult(
            data.Count,
            loss.HasLoss ? work.Losses.Sum() / data.Count : null,
            loss.HasAccuracy ? work.Rights.Sum() / ((double)data.Count * data.LabelSize) : null);
    }

    private void CheckData(DataSet data)
    {
        ArgumentNullException.ThrowIfNull(data);
        string network = TNetwork.Description.Name;
        if (data.InputSize != inputSize)
        {
            throw new ArgumentException($"The data has {data.InputSize} floats for each sample; {network} takes {inputSize}.", nameof(data));
        }

        if (data.HasClasses != labelWriter.WantsClasses)
        {
            throw new ArgumentException(
                $"The data has {(data.HasClasses ? "class numbers (int)" : "floats")} as labels; "
                    + $"the loss of {network} wants {(labelWriter.WantsClasses ? "class numbers (int)" : "floats")}.", nameof(data));
        }

        if (data.LabelSize != labelWriter.Size)
        {
            throw new ArgumentException($"The data has {data.LabelSize} labels for each sample; the loss of {network} wants {labelWriter.Size}.", nameof(data));
        }

        for (int i = 0; data.HasClasses && i < data.Count; i++)
        {
            labelWriter.CheckSample(data.Classes(i), i * data.LabelSize);
        }

        if (takesNumbers)
        {
            CheckNumbers(data);
        }
    }

    /// <summary>Kernels look up rows of tables by whole numbers without a further test.</summary>
    private static void CheckNumbers(DataSet data)
    {
        for (int i = 0; i < data.Count; i++)
        {
            ReadOnlySpan<float> values = data.Input(i);
            foreach (TensorDescription input in TNetwork.Description.Inputs)
            {
                if (input.Limit > 0)
                {
                    WholeNumbers.Check(TNetwork.Description.Name, input.Name, values[..input.Length], input.Limit, input.Length, first: i);
                }

                values = values[input.Length..];
            }
        }
    }

    /// <summary>Gathers samples of a data set: of each input, and of each output's labels, all samples together.</summary>
    private static void Gather(
        DataSet data,
        ReadOnlySpan<int> samples,
        TensorDescription[] inputs,
        LabelDescription[] labels,
        Span<float> inputMemory,
        Span<float> labelMemory)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            ReadOnlySpan<float> source = data.Input(samples[i]);
            int start = 0;
            foreach (TensorDescription input in inputs)
            {
                source[..input.Length].CopyTo(inputMemory[(start + (i * input.Length))..]);
                source = source[input.Length..];
                start += input.Length * samples.Length;
            }

            start = 0;
            int at = 0;
            foreach (LabelDescription label in labels)
            {
                Span<float> destination = labelMemory.Slice(start + (i * label.Length), label.Length);
                if (data.HasClasses)
                {
                    LabelWriter.Write(data.Classes(samples[i]).Slice(at, label.Length), destination);
                }
                else
                {
                    data.Targets(samples[i]).Slice(at, label.Length).CopyTo(destination);
                }

                at += label.Length;
                start += label.Length * samples.Length;
            }
        }
    }

    private sealed class EvaluationWork : PoolWork
    {
        private readonly Trainer<TNetwork> owner;
        private readonly DataSet data;
        private readonly PredictionLoss loss;

        public EvaluationWork(Trainer<TNetwork> owner, DataSet data, PredictionLoss loss)
        {
            this.owner = owner;
            this.data = data;
            this.loss = loss;
            Batches = (data.Count + EvaluationBatch - 1) / EvaluationBatch;
            Losses = new double[Batches];
            Rights = new long[Batches];
        }

        public int Batches { get; }

        public double[] Losses { get; }

        public long[] Rights { get; }

        public override void Run(int worker, int begin, int end)
        {
            NetworkDescription description = TNetwork.Description;
            LabelDescription[] labels = owner.training.Labels;
            float[] inputs = new float[EvaluationBatch * owner.inputSize];
            float[] expected = new float[EvaluationBatch * owner.labelWriter.Size];
            float[] outputs = new float[EvaluationBatch * description.Outputs.Sum(o => o.Length)];
            int[] samples = new int[EvaluationBatch];
            for (int batch = begin; batch < end; batch++)
            {
                int first = batch * EvaluationBatch;
                int count = Math.Min(EvaluationBatch, data.Count - first);
                for (int i = 0; i < count; i++)
                {
                    samples[i] = first + i;
                }

                Gather(data, samples.AsSpan(0, count), description.Inputs, labels, inputs, expected);
                int outputLength = count * (outputs.Length / EvaluationBatch);
                owner.Network.ForwardAll(inputs.AsSpan(0, count * owner.inputSize), outputs.AsSpan(0, outputLength));
                Judge(batch, count, outputs, expected);
            }
        }

        private void Judge(int batch, int count, ReadOnlySpan<float> predictions, ReadOnlySpan<float> expected)
        {
            TensorDescription[] outputs = TNetwork.Description.Outputs;
            LabelDescription[] labels = owner.training.Labels;
            for (int o = 0; o < outputs.Length; o++)
            {
                int outputLength = outputs[o].Length;
                int labelLength = labels[o].Length;
                for (int i = 0; i < count; i++)
                {
                    Losses[batch] += loss.Sample(
                        o, predictions.Slice(i * outputLength, outputLength), expected.Slice(i * labelLength, labelLength), ref Rights[batch]);
                }

                predictions = predictions[(count * outputLength)..];
                expected = expected[(count * labelLength)..];
            }
        }
    }
}
