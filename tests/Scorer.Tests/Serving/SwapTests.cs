using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Scorer.Data;
using Scorer.LoadTest;
using Scorer.Serving;

namespace Scorer.Tests.Serving;

/// <summary>The network is replaced while others score with it: each answer is that of the old weights or of the new ones, whole.</summary>
public sealed class SwapTests
{
    private const int Swaps = 100;
    private const int Rows = 16;

    private static readonly float[] s_features = Served.Model.Schema.Encode(Transactions.Make(Rows, seed: 21)).Features;

    /// <summary>Networks of which no two give a row the same score.</summary>
    private static RiskNet[] Networks() => [.. Enumerable.Range(0, Swaps + 1).Select(i => new RiskNet(seed: 1000 + i))];

    /// <summary>The scores of all rows at once, then of each alone: the sums are in another order, so the last bit may differ.</summary>
    private static float[] Scores(RiskNet network)
    {
        var scores = new float[2 * Rows];
        network.Forward(s_features, scores.AsSpan(0, Rows));
        for (var i = 0; i < Rows; i++)
            network.Forward(s_features.AsSpan(i * RiskNet.InputSize, RiskNet.InputSize), scores.AsSpan(Rows + i, 1));
        return Array.ConvertAll(scores, Endpoints.Probability);
    }

    [Fact]
    public async Task Readers_see_old_or_new_weights_whole()
    {
        var networks = Networks();
        var expected = Array.ConvertAll(networks, Scores);
        await using var served = await Served.StartAsync(model: Served.Model with { Network = networks[0] });
        var publication = served.Publication;
        var endpoints = served.App.Services.GetRequiredService<Endpoints>();
        var seen = new ConcurrentDictionary<int, bool>();
        var (ends, reads, seenLast) = (false, 0L, 0);

        void Read(int reader)
        {
            var (scores, last) = (new float[Rows], 0);
            for (var turn = reader; !Volatile.Read(ref ends); turn++)
            {
                // One row, or several, as requests have them.
                var (first, count) = turn % 2 == 0 ? (turn % Rows, 1) : (0, Rows);
                var edition = publication.Current;
                endpoints.Call(edition.Network, s_features.AsSpan(first * RiskNet.InputSize, count * RiskNet.InputSize), scores.AsSpan(0, count));
                Assert.Equal(expected[edition.Number - 1].AsSpan(count == 1 ? Rows + first : 0, count), scores.AsSpan(0, count));
                Assert.True(edition.Number >= last, "An older network came back.");
                last = edition.Number;
                seen.TryAdd(last, true);
                Volatile.Write(ref seenLast, last);
                Interlocked.Increment(ref reads);
            }
        }

        var readers = Enumerable.Range(0, 8).Select(r => Task.Factory.StartNew(() => Read(r), TaskCreationOptions.LongRunning)).ToArray();
        foreach (var network in networks.Skip(1))
        {
            var number = publication.Publish(network).Number;
            while ((Volatile.Read(ref seenLast) < number || Interlocked.Read(ref reads) <= 8L * (number - 1)) && !Array.Exists(readers, r => r.IsFaulted))
                Thread.Yield();
        }
        Volatile.Write(ref ends, true);
        await Task.WhenAll(readers);
        Assert.Equal(Swaps, seen.Keys.Count(n => n > 1));
        Assert.True(reads > 8 * Swaps, $"{reads} reads");
    }

    [Fact]
    public async Task Clients_get_the_scores_of_the_network_that_the_answer_names()
    {
        var networks = Networks();
        var expected = Array.ConvertAll(networks, Scores);
        await using var served = await Served.StartAsync(model: Served.Model with { Network = networks[0] });
        var body = Served.Rows(Rows, seed: 21);
        var (ends, seenLast) = (false, 0);
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref ends))
            {
                var answer = await served.JsonAsync("/score", body);
                var number = answer.GetProperty("network").GetInt32();
                Assert.Equal(expected[number - 1].Take(Rows), answer.GetProperty("scores").EnumerateArray().Select(s => s.GetSingle()));
                Volatile.Write(ref seenLast, number);
            }
        })).ToArray();
        foreach (var network in networks.Skip(1))
        {
            var number = served.Publication.Publish(network).Number;
            while (Volatile.Read(ref seenLast) < number && !Array.Exists(clients, c => c.IsFaulted))
                await Task.Yield();
        }
        Volatile.Write(ref ends, true);
        await Task.WhenAll(clients);
    }

    /// <summary>The load test in small: the networks are those that the service trains itself.</summary>
    [Fact]
    public async Task Under_load_no_request_fails_while_networks_are_trained_and_replaced()
    {
        var settings = new LoadSettings(Seconds: 3, WarmUpSeconds: 0.3, Rate: 800, Connections: 4, BatchEvery: 4, BatchRows: 8, Swaps: Swaps, OwnProcessors: false);
        var result = await LoadRun.RunAsync(settings, Served.Model);
        Assert.Null(result.FirstFailure);
        Assert.Equal(0, result.Failures);
        Assert.True(result.Requests > 100, $"{result.Requests} requests");
        Assert.InRange(result.SeenNetworks, 2, int.MaxValue);

        // How many networks there are in three seconds depends on the machine; how many rows each takes does not.
        Assert.InRange(result.Swaps, 1, (result.Learned / LoadRun.PublishEvery) + 1);
        Assert.True(result.Single.P50 > 0 && result.Single.P50 <= result.Single.P999 && result.Call.Count > 0);
    }

    [Fact]
    public async Task The_network_call_allocates_nothing()
    {
        await using var served = await Served.StartAsync();
        var endpoints = served.App.Services.GetRequiredService<Endpoints>();
        var network = served.Publication.Current.Network;
        var scores = new float[Rows];
        void Calls()
        {
            for (var i = 0; i < 200; i++)
            {
                endpoints.Call(network, s_features, scores);
                endpoints.Call(network, s_features.AsSpan(0, RiskNet.InputSize), scores.AsSpan(0, 1));
            }
        }
        Calls();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Calls();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Nor_does_reading_the_rows_or_handing_them_to_the_trainer()
    {
        var reader = new RowReader(Served.Model.Schema, maxRows: 64);
        var queue = new RowQueue(1024);
        var bodies = new[] { Served.Row(labelled: true), Served.Rows(20, seed: 3, labelled: true) }.Select(b => new System.Buffers.ReadOnlySequence<byte>(System.Text.Encoding.UTF8.GetBytes(b))).ToArray();
        var (features, labels) = (new float[64 * RiskNet.InputSize], new float[64]);
        void Reads()
        {
            for (var i = 0; i < 100; i++)
            {
                var rows = RowBuffer.OfThisThread;
                if (reader.Read(bodies[i % 2], labelled: true, rows) is not null || !queue.TryAdd(rows.Features, rows.Labels) || queue.Take(features, labels) != rows.Count)
                    throw new InvalidOperationException("The rows are right.");
            }
        }
        Reads();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Reads();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
