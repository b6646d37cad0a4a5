using Digits.Data;

namespace Digits.Tests;

public sealed class EvaluationTests
{
    /// <summary>Sees the true digit in the first pixel, and takes every seven for a one.</summary>
    private static void TakesSevensForOnes(ReadOnlySpan<float> images, Span<float> scores)
    {
        for (var i = 0; i < scores.Length / 10; i++)
        {
            var digit = (int)MathF.Round(images[i * 784] * 255);
            scores[10 * i + (digit == 7 ? 1 : digit)] = 5 + i % 3;
        }
    }

    private static DigitSet Marked(int count)
    {
        var pixels = new byte[count * 784];
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
            pixels[i * 784] = labels[i] = (byte)(i * 7 % 10);
        return new DigitSet(pixels, labels);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(250, 1)]
    [InlineData(1013, 3)]
    public void Every_digit_is_read_once_and_misreads_are_listed_by_confidence(int count, int threads)
    {
        var set = Marked(count);
        var evaluation = Evaluation.Of(set, TakesSevensForOnes, threads);
        var sevens = Enumerable.Range(0, count).Where(i => set.Label(i) == 7).ToArray();
        Assert.Equal(count, evaluation.Matrix.Total);
        Assert.Equal(count - sevens.Length, evaluation.Matrix.Right);
        Assert.Equal(sevens.Length, evaluation.Matrix[7, 1]);
        Assert.Equal(sevens, evaluation.Misreads.Select(m => m.Index).Order());
        Assert.All(evaluation.Misreads, m => Assert.Equal((7, 1), (m.Digit, m.ReadAs)));
        Assert.Equal(evaluation.Misreads.OrderByDescending(m => m.Probability).ThenBy(m => m.Index), evaluation.Misreads);
    }

    [Fact]
    public void Probabilities_are_the_softmax_also_of_large_scores()
    {
        var probabilities = Evaluation.Probabilities([1000, 1001, -1000]);
        Assert.Equal(1 / (1 + MathF.E), probabilities[0], 1e-6f);
        Assert.Equal(MathF.E / (1 + MathF.E), probabilities[1], 1e-6f);
        Assert.Equal(0, probabilities[2]);
        Assert.Equal((1, probabilities[1]), Evaluation.Best(probabilities));
    }
}
