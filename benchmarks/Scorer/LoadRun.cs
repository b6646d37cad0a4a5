using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Reflection;
using System.Runtime;
using System.Text.Json;
using HdrHistogram;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Scorer.Data;
using Scorer.Serving;

namespace Scorer.LoadTest;

/// <summary>The load.</summary>
/// <param name="Seconds">How long it is measured.</param>
/// <param name="WarmUpSeconds">How long it runs before that.</param>
/// <param name="Rate">Requests to score, each second.</param>
/// <param name="Connections">Over how many connections.</param>
/// <param name="BatchEvery">Each so many-th request of a connection has <paramref name="BatchRows"/> rows, the others one.</param>
/// <param name="BatchRows">Rows of a batch.</param>
/// <param name="Swaps">How often the network is to be replaced while it is measured, at least.</param>
internal sealed record LoadSettings(double Seconds, double WarmUpSeconds, int Rate, int Connections, int BatchEvery, int BatchRows, int Swaps);

/// <summary>
/// A service and its clients in one process, over loopback. The clients know every network that was published: an answer must have exactly the scores
/// that the network which it names gives, to the last bit. One made of two networks would not.
/// </summary>
internal sealed class LoadRun : IAsyncDisposable
{
    private const int PublishEvery = 128;
    private const int PostRows = 32;

    private readonly LoadSettings _settings;
    private readonly WebApplication _service;
    private readonly CallClock _clock;
    private readonly Publication _publication;
    private readonly ConcurrentDictionary<int, RiskNet> _networks = new();
    private readonly ConcurrentDictionary<int, bool> _seen = new();
    private readonly Body[] _singles;
    private readonly Body[] _batches;
    private readonly Body[] _posts;
    private readonly HistogramBase _single = Histograms.Create();
    private readonly HistogramBase _batch = Histograms.Create();
    private long _requests;
    private long _failures;
    private long _learned;
    private long _refused;
    private string? _firstFailure;
    private volatile bool _measures;

    private LoadRun(LoadSettings settings, ScorerModel model)
    {
        _settings = settings;
        _service = ScorerServer.Create(
            model, new ServeSettings { Url = "http://127.0.0.1:0", PublishEvery = PublishEvery }, builder => builder.Logging.ClearProviders());
        _clock = new CallClock(_service.Services.GetRequiredService<IMeterFactory>());
        _publication = _service.Services.GetRequiredService<Publication>();
        _networks[_publication.Current.Number] = _publication.Current.Network;
        _publication.Publishing += edition => _networks[edition.Number] = edition.Network;

        var rows = Transactions.Make(2048, seed: 101);
        _singles = Rows.Bodies(model.Schema, rows, rows: 1, labelled: false);
        _batches = Rows.Bodies(model.Schema, rows, settings.BatchRows, labelled: false);

        // What is posted has changed since the model was trained, so there is something to learn.
        _posts = Rows.Bodies(model.Schema, Transactions.Make(16_384, seed: 102, shifted: true), PostRows, labelled: true);
    }

    public static async Task<LoadResult> RunAsync(LoadSettings settings, ScorerModel model, CancellationToken cancellation = default)
    {
        await using var run = new LoadRun(settings, model);
        return await run.RunAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        _clock.Dispose();
        await _service.DisposeAsync();
    }

    private async Task<LoadResult> RunAsync(CancellationToken cancellation)
    {
        await _service.StartAsync(cancellation);
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = _settings.Connections + 1 };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(_service.Urls.First()), Timeout = TimeSpan.FromSeconds(20) };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        var connections = Enumerable.Range(0, _settings.Connections).Select(c => Task.Run(() => ConnectionAsync(client, c, stop.Token), CancellationToken.None)).ToList();
        var poster = Task.Run(() => PostAsync(client, stop.Token), CancellationToken.None);
        var everyone = Task.WhenAll([.. connections, poster]);

        await WaitAsync(TimeSpan.FromSeconds(_settings.WarmUpSeconds), everyone, cancellation);
        var (first, collections) = (_publication.Current.Number, GC.CollectionCount(0));
        _clock.Begin();
        _measures = true;
        var watch = Stopwatch.StartNew();
        await WaitAsync(TimeSpan.FromSeconds(_settings.Seconds), everyone, cancellation);
        _measures = false;
        _clock.End();
        var seconds = watch.Elapsed.TotalSeconds;
        var (last, collected) = (_publication.Current.Number, GC.CollectionCount(0) - collections);

        await stop.CancelAsync();
        await everyone;
        await _service.StopAsync(cancellation);
        return new LoadResult(
            JitInfo.GetCompiledMethodCount() > 0 ? "JIT" : "native AOT", (int)_publication.Current.Network.InstructionPath, _settings, seconds,
            _requests, _failures, _firstFailure, last - first, _seen.Count, _learned, _refused, collected,
            Quantiles.Of(_single), Quantiles.Of(_batch), Quantiles.Of(_clock.One), Quantiles.Of(_clock.Several), Quantiles.Of(_clock.Loop), Revision(), DateTime.UtcNow);
    }

    /// <summary>Waits, but not for clients that have ended already: then they failed, and so does this.</summary>
    private static async Task WaitAsync(TimeSpan time, Task everyone, CancellationToken cancellation)
    {
        if (await Task.WhenAny(everyone, Task.Delay(time, cancellation)) == everyone)
            await everyone;
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Sends a request at each of its times, later only when the answer before was late.</summary>
    private async Task ConnectionAsync(HttpClient client, int number, CancellationToken stop)
    {
        var interval = (long)((double)Stopwatch.Frequency * _settings.Connections / _settings.Rate);
        var next = Stopwatch.GetTimestamp() + interval * number / _settings.Connections;
        var scores = new float[_settings.BatchRows];
        for (var turn = number; !stop.IsCancellationRequested; turn++)
        {
            var wait = (next - Stopwatch.GetTimestamp()) * 1000.0 / Stopwatch.Frequency;
            if (wait >= 1)
                await Task.Delay((int)wait, CancellationToken.None);
            next = Math.Max(next + interval, Stopwatch.GetTimestamp() - interval);
            var body = turn % _settings.BatchEvery == 0 ? _batches[turn % _batches.Length] : _singles[turn * 7 % _singles.Length];
            var measured = _measures;
            var began = Stopwatch.GetTimestamp();
            var failure = await ScoreAsync(client, body, scores, stop);
            var took = (long)(Stopwatch.GetElapsedTime(began).TotalNanoseconds);
            if (failure is not null)
            {
                Interlocked.Increment(ref _failures);
                Interlocked.CompareExchange(ref _firstFailure, failure, null);
            }
            if (!measured || !_measures)
                continue;
            Interlocked.Increment(ref _requests);

            // The requests that would have been sent while this one was waited for count as late too (coordinated omission).
            (body.Rows == 1 ? _single : _batch).RecordValueWithExpectedInterval(Histograms.InRange(took), (long)(interval * 1e9 / Stopwatch.Frequency));
        }
    }

    private async Task<string?> ScoreAsync(HttpClient client, Body body, float[] scores, CancellationToken stop)
    {
        try
        {
            using var response = await client.PostAsync(new Uri("/score", UriKind.Relative), Content(body), CancellationToken.None);
            var answer = await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
            return response.IsSuccessStatusCode ? Check(answer, body, scores) : $"{(int)response.StatusCode}: {System.Text.Encoding.UTF8.GetString(answer)}";
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
        {
            return stop.IsCancellationRequested ? null : e.Message;
        }
    }

    private string? Check(byte[] answer, Body body, float[] scores)
    {
        var (given, number) = body.Rows == 1
            ? JsonSerializer.Deserialize(answer, AnswerJson.Default.ScoreAnswer) is { } one ? (new[] { one.Score }, one.Network) : default
            : JsonSerializer.Deserialize(answer, AnswerJson.Default.ScoresAnswer) is { } several ? (several.Scores.ToArray(), several.Network) : default;
        if (given is null || given.Length != body.Rows || !_networks.TryGetValue(number, out var network))
            return $"{body.Rows} rows were answered with {System.Text.Encoding.UTF8.GetString(answer)}";
        _seen.TryAdd(number, true);
        network.Forward(body.Features, scores.AsSpan(0, body.Rows));
        for (var i = 0; i < given.Length; i++)
        {
            var expected = Endpoints.Probability(scores[i]);
            if (BitConverter.SingleToInt32Bits(given[i]) != BitConverter.SingleToInt32Bits(expected))
                return $"row {i} was given {given[i]:R}; network {number} gives {expected:R}";
        }
        return null;
    }

    /// <summary>Posts labelled rows, as many as give the swaps that are wanted with a tenth to spare; 429 makes it wait as anyone should.</summary>
    private async Task PostAsync(HttpClient client, CancellationToken stop)
    {
        var interval = TimeSpan.FromSeconds(_settings.Seconds * PostRows / (1.1 * _settings.Swaps * PublishEvery));
        using var timer = new PeriodicTimer(interval > TimeSpan.FromMilliseconds(1) ? interval : TimeSpan.FromMilliseconds(1));
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            try
            {
                await timer.WaitForNextTickAsync(stop);
                using var response = await client.PostAsync(new Uri("/train", UriKind.Relative), Content(_posts[turn % _posts.Length]), CancellationToken.None);
                if ((int)response.StatusCode == 429)
                {
                    _refused++;
                    await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), stop);
                    continue;
                }
                response.EnsureSuccessStatusCode();
                _learned += PostRows;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
        }
    }

    private static ByteArrayContent Content(Body body) =>
        new(body.Json) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private static string Revision() =>
        typeof(LoadRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+') is [_, var commit] ? commit[..Math.Min(10, commit.Length)] : "";
}
