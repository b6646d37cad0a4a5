using NetCompiler;

namespace Scorer.Serving;

/// <summary>
/// Learns while others score: trains a network of its own, the shadow, on labelled rows as they come, and offers it for publication now and then. One
/// thread does all of that; it meets requests in two places only, the queue and the publication, and neither waits for it.
/// </summary>
internal sealed partial class ShadowTrainer : IHostedService, IDisposable
{
    /// <summary>Rows of a step: new ones as far as there are, the rest from those seen before, so that what was learned is not forgotten.</summary>
    private const int StepRows = 64;

    /// <summary>One row of so many is not learned from: the two networks are compared on those.</summary>
    private const int HeldOutOf = 8;

    /// <summary>Fewer rows than that say nothing about which network is better, so no shadow is published yet.</summary>
    private const int LeastJudged = 32;

    /// <summary>A shadow that is so much worse is no progress; less is noise of the rows that it is judged by.</summary>
    private const double Tolerance = 1.02;

    private const float LearningRate = 5e-4f;

    /// <summary>
    /// How long the thread sleeps when nothing waits. Whoever posts rows does not wake it: that would take a lock. Each time that it wakes, it takes a
    /// processor's caches from the requests, so it does not look often.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Publication _publication;
    private readonly RowQueue _queue;
    private readonly ScorerMetrics _metrics;
    private readonly ILogger<ShadowTrainer> _log;
    private readonly int _publishEvery;
    private readonly Random _random = new(1);
    private readonly RowRing _seen = new(4096);
    private readonly RowRing _heldOut = new(256);
    private readonly float[] _features = new float[StepRows * RiskNet.InputSize];
    private readonly float[] _labels = new float[StepRows];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RiskNet _shadow;
    private Trainer<RiskNet> _trainer;
    private long _count;
    private int _sinceOffer;
    private volatile bool _stopping;
    private volatile bool _failed;

    public ShadowTrainer(Publication publication, RowQueue queue, ServeSettings settings, ScorerMetrics metrics, ILogger<ShadowTrainer> log)
    {
        (_publication, _queue, _publishEvery, _metrics, _log) = (publication, queue, settings.PublishEvery, metrics, log);
        _shadow = publication.Current.Network.Copy();
        _trainer = MakeTrainer();
    }

    /// <summary>Whether an error ended the training; scoring goes on without it.</summary>
    public bool HasFailed => _failed;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        new Thread(Run) { Name = "shadow trainer", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    /// <summary>Learns from what still waits, then ends.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        return _ended.Task.WaitAsync(cancellationToken);
    }

    public void Dispose() => _trainer.Dispose();

    private void Run()
    {
        try
        {
            while (true)
            {
                // Read before the queue: what was added before the stop is then still found.
                var stopping = _stopping;
                var taken = _queue.Take(_features, _labels);
                if (taken > 0)
                    Learn(taken);
                else if (stopping)
                    break;
                else
                    Thread.Sleep(Pause);
            }
            if (_sinceOffer > 0)
                OfferIfJudged();
        }
        catch (Exception e)
        {
            // The service is worth more than its training: it scores with what it has.
            _failed = true;
            LogFailed(e);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    /// <summary>Takes one step on the first rows of the step's memory and on some that were seen before.</summary>
    private void Learn(int taken)
    {
        var rows = 0;
        for (var i = 0; i < taken; i++)
        {
            var row = _features.AsSpan(i * RiskNet.InputSize, RiskNet.InputSize);
            if (++_count % HeldOutOf == 0)
            {
                _heldOut.Add(row, _labels[i]);
                continue;
            }
            _seen.Add(row, _labels[i]);
            row.CopyTo(_features.AsSpan(rows * RiskNet.InputSize));
            _labels[rows++] = _labels[i];
        }
        if (rows > 0)
        {
            var count = Math.Min(StepRows, rows + _seen.Count);
            for (var i = rows; i < count; i++)
                _labels[i] = _seen.CopyTo(_random.Next(_seen.Count), _features.AsSpan(i * RiskNet.InputSize, RiskNet.InputSize));
            _trainer.Step(_features.AsSpan(0, count * RiskNet.InputSize), _labels.AsSpan(0, count));
        }
        _metrics.Learned(taken);
        _sinceOffer += taken;
        if (_sinceOffer >= _publishEvery)
            OfferIfJudged();
    }

    /// <summary>Publishes a copy of the shadow, unless it is worse than what is published. Then the shadow begins again from that.</summary>
    private void OfferIfJudged()
    {
        if (_heldOut.Count < LeastJudged)
            return;
        _sinceOffer = 0;
        var served = _publication.Current.Network;
        var (servedLoss, shadowLoss) = (_heldOut.LossOf(served), _heldOut.LossOf(_shadow));
        var better = shadowLoss <= servedLoss * Tolerance;

        // False also when a loss is not a number.
        if (better)
        {
            LogPublished(_publication.Publish(_shadow.Copy()).Number, servedLoss, shadowLoss);
        }
        else
        {
            LogRejected(servedLoss, shadowLoss);
            _shadow.CopyFrom(served);
            _trainer.Dispose();
            _trainer = MakeTrainer();
        }
        _metrics.Offered(servedLoss, shadowLoss, better);
    }

    private Trainer<RiskNet> MakeTrainer() => new(_shadow, new AdamW { LearningRate = LearningRate }, threads: 1) { GradientClipNorm = 5 };

    [LoggerMessage(1, LogLevel.Information, "Network {Number} scores from now on (loss {ShadowLoss:0.0000}; the one before {ServedLoss:0.0000})")]
    private partial void LogPublished(int number, double servedLoss, double shadowLoss);

    [LoggerMessage(2, LogLevel.Warning, "The shadow network is worse (loss {ShadowLoss:0.0000}) than the one that scores ({ServedLoss:0.0000}), and begins again from that")]
    private partial void LogRejected(double servedLoss, double shadowLoss);

    [LoggerMessage(3, LogLevel.Critical, "Training ended with an error; rows are scored as before")]
    private partial void LogFailed(Exception exception);
}

/// <summary>The newest labelled rows. For one thread.</summary>
/// <param name="capacity">Rows.</param>
internal sealed class RowRing(int capacity)
{
    private readonly float[] _features = new float[capacity * RiskNet.InputSize];
    private readonly float[] _labels = new float[capacity];
    private long _added;

    public int Count => (int)Math.Min(_added, capacity);

    public void Add(ReadOnlySpan<float> features, float label)
    {
        var place = (int)(_added++ % capacity);
        features.CopyTo(_features.AsSpan(place * RiskNet.InputSize));
        _labels[place] = label;
    }

    /// <summary>Copies a row, and gives its label.</summary>
    public float CopyTo(int place, Span<float> features)
    {
        _features.AsSpan(place * RiskNet.InputSize, RiskNet.InputSize).CopyTo(features);
        return _labels[place];
    }

    /// <summary>The mean loss of a network on the rows; 0 when there are none.</summary>
    public double LossOf(RiskNet network) =>
        Count == 0 ? 0 : Judgement.LossOf(network, _features.AsSpan(0, Count * RiskNet.InputSize), _labels.AsSpan(0, Count));
}
