using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// Checks labels before anything is changed, and writes them as the training step wants them. A class number of -1 says that the position does not count.
/// </summary>
internal sealed class LabelWriter
{
    private const int NotCounted = -1;

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
        if (!WantsFloats && !labels.IsEmpty)
        {
            throw new ArgumentException(
                $"The loss of {network} wants class numbers, but labels are floats. Give ints from 0 to "
                    + $"{descriptions.First(l => l.Classes > 0).Classes - 1} (or {NotCounted}: does not count), {Size} for each sample.", nameof(labels));
        }

        CheckLength(labels.Length, batch);
    }

    /// <summary>Checks the class numbers of one sample of a data set, one output after the other, and adds those that count to what there are of each output.</summary>
    public void CheckSample(ReadOnlySpan<int> labels, int firstIndex, Span<long> counted)
    {
        int at = 0;
        for (int o = 0; o < descriptions.Length; o++)
        {
            ReadOnlySpan<int> ofOutput = labels.Slice(at, descriptions[o].Length);
            CheckRange(ofOutput, firstIndex + at, o);
            counted[o] += Counted(ofOutput);
            at += descriptions[o].Length;
        }
    }

    /// <summary>Class numbers that count.</summary>
    public static int Counted(ReadOnlySpan<int> labels) => labels.Length - labels.Count(NotCounted);

    /// <summary>Counts the labels of a minibatch that count, as they were written.</summary>
    /// <param name="labels">Of several outputs one after the other.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="shares">Where class numbers are wanted: for each output all its labels / those that count, by which the step makes the mean over all one over these.</param>
    /// <returns>Those of all outputs that count.</returns>
    public long Count(ReadOnlySpan<float> labels, int batch, Span<float> shares)
    {
        if (!WantsClasses)
        {
            return (long)Size * batch;
        }

        long all = 0;
        for (int o = 0; o < descriptions.Length; o++)
        {
            // As bits, of which many are compared at once: there is one -1.
            int count = descriptions[o].Length * batch;
            int counted = count - MemoryMarshal.Cast<float, int>(labels[..count]).Count(BitConverter.SingleToInt32Bits(NotCounted));
            shares[o] = Share(count, counted);
            all += counted;
            labels = labels[count..];
        }

        return all;
    }

    /// <summary>All / those that count: exactly 1 if all do, 0 if none does.</summary>
    private static float Share(int all, int counted) => counted == 0 ? 0 : (float)((double)all / counted);

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
            if ((uint)labels[i] >= (uint)classes && labels[i] != NotCounted)
            {
                throw new ArgumentException(
                    $"labels[{firstIndex + i}] is {labels[i]}, but output '{outputs[output]}' of {network} has {classes} classes. "
                        + $"Give class numbers from 0 to {classes - 1}, or {NotCounted} where the position does not count.", nameof(labels));
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
