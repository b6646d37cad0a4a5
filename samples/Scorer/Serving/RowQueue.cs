namespace Scorer.Serving;

/// <summary>
/// Labelled rows on their way from requests to the trainer: a ring that any number of threads adds to and one takes from, without locks and without
/// allocation. The rows of one call go in together or not at all.
/// </summary>
/// <param name="capacity">Rows.</param>
internal sealed class RowQueue(int capacity)
{
    private readonly float[] _features = new float[(long)capacity * RiskNet.InputSize];
    private readonly float[] _labels = new float[capacity];

    /// <summary>For each place, one more than the number of the last row that was written there.</summary>
    private readonly long[] _written = new long[capacity];

    private long _reserved;
    private long _taken;

    public int Capacity => capacity;

    /// <summary>Rows that wait, those included that are being written.</summary>
    public int Count => (int)(Volatile.Read(ref _reserved) - Volatile.Read(ref _taken));

    /// <summary>Adds rows; false when there is no room for all of them.</summary>
    /// <param name="features">[rows x <see cref="RiskNet.InputSize"/>].</param>
    /// <param name="labels">One for each row.</param>
    public bool TryAdd(ReadOnlySpan<float> features, ReadOnlySpan<float> labels)
    {
        long first;
        do
        {
            first = Volatile.Read(ref _reserved);
            if (first + labels.Length - Volatile.Read(ref _taken) > capacity)
                return false;
        }
        while (Interlocked.CompareExchange(ref _reserved, first + labels.Length, first) != first);

        for (var i = 0; i < labels.Length; i++)
        {
            var place = (int)((first + i) % capacity);
            features.Slice(i * RiskNet.InputSize, RiskNet.InputSize).CopyTo(_features.AsSpan(place * RiskNet.InputSize));
            _labels[place] = labels[i];
            Volatile.Write(ref _written[place], first + i + 1);
        }
        return true;
    }

    /// <summary>Takes the oldest rows, in order. For one caller at a time.</summary>
    /// <param name="features">[most rows x <see cref="RiskNet.InputSize"/>].</param>
    /// <param name="labels">As long as rows are wanted at most.</param>
    /// <returns>How many rows were taken.</returns>
    public int Take(Span<float> features, Span<float> labels)
    {
        var first = _taken;
        var count = 0;
        for (; count < labels.Length; count++)
        {
            var place = (int)((first + count) % capacity);
            if (Volatile.Read(ref _written[place]) != first + count + 1)
                break;
            _features.AsSpan(place * RiskNet.InputSize, RiskNet.InputSize).CopyTo(features[(count * RiskNet.InputSize)..]);
            labels[count] = _labels[place];
        }
        Volatile.Write(ref _taken, first + count);
        return count;
    }
}
