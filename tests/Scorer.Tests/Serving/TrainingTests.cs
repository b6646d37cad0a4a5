using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Scorer.Data;
using Scorer.Serving;

namespace Scorer.Tests.Serving;

/// <summary>What becomes of labelled rows that are posted.</summary>
public sealed class TrainingTests
{
    private const int PublishEvery = 256;

    private static readonly ServeSettings s_settings = new() { PublishEvery = PublishEvery };

    private static async Task PostAsync(Served served, int posts, int seed, bool shifted)
    {
        for (var i = 0; i < posts; i++)
        {
            var answer = await served.JsonAsync("/train", Served.Rows(PublishEvery, seed + i, labelled: true, shifted), HttpStatusCode.Accepted);
            Assert.Equal(PublishEvery, answer.GetProperty("accepted").GetInt32());
            await Served.UntilAsync(() => served.App.Services.GetRequiredService<RowQueue>().Count == 0, "the rows have been taken");
        }
    }

    private static double Loss(RiskNet network)
    {
        var (features, labels) = Served.Model.Schema.Encode(Transactions.Make(4000, seed: 77, shifted: true));
        return Judgement.LossOf(network, features, labels);
    }

    [Fact]
    public async Task They_teach_a_shadow_which_then_takes_the_place_of_the_network()
    {
        var publishing = new ConcurrentQueue<Edition>();
        await using var served = await Served.StartAsync(s_settings);
        served.Publication.Publishing += publishing.Enqueue;
        var first = served.Publication.Current.Network;
        var before = first.Parameters.SelectMany(p => p.ToArray()).ToArray();
        var score = (await served.JsonAsync("/score", Served.Row())).GetRawText();

        await PostAsync(served, 16, seed: 100, shifted: true);
        await Served.UntilAsync(() => publishing.Count >= 15, "networks are published");
        var networks = publishing.ToList(); // another may be published meanwhile
        Assert.Equal(Enumerable.Range(2, networks.Count), networks.Select(n => n.Number));

        // Each is a network of its own, and the one that was served first is as it was.
        Assert.Equal(networks.Count + 1, networks.Select(n => n.Network).Append(first).Distinct().Count());
        Assert.Equal(before, first.Parameters.SelectMany(p => p.ToArray()));
        var (loss, now) = (Loss(first), Loss(networks[^1].Network));
        Assert.True(now < 0.8 * loss, $"{loss}, then {now}");
        Assert.NotEqual(score, (await served.JsonAsync("/score", Served.Row())).GetRawText());
        Assert.Equal(served.Publication.Current.Number, (await served.GetAsync("/health/live")).GetProperty("network").GetInt32());
    }

    [Fact]
    public async Task A_shadow_that_is_worse_is_not_published_and_begins_again_from_the_one_that_is()
    {
        // The shadow begins with a network that knows nothing; then a trained one is published past it.
        await using var served = await Served.StartAsync(s_settings, Served.Model with { Network = new RiskNet(seed: 5) });
        Assert.Equal(2, served.Publication.Publish(Served.Model.Network).Number);
        await PostAsync(served, 1, seed: 200, shifted: false);
        await Served.UntilAsync(() => Metric(served, "scorer_networks_rejected_total 1"), "the shadow is rejected");
        Assert.Equal(2, served.Publication.Current.Number);

        await PostAsync(served, 1, seed: 300, shifted: false);
        await Served.UntilAsync(() => served.Publication.Current.Number == 3, "a shadow that began with the published network is published");
        var trained = served.Publication.Current.Network;
        var (features, labels) = Served.Model.Schema.Encode(Transactions.Make(4000, seed: 78));
        Assert.InRange(Judgement.LossOf(trained, features, labels), 0, 1.2 * Judgement.LossOf(Served.Model.Network, features, labels));
    }

    [Fact]
    public async Task When_training_fails_scoring_goes_on()
    {
        await using var served = await Served.StartAsync(s_settings);
        served.Publication.Publishing += _ => throw new InvalidOperationException("no room");
        await PostAsync(served, 1, seed: 400, shifted: true);
        await Served.UntilAsync(() => served.App.Services.GetRequiredService<ShadowTrainer>().HasFailed, "training fails");
        using var refused = await served.PostAsync("/train", Served.Row(labelled: true));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("Rows are scored as before.", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, (await served.JsonAsync("/score", Served.Row())).GetProperty("network").GetInt32());
    }

    [Fact]
    public async Task What_was_posted_before_the_end_is_learned()
    {
        await using var served = await Served.StartAsync(s_settings with { PublishEvery = 100_000 });
        await served.JsonAsync("/train", Served.Rows(600, seed: 500, labelled: true, shifted: true), HttpStatusCode.Accepted);
        await served.App.StopAsync();
        Assert.Equal(2, served.Publication.Current.Number);
        Assert.Equal(0, served.App.Services.GetRequiredService<RowQueue>().Count);
    }

    [Fact]
    public async Task The_queue_keeps_calls_together_and_rows_in_order()
    {
        const int Adders = 4, Calls = 400, Most = 7;
        var queue = new RowQueue(64);
        var adders = Enumerable.Range(0, Adders).Select(a => Task.Factory.StartNew(() =>
        {
            for (var call = 0; call < Calls; call++)
            {
                // The features tell who added the row, in which call, and how many of it there are.
                var count = 1 + (call % Most);
                var features = new float[count * RiskNet.InputSize];
                for (var i = 0; i < count; i++)
                    new float[] { a, call, i, count }.CopyTo(features, i * RiskNet.InputSize);
                var labels = Enumerable.Range(0, count).Select(i => (float)(a + i)).ToArray();
                while (!queue.TryAdd(features, labels))
                    Thread.Yield();
            }
        }, TaskCreationOptions.LongRunning)).ToArray();

        var (taken, takenLabels) = (new float[64 * RiskNet.InputSize], new float[64]);
        var next = new int[Adders];
        var (total, within, adder) = (0, 0, 0);
        while (total < Adders * Enumerable.Range(0, Calls).Sum(c => 1 + (c % Most)))
        {
            var count = queue.Take(taken, takenLabels.AsSpan(0, 5));
            total += count;
            for (var i = 0; i < count; i++)
            {
                var row = taken.AsSpan(i * RiskNet.InputSize, 4);
                if (within == 0)
                    adder = (int)row[0];
                Assert.Equal([adder, next[adder], within, 1 + (next[adder] % Most)], row.ToArray().Select(v => (int)v));
                Assert.Equal(adder + within, takenLabels[i]);
                within = (within + 1) % (int)row[3];
                next[adder] += within == 0 ? 1 : 0;
            }
        }
        await Task.WhenAll(adders);
        Assert.Equal(0, queue.Count);
        Assert.False(queue.TryAdd(new float[65 * RiskNet.InputSize], new float[65]));
        Assert.Equal(0, queue.Count);
    }

    private static bool Metric(Served served, string line) =>
        served.App.Services.GetRequiredService<PrometheusText>().Write().Contains(line + "\n", StringComparison.Ordinal);
}
