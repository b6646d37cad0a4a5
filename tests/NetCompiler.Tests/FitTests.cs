using System.Globalization;

namespace NetCompiler.Tests;

public sealed class FitTests
{
    [Fact]
    public void Fit_learns_and_reports()
    {
        SmallClassifier network = new(1);
        using Trainer<SmallClassifier> trainer = new(network, new AdamW { LearningRate = 0.05f }, threads: 2);
        DataSet test = TestData.Clouds(500, 9);
        double before = trainer.Evaluate(test).Accuracy!.Value;
        List<FitProgress> reports = [];
        FitResult result = trainer.Fit(
            TestData.Clouds(305, 1), new FitOptions { Epochs = 8, BatchSize = 32, Validation = test, MeasureTraining = true }, new TestData.Listener<FitProgress>(reports.Add));

        Assert.Equal((StopReason.Completed, 8), (result.StopReason, result.History.Count));
        Assert.Equal(8 * 10, trainer.StepCount);
        Assert.Equal(8 * 10, reports.Count(r => r.Completed is null));
        Assert.Equal(result.History, reports.Where(r => r.Completed is not null).Select(r => r.Completed!));
        Assert.Equal(Enumerable.Range(1, 10), reports.Take(10).Select(r => r.Step));
        Assert.All(reports, r => Assert.Equal((8, 10), (r.Epochs, r.StepsPerEpoch)));

        EpochResult last = result.History[^1];
        Assert.True(last.Loss < result.History[0].Loss / 2);
        Assert.True(last.ValidationAccuracy > 0.97, $"Accuracy went from {before} to {last.ValidationAccuracy}.");
        Assert.True(last.Accuracy > 0.97);
        Assert.Equal(trainer.Evaluate(test).Loss, last.ValidationLoss);
        Assert.Equal(result.History.MinBy(e => e.ValidationLoss)!.Epoch, result.BestEpoch);
    }

    [Fact]
    public void Each_epoch_sees_each_sample_once_in_an_order_of_its_own()
    {
        int[] first = new int[100];
        int[] second = new int[100];
        DataSet.Shuffle(first, SplitMix64.Key(5, 0));
        DataSet.Shuffle(second, SplitMix64.Key(5, 1));
        Assert.Equal(Enumerable.Range(0, 100), first.Order());
        Assert.Equal(Enumerable.Range(0, 100), second.Order());
        Assert.NotEqual(first, second);
        Assert.NotEqual(Enumerable.Range(0, 100), first);
    }

    [Fact]
    public void An_epoch_in_order_is_the_same_as_its_steps()
    {
        float[] x = TestData.Floats(11 * 3, 1);
        float[] y = TestData.Floats(11 * 2, 2);
        Regressor fitted = new(1);
        using Trainer<Regressor> fit = new(fitted, new Adam(), threads: 2);
        FitResult result = fit.Fit(new DataSet(x, y, 11), new FitOptions { Epochs = 1, BatchSize = 4, Shuffle = false });

        Regressor stepped = new(1);
        using Trainer<Regressor> steps = new(stepped, new Adam(), threads: 1);
        double loss = (4.0 * steps.Step(x.AsSpan(0, 12), y.AsSpan(0, 8))) + (4.0 * steps.Step(x.AsSpan(12, 12), y.AsSpan(8, 8))) + (3.0 * steps.Step(x.AsSpan(24), y.AsSpan(16)));
        Assert.Equal(TestData.Bits(stepped.State), TestData.Bits(fitted.State));
        Assert.Equal(loss / 11, result.History[0].Loss);
    }

    [Fact]
    public void Early_stopping_restores_the_best_epoch()
    {
        // Validation labels that contradict the training data: learning makes it worse, sooner or later.
        DataSet train = TestData.Clouds(120, 1);
        DataSet validation = new(TestData.Floats(80, 3), TestData.Classes(40, 3, 4));
        SmallClassifier network = new(1);
        using Trainer<SmallClassifier> trainer = new(network, new AdamW { LearningRate = 0.1f }, threads: 2);
        Dictionary<int, int[]> snapshots = [];
        FitResult result = trainer.Fit(
            train,
            new FitOptions { Epochs = 100, BatchSize = 16, Validation = validation, EarlyStopping = new EarlyStopping { Patience = 3 } },
            new TestData.Listener<FitProgress>(p =>
            {
                if (p.Completed is { } epoch)
                {
                    snapshots[epoch.Epoch] = TestData.Bits(network.State);
                }
            }));
        Assert.Equal(StopReason.EarlyStopping, result.StopReason);
        Assert.Equal(result.BestEpoch + 3, result.History.Count);
        Assert.Equal(result.History.MinBy(e => e.ValidationLoss)!.Epoch, result.BestEpoch);
        Assert.Equal(snapshots[result.BestEpoch], TestData.Bits(network.State));
        Assert.NotEqual(snapshots[result.History.Count], TestData.Bits(network.State));
    }

    [Fact]
    public void An_epoch_without_a_validation_loss_is_not_the_best_for_good()
    {
        SmallClassifier network = new(1);
        using Trainer<SmallClassifier> trainer = new(network, new AdamW { LearningRate = 0.01f }, threads: 1);
        float[] inputs = new float[20];
        DataSet validation = new(inputs, new int[10]);
        inputs[0] = float.NaN;
        FitResult result = trainer.Fit(
            TestData.Clouds(64, 1),
            new FitOptions { Epochs = 4, BatchSize = 16, Validation = validation, EarlyStopping = new EarlyStopping { Patience = 3 } },
            new TestData.Listener<FitProgress>(p =>
            {
                if (p.Completed is { Epoch: 1 } epoch)
                {
                    Assert.Equal(double.NaN, epoch.ValidationLoss);
                    inputs[0] = 0;
                }
            }));
        Assert.True(result.BestEpoch > 1, $"epoch {result.BestEpoch}");
    }

    [Fact]
    public void Early_stopping_by_accuracy_and_without_restoring()
    {
        SmallClassifier network = new(1);
        using Trainer<SmallClassifier> trainer = new(network, new Sgd { LearningRate = 0 }, threads: 1);
        FitOptions options = new()
        {
            Epochs = 100, ValidationSplit = 0.25, EarlyStopping = new EarlyStopping { Patience = 2, Monitor = Metric.Accuracy, RestoreBest = false },
        };
        FitResult result = trainer.Fit(TestData.Clouds(60, 1), options);
        Assert.Equal((StopReason.EarlyStopping, 1, 3), (result.StopReason, result.BestEpoch, result.History.Count));
    }

    [Fact]
    public void Cancelling_ends_before_the_next_step_and_calling_again_goes_on()
    {
        SmallClassifier network = new(1);
        using Trainer<SmallClassifier> trainer = new(network, new AdamW(), threads: 1);
        DataSet data = TestData.Clouds(64, 1);
        FitOptions options = new() { Epochs = 4, BatchSize = 16 };
        using CancellationTokenSource cancellation = new();
        FitResult stopped = trainer.Fit(
            data,
            options,
            new TestData.Listener<FitProgress>(p =>
            {
                if (p is { Epoch: 2, Step: 3 })
                {
                    cancellation.Cancel();
                }
            }),
            cancellation.Token);
        Assert.Equal((StopReason.Cancelled, 1, 7L), (stopped.StopReason, stopped.History.Count, trainer.StepCount));
        Assert.Contains("epoch 2 after 3 of 4 steps", stopped.Message, StringComparison.Ordinal);

        Assert.Contains("Resume", Assert.Throws<ArgumentException>(() => trainer.Fit(data, new FitOptions { Epochs = 4, BatchSize = 8 })).Message, StringComparison.Ordinal);
        FitResult finished = trainer.Fit(data, options);
        Assert.Equal((StopReason.Completed, 4, 16L), (finished.StopReason, finished.History.Count, trainer.StepCount));
        Assert.Equal(stopped.History[0], finished.History[0]);

        // The run is over: another one begins at its beginning, with any options.
        Assert.Equal(2, trainer.Fit(data, new FitOptions { Epochs = 2, BatchSize = 8 }).History.Count);
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_and_brings_the_last_good_parameters_back()
    {
        float[] x = TestData.Floats(12 * 3, 1);
        x[(10 * 3) + 1] = float.NaN;
        float[] y = TestData.Floats(12 * 2, 2);
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Adam(), threads: 2);
        int[] beforeLastGoodUpdate = [];
        FitResult result = trainer.Fit(
            new DataSet(x, y, 12),
            new FitOptions { Epochs = 3, BatchSize = 3, Shuffle = false },
            new TestData.Listener<FitProgress>(p =>
            {
                if (p.Step == 2)
                {
                    beforeLastGoodUpdate = TestData.Bits(network.State);
                }
            }));
        Assert.Equal(StopReason.LossNotFinite, result.StopReason);
        Assert.Contains("NaN at step 4 of epoch 1", result.Message, StringComparison.Ordinal);
        Assert.Empty(result.History);
        Assert.Equal(3, trainer.StepCount);
        Assert.Equal(beforeLastGoodUpdate, TestData.Bits(network.State));
        Assert.All(network.State.Storage.ToArray(), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Bad_data_in_the_first_step_changes_nothing()
    {
        Regressor network = new(1);
        int[] before = TestData.Bits(network.State);
        using Trainer<Regressor> trainer = new(network, new Adam(), threads: 1);
        FitResult result = trainer.Fit(new DataSet(new float[] { 1, float.PositiveInfinity, 2 }, new float[] { 1, 2 }, 1));
        Assert.Equal(StopReason.LossNotFinite, result.StopReason);
        Assert.Contains("that is the first one, so the network has the parameters that Fit was called with", result.Message, StringComparison.Ordinal);
        Assert.Equal(before, TestData.Bits(network.State));
    }

    [Fact]
    public void Divergence_ends_with_finite_parameters_whose_loss_is_finite()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd { LearningRate = 1e6f }, threads: 1);
        DataSet data = new(TestData.Floats(30, 1), TestData.Floats(20, 2), 10);
        FitResult result = trainer.Fit(data, new FitOptions { Epochs = 100, BatchSize = 10 });
        Assert.Equal(StopReason.LossNotFinite, result.StopReason);
        Assert.True(double.IsFinite(trainer.Evaluate(data).Loss!.Value));
    }

    /// <summary>A run that is stopped between the update that was too large and the loss that shows it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Divergence_after_a_stop_says_which_parameters_there_are(bool fromCheckpoint)
    {
        using TemporaryFolder folder = new();
        Regressor network = new(1);
        Trainer<Regressor> trainer = new(network, new Sgd { LearningRate = 1e30f }, threads: 1);
        int[] start = TestData.Bits(network.State);
        DataSet data = new(TestData.Floats(30, 1), TestData.Floats(20, 2), 10);
        FitOptions options = new() { Epochs = 100, BatchSize = 5, CheckpointPath = folder.File("c") };
        using CancellationTokenSource cancellation = new();
        trainer.Fit(data, options, new TestData.Listener<FitProgress>(_ => cancellation.Cancel()), cancellation.Token);
        Assert.Equal(1, trainer.StepCount);
        int[] diverged = TestData.Bits(network.State);
        if (fromCheckpoint)
        {
            trainer.Dispose();
            network = new Regressor(2);
            trainer = new(network, new Sgd { LearningRate = 1e30f }, threads: 1);
            trainer.LoadCheckpoint(folder.File("c"));
        }

        FitResult result = trainer.Fit(data, options);
        Assert.Equal(StopReason.LossNotFinite, result.StopReason);
        Assert.Contains("at step 2 of epoch 1", result.Message, StringComparison.Ordinal);
        Assert.Contains(
            fromCheckpoint ? "a checkpoint does not hold them), so the network has those that this step began with" : "the network has its last parameters with a finite loss",
            result.Message,
            StringComparison.Ordinal);
        Assert.Equal(fromCheckpoint ? diverged : start, TestData.Bits(network.State));
        trainer.Dispose();
    }

    /// <summary>A step outside of Fit keeps less of what was before it.</summary>
    [Fact]
    public void Divergence_after_a_stop_and_a_step_goes_nowhere_back()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd { LearningRate = 1e10f }, threads: 1);
        DataSet data = new(TestData.Floats(30, 1), TestData.Floats(20, 2), 10);
        using CancellationTokenSource cancellation = new();
        trainer.Fit(data, new FitOptions { BatchSize = 5 }, new TestData.Listener<FitProgress>(_ => cancellation.Cancel()), cancellation.Token);
        trainer.Step(TestData.Floats(15, 3), TestData.Floats(10, 4));
        int[] diverged = TestData.Bits(network.State);
        FitResult result = trainer.Fit(data, new FitOptions { BatchSize = 5 });
        Assert.Equal(StopReason.LossNotFinite, result.StopReason);
        Assert.Contains("are not known", result.Message, StringComparison.Ordinal);
        Assert.Equal(diverged, TestData.Bits(network.State));
    }

    [Fact]
    public void Wrong_options_and_data_are_refused_before_anything_changes()
    {
        SmallClassifier network = new(1);
        int[] before = TestData.Bits(network.State);
        using Trainer<SmallClassifier> trainer = new(network, new Sgd(), threads: 1);
        DataSet data = TestData.Clouds(20, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(data, new FitOptions { Epochs = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(data, new FitOptions { BatchSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(data, new FitOptions { ValidationSplit = 1 }));
        Assert.Throws<ArgumentException>(() => trainer.Fit(data, new FitOptions { ValidationSplit = 0.5, Validation = data }));
        Assert.Throws<ArgumentException>(() => trainer.Fit(data, new FitOptions { EarlyStopping = new EarlyStopping { Monitor = Metric.Accuracy } }));
        Assert.Throws<ArgumentException>(() => trainer.Fit(data, new FitOptions { EarlyStopping = new EarlyStopping { Patience = 0 } }));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(data, new FitOptions { EarlyStopping = new EarlyStopping { Monitor = (Metric)9 } }));
        Assert.Contains("at least one sample", Assert.Throws<ArgumentOutOfRangeException>(() => new DataSet(Array.Empty<float>(), Array.Empty<int>())).Message, StringComparison.Ordinal);
        Fails(() => trainer.Fit(new DataSet(new float[30], new int[10])), "3 floats", "takes 2");
        Fails(() => trainer.Fit(new DataSet(new float[20], new float[10], 10)), "class numbers");
        Fails(() => trainer.Fit(new DataSet(new float[20], new int[20], 10)), "2 labels", "wants 1");
        Fails(() => trainer.Fit(new DataSet(new float[20], new[] { 0, 1, 2, 0, 3, 0, 0, 0, 0, 0 })), "labels[4] is 3", "3 classes");
        Assert.Equal(before, TestData.Bits(network.State));
        Assert.Equal(0, trainer.StepCount);

        static void Fails(Action action, params string[] parts)
        {
            string message = Assert.ThrowsAny<ArgumentException>(action).Message;
            Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Data_sets_are_checked_divided_and_viewed()
    {
        Assert.Throws<ArgumentException>(() => new DataSet(new float[7], new int[2]));
        Assert.Throws<ArgumentException>(() => new DataSet(new float[6], new float[5], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DataSet(new float[6], new float[5], 0));
        DataSet data = new(Enumerable.Range(0, 20).Select(i => (float)i).ToArray(), Enumerable.Range(0, 10).ToArray());
        (DataSet first, DataSet second) = data.Split(0.3, seed: 4);
        Assert.Equal((7, 3), (first.Count, second.Count));
        int[] labels = [.. Enumerable.Range(0, 7).Select(i => first.Classes(i)[0]), .. Enumerable.Range(0, 3).Select(i => second.Classes(i)[0])];
        Assert.Equal(Enumerable.Range(0, 10), labels.Order());
        Assert.NotEqual(Enumerable.Range(0, 10), labels);
        Assert.Equal(2 * second.Classes(1)[0], second.Input(1)[0]);
        DataSet view = data.Subset([9, 4, 7]).Slice(1, 2);
        Assert.Equal([8f, 9f], view.Input(0).ToArray());
        Assert.Equal(7, view.Classes(1)[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Subset([10]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Slice(8, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Split(0));
    }

    [Fact]
    public void Checkpoints_are_written_within_and_after_epochs()
    {
        using TemporaryFolder folder = new();
        SmallClassifier network = new(1);
        using Trainer<SmallClassifier> trainer = new(network, new AdamW(), threads: 1);
        List<long> saved = [];
        trainer.Fit(
            TestData.Clouds(40, 1),
            new FitOptions { Epochs = 2, BatchSize = 8, CheckpointPath = folder.File("c"), CheckpointEverySteps = 2 },
            new TestData.Listener<FitProgress>(p =>
            {
                // What is there was written after the report before this one.
                if (File.Exists(folder.File("c")))
                {
                    using Trainer<SmallClassifier> other = new(new SmallClassifier(2), new AdamW(), threads: 1);
                    other.LoadCheckpoint(folder.File("c"));
                    saved.Add(other.StepCount);
                }
            }));
        Assert.Equal([2L, 4, 5, 7, 9], saved.Distinct());
    }

    [Fact]
    public void Large_samples_are_evaluated_a_few_at_a_time()
    {
        PictureClassifier network = new(1);
        using Trainer<PictureClassifier> trainer = new(network, new Sgd(), threads: 1);
        float[] inputs = TestData.Floats(20 * PictureClassifier.InputSize, 3);
        int[] labels = [.. Enumerable.Range(0, 20).Select(i => i % 3)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        EvaluationResult all = trainer.Evaluate(new DataSet(inputs, labels));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20L << 20);

        double loss = 0;
        for (int i = 0; i < 20; i++)
        {
            loss += trainer.Evaluate(new DataSet(inputs.AsMemory(i * PictureClassifier.InputSize, PictureClassifier.InputSize), labels.AsMemory(i, 1))).Loss!.Value;
        }

        Assert.Equal(loss / 20, all.Loss!.Value, 1e-12);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(int.MaxValue)]
    public void A_minibatch_larger_than_the_data_is_all_of_it(int size)
    {
        using Trainer<SmallClassifier> trainer = new(new SmallClassifier(1), new Sgd(), threads: 1);
        FitResult result = trainer.Fit(TestData.Clouds(10, 1), new FitOptions { Epochs = 2, BatchSize = size });
        Assert.Equal(2, trainer.StepCount);
        Assert.All(result.History, e => Assert.True(e.Loss > 0));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(0.5f)]
    [InlineData(float.NaN)]
    public void A_number_out_of_range_is_found_before_anything_is_trained(float number)
    {
        TokenClassifier network = new(1);
        using Trainer<TokenClassifier> trainer = new(network, new Sgd(), threads: 1);
        int[] before = TestData.Bits(network.State);
        float[] inputs = [0, 1, 2, 0, 1, number];
        DataSet data = new(inputs, new[] { 0, 1, 2 });
        ArgumentException error = Assert.Throws<ArgumentException>(() => trainer.Fit(data, new FitOptions { Epochs = 1, BatchSize = 1, Shuffle = false }));
        Assert.StartsWith($"TokenClassifier: 'Input'[5] is {number.ToString(CultureInfo.InvariantCulture)} (sample 2, position 1), but must be a whole number from 0 to 2.", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, TestData.Bits(network.State));
        Assert.Throws<ArgumentException>(() => trainer.Evaluate(data));
        Assert.Throws<ArgumentException>(() => trainer.Fit(new DataSet(new float[4], new int[2]), new FitOptions { Validation = data }));
        Assert.Equal(0, trainer.StepCount);

        // Written to while Fit is at work.
        inputs[5] = 1;
        Assert.Throws<ArgumentException>(() => trainer.Fit(
            data, new FitOptions { Epochs = 1, BatchSize = 1, Shuffle = false }, new TestData.Listener<FitProgress>(_ => inputs[5] = number)));
        Assert.Equal(2, trainer.StepCount);
    }
}
