using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Scorer.Serving;

/// <summary>
/// Collects the instruments of one application and writes them in Prometheus's text format, version 0.0.4. A measurement takes no lock and allocates
/// nothing, save the first with its tags.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly string[] Meters = [ScorerMetrics.MeterName, "Microsoft.AspNetCore.Hosting"];

    private readonly MeterListener _listener = new();
    private ImmutableList<MetricFamily> _families = [];

    /// <param name="factory">Whose meters are collected: other applications in the process have their own.</param>
    public PrometheusText(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter.Scope, factory) || !Meters.Contains(instrument.Meter.Name))
                return;
            var family = new MetricFamily(instrument);
            ImmutableInterlocked.Update(ref _families, list => list.Add(family));
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var family in _families.OrderBy(f => f.Name, StringComparer.Ordinal))
            family.Write(text);
        return text.ToString();
    }
}

/// <summary>One instrument: a series for each combination of tags.</summary>
internal sealed class MetricFamily
{
    /// <summary>Tags come from a few known values; should that ever be wrong, memory stays bounded.</summary>
    private const int MostSeries = 200;

    private readonly string _help;
    private readonly double[]? _bounds;
    private readonly bool _adds;
    private ImmutableArray<Series> _series = [];

    public MetricFamily(Instrument instrument)
    {
        _help = instrument.Description ?? "";
        _bounds = instrument is Histogram<double> histogram ? [.. histogram.Advice?.HistogramBucketBoundaries ?? [0.001, 0.01, 0.1, 1, 10]] : null;
        var type = instrument.GetType();
        var counts = Is(type, typeof(Counter<>));
        _adds = counts || Is(type, typeof(UpDownCounter<>));
        Kind = _bounds is not null ? "histogram" : counts ? "counter" : "gauge";
        Name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "") + (counts ? "_total" : "");
    }

    public string Name { get; }

    public string Kind { get; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var series in _series)
        {
            if (series.Has(tags))
            {
                series.Record(value);
                return;
            }
        }
        Create(tags)?.Record(value);
    }

    public void Write(StringBuilder text)
    {
        if (_series.IsEmpty)
            return;
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {_help}\n# TYPE {Name} {Kind}\n");
        foreach (var series in _series)
            series.Write(text, Name);
    }

    private static bool Is(Type type, Type generic) => type.IsGenericType && type.GetGenericTypeDefinition() == generic;

    private Series? Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var mine = new Series(tags.ToArray(), _bounds, _adds);
        while (true)
        {
            var all = _series;
            foreach (var series in all)
            {
                if (series.Has(tags))
                    return series;
            }
            if (all.Length == MostSeries)
                return null;
            if (ImmutableInterlocked.InterlockedCompareExchange(ref _series, all.Add(mine), all) == all)
                return mine;
        }
    }

    private sealed class Series(KeyValuePair<string, object?>[] tags, double[]? bounds, bool adds)
    {
        private readonly long[] _buckets = new long[bounds is null ? 0 : bounds.Length + 1];
        private double _value;

        public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> others)
        {
            if (others.Length != tags.Length)
                return false;
            for (var i = 0; i < tags.Length; i++)
            {
                if (others[i].Key != tags[i].Key || !Equals(others[i].Value, tags[i].Value))
                    return false;
            }
            return true;
        }

        public void Record(double value)
        {
            if (bounds is not null)
            {
                var bucket = 0;
                while (bucket < bounds.Length && value > bounds[bucket])
                    bucket++;
                Interlocked.Increment(ref _buckets[bucket]);
            }
            if (bounds is null && !adds)
            {
                Volatile.Write(ref _value, value);
                return;
            }
            double before;
            do
                before = Volatile.Read(ref _value);
            while (!Interlocked.CompareExchange(ref _value, before + value, before).Equals(before));
        }

        public void Write(StringBuilder text, string name)
        {
            var labels = string.Join(',', tags.Select(t =>
                $"{t.Key.Replace('.', '_')}=\"{Escaped(Convert.ToString(t.Value, CultureInfo.InvariantCulture) ?? "")}\""));
            if (bounds is null)
            {
                text.Append(name).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(CultureInfo.InvariantCulture, $" {Volatile.Read(ref _value):R}\n");
                return;
            }
            var (count, comma) = (0L, labels.Length > 0 ? "," : "");
            for (var i = 0; i < _buckets.Length; i++)
            {
                count += Volatile.Read(ref _buckets[i]);
                var bound = i < bounds.Length ? bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}\n");
            }
            var all = labels.Length > 0 ? $"{{{labels}}}" : "";
            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{all} {Volatile.Read(ref _value):R}\n{name}_count{all} {count}\n");
        }

        private static string Escaped(string value) =>
            value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
    }
}
