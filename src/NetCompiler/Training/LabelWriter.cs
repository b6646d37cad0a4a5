namespace NetCompiler;

/// <summary>Checks labels before anything is changed, and writes them as the training step wants them.</summary>
internal sealed class LabelWriter
{
    private readonly string network;
    private readonly LabelDescription[] descriptions;
    private readonly string[] outputs;

    public LabelWriter(NetworkDescription description, TrainingDescription training)
    {
        network = description.Name;
        descriptions = training.Labels;
        outputs = [.. description.Outputs.Select(o => o.Name)];
        Size = descriptions.Sum(l => l.Length);
        WantsClasses = descriptions.All(l => l.Classes > 0);
        WantsFloats = descriptions.All(l => l.Classes == 0);
    }

    /// <summary>Labels of one sample.</summary>
    public int Size { get; }

    public bool WantsClasses { get; }

    public bool WantsFloats { get; }

    /// <summary>Checks that class numbers are what the loss wants, as many as they must be, and in range.</summary>
    public void Check(ReadOnlySpan<int> labels, int batch)
    {
        if (!WantsClasses)
        {
            throw new ArgumentException($"The loss of {network} compares with floats, but labels are class numbers (int). "
                + $"Give {Size} floats for each sample.", nameof(labels));
        }

        CheckLength(labels.Length, batch);
        int at = 0;
        for (int o = 0; o < descriptions.Length; o++)
        {
            int count = descriptions[o].Length * batch;
            CheckRange(labels.Slice(at, count), at, o);
            at += count;
        }
    }

    /// <summary>Checks that floats are what the loss wants, and as many as they must be.</summary>
    public void Check(ReadOnlySpan<float> labels, int batch)
    {
        if (!WantsFloats)
        {
            throw new ArgumentException(
                $"The loss of {network} wants class numbers, but labels are floats. Give ints from 0 to "
                    + $"{descriptions.First(l => l.Classes > 0).Classes - 1}, {Size} for each sample.", nameof(labels));
        }

        CheckLength(labels.Length, batch);
    }

    /// <summary>Checks the class numbers of one sample of a data set, one output after the other.</summary>
    public void CheckSample(ReadOnlySpan<int> labels, int firstIndex)
    {
        int at = 0;
        for (int o = 0; o < descriptions.Length; o++)
        {
            CheckRange(labels.Slice(at, descriptions[o].Length), firstIndex + at, o);
            at += descriptions[o].Length;
        }
    }

    public static void Write(ReadOnlySpan<int> values, Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = values[i];
        }
    }

    private void CheckRange(ReadOnlySpan<int> labels, int firstIndex, int output)
    {
        int classes = descriptions[output].Classes;
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classes)
            {
                throw new ArgumentException(
                    $"labels[{firstIndex + i}] is {labels[i]}, but output '{outputs[output]}' of {network} has {classes} classes. "
                        + $"Give class numbers from 0 to {classes - 1}."
                        + (labels[i] < 0 ? " No number leaves a position out of the loss: to do that, multiply its logits by 0 (a mask that is another input)." : ""), nameof(labels));
            }
        }
    }

    private void CheckLength(int labels, int batch)
    {
        if (labels != (long)Size * batch)
        {
            throw new ArgumentException($"{labels} labels were given for a minibatch of {batch} samples of {network}; "
                + $"{(long)Size * batch} are needed, {Size} for each sample.", nameof(labels));
        }
    }
}
