using NetCompiler;

namespace Listener;

/// <summary>What is heard at a time.</summary>
/// <param name="Seconds">Since the beginning.</param>
/// <param name="Word">The most probable word.</param>
/// <param name="Probability">Its probability; the rest is that of other words and of none.</param>
/// <param name="Said">The word that has just ended; null: none has.</param>
internal readonly record struct Moment(double Seconds, int Word, float Probability, int? Said);

/// <summary>
/// Listens to a sound as it arrives, 20 ms at a time. While the network hears some word, the words' probabilities add up; when it hears none any more, the word with most of them was said.
/// </summary>
internal sealed class Listening(Ear ear)
{
    /// <summary>Less than 60 ms are no word.</summary>
    private const float Least = 3;

    private readonly Ear.State _state = ear.CreateState();
    private readonly float[] _scores = new float[Ear.Words + 1];
    private readonly float[] _sums = new float[Ear.Words];

    /// <summary>Hears the next samples.</summary>
    /// <param name="samples"><see cref="Ear.Stride"/> samples at <see cref="Ear.SampleRate"/>.</param>
    public Moment Hear(ReadOnlySpan<float> samples)
    {
        ear.Step(_state, samples, _scores);
        Softmax(_scores);
        var words = _scores.AsSpan(1);
        var word = MaxIndex(words);
        int? said = null;
        if (_scores[0] < 0.5f)
        {
            for (var i = 0; i < words.Length; i++) _sums[i] += words[i];
        }
        else
        {
            if (_sums.Sum() >= Least) said = MaxIndex(_sums);
            Array.Clear(_sums);
        }

        return new(_state.Position * (double)Ear.Stride / Ear.SampleRate, word, words[word], said);
    }

    /// <summary>Hears a whole sound, and silence after it, so that its last word ends.</summary>
    public static IEnumerable<Moment> Hear(Ear ear, float[] samples)
    {
        var listening = new Listening(ear);
        var hop = new float[Ear.Stride];
        for (var at = 0; at < samples.Length + Ear.SampleRate / 2; at += Ear.Stride)
        {
            Array.Clear(hop);
            if (at < samples.Length) samples.AsSpan(at, Math.Min(hop.Length, samples.Length - at)).CopyTo(hop);
            yield return listening.Hear(hop);
        }
    }

    /// <summary>Which word a sound is, if it is one.</summary>
    public static int Recognise(Ear ear, float[] samples)
    {
        var sums = new float[Ear.Words];
        foreach (var moment in Hear(ear, samples)) sums[moment.Word] += moment.Probability;
        return MaxIndex(sums);
    }

    private static int MaxIndex(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
            if (values[i] > values[best]) best = i;
        return best;
    }

    private static void Softmax(Span<float> scores)
    {
        var (max, sum) = (float.NegativeInfinity, 0f);
        foreach (var score in scores) max = Math.Max(max, score);
        foreach (ref var score in scores) sum += score = MathF.Exp(score - max);
        foreach (ref var score in scores) score /= sum;
    }
}
