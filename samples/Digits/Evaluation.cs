using Digits.Data;
using Digits.Reporting;

namespace Digits;

/// <summary>A network as seen from here: images in, a score for each of the ten digits out; called from several threads at once.</summary>
internal delegate void Scorer(ReadOnlySpan<float> images, Span<float> scores);

/// <summary>One digit of the test set that was not read as what it is.</summary>
internal readonly record struct Misread(int Index, int Digit, int ReadAs, float Probability);

/// <summary>How well a network reads a set of digits.</summary>
internal sealed record Evaluation(ConfusionMatrix Matrix, IReadOnlyList<Misread> Misreads)
{
    private const int Batch = 250;

    /// <summary>Reads the whole set; misreads come with the most confident first.</summary>
    public static Evaluation Of(DigitSet set, Scorer scorer, int threads)
    {
        var readings = new (int Digit, float Probability)[set.Count];
        var batches = (set.Count + Batch - 1) / Batch;
        Parallel.For(0, batches, new ParallelOptions { MaxDegreeOfParallelism = threads }, batch =>
        {
            var (begin, end) = (batch * Batch, Math.Min(set.Count, (batch + 1) * Batch));
            var scores = new float[10 * (end - begin)];
            scorer(set.ToInputs(begin, end), scores);
            for (var i = begin; i < end; i++)
                readings[i] = Best(Probabilities(scores.AsSpan(10 * (i - begin), 10)));
        });

        var matrix = new ConfusionMatrix();
        var misreads = new List<Misread>();
        for (var i = 0; i < readings.Length; i++)
        {
            matrix.Add(set.Label(i), readings[i].Digit);
            if (readings[i].Digit != set.Label(i))
                misreads.Add(new Misread(i, set.Label(i), readings[i].Digit, readings[i].Probability));
        }
        misreads.Sort((a, b) => (-a.Probability, a.Index).CompareTo((-b.Probability, b.Index)));
        return new Evaluation(matrix, misreads);
    }

    /// <summary>Softmax.</summary>
    public static float[] Probabilities(ReadOnlySpan<float> scores)
    {
        var probabilities = new float[scores.Length];
        Probabilities(scores, probabilities);
        return probabilities;
    }

    /// <summary>Softmax into memory that is there already.</summary>
    public static void Probabilities(ReadOnlySpan<float> scores, Span<float> probabilities)
    {
        var most = float.NegativeInfinity;
        foreach (var score in scores)
            most = Math.Max(most, score);
        var sum = 0f;
        for (var i = 0; i < scores.Length; i++)
            sum += probabilities[i] = MathF.Exp(scores[i] - most);
        for (var i = 0; i < scores.Length; i++)
            probabilities[i] /= sum;
    }

    /// <summary>The likeliest digit and its probability.</summary>
    public static (int Digit, float Probability) Best(ReadOnlySpan<float> probabilities)
    {
        var best = 0;
        for (var digit = 1; digit < probabilities.Length; digit++)
        {
            if (probabilities[digit] > probabilities[best])
                best = digit;
        }
        return (best, probabilities[best]);
    }
}
