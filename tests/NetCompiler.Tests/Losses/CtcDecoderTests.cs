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
        long before = GC.GetAllocatedBytesForCurrentThread();
        decoder.Decode(outputs, labels);
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
        Assert.Equal(name, e.ParamName);
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.All(labels, l => Assert.Equal(77, l));
    }
}
