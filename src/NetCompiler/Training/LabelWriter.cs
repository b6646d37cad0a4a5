namespace NetCompiler;

/// <summary>Checks labels before anything is changed, and writes them as the training step wants them.</summary>
internal sealed class LabelWriter
{
    private readonly string network;
    private readonly LabelDescription[] labels;
    private readonly string[] outputs;

    public LabelWriter(NetworkDescription description, TrainingDescription training)
    {
        network = description.Name;
        labels = training.Labels;
        outputs = [.. description.Outputs.Select(o => o.Name)];
        Size = labels.Sum(l => l.Length);
        WantsClasses = labels.All(l => l.Classes > 0);
        WantsFloats = labels.All(l => l.Classes == 0);
    }

    /// <summary>Labels of one sample.</summary>
    public int Size { get; }

    public bool WantsClasses { get; }

    public bool WantsFloats { get; }

    /// <summary>Checks that class numbers are what the loss wants, as many as they must be, and in range.</summary>
    public void Check(ReadOnlySpan<int> values, int batch)
    {
        if (!WantsClasses)
        {
            throw new ArgumentException($"The loss of {network} compares with floats, but labels are class numbers (int). Give {Size} floats for each sample.", nameof(labels));
        }

        CheckLength(values.Length, batch);
        int at = 0;
        for (int o = 0; o < labels.Length; o++)
        {
            int count = labels[o].Length * batch;
            CheckRange(values.Slice(at, count), at, o);
            at += count;
        }
    }

    /// <summary>Checks that floats are what the loss wants, and as many as they must be.</summary>
    public void Check(ReadOnlySpan<float> values, int batch)
    {
        if (!WantsFloats)
        {
            throw new ArgumentException(
                $"The loss of {network} wants class numbers, but labels are floats. Give ints from 0 to {labels.First(l => l.Classes > 0).Classes - 1}, {Size} for each sample.", nameof(labels));
        }

        CheckLength(values.Length, batch);
    }

    /// <summary>Checks the class numbers of one sample of a data set, one output after the other.</summary>
    public void CheckSample(ReadOnlySpan<int> values, int firstIndex)
    {
        int at = 0;
        for (int o = 0; o < labels.Length; o++)
        {
            CheckRange(values.Slice(at, labels[o].Length), firstIndex + at, o);
            at += labels[o].Length;
        }
    }

    public static void Write(ReadOnlySpan<int> values, Span<float> destination)
    {
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = values[i];
        }
    }

    private void CheckRange(ReadOnlySpan<int> values, int firstIndex, int output)
    {
        int classes = labels[output].Classes;
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] >= (uint)classes)
            {
                throw new ArgumentException(
                    $"labels[{firstIndex + i}] is {values[i]}, but output '{outputs[output]}' of {network} has {classes} classes. Give class numbers from 0 to {classes - 1}.", nameof(labels));
            }
        }
    }

    private void CheckLength(int given, int batch)
    {
        if (given != (long)Size * batch)
        {
            throw new ArgumentException($"{given} labels were given for a minibatch of {batch} samples of {network}; {(long)Size * batch} are needed, {Size} for each sample.", nameof(labels));
        }
    }
}
