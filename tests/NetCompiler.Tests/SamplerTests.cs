using CsCheck;

namespace NetCompiler.Tests;

public sealed class SamplerTests
{
    /// <summary>Logits with equal ones, very close ones, huge and tiny ones and masked ones among them; never all masked.</summary>
    private static readonly Gen<float[]> Logits = Gen.Select(
        Gen.Frequency(
            (6, Gen.Single[-20, 20]),
            (2, Gen.Int[-3, 3].Select(i => (float)i)),
            (1, Gen.Single[-1e-30f, 1e-30f]),
            (1, Gen.OneOf(Gen.Const(float.MaxValue), Gen.Const(float.MinValue), Gen.Const(float.Epsilon), Gen.Const(-0f))),
            (1, Gen.Const(float.NegativeInfinity))).Array[0, 40],
        Gen.Single[-5, 5],
        Gen.Int[0, 40],
        (logits, finite, place) => logits.ToList() is var list ? Insert(list, Math.Min(place, list.Count), finite) : []);

    private static readonly Gen<(float[] Logits, int[] Recent, float Temperature, int TopK, float TopP, float Penalty)> Cases = Logits.SelectMany(
        logits => Gen.Select(
            Gen.Int[0, logits.Length - 1].Array[0, 12],
            Gen.OneOf(Gen.Const(1f), Gen.Single[0.05f, 4]),
            Gen.OneOf(Gen.Const(0), Gen.Int[1, logits.Length + 2]),
            Gen.OneOf(Gen.Const(1f), Gen.Single[0.01f, 1]),
            Gen.OneOf(Gen.Const(1f), Gen.Single[0.5f, 2]),
            (recent, temperature, topK, topP, penalty) => (logits, recent, temperature, topK, topP, penalty)));

    private static float[] Insert(List<float> list, int place, float value)
    {
        list.Insert(place, value);
        return [.. list];
    }

    private static float[] Probabilities(Sampler sampler, float[] logits, params int[] recent)
    {
        float[] result = new float[logits.Length];
        sampler.Probabilities(logits, recent, result);
        return result;
    }

    /// <summary>The steps as they are described, with sorting and <see cref="Math.Exp"/>.</summary>
    private static double[] Expected(float[] logits, int[] recent, float temperature, int topK, float topP, float penalty, out bool isClose)
    {
        double[] scores = [.. logits.Select((x, i) => !recent.Contains(i) ? x : x < 0 ? x * (double)penalty : x / (double)penalty)];
        int[] order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => scores[i]).ThenBy(i => i)];
        double highest = scores[order[0]];
        double[] weights = [.. scores.Select(s => Math.Exp((s - highest) / temperature))];
        int[] kept = order[..(topK == 0 ? order.Length : Math.Min(topK, order.Length))];
        double total = kept.Sum(i => weights[i]);
        double better = 0;
        isClose = false;
        List<int> nucleus = [];
        foreach (int token in kept)
        {
            if (topP < 1)
            {
                // Where the sum meets the limit almost exactly, rounding decides.
                isClose |= Math.Abs((better / total) - topP) < 1e-9;
                if (better / total >= topP)
                {
                    break;
                }
            }

            nucleus.Add(token);
            better += weights[token];
        }

        double[] result = new double[logits.Length];
        foreach (int token in nucleus)
        {
            result[token] = weights[token] / better;
        }

        return result;
    }

    [Fact]
    public void Probabilities_are_those_of_the_steps_in_their_order() => Cases.Sample(
        c =>
        {
            double[] expected = Expected(c.Logits, c.Recent, c.Temperature, c.TopK, c.TopP, c.Penalty, out bool isClose);
            if (isClose)
            {
                return;
            }

            Sampler sampler = new() { Temperature = c.Temperature, TopK = c.TopK, TopP = c.TopP, RepetitionPenalty = c.Penalty };
            float[] actual = Probabilities(sampler, c.Logits, c.Recent);
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.Equal(expected[i], actual[i], 1e-7);
            }
        },
        iter: 20_000);

    [Fact]
    public void Only_tokens_that_may_be_chosen_are_chosen() => Gen.Select(Cases, Gen.Long).Sample(
        (c, seed) =>
        {
            Sampler sampler = new(seed) { Temperature = c.Temperature, TopK = c.TopK, TopP = c.TopP, RepetitionPenalty = c.Penalty };
            float[] probabilities = Probabilities(sampler, c.Logits, c.Recent);
            Assert.InRange(probabilities.Count(p => p > 0), 1, c.TopK == 0 ? c.Logits.Length : c.TopK);
            for (int i = 0; i < 20; i++)
            {
                // What is too improbable for a float may be chosen, but not in any test.
                Assert.True(probabilities[sampler.Sample(c.Logits, c.Recent)] > 0);
            }

            Assert.Equal(20, sampler.Position);
        },
        iter: 3_000);

    [Fact]
    public void Temperature_0_and_top_1_take_the_highest_and_the_lowest_of_equals() => Gen.Select(Cases, Gen.Bool).Sample(
        (c, isGreedy) =>
        {
            double[] scores = [.. c.Logits.Select((x, i) => !c.Recent.Contains(i) ? x : x < 0 ? x * (double)c.Penalty : x / (double)c.Penalty)];
            Sampler sampler = new(3)
            {
                Temperature = isGreedy ? 0 : c.Temperature,
                TopK = isGreedy ? c.TopK : 1,
                TopP = c.TopP,
                RepetitionPenalty = c.Penalty,
            };
            int expected = Array.IndexOf(scores, scores.Max());
            Assert.Equal(expected, sampler.Sample(c.Logits, c.Recent));
            Assert.Equal(isGreedy ? 0 : 1, sampler.Position);
            Assert.Equal(1, Probabilities(sampler, c.Logits, c.Recent)[expected]);
        },
        iter: 5_000);

    /// <summary>Pearson's test; the limits are the 1 - 1e-6 quantiles, which a right sampler passes for all but one seed in a million (the seed is fixed).</summary>
    [Theory]
    [InlineData(1f, 0, 1f, 1f)]
    [InlineData(0.7f, 0, 1f, 1f)]
    [InlineData(1.8f, 5, 1f, 1f)]
    [InlineData(1f, 0, 0.8f, 1f)]
    [InlineData(1.2f, 7, 0.9f, 1.5f)]
    public void Frequencies_are_the_probabilities(float temperature, int topK, float topP, float penalty)
    {
        // Quantiles of the chi-square distribution with 0, 1, 2 ... degrees of freedom.
        double[] limits = [0, 23.93, 27.63, 30.66, 33.38, 35.89, 38.26, 40.52, 42.70, 44.81, 46.86, 48.87];
        float[] logits = [1.5f, -0.3f, 0.2f, 2.1f, -1.4f, 0.9f, 1.1f, -2.5f, 0.4f, 0.4f, -0.7f, 1.9f];
        int[] recent = [3, 3, 7, 0];
        const int Draws = 200_000;
        Sampler sampler = new(2024) { Temperature = temperature, TopK = topK, TopP = topP, RepetitionPenalty = penalty };
        double[] expected = Expected(logits, recent, temperature, topK, topP, penalty, out _);
        int[] counts = new int[logits.Length];
        for (int i = 0; i < Draws; i++)
        {
            counts[sampler.Sample(logits, recent)]++;
        }

        double statistic = 0;
        int possible = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            if (expected[i] == 0)
            {
                Assert.Equal(0, counts[i]);
                continue;
            }

            possible++;
            statistic += Math.Pow(counts[i] - (Draws * expected[i]), 2) / (Draws * expected[i]);
        }

        Assert.InRange(possible, 4, topK == 0 ? logits.Length : topK);
        Assert.InRange(statistic, 0, limits[possible - 1]);
    }

    [Fact]
    public void A_penalised_token_is_penalised_once_by_its_sign()
    {
        Sampler sampler = new() { RepetitionPenalty = 2 };
        float[] expected = Probabilities(new Sampler(), [1, -2, 0, 3]);
        float[] actual = Probabilities(sampler, [2, -1, 0, 3], 0, 1, 1, 1, 2);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Of_equal_logits_top_k_keeps_the_first() =>
        Assert.Equal([0, 0.5f, 0, 0.5f, 0], Probabilities(new Sampler { TopK = 2 }, [0, 1, 0, 1, 1]));

    [Fact]
    public void The_nucleus_is_of_what_top_k_kept()
    {
        // 0.4, 0.3, 0.2, 0.1: of the best two, the first has 4/7 and is enough for a half; of all it would not be.
        float[] logits = [.. new[] { 0.1, 0.4, 0.2, 0.3 }.Select(p => (float)Math.Log(p))];
        Assert.Equal([0, 1, 0, 0], Probabilities(new Sampler { TopK = 2, TopP = 0.5f }, logits));
        Assert.Equal(2, Probabilities(new Sampler { TopP = 0.5f }, logits).Count(p => p > 0));
    }

    [Fact]
    public void The_same_seed_gives_the_same_tokens_and_another_seed_others()
    {
        float[] logits = TestData.Floats(50, 4);
        int[] Draw(Sampler sampler) => [.. Enumerable.Range(0, 100).Select(_ => sampler.Sample(logits))];
        int[] first = Draw(new Sampler(7));
        Assert.Equal(first, Draw(new Sampler(7)));
        Assert.NotEqual(first, Draw(new Sampler(8)));

        Sampler later = new(7) { Position = 40 };
        Assert.Equal(first[40], later.Sample(logits));
        later.Position = 0;
        Assert.Equal(first, Draw(later));
    }

    /// <summary>From a program in another language that follows the description.</summary>
    [Fact]
    public void The_tokens_of_a_seed_are_fixed()
    {
        float[] logits = [.. Enumerable.Range(0, 32).Select(i => ((i * 37 % 32) - 16) * 0.125f)];
        Sampler sampler = new(42) { Temperature = 0.9f, TopK = 20, TopP = 0.95f, RepetitionPenalty = 1.2f };
        List<int> tokens = [];
        for (int i = 0; i < 24; i++)
        {
            tokens.Add(sampler.Sample(logits, tokens.ToArray()));
        }

        Assert.Equal([25, 18, 19, 6, 11, 11, 18, 19, 17, 25, 6, 6, 12, 6, 12, 5, 19, 3, 10, 12, 16, 25, 6, 25], tokens);
    }

    [Theory]
    [InlineData(65)]
    [InlineData(5000)]
    public void Sampling_allocates_nothing(int vocabulary)
    {
        float[] logits = TestData.Floats(vocabulary, 9);
        float[] probabilities = new float[vocabulary];
        int[] recent = [1, 2, 3, 2];
        Sampler plain = new(1);
        Sampler full = new(1) { Temperature = 0.8f, TopK = 40, TopP = 0.9f, RepetitionPenalty = 1.1f };
        Sampler nucleus = new(1) { TopP = 0.9f };
        Sampler greedy = new(1) { Temperature = 0 };
        void Work()
        {
            plain.Sample(logits);
            full.Sample(logits, recent);
            nucleus.Sample(logits);
            greedy.Sample(logits);
            full.Probabilities(logits, recent, probabilities);
        }

        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
        {
            Work();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Bad_logits_are_refused_with_their_place()
    {
        Sampler sampler = new(1) { RepetitionPenalty = 1.1f };
        void Refused(float[] logits, int[] recent, params string[] parts)
        {
            foreach (float temperature in new[] { 0f, 1f })
            {
                sampler.Temperature = temperature;
                string message = Assert.Throws<ArgumentException>(() => sampler.Sample(logits, recent)).Message;
                Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
            }
        }

        Refused([], [], "no logits");
        Refused([1, 2, float.NaN], [], "logits[2] is NaN");
        Refused([1, float.PositiveInfinity, 3], [], "logits[1]", "negative infinity");
        Refused([float.NegativeInfinity, float.NegativeInfinity], [], "All 2 logits");
        Refused([1, 2, 3], [0, 3], "recentTokens[1] is 3", "from 0 to 2");
        Refused([1, 2, 3], [-1], "recentTokens[0] is -1");
        Assert.Contains("4 logits", Assert.Throws<ArgumentException>(() => sampler.Probabilities([1, 2, 3, 4], [], new float[3])).Message, StringComparison.Ordinal);
        Assert.Contains("recent tokens", Assert.Throws<InvalidOperationException>(() => sampler.Sample([1, 2])).Message, StringComparison.Ordinal);
        Assert.Equal(0, sampler.Position);

        // What failed has changed nothing.
        Assert.Equal(new Sampler(1).Sample([1, 2, 3], []), new Sampler(1).Sample([1, 2, 3]));
    }

    [Fact]
    public void Behind_the_last_random_number_there_is_none()
    {
        Sampler sampler = new(1) { Position = long.MaxValue - 1 };
        sampler.Sample([1, 2, 3]);
        Assert.Contains("no more random numbers", Assert.Throws<InvalidOperationException>(() => sampler.Sample([1, 2, 3])).Message, StringComparison.Ordinal);
        sampler.Position = 0;
        Assert.Equal(new Sampler(1).Sample([1, 2, 3]), sampler.Sample([1, 2, 3]));
    }

    [Theory]
    [InlineData(nameof(Sampler.Temperature), -0.1f)]
    [InlineData(nameof(Sampler.Temperature), float.NaN)]
    [InlineData(nameof(Sampler.Temperature), float.PositiveInfinity)]
    [InlineData(nameof(Sampler.TopK), -1f)]
    [InlineData(nameof(Sampler.TopP), 0f)]
    [InlineData(nameof(Sampler.TopP), 1.01f)]
    [InlineData(nameof(Sampler.TopP), float.NaN)]
    [InlineData(nameof(Sampler.RepetitionPenalty), 0f)]
    [InlineData(nameof(Sampler.RepetitionPenalty), float.NaN)]
    [InlineData(nameof(Sampler.RepetitionPenalty), float.PositiveInfinity)]
    [InlineData(nameof(Sampler.Position), -1f)]
    public void Bad_settings_are_refused_by_name(string setting, float value)
    {
        Sampler sampler = new();
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            switch (setting)
            {
                case nameof(Sampler.Temperature):
                    sampler.Temperature = value;
                    break;
                case nameof(Sampler.TopK):
                    sampler.TopK = (int)value;
                    break;
                case nameof(Sampler.TopP):
                    sampler.TopP = value;
                    break;
                case nameof(Sampler.RepetitionPenalty):
                    sampler.RepetitionPenalty = value;
                    break;
                default:
                    sampler.Position = (long)value;
                    break;
            }
        });
        Assert.Equal(setting, error.ParamName);
    }

    [Fact]
    public void The_portable_exponential_is_right_to_the_last_digits() => Gen.OneOf(Gen.Double[-708, 0], Gen.Double[-1, 0]).Sample(
        x => Assert.InRange(Math.Abs(PortableMath.ExpOfNonPositive(x) / Math.Exp(x) - 1), 0, 5e-16),
        iter: 100_000);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-0.0, 1)]
    [InlineData(-709, 0)]
    [InlineData(double.NegativeInfinity, 0)]
    public void The_portable_exponential_at_its_ends(double x, double expected) => Assert.Equal(expected, PortableMath.ExpOfNonPositive(x));

    [Fact]
    public void A_number_of_a_stream_is_found_by_its_position()
    {
        SplitMix64 stream = new(99);
        for (long i = 0; i < 10; i++)
        {
            Assert.Equal(SplitMix64.At(99, i), stream.Next());
        }
    }
}
