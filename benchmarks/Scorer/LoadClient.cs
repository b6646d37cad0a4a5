using System.Diagnostics;
using System.Net;
using HdrHistogram;

namespace Scorer.LoadTest;

/// <summary>
/// Sends requests at their times, whether or not earlier ones have been answered, and counts an answer's time from when its request was due: a service
/// that is late cannot slow its clients down and so look better (coordinated omission). One thread that never sleeps, so that nobody has to
/// be woken when an answer comes, and nothing is measured of how long that takes.
/// </summary>
internal sealed class LoadClient : IDisposable
{
    private readonly LoadSettings _settings;
    private readonly Body[] _singles;
    private readonly Body[] _batches;
    private readonly Body[] _posts;
    private readonly LoadConnection[] _connections;
    private readonly LoadConnection _trainer;
    private long _turn;
    private int _next;
    private int _post;
    private volatile bool _measures;
    private volatile bool _ends;

    public LoadClient(LoadSettings settings, IPEndPoint service, Body[] singles, Body[] batches, Body[] posts)
    {
        (_settings, _singles, _batches, _posts) = (settings, singles, batches, posts);
        _connections = [.. Enumerable.Range(0, settings.Connections).Select(_ => new LoadConnection(service))];
        _trainer = new LoadConnection(service);
    }

    public Answers Answers { get; } = new();

    /// <summary>Times of requests of one row.</summary>
    public HistogramBase Single { get; } = Histograms.Create();

    /// <summary>Times of requests of several.</summary>
    public HistogramBase Batch { get; } = Histograms.Create();

    /// <summary>Labelled rows that the service took.</summary>
    public long Learned { get; private set; }

    /// <summary>Posts of labelled rows that it refused.</summary>
    public long Refused { get; private set; }

    /// <summary>Whether times count.</summary>
    public bool Measures
    {
        get => _measures;
        set => _measures = value;
    }

    /// <summary>Lets <see cref="Run"/> end, once what is under way has been answered.</summary>
    public void End() => _ends = true;

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        _trainer.Dispose();
    }

    public void Run()
    {
        var interval = Stopwatch.Frequency / (double)_settings.Rate;

        // As many labelled rows as give the swaps that are wanted, with a tenth to spare.
        var postInterval = Stopwatch.Frequency * _settings.Seconds * LoadRun.PostRows / (1.1 * _settings.Swaps * LoadRun.PublishEvery);
        var begin = Stopwatch.GetTimestamp();
        var (requests, posts) = (0L, 0L);
        while (true)
        {
            var now = Stopwatch.GetTimestamp();
            var due = begin + (long)(requests * interval);
            if (now >= due && !_ends && Idle() is { } connection)
            {
                requests++;
                Ask(connection, due);
            }
            var postDue = begin + (long)(posts * postInterval);
            if (now >= postDue && !_ends && !_trainer.IsWaiting)
            {
                posts++;
                _trainer.Send(_posts[_post], postDue);
            }
            var (waiting, idle) = (false, true);
            foreach (var each in _connections)
            {
                waiting |= each.IsWaiting;
                if (each.IsWaiting && each.TryReceive())
                {
                    Answered(each);
                    idle = false;
                }
            }
            waiting |= _trainer.IsWaiting;
            if (_trainer.IsWaiting && _trainer.TryReceive())
                Posted();
            if (_ends && !waiting)
                return;

            // Where there are few processors, the service may be waiting for this one.
            if (idle)
                Thread.Yield();
        }
    }

    private LoadConnection? Idle()
    {
        for (var i = 0; i < _connections.Length; i++)
        {
            _next = (_next + 1) % _connections.Length;
            var connection = _connections[_next];
            if (!connection.IsWaiting)
                return connection;
        }
        return null;
    }

    private void Ask(LoadConnection connection, long due)
    {
        var turn = _turn++;
        var bodies = turn % _settings.BatchEvery == 0 ? _batches : _singles;
        connection.Send(bodies[turn * 7 % bodies.Length], due);
    }

    private void Answered(LoadConnection connection)
    {
        var took = Stopwatch.GetElapsedTime(connection.Due);
        Answers.Add(connection.Asked, connection.Status, connection.Answer.Span);
        if (_measures)
            (connection.Asked.Rows == 1 ? Single : Batch).RecordValue(Histograms.InRange((long)took.TotalNanoseconds));
    }

    private void Posted()
    {
        if (_trainer.Status == 202)
        {
            _post = (_post + 1) % _posts.Length;
            Learned += LoadRun.PostRows;
        }
        else if (_trainer.Status == 429)
        {
            // The same rows go again at the next time.
            Refused++;
        }
        else
        {
            Answers.Fail($"Labelled rows were answered with {_trainer.Status}: {System.Text.Encoding.UTF8.GetString(_trainer.Answer.Span)}");
        }
    }
}
