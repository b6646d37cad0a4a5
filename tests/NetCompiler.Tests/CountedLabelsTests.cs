namespace NetCompiler.Tests;

/// <summary>Class numbers of -1, which say that a position does not count.</summary>
public sealed class CountedLabelsTests
{
    private const int Count = 41;

    /// <summary>Clouds of which about a third has no label, and the first minibatch of four has none at all.</summary>
    private static (float[] Inputs, int[] Labels) Some()
    {
        DataSet clouds = TestData.Clouds(Count, 3);
        int[] labels = [.. Enumerable.Range(0, Count).Select(i => i < 4 || i % 3 == 1 ? -1 : clouds.Classes(i)[0])];
        return ([.. Enumerable.Range(0, Count).SelectMany(i => clouds.Input(i).ToArray())], labels);
    }

    private static DataSet Data()
    {
        (float[] inputs, int[] labels) = Some();
        return new DataSet(inputs, labels);
    }

    [Fact]
    public void A_minibatch_is_as_good_as_what_counts_in_it()
    {
        (float[] inputs, int[] labels) = Some();
        int[] counted = [.. Enumerable.Range(0, Count).Where(i => labels[i] >= 0)];
        using Trainer<SmallClassifier> trainer = new(new SmallClassifier(1), new Sgd(), threads: 2);
        float loss = trainer.ComputeGradients(inputs, labels);
        float[] weight = trainer.Gradients["layer.weight"].ToArray();
        float[] inputGradient = new float[inputs.Length];
        trainer.InputGradient.CopyTo(inputGradient);

        float alone = trainer.ComputeGradients(counted.SelectMany(i => new[] { inputs[2 * i], inputs[(2 * i) + 1] }).ToArray(), counted.Select(i => labels[i]).ToArray());
        float[] inputGradientAlone = new float[2 * counted.Length];
        trainer.InputGradient.CopyTo(inputGradientAlone);
        Assert.Equal(alone, loss, 1e-6f);
        Assert.All(trainer.Gradients["layer.weight"].ToArray().Zip(weight), g => Assert.Equal(g.First, g.Second, 1e-6f));
        for (int i = 0; i < Count; i++)
        {
            int at = Array.IndexOf(counted, i);
            Assert.Equal(at < 0 ? 0 : inputGradientAlone[2 * at], inputGradient[2 * i], at < 0 ? 0 : 1e-7f);
        }
    }

    [Fact]
    public void A_minibatch_in_which_nothing_counts_has_a_loss_of_0_and_is_a_step()
    {
        SmallClassifier network = new(1);
        using Trainer<SmallClassifier> trainer = new(network, new Sgd(), threads: 1);
        Assert.Equal(0, trainer.Step([1, 2, 3, 4], [-1, -1]));
        Assert.All(trainer.Gradients["layer.weight"].ToArray(), g => Assert.Equal(0, g));
        Assert.Equal(1, trainer.StepCount);
        Assert.True(trainer.Step([1, 2, 3, 4], [-1, 0]) > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Any_number_of_threads_gives_the_same_bits(int threads)
    {
        (float[] inputs, int[] labels) = Some();
        SmallClassifier[] networks = [new(1), new(1)];
        using Trainer<SmallClassifier> one = new(networks[0], new AdamW(), 2);
        using Trainer<SmallClassifier> other = new(networks[1], new AdamW(), threads);
        for (int step = 0; step < 4; step++)
        {
            Assert.Equal(one.Step(inputs, labels), other.Step(inputs, labels));
            labels[5 + step] = -1;
        }

        Assert.Equal(TestData.Bits(networks[0].State), TestData.Bits(networks[1].State));
    }

    [Fact]
    public void Labels_that_all_count_have_a_share_of_exactly_1()
    {
        LabelWriter writer = new(TwoByTwo.Description, TwoByTwo.Description.Training!);
        float[] shares = new float[2];
        for (int batch = 1; batch < 300; batch++)
        {
            Assert.Equal(3 * batch, writer.Count(new float[(3 * batch) + 7], batch, shares));
            Assert.Equal([1, 1], shares);
        }

        Assert.Equal(4, writer.Count([0, -1, 1, /**/ -1, 2, -1, 1, -1, -1, /* of before: */ -1, 0], 3, shares));
        Assert.Equal([1.5f, 3], shares);
        Assert.Equal(3, writer.Count([-1, -1, -1, /**/ 0, 0, -1, 1, -1, -1], 3, shares));
        Assert.Equal([0, 2], shares);

        LabelWriter floats = new(Regressor.Description, Regressor.Description.Training!);
        shares = [7, 8];
        Assert.Equal(4, floats.Count([-1, -1, 0, 1], 2, shares));
        Assert.Equal([7, 8], shares);
    }

    [Fact]
    public void Fit_weighs_minibatches_by_what_counts_in_them()
    {
        (float[] inputs, int[] labels) = Some();
        List<FitProgress> reports = [];
        using Trainer<SmallClassifier> fit = new(new SmallClassifier(1), new Adam(), threads: 2);
        FitResult result = fit.Fit(Data(), new FitOptions { Epochs = 1, BatchSize = 4, Shuffle = false }, new TestData.Listener<FitProgress>(reports.Add));

        using Trainer<SmallClassifier> steps = new(new SmallClassifier(1), new Adam(), threads: 1);
        double sum = 0;
        int counted = 0;
        for (int first = 0; first < Count; first += 4)
        {
            int batch = Math.Min(4, Count - first);
            double loss = steps.Step(inputs.AsSpan(2 * first, 2 * batch), labels.AsSpan(first, batch));
            int here = labels.AsSpan(first, batch).ToArray().Count(l => l >= 0);
            sum += loss * here;
            counted += here;
            Assert.Equal(counted == 0 ? 0 : sum / counted, reports[first / 4].Loss);
            Assert.Equal(loss, reports[first / 4].BatchLoss);
        }

        Assert.Equal(sum / counted, result.History[0].Loss);
        Assert.Equal(TestData.Bits(steps.Network.State), TestData.Bits(fit.Network.State));
    }

    [Fact]
    public void A_run_goes_on_from_a_checkpoint_within_an_epoch_as_if_without_a_stop()
    {
        string path = Path.Combine(Path.GetTempPath(), $"netcompiler-counted-{Environment.ProcessId}.checkpoint");
        try
        {
            FitOptions options = new() { Epochs = 3, BatchSize = 4, CheckpointPath = path, ValidationSplit = 0.25 };
            using Trainer<SmallClassifier> whole = new(new SmallClassifier(1), new Adam(), threads: 1);
            FitResult expected = whole.Fit(Data(), options);

            using CancellationTokenSource cancellation = new();
            using Trainer<SmallClassifier> stopped = new(new SmallClassifier(1), new Adam(), threads: 1);
            FitResult part = stopped.Fit(
                Data(),
                options,
                new TestData.Listener<FitProgress>(p =>
                {
                    if (p is { Epoch: 2, Step: 5 })
                    {
                        cancellation.Cancel();
                    }
                }),
                cancellation.Token);
            Assert.Equal(StopReason.Cancelled, part.StopReason);

            using Trainer<SmallClassifier> resumed = new(new SmallClassifier(2), new Adam(), threads: 2);
            resumed.LoadCheckpoint(path);
            Assert.Equal(expected.History, resumed.Fit(Data(), options).History);
            Assert.Equal(TestData.Bits(whole.Network.State), TestData.Bits(resumed.Network.State));
            Assert.Equal(expected.History, stopped.Fit(Data(), options).History);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Evaluation_leaves_out_what_does_not_count()
    {
        (float[] inputs, int[] labels) = Some();
        int[] counted = [.. Enumerable.Range(0, Count).Where(i => labels[i] >= 0)];
        DataSet all = Data();
        using Trainer<SmallClassifier> trainer = new(new SmallClassifier(1), new Sgd(), threads: 2);
        EvaluationResult result = trainer.Evaluate(all);
        EvaluationResult alone = trainer.Evaluate(all.Subset(counted));
        Assert.Equal(Count, result.Count);
        Assert.Equal(alone.Loss!.Value, result.Loss!.Value, 1e-12);
        Assert.Equal(alone.Accuracy, result.Accuracy);
    }

    [Fact]
    public void Evaluation_of_several_outputs_counts_each_by_itself()
    {
        using Trainer<TwoByTwo> trainer = new(new TwoByTwo(), new AdamW(), threads: 2);
        float[] inputs = [1, .1f, .2f, 2, .3f, .4f];
        EvaluationResult p = trainer.Evaluate(new DataSet(inputs, new[] { 1, -1, -1, -1, -1, -1 }, 2));
        EvaluationResult q = trainer.Evaluate(new DataSet(inputs, new[] { -1, 2, -1, -1, 0, 1 }, 2));
        EvaluationResult both = trainer.Evaluate(new DataSet(inputs, new[] { 1, 2, -1, -1, 0, 1 }, 2));
        Assert.Equal(p.Loss!.Value + q.Loss!.Value, both.Loss!.Value, 1e-12);
        Assert.Equal((1, 1 / 3.0, 0.5), (p.Accuracy, q.Accuracy, both.Accuracy));

        // The first class of the first output has a logit of 0, the second one of 1.
        Assert.Equal(Math.Log(1 + Math.Exp(-1)) + (0.05 * 1), p.Loss.Value, 1e-7);
    }

    [Fact]
    public void Data_in_which_nothing_counts_is_refused()
    {
        using Trainer<SmallClassifier> trainer = new(new SmallClassifier(1), new Sgd(), threads: 1);
        DataSet nothing = new(new float[20], Enumerable.Repeat(-1, 10).ToArray());
        DataSet one = new(new float[20], new[] { -1, -1, -1, -1, -1, 2, -1, -1, -1, -1 });
        Fails(() => trainer.Evaluate(nothing));
        Fails(() => trainer.Fit(nothing));
        Fails(() => trainer.Fit(one, new FitOptions { Validation = nothing }));
        Fails(() => trainer.Fit(one, new FitOptions { ValidationSplit = 0.5 })); // one of the parts
        Assert.Equal(0, trainer.StepCount);
        Assert.Equal(StopReason.Completed, trainer.Fit(one, new FitOptions { Epochs = 1, Validation = one }).StopReason);

        string message = Assert.Throws<ArgumentException>(() => trainer.Evaluate(new DataSet(new float[20], new[] { 0, -1, -2, 0, 0, 0, 0, 0, 0, 0 }))).Message;
        Assert.Contains("labels[2] is -2", message, StringComparison.Ordinal);

        static void Fails(Action action) =>
            Assert.Contains("are -1, which says that a position does not count", Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }
}
