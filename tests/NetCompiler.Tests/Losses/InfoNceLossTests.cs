namespace NetCompiler.Tests;

public sealed class InfoNceLossTests
{
    private static (float Loss, float[] Gradients) Compute(InfoNceLoss loss, float[] outputs)
    {
        float[] gradients = [.. outputs.Select(_ => 7f)];
        return (loss.Compute(outputs, [], gradients), gradients);
    }

    /// <summary>As it is defined, in double.</summary>
    private static double Reference(double[] outputs, int size, double temperature, bool normalize)
    {
        double[][] vectors = [.. outputs.Chunk(size).Select(v => normalize ? [.. v.Select(x => x / Math.Sqrt(v.Sum(y => y * y)))] : v)];
        int pairs = vectors.Length / 2;
        double sum = 0;
        for (int i = 0; i < pairs; i++)
        {
            sum += CrossEntropy(i, j => Logit(i, j)) + CrossEntropy(i, j => Logit(j, i));
        }

        return sum / (2 * pairs);

        double Logit(int i, int j) => vectors[i].Zip(vectors[pairs + j]).Sum(p => p.First * p.Second) / temperature;

        double CrossEntropy(int right, Func<int, double> logit)
        {
            double highest = Enumerable.Range(0, pairs).Max(logit);
            return Math.Log(Enumerable.Range(0, pairs).Sum(j => Math.Exp(logit(j) - highest))) + highest - logit(right);
        }
    }

    private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(v => v * v));

    private static void Close(IEnumerable<double> expected, IEnumerable<float> actual, double tolerance)
    {
        double[] values = [.. expected];
        Assert.InRange(Norm(values.Zip(actual, (a, b) => a - b)), 0, tolerance * Norm(values));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 8)]
    [InlineData(4, 5)]
    [InlineData(5, 16)]
    [InlineData(7, 17)]
    [InlineData(8, 4)]
    [InlineData(9, 9)]
    [InlineData(17, 2)]
    public void Loss_and_gradients_are_the_definition_s(int pairs, int size)
    {
        foreach (bool normalize in new[] { true, false })
        {
            float[] outputs = TestData.Floats(2 * pairs * size, pairs + size);
            double[] exact = Array.ConvertAll(outputs, x => (double)x);
            InfoNceLoss loss = new(size) { Temperature = 0.25f, Normalize = normalize };
            (float actual, float[] gradients) = Compute(loss, outputs);
            double expected = Reference(exact, size, 0.25, normalize);
            Assert.Equal(expected, actual, 2e-6 * (1 + expected));

            // With lengths normalised there is nothing to learn for vectors of one float.
            const double step = 1e-5;
            double[] slopes = [.. exact.Select((_, i) => (At(i, step) - At(i, -step)) / (2 * step))];
            if (normalize && size == 1)
            {
                Assert.All(gradients, g => Assert.Equal(0, g, 1e-5));
                continue;
            }

            Close(slopes, gradients, 2e-5);

            double At(int place, double by) => Reference([.. exact.Select((x, i) => i == place ? x + by : x)], size, 0.25, normalize);
        }
    }

    [Theory]
    [InlineData(33, 70)]
    [InlineData(64, 128)]
    [InlineData(130, 24)]
    public void Losses_of_large_minibatches_are_the_definition_s(int pairs, int size)
    {
        float[] outputs = TestData.Floats(2 * pairs * size, pairs);
        (float actual, float[] gradients) = Compute(new InfoNceLoss(size), outputs);
        double[] exact = Array.ConvertAll(outputs, x => (double)x);
        double expected = Reference(exact, size, 0.07f, normalize: true);
        Assert.Equal(expected, actual, 1e-5 * expected);

        // The slope along the gradient is its squared norm.
        double squares = gradients.Sum(g => (double)g * g);
        double step = 1e-3 / Math.Sqrt(squares);
        double slope = (Reference([.. exact.Zip(gradients, (x, g) => x + (step * g))], size, 0.07f, true) - Reference([.. exact.Zip(gradients, (x, g) => x - (step * g))], size, 0.07f, true)) / (2 * step);
        Assert.Equal(squares, slope, 1e-4 * squares);
    }

    [Fact]
    public void One_pair_has_nothing_to_tell_apart()
    {
        (float loss, float[] gradients) = Compute(new InfoNceLoss(5), TestData.Floats(10, 1));
        Assert.Equal(0, loss, 1e-6);
        Assert.All(gradients, g => Assert.Equal(0, g, 1e-6));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(50)]
    public void Equal_vectors_cannot_be_told_apart(int pairs)
    {
        float[] outputs = [.. Enumerable.Repeat(new[] { 3f, -4, 12 }, 2 * pairs).SelectMany(v => v)];
        (float loss, float[] gradients) = Compute(new InfoNceLoss(3), outputs);
        Assert.Equal(Math.Log(pairs), loss, 1e-6);
        Assert.All(gradients, g => Assert.Equal(0, g, 1e-7));
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(9, 0.07f)]
    [InlineData(20, 0.5f)]
    public void Pairs_at_right_angles(int pairs, float temperature)
    {
        float[] outputs = new float[2 * pairs * pairs];
        for (int i = 0; i < 2 * pairs; i++)
        {
            outputs[(i * pairs) + (i % pairs)] = 1 + i;
        }

        double expected = Math.Log(1 + ((pairs - 1) * Math.Exp(-1.0 / temperature)));
        Assert.Equal(expected, Compute(new InfoNceLoss(pairs) { Temperature = temperature }, outputs).Loss, (1e-5 * expected) + 1e-9);
    }

    [Fact]
    public void Both_kinds_are_alike()
    {
        const int half = 7 * 11;
        float[] outputs = TestData.Floats(2 * half, 2);
        (float loss, float[] gradients) = Compute(new InfoNceLoss(11), outputs);
        (float other, float[] swapped) = Compute(new InfoNceLoss(11), [.. outputs[half..], .. outputs[..half]]);
        Assert.Equal(loss, other, 1e-6);
        Close(gradients.Select(g => (double)g), [.. swapped[half..], .. swapped[..half]], 1e-5);
    }

    [Fact]
    public void The_order_of_the_pairs_does_not_matter()
    {
        const int pairs = 6;
        float[] outputs = TestData.Floats(2 * pairs * 10, 3);
        int[] order = [3, 0, 5, 1, 4, 2];
        float[] Reordered(float[] values) => [.. Enumerable.Range(0, 2 * pairs).SelectMany(i => values.Chunk(10).ElementAt((i / pairs * pairs) + order[i % pairs]))];
        (float loss, float[] gradients) = Compute(new InfoNceLoss(10), outputs);
        (float other, float[] reordered) = Compute(new InfoNceLoss(10), Reordered(outputs));
        Assert.Equal(loss, other, 1e-6);
        Close(Reordered(gradients).Select(g => (double)g), reordered, 1e-5);
    }

    [Theory]
    [InlineData(1e-9f)]
    [InlineData(0.125f)]
    [InlineData(1e25f)]
    public void Lengths_do_not_matter_but_for_the_gradient_s(float factor)
    {
        float[] outputs = TestData.Floats(2 * 5 * 6, 4);
        (float loss, float[] gradients) = Compute(new InfoNceLoss(6), outputs);
        (float other, float[] scaled) = Compute(new InfoNceLoss(6), Array.ConvertAll(outputs, x => x * factor));
        Assert.Equal(loss, other, 1e-5);
        Close(gradients.Select(g => (double)g), scaled.Select(g => g * factor), 1e-5);

        // What is along a vector changes its length only.
        Assert.All(outputs.Chunk(6).Zip(gradients.Chunk(6)), p => Assert.Equal(0, p.First.Zip(p.Second, (x, g) => (double)x * g).Sum(), 1e-6));
    }

    [Fact]
    public void A_vector_without_a_direction_stays()
    {
        float[] outputs = TestData.Floats(2 * 4 * 3, 5);
        outputs.AsSpan(3, 3).Clear();
        outputs.AsSpan(21, 3).Fill(1e-13f);
        (float loss, float[] gradients) = Compute(new InfoNceLoss(3), outputs);
        Assert.True(float.IsFinite(loss));
        for (int i = 0; i < 24; i++)
        {
            Assert.Equal(i is (>= 3 and < 6) or >= 21, gradients[i] == 0);
            Assert.True(float.IsFinite(gradients[i]));
        }

        // It is as similar to all.
        Assert.Equal(Math.Log(4), Compute(new InfoNceLoss(3), new float[24]).Loss, 1e-6);
    }

    [Fact]
    public void A_low_temperature_leaves_finite_numbers()
    {
        float[] outputs = TestData.Floats(2 * 20 * 6, 6);
        (float loss, float[] gradients) = Compute(new InfoNceLoss(6) { Temperature = 1e-4f }, outputs);
        double expected = Reference(Array.ConvertAll(outputs, x => (double)x), 6, 1e-4f, normalize: true);
        Assert.Equal(expected, loss, 1e-5 * expected);
        Assert.All(gradients, g => Assert.True(float.IsFinite(g)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Outputs_that_are_no_numbers_show(float value)
    {
        foreach (int pairs in new[] { 3, 8, 21 })
        {
            float[] outputs = TestData.Floats(2 * pairs * 5, 7);
            outputs[^2] = value;
            Assert.Equal(float.NaN, Compute(new InfoNceLoss(5), outputs).Loss);
        }
    }

    [Fact]
    public void What_a_loss_computed_before_leaves_no_trace()
    {
        InfoNceLoss loss = new(7);
        Compute(loss, Array.ConvertAll(TestData.Floats(2 * 21 * 7, 8), x => x * float.NaN));
        foreach (int pairs in new[] { 5, 2, 20, 17, 1 })
        {
            float[] outputs = TestData.Floats(2 * pairs * 7, pairs);
            (float expected, float[] gradients) = Compute(new InfoNceLoss(7), outputs);
            (float actual, float[] same) = Compute(loss, outputs);
            Assert.Equal(expected, actual);
            Assert.Equal(TestData.Bits(gradients), TestData.Bits(same));
        }
    }

    [Fact]
    public void Labels_are_not_used()
    {
        float[] outputs = TestData.Floats(2 * 3 * 4, 9);
        InfoNceLoss loss = new(4);
        float expected = loss.Compute(outputs, [], new float[24]);
        Assert.Equal(expected, loss.Compute(outputs, [1, float.NaN], new float[24]));
    }

    [Fact]
    public void A_call_allocates_nothing_after_the_first()
    {
        InfoNceLoss loss = new(13);
        float[] outputs = TestData.Floats(2 * 30 * 13, 10);
        float[] gradients = new float[outputs.Length];
        float[] sum = new float[1];
        void Work()
        {
            sum[0] += loss.Compute(outputs, [], gradients);
            sum[0] += loss.Compute(outputs.AsSpan(0, 2 * 11 * 13), [], gradients.AsSpan(0, 2 * 11 * 13));
        }

        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Work();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_loss_that_cannot_be_is_refused()
    {
        ArgumentOutOfRangeException e = Assert.Throws<ArgumentOutOfRangeException>(() => new InfoNceLoss(0));
        Assert.StartsWith("A vector must have at least one float. Give the size of one output.", e.Message, StringComparison.Ordinal);
        foreach (float temperature in new[] { 0, -1, float.NaN, float.PositiveInfinity, 1e-40f })
        {
            e = Assert.Throws<ArgumentOutOfRangeException>(() => new InfoNceLoss(4) { Temperature = temperature });
            Assert.Equal("Temperature", e.ParamName);
            Assert.StartsWith("Temperature must be a finite number above 0, and its inverse finite.", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0, 0, "outputs", "0 outputs are no minibatch of pairs of vectors with 4 floats. Give 4 floats for each vector of the first kind, then as many vectors of the second; at least one pair.")]
    [InlineData(12, 12, "outputs", "12 outputs are no minibatch")]
    [InlineData(17, 17, "outputs", "17 outputs are no minibatch")]
    [InlineData(16, 8, "gradients", "There is room for 8 gradients, but there are 16 outputs. Give a span of the same length.")]
    public void Wrong_lengths_are_told(int outputs, int gradients, string name, string message)
    {
        float[] written = [.. new float[gradients].Select(_ => 7f)];
        ArgumentException e = Assert.Throws<ArgumentException>(() => new InfoNceLoss(4).Compute(new float[outputs], [], written));
        Assert.Equal(name, e.ParamName);
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.All(written, g => Assert.Equal(7, g));
    }
}
