namespace NetCompiler;

/// <summary>
/// Chooses the next token from a network's logits. The steps and their order are those of Hugging Face's processors:
/// <list type="number">
/// <item>repetition penalty: the logit of each token among the recent ones is divided by <see cref="RepetitionPenalty"/> if positive, multiplied by it if
/// negative, once however often the token occurs (Keskar et al.: CTRL, 2019);</item>
/// <item>all logits are divided by <see cref="Temperature"/>;</item>
/// <item>only the <see cref="TopK"/> highest are kept;</item>
/// <item>of these, only the fewest whose probabilities sum to <see cref="TopP"/> (Holtzman et al.: The Curious Case of Neural Text Degeneration, 2019);</item>
/// <item>one of the rest is drawn with the probabilities of their softmax.</item>
/// </list>
/// Of equal logits the one of the lower token counts as higher, so that <see cref="TopK"/> never keeps more than it says (Hugging Face keeps all that equal
/// the last one).
/// </summary>
/// <remarks>
/// The same seed and logits give the same tokens on every machine and instruction path. A call allocates nothing, except that the first one with a larger vocabulary than
/// any before allocates memory for it. A sampler is for one stream of tokens at a time: threads need one each.
/// </remarks>
public sealed class Sampler
{
    private readonly ulong key;

    // Logits after the penalty; tokens as a heap, from whose end those taken out grow downwards; weights of those kept.
    private double[] scores = [];
    private int[] order = [];
    private double[] weights = [];

    /// <summary>Makes a sampler.</summary>
    /// <param name="seed">Decides the random numbers.</param>
    public Sampler(long seed = 0) => key = SplitMix64.Key(seed, "sampler");

    /// <summary>
    /// Above 1 evens the probabilities out, below 1 sharpens them. 0 always takes the most probable token (of equals the lowest), without a random number.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or not finite.</exception>
    public float Temperature
    {
        get;
        set => field = value >= 0 && float.IsFinite(value) ? value : throw Bad(nameof(Temperature), value, "Temperature must be a finite number, 0 (always the most probable token) or above.");
    } = 1;

    /// <summary>How many of the most probable tokens may be chosen; 0: all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int TopK
    {
        get;
        set => field = value >= 0 ? value : throw Bad(nameof(TopK), value, "TopK must be at least 1, or 0 for all tokens.");
    }

    /// <summary>The most probable tokens that together have this probability may be chosen (at least one); 1: all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or above 1.</exception>
    public float TopP
    {
        get;
        set => field = value > 0 && value <= 1 ? value : throw Bad(nameof(TopP), value, "TopP must be above 0 and at most 1 (all tokens).");
    } = 1;

    /// <summary>Above 1 makes recent tokens less probable, below 1 more; 1: leaves them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or not finite.</exception>
    public float RepetitionPenalty
    {
        get;
        set => field = value > 0 && float.IsFinite(value) ? value : throw Bad(nameof(RepetitionPenalty), value, "RepetitionPenalty must be a finite number above 0; 1 is no penalty.");
    } = 1;

    /// <summary>
    /// How many random numbers have been used: one for each token not chosen greedily. A sampler of the same seed set to the same position goes on with the same
    /// tokens; 0 begins again.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public long Position
    {
        get;
        set => field = value >= 0 ? value : throw Bad(nameof(Position), value, "Position must be at least 0.");
    }

    /// <summary>Chooses a token, where no token is penalised.</summary>
    /// <param name="logits">One for each token of the vocabulary; negative infinity for a token that must not be chosen.</param>
    /// <returns>The token: an index of <paramref name="logits"/>.</returns>
    /// <exception cref="ArgumentException">There are no logits, or one is NaN or positive infinity, or all are negative infinity.</exception>
    /// <exception cref="InvalidOperationException">There is a repetition penalty, which needs the recent tokens.</exception>
    public int Sample(ReadOnlySpan<float> logits) => RepetitionPenalty == 1
        ? Sample(logits, [])
        : throw new InvalidOperationException(
            $"RepetitionPenalty is {RepetitionPenalty}, but no recent tokens were given. Call Sample(logits, recentTokens), or set RepetitionPenalty to 1.");

    /// <summary>Chooses a token.</summary>
    /// <param name="logits">One for each token of the vocabulary; negative infinity for a token that must not be chosen.</param>
    /// <param name="recentTokens">The tokens that are penalised, in any order; without a penalty they are not looked at.</param>
    /// <returns>The token: an index of <paramref name="logits"/>.</returns>
    /// <exception cref="ArgumentException">
    /// There are no logits, or one is NaN or positive infinity, or all are negative infinity, or a recent token is not of the vocabulary.
    /// </exception>
    /// <exception cref="InvalidOperationException"><see cref="Position"/> is the last one that there is.</exception>
    public int Sample(ReadOnlySpan<float> logits, ReadOnlySpan<int> recentTokens)
    {
        int best = Score(logits, recentTokens);
        if (Temperature == 0)
        {
            return best;
        }

        if (Position == long.MaxValue)
        {
            throw new InvalidOperationException($"Position is {long.MaxValue}, where there are no more random numbers. Set it to how many have been used; 0 begins again.");
        }

        Selection kept = Select(logits.Length, scores[best]);
        double left = (SplitMix64.At(key, Position++) >> 11) * (1.0 / (1L << 53)) * kept.Total;
        int last = 0;
        for (int i = 0; i < kept.Count; i++)
        {
            if (weights[i] > 0)
            {
                last = i;
                left -= weights[i];
                if (left < 0)
                {
                    break;
                }
            }
        }

        return Token(kept, last, logits.Length);
    }

    /// <summary>The probabilities with which <see cref="Sample(ReadOnlySpan{float}, ReadOnlySpan{int})"/> chooses; uses no random number.</summary>
    /// <param name="logits">One for each token of the vocabulary; negative infinity for a token that must not be chosen.</param>
    /// <param name="recentTokens">The tokens that are penalised, in any order; without a penalty they are not looked at.</param>
    /// <param name="probabilities">Receives one for each token; 0 for those that cannot be chosen.</param>
    /// <exception cref="ArgumentException">As for Sample, or there are not as many probabilities as logits.</exception>
    public void Probabilities(ReadOnlySpan<float> logits, ReadOnlySpan<int> recentTokens, Span<float> probabilities)
    {
        if (probabilities.Length != logits.Length)
        {
            throw new ArgumentException($"There is room for {probabilities.Length} probabilities, but there are {logits.Length} logits. "
                + $"Give a span of the same length.", nameof(probabilities));
        }

        int best = Score(logits, recentTokens);
        if (Temperature == 0)
        {
            probabilities.Clear();
            probabilities[best] = 1;
            return;
        }

        Selection kept = Select(logits.Length, scores[best]);
        probabilities.Clear();
        for (int i = 0; i < kept.Count; i++)
        {
            probabilities[Token(kept, i, logits.Length)] = (float)(weights[i] / kept.Total);
        }
    }

    /// <summary>Checks the logits, applies the penalty, and gives the most probable token.</summary>
    private int Score(ReadOnlySpan<float> logits, ReadOnlySpan<int> recentTokens)
    {
        if (logits.IsEmpty)
        {
            throw new ArgumentException("There are no logits. Give one for each token of the vocabulary.", nameof(logits));
        }

        if (scores.Length < logits.Length)
        {
            scores = new double[logits.Length];
            order = new int[logits.Length];
            weights = new double[logits.Length];
        }

        for (int i = 0; i < logits.Length; i++)
        {
            scores[i] = logits[i] <= float.MaxValue ? logits[i] : throw new ArgumentException(
                $"logits[{i}] is {logits[i]}. Logits must be finite, or negative infinity for a token that must not be chosen; "
                    + $"a network that gives others has diverged in training.", nameof(logits));
        }

        if (RepetitionPenalty != 1)
        {
            Penalise(logits, recentTokens);
        }

        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }

        return !double.IsNegativeInfinity(scores[best]) ? best : throw new ArgumentException(
            $"All {logits.Length} logits are negative infinity, so no token may be chosen. Leave at least one finite.", nameof(logits));
    }

    private void Penalise(ReadOnlySpan<float> logits, ReadOnlySpan<int> recentTokens)
    {
        for (int i = 0; i < recentTokens.Length; i++)
        {
            int token = recentTokens[i];
            if ((uint)token >= (uint)logits.Length)
            {
                throw new ArgumentException($"recentTokens[{i}] is {token}, but there are {logits.Length} logits. Give tokens from 0 to {logits.Length - 1}.",
                    nameof(recentTokens));
            }

            // From the logit itself, so that a token that occurs twice is penalised once.
            double logit = logits[token];
            scores[token] = logit < 0 ? logit * RepetitionPenalty : logit / RepetitionPenalty;
        }
    }

    /// <summary>Fills <see cref="weights"/> with those of the tokens that may be chosen.</summary>
    private Selection Select(int size, double highest)
    {
        int most = TopK == 0 ? size : Math.Min(TopK, size);
        if (most == size && TopP == 1)
        {
            double total = 0;
            for (int i = 0; i < size; i++)
            {
                total += weights[i] = Weight(i, highest);
            }

            return new Selection(size, total, IsOrdered: false);
        }

        MakeHeap(size);
        if (TopP == 1)
        {
            return Take(size, most, double.PositiveInfinity, highest);
        }

        if (most == size)
        {
            double all = 0;
            for (int i = 0; i < size; i++)
            {
                all += Weight(i, highest);
            }

            return Take(size, size, TopP * all, highest);
        }

        Selection best = Take(size, most, double.PositiveInfinity, highest);
        double enough = TopP * best.Total;
        double sum = 0;
        int count = 0;
        while (count < best.Count && sum < enough)
        {
            sum += weights[count++];
        }

        return new Selection(count, sum, IsOrdered: true);
    }

    /// <summary>Takes tokens out of the heap, the most probable first, until there are enough of them or their weights sum to enough.</summary>
    private Selection Take(int size, int most, double enough, double highest)
    {
        double sum = 0;
        int count = 0;
        while (count < most && sum < enough)
        {
            int token = order[0];
            int last = size - 1 - count;
            order[0] = order[last];
            order[last] = token;
            SiftDown(0, last);
            sum += weights[count++] = Weight(token, highest);
        }

        return new Selection(count, sum, IsOrdered: true);
    }

    private double Weight(int token, double highest) => PortableMath.ExpOfNonPositive((scores[token] - highest) / Temperature);

    private int Token(Selection kept, int index, int size) => kept.IsOrdered ? order[size - 1 - index] : index;

    private void MakeHeap(int size)
    {
        for (int i = 0; i < size; i++)
        {
            order[i] = i;
        }

        for (int i = (size / 2) - 1; i >= 0; i--)
        {
            SiftDown(i, size);
        }
    }

    private void SiftDown(int at, int size)
    {
        int token = order[at];
        for (int child = (2 * at) + 1; child < size; child = (2 * at) + 1)
        {
            if (child + 1 < size && IsBefore(order[child + 1], order[child]))
            {
                child++;
            }

            if (IsBefore(token, order[child]))
            {
                break;
            }

            order[at] = order[child];
            at = child;
        }

        order[at] = token;
    }

    private bool IsBefore(int a, int b) => scores[a] > scores[b] || (scores[a] == scores[b] && a < b);

    private static ArgumentOutOfRangeException Bad(string name, object value, string message) => new(name, value, message);

    /// <summary>The tokens that may be chosen: how many, the sum of their weights, and whether they come from the heap or are the whole vocabulary.</summary>
    private readonly record struct Selection(int Count, double Total, bool IsOrdered);
}
