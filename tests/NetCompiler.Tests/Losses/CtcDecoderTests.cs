namespace NetCompiler.Tests;

public sealed class CtcDecoderTests
{
    /// <summary>Logits whose best path is that.</summary>
    private static float[] Outputs(int classes, params int[] path) =>
        [.. path.SelectMany((best, t) => Enumerable.Range(0, classes).Select(c => c == best ? 2f : MathF.Sin((7 * t) + c)))];

    [Theory]
    [InlineData(0, new int[0], new int[0])]
    [InlineData(0, new[] { 0, 0 }, new int[0])]
    [InlineData(0, new[] { 1, 1, 0, 1, 2, 2, 1, 0 }, new[] { 1, 1, 2, 1 })]
    [InlineData(2, new[] { 1, 1, 0, 1, 2, 2, 1, 0 }, new[] { 1, 0, 1, 1, 0 })]
    [InlineData(2, new[] { 2, 0, 0, 0, 2, 0 }, new[] { 0, 0 })]
    public void Repetitions_go_then_blanks(int blank, int[] path, int[] expected)
    {
        int[] labels = [.. new int[path.Length + 2].Select(_ => 77)];
        int count = new CtcDecoder(3, blank).Decode(Outputs(3, path), labels);
        Assert.Equal(expected, labels[..count]);
        Assert.Equal(CtcReference.Labels(path, blank), expected);
        Assert.All(labels[count..], l => Assert.Equal(77, l));
    }

    [Fact]
    public void A_search_that_leaves_nothing_out_finds_the_most_probable_labels()
    {
        CtcDecoder[] decoders = [new(3), new(3, 1), new(3, 2)];
        for (int seed = 0; seed < 60; seed++)
        {
            int blank = seed % 3;
            int steps = seed % 8;
            float[] outputs = [.. TestData.Floats(steps * 3, seed).Select(x => (1 + (seed % 4)) * x)];
            Dictionary<string, double> all = CtcReference.Labellings(Array.ConvertAll(outputs, x => (double)x), 3, blank);
            KeyValuePair<string, double> best = all.MaxBy(l => l.Value);
            int[] labels = new int[steps];
            int count = decoders[blank].Search(outputs, 1000, labels, out double logProbability);
            Assert.Equal(best.Key, string.Join(",", labels[..count]));
            Assert.Equal(best.Value, Math.Exp(logProbability), 1e-12);

            // With less, it knows of as many paths or fewer.
            foreach (int width in new[] { 1, 2, 5 })
            {
                count = decoders[blank].Search(outputs, width, labels, out logProbability);
                Assert.InRange(Math.Exp(logProbability), 0, all[string.Join(",", labels[..count])] + 1e-12);
            }
        }
    }

    [Fact]
    public void Many_paths_are_more_than_the_best_one()
    {
        CtcDecoder decoder = new(2);
        float[] outputs = [MathF.Log(0.6f), MathF.Log(0.4f), MathF.Log(0.6f), MathF.Log(0.4f)];
        int[] labels = [77, 77];
        Assert.Equal(0, decoder.Decode(outputs, labels));
        Assert.Equal(1, decoder.Search(outputs, 2, labels, out double logProbability));
        Assert.Equal([1, 77], labels);
        Assert.Equal(0.64, Math.Exp(logProbability), 1e-7);
    }

    [Theory]
    [InlineData(8, 100)]
    [InlineData(40, 100)]
    public void What_a_wide_search_finds_is_as_probable_as_the_best_path_s_labels(int steps, int width)
    {
        const int classes = 6;
        CtcLoss loss = new(steps, classes);
        CtcDecoder decoder = new(classes);
        for (int seed = 0; seed < 10; seed++)
        {
            float[] outputs = [.. TestData.Floats(steps * classes, seed).Select(x => 6 * x)];
            int[] greedy = new int[steps];
            greedy = greedy[..decoder.Decode(outputs, greedy)];
            int[] found = new int[steps];
            found = found[..decoder.Search(outputs, width, found, out double logProbability)];
            Assert.InRange(LogProbability(found), LogProbability(greedy) - 1e-4, 0);
            Assert.InRange(logProbability, double.NegativeInfinity, LogProbability(found) + 1e-4);
            Assert.InRange(logProbability, LogProbability(found) - 0.7, 0);

            double LogProbability(int[] labels) => -loss.Compute(outputs, Array.ConvertAll(labels, l => (float)l), new float[outputs.Length]) * (double)Math.Max(1, labels.Length);
        }
    }

    [Fact]
    public void A_network_that_is_sure_is_read_the_same_in_both_ways()
    {
        CtcDecoder decoder = new(5, blank: 4);
        float[] outputs = [.. Outputs(5, [4, 1, 1, 4, 1, 0, 3, 3, 4, 4, 2, 2]).Select(x => 30 * x)];
        foreach (int width in new[] { 1, 3, 50 })
        {
            int[] labels = new int[12];
            Assert.Equal(5, decoder.Search(outputs, width, labels, out double logProbability));
            Assert.Equal([1, 1, 0, 3, 2], labels[..5]);
            Assert.Equal(0, logProbability, 1e-6);
        }
    }

    [Fact]
    public void Classes_that_must_not_be_are_not_found()
    {
        const float no = float.NegativeInfinity;
        int[] labels = new int[3];
        Assert.Equal(2, new CtcDecoder(3).Search([no, no, 5, no, 1, no, no, 0, no], 10, labels, out double logProbability));
        Assert.Equal([2, 1], labels[..2]);
        Assert.Equal(0, logProbability, 1e-12);
        ArgumentException e = Assert.Throws<ArgumentException>(() => new CtcDecoder(3).Search([0, 0, 0, no, no, no], 10, labels, out _));
        Assert.StartsWith("All 3 logits of step 1 are negative infinity, so that nothing can be there. Leave at least one finite.", e.Message, StringComparison.Ordinal);
        Assert.Equal("width", Assert.Throws<ArgumentOutOfRangeException>(() => new CtcDecoder(3).Search([0, 0, 0], 0, labels, out _)).ParamName);
    }

    [Fact]
    public void Of_equal_classes_the_lowest_is_taken()
    {
        int[] labels = new int[2];
        Assert.Equal(2, new CtcDecoder(3, blank: 2).Decode([0, 1, 1, 1, 1, 0], labels));
        Assert.Equal([1, 0], labels);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        CtcDecoder decoder = new(7);
        float[] outputs = TestData.Floats(30 * 7, 1);
        int[] labels = new int[30];
        decoder.Decode(outputs, labels);
        decoder.Search(outputs, 20, labels, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        decoder.Decode(outputs, labels);
        decoder.Search(outputs, 20, labels, out _);
        decoder.Search(outputs.AsSpan(0, 70), 10, labels, out _);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_decoder_that_cannot_be_is_refused()
    {
        Assert.StartsWith("There must be at least two classes", Assert.Throws<ArgumentOutOfRangeException>(() => new CtcDecoder(1)).Message, StringComparison.Ordinal);
        Assert.StartsWith("The blank must be one of the 3 classes: from 0 to 2.", Assert.Throws<ArgumentOutOfRangeException>(() => new CtcDecoder(3, 3)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(7, 9, float.NegativeInfinity, "outputs", "7 outputs are no steps of 3 classes. Give 3 logits for each step of one sample.")]
    [InlineData(9, 2, 1, "labels", "There is room for 2 labels, but 3 steps may have as many labels. Give a span of 3 or more.")]
    [InlineData(9, 3, float.NaN, "outputs", "outputs[5] is NaN. Logits must be finite, or negative infinity for a class that must not be; a network that gives others has diverged in training.")]
    [InlineData(9, 3, float.PositiveInfinity, "outputs", "outputs[5] is Infinity. Logits must be finite")]
    public void What_cannot_be_read_is_told(int outputs, int room, float value, string name, string message)
    {
        float[] logits = new float[outputs];
        logits[5] = value;
        int[] labels = [.. new int[room].Select(_ => 77)];
        ArgumentException e = Assert.Throws<ArgumentException>(() => new CtcDecoder(3).Decode(logits, labels));
        Assert.Equal(e.Message, Assert.Throws<ArgumentException>(() => new CtcDecoder(3).Search(logits, 4, labels, out _)).Message);
        Assert.Equal(name, e.ParamName);
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.All(labels, l => Assert.Equal(77, l));
    }
}
