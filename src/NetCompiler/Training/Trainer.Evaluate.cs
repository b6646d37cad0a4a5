namespace NetCompiler;

public sealed partial class Trainer<TNetwork>
{
    /// <summary>Samples that are predicted at once, and floats that they may be: large images come a few at a time.</summary>
    private const int EvaluationBatch = 256;
    private const int EvaluationFloats = 1 << 22;

    /// <summary>Predicts a whole data set, spread over the threads, and compares with its labels.</summary>
    /// <param name="data">Inputs and labels.</param>
    public EvaluationResult Evaluate(DataSet data)
    {
        long[] counted = CheckData(data);
        using Guard guard = new(this);
        if (HasCustomLoss)
        {
            return EvaluateCustom(data);
        }

        PredictionLoss loss = new(TNetwork.Description, training);
        EvaluationWork work = new(this, data, loss, counted);
        pool.Run(work, work.Batches);
        return new EvaluationResult(
            data.Count,
            loss.HasLoss ? work.Losses.Sum() / data.Count : null,
            loss.HasAccuracy ? work.Rights.Sum() / (double)counted.Sum() : null);
    }

    /// <summary>How many labels of each output count; some do.</summary>
    private long[] CheckData(DataSet data)
    {
        ArgumentNullException.ThrowIfNull(data);
        string network = TNetwork.Description.Name;
        if (data.InputSize != inputSize)
        {
            throw new ArgumentException($"The data has {data.InputSize} floats for each sample; {network} takes {inputSize}."
                + (data is { HasClasses: true, LabelSize: 1 } && labelWriter.Size > 1 && (long)data.InputSize * labelWriter.Size == inputSize
                    ? $" Without a number of samples a {nameof(DataSet)} takes each label for one; {network} wants {labelWriter.Size} labels for each: give the count too." : ""), nameof(data));
        }

        if (takesNumbers)
        {
            CheckNumbers(data);
        }

        if (HasCustomLoss)
        {
            CheckedCustomLoss();
            return [data.Count];
        }

        if (data.LabelSize == 0)
        {
            throw new ArgumentException($"The data has no labels; the loss of {network} wants {labelWriter.Size} for each sample.", nameof(data));
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

        long[] counted = data.HasClasses ? new long[training.Labels.Length] : [.. training.Labels.Select(l => (long)l.Length * data.Count)];
        for (int i = 0; data.HasClasses && i < data.Count; i++)
        {
            labelWriter.CheckSample(data.Classes(i), i * data.LabelSize, counted);
        }

        if (counted.Sum() == 0)
        {
            throw new ArgumentException($"All labels of the {data.Count} samples are -1, which says that a position does not count: there is nothing for {network} to be compared with.", nameof(data));
        }

        return counted;
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

    /// <summary>The labels as a data set has them: those for a loss of one's own are of the sample, not of its outputs.</summary>
    private LabelDescription[] LabelsOf(DataSet data) => HasCustomLoss ? [new LabelDescription([data.LabelSize], 0)] : training.Labels;

    private int EvaluationBatchSize() => Math.Clamp(EvaluationFloats / (inputSize + outputSize), 1, EvaluationBatch);

    /// <summary>Predicts as many samples as there is room for numbers of, from one on.</summary>
    private void Predict(DataSet data, int first, Span<int> samples, LabelDescription[] labels, Span<float> inputs, Span<float> expected, Span<float> outputs)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = first + i;
        }

        Gather(data, samples, TNetwork.Description.Inputs, labels, inputs, expected);
        Network.ForwardAll(inputs[..(samples.Length * inputSize)], outputs[..(samples.Length * outputSize)]);
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
        private readonly double[] shares;
        private readonly int batchSize;

        public EvaluationWork(Trainer<TNetwork> owner, DataSet data, PredictionLoss loss, long[] counted)
        {
            this.owner = owner;
            this.data = data;
            this.loss = loss;

            // Means over all labels of an output become means over those that count.
            shares = [.. owner.training.Labels.Select((l, o) => counted[o] == 0 ? 0 : (double)l.Length * data.Count / counted[o])];
            batchSize = owner.EvaluationBatchSize();
            Batches = (data.Count + batchSize - 1) / batchSize;
            Losses = new double[Batches];
            Rights = new long[Batches];
        }

        public int Batches { get; }

        public double[] Losses { get; }

        public long[] Rights { get; }

        public override void Run(int worker, int begin, int end)
        {
            LabelDescription[] labels = owner.training.Labels;
            int most = Math.Min(batchSize, data.Count);
            float[] inputs = new float[most * owner.inputSize];
            float[] expected = new float[most * owner.labelWriter.Size];
            float[] outputs = new float[most * owner.outputSize];
            int[] samples = new int[most];
            for (int batch = begin; batch < end; batch++)
            {
                int first = batch * batchSize;
                int count = Math.Min(batchSize, data.Count - first);
                owner.Predict(data, first, samples.AsSpan(0, count), labels, inputs, expected, outputs);
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
                    Losses[batch] += shares[o] * loss.Sample(
                        o, predictions.Slice(i * outputLength, outputLength), expected.Slice(i * labelLength, labelLength), ref Rights[batch]);
                }

                predictions = predictions[(count * outputLength)..];
                expected = expected[(count * labelLength)..];
            }
        }
    }
}
