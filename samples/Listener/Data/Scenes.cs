namespace Listener.Data;

/// <summary>
/// Draws sequences to learn from: one word or a few at random places in 1.28 s, spoken a little faster or slower, louder or softer, in noise; and what should be heard at each
/// time: a word from soon after it began until a moment after its end.
/// </summary>
internal sealed class Scenes(IReadOnlyList<Recording> recordings, long seed)
{
    private const int Length = Ear.Hops * Ear.Hop;
    private const int Rate = Ear.SampleRate;

    /// <summary>What it takes to hear that a word has begun, and how long it is held after its end.</summary>
    private const int Beginning = Rate * 8 / 100;
    private const int Held = Rate * 20 / 100;

    private readonly Random _random = new((int)(seed & int.MaxValue));
    private readonly int[] _order = [.. Enumerable.Range(0, recordings.Count)];
    private int _next;

    /// <summary>Fills a minibatch: sequences one after the other, and the classes of their results.</summary>
    public void Draw(Span<float> inputs, Span<int> labels)
    {
        inputs.Clear();
        labels.Clear();
        for (var i = 0; i * Length < inputs.Length; i++) Draw(inputs.Slice(i * Length, Length), labels.Slice(i * Ear.Results, Ear.Results), hasWord: _random.Next(12) > 0);
    }

    private void Draw(Span<float> wave, Span<int> labels, bool hasWord)
    {
        var loudness = Decibels(-40, 0);
        var at = _random.Next(Length / 3);
        while (hasWord && at < Length / 2)
        {
            var recording = Next();
            var speed = 0.88 + (0.26 * _random.NextDouble());
            var length = (int)(recording.Samples.Length / speed);
            var gain = loudness / Math.Max(1e-6f, recording.Samples.Max(MathF.Abs));
            for (var i = 0; i < length && at + i < Length; i++)
            {
                var place = i * speed;
                var (whole, part) = ((int)place, (float)(place - (int)place));
                var next = whole + 1 < recording.Samples.Length ? recording.Samples[whole + 1] : 0;
                wave[at + i] += gain * (recording.Samples[whole] + (part * (next - recording.Samples[whole])));
            }

            for (var t = 0; t < labels.Length; t++)
            {
                var end = (t + 1) * Ear.Stride;
                if (end > at + Math.Min(Beginning, length / 2) && end <= at + length + Held) labels[t] = recording.Word + 1;
            }

            at += length + _random.Next(Rate / 10, Rate / 2);
        }

        var noise = loudness * Decibels(-60, -20);
        foreach (ref var sample in wave) sample += noise * ((2 * _random.NextSingle()) - 1);
    }

    private float Decibels(float from, float to) => MathF.Pow(10, (from + ((to - from) * _random.NextSingle())) / 20);

    /// <summary>Goes through all recordings in a new order each time.</summary>
    private Recording Next()
    {
        if (_next == 0) _random.Shuffle(_order);
        var recording = recordings[_order[_next]];
        _next = (_next + 1) % _order.Length;
        return recording;
    }
}
