using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Reflection;
using System.Runtime;
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
/// <param name="BatchEvery">Each so many-th request has <paramref name="BatchRows"/> rows, the others one.</param>
/// <param name="BatchRows">Rows of a batch.</param>
/// <param name="Swaps">How often the network is to be replaced while it is measured, at least.</param>
/// <param name="OwnProcessors">Whether the service runs with processors of its own.</param>
internal sealed record LoadSettings(double Seconds, double WarmUpSeconds, int Rate, int Connections, int BatchEvery, int BatchRows, int Swaps, bool OwnProcessors);

/// <summary>A service and its client in one process, over loopback. The client knows every network that was published, and checks every answer.</summary>
internal sealed class LoadRun : IAsyncDisposable
{
    /// <summary>Labelled rows after which the service replaces its network.</summary>
    public const int PublishEvery = 128;

    /// <summary>Labelled rows of one post.</summary>
    public const int PostRows = 32;

    private readonly LoadSettings _settings;
    private readonly ScorerModel _model;
    private readonly WebApplication _service;
    private readonly CallClock _clock;
    private readonly Publication _publication;
    private readonly ConcurrentDictionary<int, RiskNet> _networks = new();

    private LoadRun(LoadSettings settings, ScorerModel model)
    {
        (_settings, _model) = (settings, model);
        _service = ScorerServer.Create(
            model, new ServeSettings { Url = "http://127.0.0.1:0", PublishEvery = PublishEvery, OwnProcessors = settings.OwnProcessors }, builder => builder.Logging.ClearProviders());
        _clock = new CallClock(_service.Services.GetRequiredService<IMeterFactory>());
        _publication = _service.Services.GetRequiredService<Publication>();
        _networks[_publication.Current.Number] = _publication.Current.Network;
        _publication.Publishing += edition => _networks[edition.Number] = edition.Network;
    }

    public static async Task<LoadResult> RunAsync(LoadSettings settings, ScorerModel model, CancellationToken cancellation = default)
    {
        var look = TimeSpan.FromSeconds(Math.Min(2, settings.Seconds / 10));
        var before = Interruptions.Count(look);
        LoadResult result;
        await using (var run = new LoadRun(settings, model))
            result = await run.RunAsync(cancellation);
        return result with { Machine = Interruptions.Mean(before, Interruptions.Count(look)) };
    }

    public async ValueTask DisposeAsync()
    {
        _clock.Dispose();
        await _service.DisposeAsync();
    }

    private async Task<LoadResult> RunAsync(CancellationToken cancellation)
    {
        await _service.StartAsync(cancellation);
        using var client = MakeClient(new Uri(_service.Urls.First()).Port);
        var load = Task.Factory.StartNew(client.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        await WaitAsync(TimeSpan.FromSeconds(_settings.WarmUpSeconds), load, cancellation);
        var (first, collections) = (_publication.Current.Number, GC.CollectionCount(0));
        _clock.Begin();
        client.Measures = true;
        var watch = Stopwatch.StartNew();
        await WaitAsync(TimeSpan.FromSeconds(_settings.Seconds), load, cancellation);
        client.Measures = false;
        _clock.End();
        var seconds = watch.Elapsed.TotalSeconds;
        var (last, collected) = (_publication.Current.Number, GC.CollectionCount(0) - collections);

        client.End();
        await load;
        await _service.StopAsync(cancellation);
        var seen = client.Answers.Check(_networks);
        return new LoadResult(
            JitInfo.GetCompiledMethodCount() > 0 ? "JIT" : "native AOT", (int)_publication.Current.Network.InstructionPath, _settings, seconds,
            client.Single.TotalCount + client.Batch.TotalCount, client.Answers.Failures, client.Answers.FirstFailure, last - first, seen, client.Learned, client.Refused, collected,
            Quantiles.Of(client.Single), Quantiles.Of(client.Batch), Quantiles.Of(_clock.One), Quantiles.Of(_clock.Several), Quantiles.Of(_clock.Answer), Quantiles.Of(_clock.Loop), Machine: null, Revision(), DateTime.UtcNow);
    }

    private LoadClient MakeClient(int port)
    {
        var rows = Transactions.Make(2048, seed: 101);

        // What is posted has changed since the model was trained, so there is something to learn.
        var labelled = Transactions.Make(16_384, seed: 102, shifted: true);
        return new LoadClient(
            _settings,
            new IPEndPoint(IPAddress.Loopback, port),
            Rows.Bodies("/score", _model.Schema, rows, rows: 1, labelled: false),
            Rows.Bodies("/score", _model.Schema, rows, _settings.BatchRows, labelled: false),
            Rows.Bodies("/train", _model.Schema, labelled, PostRows, labelled: true));
    }

    /// <summary>Waits, but not for a client that has ended already: then it failed, and so does this.</summary>
    private static async Task WaitAsync(TimeSpan time, Task load, CancellationToken cancellation)
    {
        if (await Task.WhenAny(load, Task.Delay(time, cancellation)) == load)
            await load;
        cancellation.ThrowIfCancellationRequested();
    }

    private static string Revision() =>
        typeof(LoadRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+') is [_, var commit] ? commit[..Math.Min(10, commit.Length)] : "";
}
