namespace Scorer;

/// <summary>How well scores fit labels.</summary>
/// <param name="Rows">How many rows were scored.</param>
/// <param name="Positives">How many of them have the label 1.</param>
/// <param name="Loss">Mean cross-entropy, in nats.</param>
/// <param name="Accuracy">Share of rows on the right side of a score of one half.</param>
/// <param name="Auc">How often a row labelled 1 has a higher score than one labelled 0 (a tie counts half).</param>
internal sealed record Judgement(int Rows, int Positives, double Loss, double Accuracy, double Auc)
{
    private const int Batch = 256;

    /// <summary>Judges a network on rows that it did not learn from.</summary>
    /// <param name="network">The network.</param>
    /// <param name="features">[rows x <see cref="RiskNet.InputSize"/>].</param>
    /// <param name="labels">0 or 1 for each row.</param>
    public static Judgement Of(RiskNet network, ReadOnlySpan<float> features, ReadOnlySpan<float> labels)
    {
        var odds = LogOdds(network, features);
        var (loss, right, positives) = (0.0, 0, 0);
        for (var i = 0; i < odds.Length; i++)
        {
            loss += Loss1(odds[i], labels[i]);
            right += odds[i] > 0 == labels[i] > 0.5f ? 1 : 0;
            positives += labels[i] > 0.5f ? 1 : 0;
        }
        return new Judgement(odds.Length, positives, loss / odds.Length, (double)right / odds.Length, AreaUnderCurve(odds, labels));
    }

    /// <summary>The loss alone.</summary>
    public static double LossOf(RiskNet network, ReadOnlySpan<float> features, ReadOnlySpan<float> labels)
    {
        var odds = LogOdds(network, features);
        var loss = 0.0;
        for (var i = 0; i < odds.Length; i++)
            loss += Loss1(odds[i], labels[i]);
        return loss / odds.Length;
    }

    private static float[] LogOdds(RiskNet network, ReadOnlySpan<float> features)
    {
        var odds = new float[features.Length / RiskNet.InputSize];
        for (var begin = 0; begin < odds.Length; begin += Batch)
        {
            var count = Math.Min(Batch, odds.Length - begin);
            network.Forward(features.Slice(begin * RiskNet.InputSize, count * RiskNet.InputSize), odds.AsSpan(begin, count));
        }
        return odds;
    }

    private static double Loss1(double odds, double label) => Math.Max(odds, 0) - odds * label + Math.Log(1 + Math.Exp(-Math.Abs(odds)));

    /// <summary>By the sum of ranks (Mann and Whitney), where equal scores share their mean rank.</summary>
    private static double AreaUnderCurve(float[] odds, ReadOnlySpan<float> labels)
    {
        var order = Enumerable.Range(0, odds.Length).ToArray();
        Array.Sort((float[])odds.Clone(), order);
        var (positives, ranks) = (0L, 0.0);
        for (var begin = 0; begin < order.Length;)
        {
            var end = begin;
            while (end < order.Length && odds[order[end]].Equals(odds[order[begin]]))
                end++;
            for (var i = begin; i < end; i++)
            {
                if (labels[order[i]] > 0.5f)
                {
                    positives++;
                    ranks += (begin + 1 + end) / 2.0;
                }
            }
            begin = end;
        }
        var negatives = order.Length - positives;
        return positives == 0 || negatives == 0 ? double.NaN : (ranks - positives * (positives + 1) / 2.0) / ((double)positives * negatives);
    }
}
