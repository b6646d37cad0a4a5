using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Scorer.Serving;

namespace Scorer.Tests.Serving;

/// <summary>What the service counts.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task Requests_rows_and_calls_are_counted()
    {
        await using var served = await Served.StartAsync();
        await served.JsonAsync("/score", Served.Row());
        await served.JsonAsync("/score", Served.Rows(5, seed: 1));
        await served.JsonAsync("/train", Served.Rows(3, seed: 1, labelled: true), System.Net.HttpStatusCode.Accepted);
        (await served.PostAsync("/score", "[]")).Dispose();

        // A request's own measurement is made when its answer has gone.
        var metrics = await ReadAsync(served, m => m.GetValueOrDefault("scorer_rows_learned_total") >= 3 && m.GetValueOrDefault("scorer_rows_waiting") == 0
            && Requests(m, status: 400) > 0);
        Assert.Equal(6, metrics["scorer_rows_scored_total"]);
        Assert.Equal(3, metrics["scorer_rows_accepted_total"]);
        Assert.Equal(3, metrics["scorer_rows_learned_total"]);
        Assert.Equal(0, metrics["scorer_rows_waiting"]);
        Assert.Equal(1, metrics["scorer_network_number"]);
        Assert.Equal(1, metrics["scorer_network_call_duration_seconds_count{scorer_rows=\"one\"}"]);
        Assert.Equal(1, metrics["scorer_network_call_duration_seconds_count{scorer_rows=\"several\"}"]);
        Assert.InRange(metrics["scorer_network_call_duration_seconds_sum{scorer_rows=\"one\"}"], 1e-9, 1);
        Assert.Equal(1, metrics["scorer_rows_read_duration_seconds_count{scorer_rows=\"several\"}"]);
        Assert.InRange(metrics["scorer_rows_read_duration_seconds_sum{scorer_rows=\"one\"}"], 1e-9, 1);
        Assert.Equal(2, Requests(metrics, status: 200));
        Assert.Equal(1, Requests(metrics, status: 400));
    }

    [Fact]
    public async Task The_text_is_that_of_Prometheus()
    {
        await using var served = await Served.StartAsync();
        await served.JsonAsync("/score", Served.Rows(5, seed: 1));
        using var response = await served.Client.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var (family, kind) = ("", "");
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                family = line.Split(' ')[2];
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.Equal(family, line.Split(' ')[2]);
                kind = line.Split(' ')[3];
                Assert.Contains(kind, (string[])["counter", "gauge", "histogram"]);
                Assert.Equal(kind == "counter", family.EndsWith("_total", StringComparison.Ordinal));
            }
            else
            {
                Assert.Matches(Sample(), line);
                var name = line.Split('{', ' ')[0];
                Assert.Contains(name, kind == "histogram" ? (string[])[family + "_bucket", family + "_sum", family + "_count"] : [family]);
            }
        }

        // Buckets count up to all of them.
        var buckets = text.Split('\n').Where(l => l.StartsWith("scorer_network_call_duration_seconds_bucket{scorer_rows=\"several\"", StringComparison.Ordinal))
            .Select(l => int.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(12, buckets.Count);
        Assert.Equal(buckets.Order(), buckets);
        Assert.Equal(1, buckets[^1]);
    }

    [Fact]
    public async Task Instruments_are_named_and_measured_as_OpenTelemetry_wants()
    {
        var instruments = new List<Instrument>();
        await using var served = await Served.StartAsync();
        var factory = served.App.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Meter.Name == ScorerMetrics.MeterName)
                instruments.Add(instrument);
        };
        listener.Start();
        Assert.Equal(12, instruments.Count);
        Assert.All(instruments, i =>
        {
            Assert.Matches(InstrumentName(), i.Name);
            Assert.NotEmpty(i.Description!);
            Assert.True(i.Unit is null or "s" || UnitOfThings().IsMatch(i.Unit), i.Unit);
        });
    }

    [Fact]
    public void Values_of_tags_are_escaped()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(meter.CreateCounter<long>("a.b", null, "Help."));
        family.Record(2, [new("odd.tag", "a\"b\\c\nd")]);
        family.Record(3, [new("odd.tag", "a\"b\\c\nd")]);
        family.Record(1, []);
        var text = new System.Text.StringBuilder();
        family.Write(text);
        Assert.Equal("# HELP a_b_total Help.\n# TYPE a_b_total counter\na_b_total{odd_tag=\"a\\\"b\\\\c\\nd\"} 5\na_b_total 1\n", text.ToString());
    }

    [Fact]
    public void Tags_without_end_take_no_memory_without_end()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(meter.CreateCounter<long>("many"));
        for (var i = 0; i < 1000; i++)
            family.Record(1, [new("i", i)]);
        var text = new System.Text.StringBuilder();
        family.Write(text);
        Assert.Equal(202, text.ToString().Count(c => c == '\n'));
    }

    [Fact]
    public async Task No_measurement_is_lost_among_threads()
    {
        using var meter = new Meter("test");
        var family = new MetricFamily(meter.CreateHistogram<double>("h", "s"));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
                family.Record(0.25, [new("parity", (t + i) % 2 == 0 ? "even" : "odd")]);
        })));
        var text = new System.Text.StringBuilder();
        family.Write(text);
        foreach (var parity in new[] { "even", "odd" })
        {
            Assert.Contains($"h_seconds_sum{{parity=\"{parity}\"}} 2500\n", text.ToString(), StringComparison.Ordinal);
            Assert.Contains($"h_seconds_count{{parity=\"{parity}\"}} 10000\n", text.ToString(), StringComparison.Ordinal);
        }
    }

    /// <summary>How often ASP.NET counted a POST to /score that was answered so.</summary>
    private static double Requests(Dictionary<string, double> metrics, int status) => metrics
        .Where(m => m.Key.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal)
            && m.Key.Contains("http_request_method=\"POST\"", StringComparison.Ordinal)
            && m.Key.Contains($"http_response_status_code=\"{status}\"", StringComparison.Ordinal)
            && m.Key.Contains("http_route=\"/score\"", StringComparison.Ordinal))
        .Sum(m => m.Value);

    /// <summary>The metrics, once they are as a test waits for them to be.</summary>
    private static async Task<Dictionary<string, double>> ReadAsync(Served served, Func<Dictionary<string, double>, bool> isReady)
    {
        Dictionary<string, double> metrics = [];
        var end = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        do
        {
            var text = await served.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            metrics = text.Split('\n').Where(l => l.Length > 0 && l[0] != '#').ToDictionary(
                l => l[..l.LastIndexOf(' ')], l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
            await Task.Delay(10);
        }
        while (!isReady(metrics) && DateTime.UtcNow < end);
        return metrics;
    }

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*(\{[a-z_]+=""[^""]*""(,[a-z_]+=""[^""]*"")*\})? -?[0-9.E+-]+$")]
    private static partial Regex Sample();

    [GeneratedRegex(@"^scorer(\.[a-z]+)+$")]
    private static partial Regex InstrumentName();

    [GeneratedRegex(@"^\{[a-z]+\}$")]
    private static partial Regex UnitOfThings();
}
