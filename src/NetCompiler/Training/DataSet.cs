namespace NetCompiler;

/// <summary>
/// Samples with their labels, in the caller's memory, which must stay as it is while the data set is in use. Each sample's inputs are together (of
/// several inputs one after the other), and so are its labels.
/// </summary>
public sealed class DataSet
{
    private readonly ReadOnlyMemory<float> inputs;
    private readonly ReadOnlyMemory<int> classes;
    private readonly ReadOnlyMemory<float> targets;
    private readonly int[]? indices;

    /// <summary>Samples labelled with one class number each.</summary>
    /// <param name="inputs">Count x input size.</param>
    /// <param name="labels">One for each sample; -1: it does not count.</param>
    public DataSet(ReadOnlyMemory<float> inputs, ReadOnlyMemory<int> labels)
        : this(inputs, labels, labels.Length)
    {
    }

    /// <summary>Samples labelled with class numbers.</summary>
    /// <param name="inputs">Count x input size.</param>
    /// <param name="labels">Count x labels of one sample; -1 where a position does not count.</param>
    /// <param name="count">Number of samples.</param>
    public DataSet(ReadOnlyMemory<float> inputs, ReadOnlyMemory<int> labels, int count)
        : this(inputs, labels, default, count, labels.Length)
    {
        HasClasses = true;
    }

    /// <summary>Samples labelled with floats.</summary>
    /// <param name="inputs">Count x input size.</param>
    /// <param name="labels">Count x labels of one sample.</param>
    /// <param name="count">Number of samples.</param>
    public DataSet(ReadOnlyMemory<float> inputs, ReadOnlyMemory<float> labels, int count)
        : this(inputs, default, labels, count, labels.Length)
    {
    }

    /// <summary>Samples without labels, for a <see cref="Loss.Custom"/> that needs none.</summary>
    /// <param name="inputs">Count x input size.</param>
    /// <param name="count">Number of samples.</param>
    public DataSet(ReadOnlyMemory<float> inputs, int count)
        : this(inputs, default, default, count, labelCount: null)
    {
    }

    private DataSet(ReadOnlyMemory<float> inputs, ReadOnlyMemory<int> classes, ReadOnlyMemory<float> targets, int count, int? labelCount)
    {
        if (count < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, "A data set needs at least one sample. Were any read?");
        }

        if (inputs.Length == 0 || inputs.Length % count != 0)
        {
            throw new ArgumentException($"{inputs.Length} input floats are not the same number for each of {count} samples. "
                + $"Give count x input size floats.", nameof(inputs));
        }

        if (labelCount is { } labels && (labels == 0 || labels % count != 0))
        {
            throw new ArgumentException($"{labelCount} labels are not the same number for each of {count} samples. "
                + $"Give count x labels of one sample.", nameof(count));
        }

        this.inputs = inputs;
        this.classes = classes;
        this.targets = targets;
        Count = count;
        InputSize = inputs.Length / count;
        LabelSize = (labelCount ?? 0) / count;
    }

    private DataSet(DataSet whole, int[] indices)
    {
        (inputs, classes, targets) = (whole.inputs, whole.classes, whole.targets);
        (InputSize, LabelSize, HasClasses) = (whole.InputSize, whole.LabelSize, whole.HasClasses);
        this.indices = indices;
        Count = indices.Length;
    }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>Floats of one sample.</summary>
    public int InputSize { get; }

    /// <summary>Labels of one sample.</summary>
    public int LabelSize { get; }

    /// <summary>Whether labels are class numbers.</summary>
    public bool HasClasses { get; }

    /// <summary>A view of some of the samples, in the order given.</summary>
    /// <param name="samples">Their numbers, from 0.</param>
    public DataSet Subset(ReadOnlySpan<int> samples)
    {
        if (samples.IsEmpty)
        {
            throw new ArgumentException("A subset needs at least one sample.", nameof(samples));
        }

        int[] chosen = new int[samples.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            if ((uint)samples[i] >= (uint)Count)
            {
                throw new ArgumentOutOfRangeException(nameof(samples), samples[i], $"samples[{i}] must be from 0 to {Count - 1}.");
            }

            chosen[i] = Resolve(samples[i]);
        }

        return new DataSet(this, chosen);
    }

    /// <summary>A view of neighbouring samples.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="count">How many.</param>
    public DataSet Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, Count, nameof(count));
        return Subset([.. Enumerable.Range(start, count)]);
    }

    /// <summary>Divides the samples at random.</summary>
    /// <param name="fraction">Share of the samples in the second set; each set has at least one.</param>
    /// <param name="seed">The same seed divides in the same way.</param>
    public (DataSet First, DataSet Second) Split(double fraction, long seed = 0)
    {
        if (!(fraction > 0 && fraction < 1) || Count < 2)
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, $"To split {Count} samples, the fraction must be above 0 and below 1, "
                + $"and there must be at least 2 samples.");
        }

        int second = Math.Clamp((int)Math.Round(Count * fraction), 1, Count - 1);
        int[] order = new int[Count];
        Shuffle(order, SplitMix64.Key(seed, "split"));
        return (Subset(order.AsSpan(0, Count - second)), Subset(order.AsSpan(Count - second)));
    }

    /// <summary>Fills with the numbers from 0 in an order that depends on the key only (Fisher and Yates).</summary>
    internal static void Shuffle(Span<int> order, ulong key)
    {
        Identity(order);
        SplitMix64 random = new(key);
        for (int i = order.Length - 1; i > 0; i--)
        {
            int j = random.NextInt(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }

    internal static void Identity(Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }
    }

    internal ReadOnlySpan<float> Input(int sample) => inputs.Span.Slice(Resolve(sample) * InputSize, InputSize);

    internal ReadOnlySpan<int> Classes(int sample) => classes.Span.Slice(Resolve(sample) * LabelSize, LabelSize);

    internal ReadOnlySpan<float> Targets(int sample) => targets.Span.Slice(Resolve(sample) * LabelSize, LabelSize);

    private int Resolve(int sample) => indices is null ? sample : indices[sample];
}
