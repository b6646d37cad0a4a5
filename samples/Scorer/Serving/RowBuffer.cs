using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Scorer.Serving;

/// <summary>
/// Where a thread keeps the rows of the request that it is working on, from reading them to writing the answer. There is no await in between, and the
/// next request on the thread uses the same memory.
/// </summary>
internal sealed class RowBuffer
{
    [ThreadStatic]
    private static RowBuffer? s_mine;

    private float[] _features = new float[RiskNet.InputSize];
    private float[] _labels = new float[1];
    private float[] _scores = new float[1];

    public static RowBuffer OfThisThread => s_mine ??= new RowBuffer();

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Whether they came as one row, not as a list.</summary>
    public bool IsSingle { get; private set; }

    /// <summary>[<see cref="Count"/> x <see cref="RiskNet.InputSize"/>].</summary>
    public ReadOnlySpan<float> Features => _features.AsSpan(0, Count * RiskNet.InputSize);

    /// <summary>One for each row, where rows are labelled.</summary>
    public ReadOnlySpan<float> Labels => _labels.AsSpan(0, Count);

    /// <summary>One for each row, to be written.</summary>
    public Memory<float> Scores => _scores.AsMemory(0, Count);

    /// <summary>The text of the answer.</summary>
    public ArrayBufferWriter<byte> Answer { get; } = new(256);

    /// <summary>Writes to <see cref="Answer"/>.</summary>
    // Answers are JSON and never part of a page, so quotes need not be hidden from HTML.
    public Utf8JsonWriter Writer => field ??= new Utf8JsonWriter(Answer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public void Begin(bool single) => (Count, IsSingle) = (0, single);

    /// <summary>One more row, all of whose features are 0.</summary>
    public Span<float> Add()
    {
        if (Count == _labels.Length)
        {
            Array.Resize(ref _features, 2 * _features.Length);
            Array.Resize(ref _labels, 2 * _labels.Length);
            _scores = new float[_labels.Length];
        }
        var row = _features.AsSpan(Count++ * RiskNet.InputSize, RiskNet.InputSize);
        row.Clear();
        return row;
    }

    /// <summary>Labels the last row.</summary>
    public void Label(float label) => _labels[Count - 1] = label;
}
