using CsCheck;

namespace NetCompiler.Tests;

public sealed class CtcLossTests
{
    /// <summary>One sample, small enough for all its paths; labels may be too many.</summary>
    private static readonly Gen<(int Steps, int Classes, int Blank, float[] Logits, int[] Labels)> Cases =
        Gen.Select(Gen.Int[1, 6], Gen.Int[2, 4]).SelectMany(s => Gen.Select(
            Gen.Int[0, s.Item2 - 1],
            Gen.Frequency((4, Gen.Single[-4, 4]), (1, Gen.Single[-30, 30]), (1, Gen.Const(0f))).Array[s.Item1 * s.Item2],
            Gen.Int[1, s.Item2 - 1].Array[0, s.Item1 + 1],
            (blank, logits, labels) => (s.Item1, s.Item2, blank, logits, labels.Select(l => (l + blank) % s.Item2).ToArray())));

    private static (float Loss, float[] Gradients) Compute(CtcLoss loss, float[] outputs, params float[] labels)
    {
        float[] gradients = [.. outputs.Select(_ => 7f)];
        return (loss.Compute(outputs, labels, gradients), gradients);
    }

    private static (float Loss, float[] Gradients) Compute(CtcLoss loss, float[] outputs, float[] labels, int[] stepCounts)
    {
        float[] gradients = [.. outputs.Select(_ => 7f)];
        return (loss.Compute(outputs, labels, stepCounts, gradients), gradients);
    }

    private static float[] Floats(params int[] labels) => Array.ConvertAll(labels, l => (float)l);

    private static float[] Row(int[] labels, int length) => [.. Floats(labels), .. Enumerable.Repeat(-1f, length - labels.Length)];

    private static void Close(IEnumerable<double> expected, IEnumerable<float> actual, double tolerance) =>
        Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, tolerance));

    private static double LogChoose(int n, int k) => Enumerable.Range(1, k).Sum(i => Math.Log(n - k + i) - Math.Log(i));

    private static float[] Scaled(float[] values, float factor) => Array.ConvertAll(values, v => v * factor);

    [Fact]
    public void Loss_and_gradients_are_those_of_the_sum_over_all_paths() => Cases.Sample(
        c =>
        {
            (double loss, double[] gradient) = CtcReference.Sample(Array.ConvertAll(c.Logits, x => (double)x), c.Classes, c.Blank, c.Labels);
            int count = Math.Max(1, c.Labels.Length);
            (float actual, float[] gradients) = Compute(new CtcLoss(c.Steps, c.Classes, c.Blank), c.Logits, Row(c.Labels, Math.Max(1, c.Labels.Length)));
            if (double.IsInfinity(loss))
            {
                Assert.Equal(float.PositiveInfinity, actual);
            }
            else
            {
                Assert.Equal(loss / count, actual, 1e-6 * (1 + Math.Abs(loss)));
            }

            Close(gradient.Select(g => g / count), gradients, 1e-6);
        },
        iter: 1000);

    [Fact]
    public void Gradients_are_the_slopes_of_the_loss()
    {
        const int steps = 5;
        const int classes = 3;
        double[] logits = Array.ConvertAll(TestData.Floats(steps * classes, 3), x => (double)(3 * x));
        int[] labels = [2, 2];
        (_, float[] gradients) = Compute(new CtcLoss(steps, classes), Array.ConvertAll(logits, x => (float)x), Floats(labels));
        const double step = 1e-5;
        for (int i = 0; i < logits.Length; i++)
        {
            double slope = (At(i, step) - At(i, -step)) / (2 * step);
            Assert.Equal(slope / labels.Length, gradients[i], 1e-7);
        }

        double At(int place, double by) => CtcReference.Sample([.. logits.Select((x, i) => i == place ? x + by : x)], classes, 0, labels).Loss;
    }

    /// <summary>With logits that are all equal, each of the (steps + labels - repeated) choose (2 labels) paths is as probable as any other.</summary>
    [Theory]
    [InlineData(1, 2, 1, 0)]
    [InlineData(7, 3, 3, 0)]
    [InlineData(100, 30, 17, 4)]
    [InlineData(1000, 5, 1, 0)]
    [InlineData(1000, 40, 200, 0)]
    [InlineData(1000, 40, 333, 150)]
    [InlineData(1000, 3, 500, 499)]
    [InlineData(1000, 3, 501, 500)]
    public void Equal_logits_count_the_paths(int steps, int classes, int count, int repeated)
    {
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i <= repeated ? 1 : 1 + ((i - repeated) % 2))];
        float[] logits = new float[steps * classes];
        logits.AsSpan().Fill(-3.5f);
        (float loss, float[] gradients) = Compute(new CtcLoss(steps, classes), logits, Floats(labels));
        if (count + repeated > steps)
        {
            Assert.Equal(float.PositiveInfinity, loss);
            Assert.All(gradients, g => Assert.Equal(0, g));
            return;
        }

        double expected = ((steps * Math.Log(classes)) - LogChoose(steps + count - repeated, 2 * count)) / count;
        Assert.Equal(expected, loss, 1e-6 * Math.Max(1, expected));
        Assert.All(gradients.Chunk(classes), g => Assert.Equal(0, g.Sum(x => (double)x), 1e-7));

        // Forward and backward in time, all is the same.
        float[] mirrored = [.. gradients.Chunk(classes).Reverse().SelectMany(g => g)];
        if (labels.SequenceEqual(labels.Reverse()))
        {
            Close(gradients.Select(g => (double)g), mirrored, 1e-7);
        }
    }

    /// <summary>Probabilities of e^-1000 each, in states that are all needed: such products have no place in a double.</summary>
    [Fact]
    public void Confidence_in_blanks_leaves_exact_numbers()
    {
        const int steps = 1000;
        const int count = 20;
        float[] logits = new float[steps * 3];
        for (int t = 0; t < steps; t++)
        {
            logits[3 * t] = 1000;
        }

        (float loss, float[] gradients) = Compute(new CtcLoss(steps, 3), logits, [.. Enumerable.Range(0, count).Select(i => 1f + (i % 2))]);
        double expected = ((1000.0 * count) - LogChoose(steps, count)) / count;
        Assert.Equal(expected, loss, 1e-6 * expected);

        // Each path is at a label in 20 of the steps; all places are as probable.
        Assert.Equal(1, gradients.Where((_, i) => i % 3 == 0).Sum(g => (double)g), 1e-6);
        Assert.Equal(-1, gradients.Where((_, i) => i % 3 != 0).Sum(g => (double)g), 1e-6);
        Assert.Equal((double)gradients[0], gradients[3 * (steps / 2)], 1e-8);
    }

    [Fact]
    public void A_long_sequence_keeps_its_digits()
    {
        // Two halves that a step with one possible class divides: their losses add up, and their gradients are their own.
        const int half = 600;
        const int classes = 7;
        float[] one = Scaled(TestData.Floats(half * classes, 1), 10);
        float[] two = Scaled(TestData.Floats(half * classes, 2), 10);
        float[] between = [float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, 2];
        int[] first = [.. TestData.Classes(80, 5, 1).Select(c => c + 1)];
        int[] second = [.. TestData.Classes(90, 5, 2).Select(c => c + 1)];

        // Class 6 is nowhere else, and must be between both.
        foreach (float[] logits in new[] { one, two })
        {
            for (int i = 6; i < logits.Length; i += classes)
            {
                logits[i] = float.NegativeInfinity;
            }
        }

        CtcLoss ofHalf = new(half, classes);
        (float loss1, float[] gradients1) = Compute(ofHalf, one, Floats(first));
        (float loss2, float[] gradients2) = Compute(ofHalf, two, Floats(second));
        (float loss, float[] gradients) = Compute(new CtcLoss((2 * half) + 1, classes), [.. one, .. between, .. two], Floats([.. first, 6, .. second]));
        Assert.Equal(((80.0 * loss1) + (90.0 * loss2)) / 171, loss, 1e-6 * loss);
        Close(gradients1.Select(g => g * 80 / 171.0), gradients.Take(half * classes), 1e-9);
        Close(gradients2.Select(g => g * 90 / 171.0), gradients.Skip((half + 1) * classes), 1e-9);
        Assert.All(gradients.Skip(half * classes).Take(classes), g => Assert.Equal(0, g, 1e-9));
    }

    [Fact]
    public void No_labels_are_blanks_everywhere()
    {
        float[] logits = TestData.Floats(4 * 3, 5);
        double expected = logits.Chunk(3).Sum(step => Math.Log(step.Sum(x => Math.Exp(x))) - step[1]);
        CtcLoss loss = new(4, 3, blank: 1);
        foreach (float[] labels in new float[][] { [-1], [-1, -1, -1] })
        {
            (float actual, float[] gradients) = Compute(loss, logits, labels);
            Assert.Equal(expected, actual, 1e-6);
            Assert.All(gradients.Chunk(3), g => Assert.True(g[0] > 0 && g[1] < 0 && g[2] > 0));
        }
    }

    [Fact]
    public void A_minibatch_is_the_mean_of_its_samples()
    {
        const int size = 6 * 4;
        int[][] labels = [[1, 2], [], [2, 2, 1], [3]];
        float[] outputs = TestData.Floats(4 * size, 7);
        CtcLoss loss = new(6, 4);
        (float all, float[] gradients) = Compute(loss, outputs, [.. labels.SelectMany(l => Row(l, 5))]);
        double sum = 0;
        for (int i = 0; i < 4; i++)
        {
            (float one, float[] its) = Compute(loss, outputs[(i * size)..((i + 1) * size)], Row(labels[i], Math.Max(1, labels[i].Length)));
            sum += one;
            Close(its.Select(g => g / 4.0), gradients.Skip(i * size).Take(size), 1e-8);
        }

        Assert.Equal(sum / 4, all, 1e-6);
    }

    [Fact]
    public void What_a_loss_computed_before_leaves_no_trace()
    {
        CtcLoss loss = new(9, 5, blank: 2);
        float[] labels = [1, 1, -1, -1, 4, 0, 3, -1];
        float[] outputs = TestData.Floats(2 * 45, 8);
        (float expected, float[] gradients) = Compute(loss, outputs, labels);
        Compute(loss, Scaled(TestData.Floats(45, 9), 50), 0, 1, 0, 3, 0, 4, 3, 1, 0);
        Compute(loss, Scaled(TestData.Floats(45, 9), float.NaN), 0, 1, 0);
        (float again, float[] same) = Compute(loss, outputs, labels);
        Assert.Equal(expected, again);
        Assert.Equal(TestData.Bits(gradients), TestData.Bits(same));
    }

    [Fact]
    public void How_far_rows_are_filled_up_does_not_matter()
    {
        CtcLoss loss = new(8, 5);
        float[] outputs = TestData.Floats(40, 10);
        (float expected, float[] gradients) = Compute(loss, outputs, 4, 4, 1);
        foreach (int length in new[] { 4, 5, 8, 30 })
        {
            (float actual, float[] same) = Compute(loss, outputs, Row([4, 4, 1], length));
            Assert.Equal(expected, actual);
            Assert.Equal(TestData.Bits(gradients), TestData.Bits(same));
        }
    }

    [Fact]
    public void A_class_as_the_blank_is_like_any_other_one()
    {
        // Classes in another order.
        const int classes = 4;
        float[] outputs = TestData.Floats(7 * classes, 11);
        (float expected, float[] gradients) = Compute(new CtcLoss(7, classes), outputs, 1, 3, 3);
        for (int blank = 1; blank < classes; blank++)
        {
            int Moved(int c) => (c + blank) % classes;
            float[] moved = new float[outputs.Length];
            for (int i = 0; i < moved.Length; i++)
            {
                moved[(i / classes * classes) + Moved(i % classes)] = outputs[i];
            }

            (float actual, float[] its) = Compute(new CtcLoss(7, classes, blank), moved, Moved(1), Moved(3), Moved(3));
            Assert.Equal(expected, actual, 1e-6);
            Close(gradients.Select(g => (double)g), its.Select((_, i) => its[(i / classes * classes) + Moved(i % classes)]), 1e-7);
        }
    }

    [Fact]
    public void What_is_added_to_all_logits_of_a_step_does_not_matter()
    {
        float[] outputs = [.. TestData.Floats(6 * 4, 12).Select(x => MathF.Round(x * 64) / 64)];
        CtcLoss loss = new(6, 4);
        (float expected, float[] gradients) = Compute(loss, outputs, 2, 1);
        (float actual, float[] same) = Compute(loss, [.. outputs.Select((x, i) => x + (1000 * (i / 4)))], 2, 1);
        Assert.Equal(expected, actual, 1e-6);
        Close(gradients.Select(g => (double)g), same, 1e-7);
        Assert.All(gradients.Chunk(4), g => Assert.Equal(0, g.Sum(x => (double)x), 1e-7));
    }

    [Fact]
    public void Time_has_no_direction()
    {
        float[] outputs = TestData.Floats(12 * 4, 13);
        CtcLoss loss = new(12, 4);
        (float expected, float[] gradients) = Compute(loss, outputs, 2, 2, 1, 3);
        (float actual, float[] mirrored) = Compute(loss, [.. outputs.Chunk(4).Reverse().SelectMany(s => s)], 3, 1, 2, 2);
        Assert.Equal(expected, actual, 1e-6);
        Close(gradients.Select(g => (double)g), mirrored.Chunk(4).Reverse().SelectMany(s => s), 1e-7);
    }

    [Fact]
    public void Steps_that_do_not_count_play_no_part()
    {
        const int size = 8 * 3;
        float[] outputs = TestData.Floats(3 * size, 14);
        outputs.AsSpan(5 * 3, 3 * 3).Fill(float.NaN);
        outputs.AsSpan(size, size).Fill(float.PositiveInfinity);
        float[] labels = [1, 2, -1, -1, 1, 1];
        int[] counts = [5, 0, 8];
        CtcLoss loss = new(8, 3);
        (float actual, float[] gradients) = Compute(loss, outputs, labels, counts);

        (float first, float[] its) = Compute(new CtcLoss(5, 3), outputs[..15], 1, 2);
        (float third, float[] last) = Compute(loss, outputs[(2 * size)..], 1, 1);
        Assert.Equal(((double)first + third) / 3, actual, 1e-6);
        Close(its.Select(g => g / 3.0), gradients[..15], 1e-8);
        Assert.All(gradients[15..(2 * size)], g => Assert.Equal(0, BitConverter.SingleToInt32Bits(g)));
        Close(last.Select(g => g / 3.0), gradients[(2 * size)..], 1e-8);

        // The same from the labels.
        float[] withSteps = [5, 1, 2, 0, -1, -1, 8, 1, 1];
        (float same, float[] others) = Compute(new CtcLoss(8, 3) { LabelsBeginWithSteps = true }, outputs, withSteps);
        Assert.Equal(actual, same);
        Assert.Equal(TestData.Bits(gradients), TestData.Bits(others));
    }

    [Theory]
    [InlineData(3, new[] { 1, 2, 1, 2 })]
    [InlineData(3, new[] { 1, 1, 2 })]
    [InlineData(4, new[] { 2, 2, 2 })]
    [InlineData(0, new[] { 1 })]
    public void Labels_that_do_not_fit_are_infinite_or_do_not_count(int count, int[] impossible)
    {
        const int size = 5 * 3;
        float[] outputs = TestData.Floats(2 * size, 15);
        float[] labels = [.. Row(impossible, 4), .. Row([1], 4)];
        (float infinite, float[] gradients) = Compute(new CtcLoss(5, 3), outputs, labels, [count, 5]);
        (float counted, float[] same) = Compute(new CtcLoss(5, 3) { ZeroInfinity = true }, outputs, labels, [count, 5]);
        Assert.Equal(float.PositiveInfinity, infinite);
        Assert.All(gradients[..size], g => Assert.Equal(0, g));
        Assert.Equal(gradients, same);

        // The mean is over both.
        (float alone, float[] its) = Compute(new CtcLoss(5, 3), outputs[size..], 1);
        Assert.Equal(alone / 2, counted, 1e-6);
        Close(its.Select(g => g / 2.0), gradients[size..], 1e-8);
    }

    [Fact]
    public void Labels_that_just_fit_have_one_path()
    {
        float[] logits = TestData.Floats(4 * 3, 16);
        (float loss, float[] gradients) = Compute(new CtcLoss(4, 3), logits, 1, 1, 2);
        int[] path = [1, 0, 1, 2];
        double expected = logits.Chunk(3).Select((step, t) => Math.Log(step.Sum(x => Math.Exp(x))) - step[path[t]]).Sum();
        Assert.Equal(expected / 3, loss, 1e-6);
        Assert.All(Enumerable.Range(0, 4), t => Assert.True(gradients[(3 * t) + path[t]] < 0));
    }

    [Fact]
    public void A_class_with_a_logit_of_minus_infinity_is_left_out()
    {
        float[] outputs = TestData.Floats(5 * 3, 17);
        float[] more = [.. outputs.Chunk(3).SelectMany(s => s.Append(float.NegativeInfinity))];
        (float expected, float[] gradients) = Compute(new CtcLoss(5, 3), outputs, 1, 2);
        (float actual, float[] its) = Compute(new CtcLoss(5, 4), more, 1, 2);
        Assert.Equal(expected, actual, 1e-6);
        Close(gradients.Chunk(3).SelectMany(g => g.Append(0)).Select(g => (double)g), its, 1e-8);
        Assert.Equal(float.PositiveInfinity, Compute(new CtcLoss(5, 4), more, 1, 3).Loss);
        Assert.Equal(0, Compute(new CtcLoss(5, 4) { ZeroInfinity = true }, more, 1, 3).Loss);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Outputs_that_are_no_numbers_show(float value)
    {
        foreach (int classes in new[] { 3, 8, 19 })
        {
            float[] outputs = TestData.Floats(2 * 5 * classes, 18);
            outputs[(3 * classes) + 2] = value;
            (float loss, float[] gradients) = Compute(new CtcLoss(5, classes) { ZeroInfinity = true }, outputs, 1, 2, 1, 2);
            Assert.Equal(float.NaN, loss);
            Assert.All(gradients[..(5 * classes)], g => Assert.Equal(float.NaN, g));
            Assert.All(gradients[(5 * classes)..], g => Assert.True(float.IsFinite(g)));
        }
    }

    [Fact]
    public void Following_the_gradients_learns_the_labels()
    {
        CtcLoss loss = new(12, 5);
        float[] outputs = TestData.Floats(60, 19);
        float[] gradients = new float[60];
        float[] labels = [3, 1, 1, 4, -1];
        for (int i = 0; i < 300; i++)
        {
            loss.Compute(outputs, labels, gradients);
            for (int j = 0; j < outputs.Length; j++)
            {
                outputs[j] -= 5 * gradients[j];
            }
        }

        int[] read = new int[12];
        Assert.True(loss.Compute(outputs, labels, gradients) < 0.05f);
        Assert.Equal(4, new CtcDecoder(5).Decode(outputs, read));
        Assert.Equal([3, 1, 1, 4], read[..4]);
    }

    [Fact]
    public void A_call_allocates_nothing_after_the_first()
    {
        CtcLoss loss = new(50, 11);
        float[] outputs = TestData.Floats(4 * 550, 20);
        float[] gradients = new float[outputs.Length];
        float[] labels = [.. TestData.Classes(4 * 9, 10, 20).Select(c => c + 1f)];
        int[] counts = [50, 40, 30, 0];
        float[] read = new float[1];
        new CtcLoss(50, 11).Compute(outputs, labels, gradients);
        void Work()
        {
            read[0] += loss.Compute(outputs, labels, gradients);
            read[0] += loss.Compute(outputs, labels, counts, gradients);
            read[0] += loss.Compute(outputs.AsSpan(0, 550), labels.AsSpan(0, 7), gradients.AsSpan(0, 550));
        }

        // Labels and steps that do not count are not there the first time, but later.
        Compute(loss, outputs, Row([], 4 * 9), [1, 1, 1, 1]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Work();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(0, 3, 0, "There must be at least one step. Give the length of the output's sequence.")]
    [InlineData(4, 1, 0, "There must be at least two classes: the blank, and one that is a label.")]
    [InlineData(4, 3, -1, "The blank must be one of the 3 classes: from 0 to 2.")]
    [InlineData(4, 3, 3, "The blank must be one of the 3 classes: from 0 to 2.")]
    public void A_loss_that_cannot_be_is_refused(int steps, int classes, int blank, string message) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(() => new CtcLoss(steps, classes, blank)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 0, 0, "outputs", "0 outputs are no minibatch of samples with 4 steps of 3 classes. Give 12 logits for each sample, at least one sample.")]
    [InlineData(13, 13, 2, "outputs", "13 outputs are no minibatch of samples with 4 steps of 3 classes. Give 12 logits for each sample, at least one sample.")]
    [InlineData(24, 12, 2, "gradients", "There is room for 12 gradients, but there are 24 outputs. Give a span of the same length.")]
    [InlineData(24, 24, 3, "labels", "3 labels are not the same number for each of 2 samples. Give rows of the same length, filled up with -1 behind the last label of each.")]
    [InlineData(24, 24, 0, "labels", "There are no labels. Give a row of class numbers for each of 2 samples; -1 alone says that there is nothing to read.")]
    public void Wrong_lengths_are_told(int outputs, int gradients, int labels, string name, string message)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new CtcLoss(4, 3).Compute(new float[outputs], Row([], labels), new float[gradients]));
        Assert.Equal(name, e.ParamName);
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 1, -1, 1, 3f }, "labels[3] is 3. Give class numbers from 0 to 2 without the blank, 0, and -1 behind the last label of a sample.")]
    [InlineData(new[] { -2f, -1, 1, 1 }, "labels[0] is -2. Give class")]
    [InlineData(new[] { 1, 1.5f, 1, 1 }, "labels[1] is 1.5. Give class")]
    [InlineData(new[] { 1, float.NaN, 1, 1 }, "labels[1] is NaN. Give class")]
    [InlineData(new[] { 1, float.PositiveInfinity, 1, 1 }, "labels[1] is Infinity. Give class")]
    [InlineData(new[] { 1, 2, 1, 0f }, "labels[3] is 0, which is the blank: it stands for no label. Leave it out, and fill rows up with -1 at their end; or make the loss with the class that is the blank.")]
    [InlineData(new[] { 1, 2, -1, 2f }, "labels[3] is 2, but labels[2] before it, in the same sample, is -1: that is the end of its labels. Give -1 behind the last label only.")]
    public void Wrong_labels_are_told_before_anything_is_written(float[] labels, string message)
    {
        float[] gradients = [.. new float[24].Select(_ => 7f)];
        ArgumentException e = Assert.Throws<ArgumentException>(() => new CtcLoss(4, 3).Compute(new float[24], labels, gradients));
        Assert.Equal("labels", e.ParamName);
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.All(gradients, g => Assert.Equal(7, g));

        // The same behind the numbers of steps: places are those in the whole of the labels.
        float[] withSteps = [4, labels[0], labels[1], 4, labels[2], labels[3]];
        CtcLoss loss = new(4, 3) { LabelsBeginWithSteps = true };
        Assert.StartsWith("labels[", Assert.Throws<ArgumentException>(() => loss.Compute(new float[24], withSteps, gradients)).Message, StringComparison.Ordinal);
        Assert.All(gradients, g => Assert.Equal(7, g));
    }

    [Fact]
    public void Wrong_numbers_of_steps_are_told()
    {
        CtcLoss loss = new(4, 3);
        CtcLoss begin = new(4, 3) { LabelsBeginWithSteps = true };
        float[] outputs = new float[24];
        float[] gradients = [.. outputs.Select(_ => 7f)];
        Told("stepCounts", "3 numbers of steps were given for 2 samples. Give one for each.", () => loss.Compute(outputs, [1, 1], [1, 2, 3], gradients));
        Told("stepCounts", "0 numbers of steps were given for 2 samples. Give one for each.", () => loss.Compute(outputs, [1, 1], default(ReadOnlySpan<int>), gradients));
        Told("stepCounts", "stepCounts[1] is 5, but samples have 4 steps. Give numbers from 0 to 4.", () => loss.Compute(outputs, [1, 1], [1, 5], gradients));
        Told("stepCounts", "stepCounts[0] is -1, but samples have 4 steps. Give numbers from 0 to 4.", () => loss.Compute(outputs, [1, 1], [-1, 5], gradients));
        Told("labels", "There are no labels, but LabelsBeginWithSteps is set. Give each sample's number of steps, then its class numbers.", () => begin.Compute(outputs, [], gradients));
        foreach (float count in new[] { -1, 5, 1.5f, float.NaN })
        {
            Told(
                "labels",
                FormattableString.Invariant($"labels[2] is {count}. With LabelsBeginWithSteps it is the number of steps of sample 1: give a whole number from 0 to 4."),
                () => begin.Compute(outputs, [4, 1, count, 1], gradients));
        }

        Assert.StartsWith(
            "LabelsBeginWithSteps is set: the numbers of steps are in the labels, and cannot be given beside them. Leave one of both.",
            Assert.Throws<InvalidOperationException>(() => begin.Compute(outputs, [4, 1, 4, 1], [4, 4], gradients)).Message,
            StringComparison.Ordinal);
        Assert.All(gradients, g => Assert.Equal(7, g));

        static void Told(string name, string message, Action action)
        {
            ArgumentException e = Assert.Throws<ArgumentException>(action);
            Assert.Equal(name, e.ParamName);
            Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        }
    }
}
