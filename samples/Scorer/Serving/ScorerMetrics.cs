using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Scorer.Serving;

/// <summary>What the service counts, as instruments that OpenTelemetry knows too.</summary>
internal sealed class ScorerMetrics
{
    public const string MeterName = "Scorer";
    public const string NetworkCall = "scorer.network.call.duration";
    public const string RowsRead = "scorer.rows.read.duration";

    /// <summary>Of times: whether they are of one row or of several.</summary>
    public const string RowsTag = "scorer.rows";

    private static readonly KeyValuePair<string, object?> One = new(RowsTag, "one");
    private static readonly KeyValuePair<string, object?> Several = new(RowsTag, "several");

    private readonly Histogram<double> _networkCall;
    private readonly Histogram<double> _read;
    private readonly Counter<long> _scored;
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _learned;
    private readonly Counter<long> _published;
    private readonly Counter<long> _rejected;
    private readonly Gauge<double> _servedLoss;
    private readonly Gauge<double> _shadowLoss;

    public ScorerMetrics(IMeterFactory factory, RowQueue queue, Publication publication)
    {
        var meter = factory.Create(MeterName);
        var buckets = new InstrumentAdvice<double> { HistogramBucketBoundaries = [1e-7, 2e-7, 5e-7, 1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 1e-3] };
        _networkCall = meter.CreateHistogram(NetworkCall, "s", "Time of one call of the network.", advice: buckets);
        _read = meter.CreateHistogram(RowsRead, "s", "Time that the rows to be scored took from JSON to features, for one request.", advice: buckets);
        _scored = meter.CreateCounter<long>("scorer.rows.scored", "{row}", "Rows scored.");
        _accepted = meter.CreateCounter<long>("scorer.rows.accepted", "{row}", "Labelled rows taken to learn from.");
        _refused = meter.CreateCounter<long>("scorer.rows.refused", "{row}", "Labelled rows refused because too many waited.");
        _learned = meter.CreateCounter<long>("scorer.rows.learned", "{row}", "Labelled rows that the shadow network has learned from, or is judged by.");
        _published = meter.CreateCounter<long>("scorer.networks.published", "{network}", "Shadow networks that took the place of the one that scores.");
        _rejected = meter.CreateCounter<long>("scorer.networks.rejected", "{network}", "Shadow networks that were worse than the one that scores.");
        _servedLoss = meter.CreateGauge<double>("scorer.loss.served", null, "Loss on rows kept from training, of the network that scored when one was last offered.");
        _shadowLoss = meter.CreateGauge<double>("scorer.loss.shadow", null, "Loss on the same rows, of the one that was offered.");
        meter.CreateObservableGauge("scorer.rows.waiting", () => queue.Count, "{row}", "Labelled rows that wait.");
        meter.CreateObservableGauge("scorer.network.number", () => publication.Current.Number, null, "Edition of the network that scores.");
    }

    public void Called(long ticks, int rows)
    {
        _networkCall.Record(Seconds(ticks), Tag(rows));
        _scored.Add(rows);
    }

    public void Read(long ticks, int rows) => _read.Record(Seconds(ticks), Tag(rows));

    public void Accepted(int rows) => _accepted.Add(rows);

    public void Refused(int rows) => _refused.Add(rows);

    public void Learned(int rows) => _learned.Add(rows);

    public void Offered(double servedLoss, double shadowLoss, bool published)
    {
        _servedLoss.Record(servedLoss);
        _shadowLoss.Record(shadowLoss);
        (published ? _published : _rejected).Add(1);
    }

    private static double Seconds(long ticks) => ticks / (double)Stopwatch.Frequency;

    private static KeyValuePair<string, object?> Tag(int rows) => rows == 1 ? One : Several;
}
