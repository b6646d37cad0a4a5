namespace NetCompiler;

public sealed partial class Trainer<TNetwork>
{
    private readonly int outputSize;
    private float[] customLabels = [];
    private int customLabelCount;
    private float[] shownOutputs = []; // of several outputs, which lie apart

    /// <summary>
    /// The loss of a network declared with <see cref="Loss.Custom"/>. It is called once in each step, on the thread that called the trainer, between the forward and the backward
    /// pass; <see cref="Evaluate"/> calls it for up to 256 predictions at a time. It may use other trainers and networks, but not change this one's parameters. If it throws, nothing has changed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The network was declared with another loss; or it is that of a <see cref="CtcLoss"/> or <see cref="InfoNceLoss"/> for outputs of another shape.</exception>
    /// <example><code>
    /// trainer.CustomLoss = static (outputs, labels, gradients) =&gt;
    /// {
    ///     var sum = 0f;
    ///     for (var i = 0; i &lt; outputs.Length; i++)
    ///     {
    ///         var difference = outputs[i] - labels[i];
    ///         sum += MathF.Log(MathF.Cosh(difference));
    ///         gradients[i] = MathF.Tanh(difference) / outputs.Length;
    ///     }
    ///
    ///     return sum / outputs.Length;
    /// };
    /// </code></example>
    public LossFunction? CustomLoss
    {
        get;
        set
        {
            if (value is not null && !HasCustomLoss)
            {
                throw new InvalidOperationException(
                    $"{TNetwork.Description.Name} was declared with Loss.{training.Loss?.Kind}, which is part of its compiled training step. Declare it with [Network(Loss = Loss.Custom)] "
                        + $"to give it a loss of your own.");
            }

            if (value?.Target is IShapedLoss shaped)
            {
                Array.ForEach(TNetwork.Description.Outputs, o => shaped.CheckOutput(TNetwork.Description.Name, o));
            }

            field = value;
        }
    }

    private bool HasCustomLoss => training.OutputOffsets.Length > 0;

    /// <summary>Trains on one minibatch with a <see cref="CustomLoss"/> that needs no labels.</summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <returns>The loss, before the update.</returns>
    public float Step(ReadOnlySpan<float> inputs) => Step(inputs, ReadOnlySpan<float>.Empty);

    /// <summary>Trains on one minibatch of whole numbers (tokens) with a <see cref="CustomLoss"/> that needs no labels.</summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <returns>The loss, before the update.</returns>
    /// <exception cref="ArgumentException">A number is out of range; nothing has changed.</exception>
    public float Step(ReadOnlySpan<int> inputs) => Step(inputs, ReadOnlySpan<float>.Empty);

    /// <summary>Computes loss and gradients as <see cref="Step(ReadOnlySpan{float})"/> does, and changes neither parameters nor running statistics.</summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <returns>The loss.</returns>
    public float ComputeGradients(ReadOnlySpan<float> inputs) => ComputeGradients(inputs, ReadOnlySpan<float>.Empty);

    /// <summary>Computes loss and gradients as <see cref="Step(ReadOnlySpan{int})"/> does, and changes neither parameters nor running statistics.</summary>
    /// <param name="inputs">Batch x input size; of several inputs one after the other.</param>
    /// <returns>The loss.</returns>
    public float ComputeGradients(ReadOnlySpan<int> inputs) => ComputeGradients(inputs, ReadOnlySpan<float>.Empty);

    private void CheckLabels(ReadOnlySpan<int> labels, int batch)
    {
        if (HasCustomLoss)
        {
            CheckedCustomLoss(); // what labels it wants it knows itself
        }
        else
        {
            labelWriter.Check(labels, batch);
        }
    }

    private void CheckLabels(ReadOnlySpan<float> labels, int batch)
    {
        if (HasCustomLoss)
        {
            CheckedCustomLoss();
        }
        else
        {
            labelWriter.Check(labels, batch);
        }
    }

    private LossFunction CheckedCustomLoss() => CustomLoss ?? throw new InvalidOperationException(
        $"{TNetwork.Description.Name} was declared with Loss.Custom, but the trainer has no loss. Set its {nameof(CustomLoss)} to a function that gives the loss and its gradients.");

    /// <summary>Where so many labels are written: where the step reads them; for a loss of one's own beside that, since there the gradients will be.</summary>
    private Span<float> LabelMemory(int count)
    {
        if (!HasCustomLoss)
        {
            return memory.Labels.Span;
        }

        if (customLabels.Length < count)
        {
            customLabels = new float[count];
        }

        customLabelCount = count;
        return customLabels.AsSpan(0, count);
    }

    /// <summary>Shows the outputs of the minibatch to the loss, which writes their gradients where labels would be; then the step goes on.</summary>
    private float RunLoss(int batch)
    {
        Span<float> gradients = memory.Labels.Span[..(batch * outputSize)];
        gradients.Clear();
        lastBatch = 0; // if it throws, there is no minibatch whose gradients could be asked for
        float loss = CheckedCustomLoss()(ShownOutputs(batch), customLabels.AsSpan(0, customLabelCount), gradients);
        if (state.Version != lastVersion)
        {
            throw new InvalidOperationException($"The parameters of {TNetwork.Description.Name} have changed while its loss was computed: outputs are of the old ones, and gradients would be of "
                + "the new ones. Change them before or after a step (train with another network, or with one loss that is the sum of both).");
        }

        lastBatch = batch;
        RunPhases(PhaseRole.AfterLoss);
        return loss;
    }

    private ReadOnlySpan<float> ShownOutputs(int batch)
    {
        TensorDescription[] outputs = TNetwork.Description.Outputs;
        if (outputs.Length == 1)
        {
            return memory.Samples.Span.Slice(training.OutputOffsets[0] * batch, batch * outputSize);
        }

        if (shownOutputs.Length < batch * outputSize)
        {
            shownOutputs = new float[batch * outputSize];
        }

        int at = 0;
        for (int o = 0; o < outputs.Length; o++)
        {
            int length = batch * outputs[o].Length;
            memory.Samples.Span.Slice(training.OutputOffsets[o] * batch, length).CopyTo(shownOutputs.AsSpan(at));
            at += length;
        }

        return shownOutputs.AsSpan(0, at);
    }

    /// <summary>Predicts a data set, some samples at a time, and asks the loss for each of these minibatches.</summary>
    private EvaluationResult EvaluateCustom(DataSet data)
    {
        LossFunction function = CheckedCustomLoss();
        int most = Math.Min(data.Count, EvaluationBatchSize());
        LabelDescription[] labels = LabelsOf(data);
        float[] inputs = new float[most * inputSize];
        float[] expected = new float[most * data.LabelSize];
        float[] outputs = new float[most * outputSize];
        float[] gradients = new float[most * outputSize];
        int[] samples = new int[most];
        double sum = 0;
        for (int first = 0; first < data.Count; first += most)
        {
            int count = Math.Min(most, data.Count - first);
            Predict(data, first, samples.AsSpan(0, count), labels, inputs, expected, outputs);
            Span<float> predicted = outputs.AsSpan(0, count * outputSize);
            Array.Clear(gradients);
            sum += function(predicted, expected.AsSpan(0, count * data.LabelSize), gradients.AsSpan(0, predicted.Length)) * (double)count;
        }

        return new EvaluationResult(data.Count, sum / data.Count, null);
    }
}
