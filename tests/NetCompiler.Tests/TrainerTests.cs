namespace NetCompiler.Tests;

public sealed class TrainerTests
{
    private static readonly float[] X = TestData.Floats(10 * Regressor.InputSize, 1);
    private static readonly float[] Y = TestData.Floats(10 * Regressor.OutputSize, 2);

    [Fact]
    public void Loss_and_gradients_are_those_of_the_mean()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd(), threads: 2);
        float loss = trainer.ComputeGradients(X, Y);

        Assert.Equal(MeanLoss(network), loss, 1e-6);
        foreach (string name in new[] { "layer.weight", "layer.bias" })
        {
            float[] gradient = trainer.Gradients[name].ToArray();
            float[] values = network.Parameters[name].ToArray();
            for (int i = 0; i < values.Length; i++)
            {
                Assert.Equal(Difference(network, name, values, i), gradient[i], 2e-3);
            }
        }
    }

    [Fact]
    public void ComputeGradients_changes_nothing_and_Step_repeats_its_loss()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new AdamW(), threads: 2);
        int[] before = TestData.Bits(network.State);
        float loss = trainer.ComputeGradients(X, Y);
        Assert.Equal(before, TestData.Bits(network.State));
        Assert.Equal(0, trainer.StepCount);

        Assert.Equal(loss, trainer.Step(X, Y));
        Assert.Equal(1, trainer.StepCount);
        Assert.NotEqual(before, TestData.Bits(network.State));
        Assert.NotEqual(0, network.Parameters["norm.running_mean"].ToArray()[0]);
        Assert.True(trainer.ComputeGradients(X, Y) < loss);
    }

    [Fact]
    public void Input_gradient_of_parameters_that_are_no_more_is_refused_unless_it_is_known()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd(), threads: 1);
        Parameter weight = network.Parameters["layer.weight"];
        float[] values = weight.ToArray();
        float[] gradient = new float[X.Length];
        trainer.ComputeGradients(X, Y);
        weight.CopyFrom(values);
        Assert.Contains("have changed since the last minibatch", Assert.Throws<InvalidOperationException>(() => trainer.InputGradient.CopyTo(gradient)).Message, StringComparison.Ordinal);

        trainer.ComputeGradients(X, Y);
        trainer.InputGradient.CopyTo(gradient);
        weight.CopyFrom(new float[values.Length]);
        float[] known = new float[X.Length];
        trainer.InputGradient.CopyTo(known);
        Assert.Equal(gradient, known);

        trainer.Step(X, Y); // keeps what it updates
        weight.CopyFrom(values);
        trainer.InputGradient.CopyTo(known);
    }

    [Fact]
    public void Input_gradient_belongs_to_the_last_minibatch_even_after_its_update()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd { LearningRate = 1 }, threads: 2);
        Assert.Contains("before the first minibatch", Assert.Throws<InvalidOperationException>(() => trainer.InputGradient.CopyTo([])).Message, StringComparison.Ordinal);
        trainer.ComputeGradients(X, Y);
        float[] expected = new float[X.Length];
        trainer.InputGradient.CopyTo(expected);

        // d mean((Wx + b - y)^2) / dx = 2 / outputs / batch * W^T (Wx + b - y)
        float[] w = network.Parameters["layer.weight"].ToArray();
        float[] outputs = new float[Y.Length];
        network.ForwardAll(X, outputs);
        for (int i = 0; i < X.Length; i++)
        {
            int sample = i / 3;
            double sum = 0;
            for (int o = 0; o < 2; o++)
            {
                sum += 2.0 / 2 / 10 * w[(o * 3) + (i % 3)] * (outputs[(sample * 2) + o] - Y[(sample * 2) + o]);
            }

            Assert.Equal(sum, expected[i], 1e-6);
        }

        trainer.Step(X, Y);
        Assert.Equal(X.Length, trainer.InputGradient.Length);
        float[] afterUpdate = new float[X.Length];
        trainer.InputGradient.CopyTo(afterUpdate);
        Assert.Equal(expected, afterUpdate);
        Assert.Throws<ArgumentException>(() => trainer.InputGradient.CopyTo(new float[3]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1025)]
    [InlineData(int.MaxValue)]
    public void More_threads_than_a_process_can_have_are_refused(int threads)
    {
        Regressor network = new(1);
        Assert.Contains("from 1 to 1024", Assert.Throws<ArgumentOutOfRangeException>(() => new Trainer<Regressor>(network, new Sgd(), threads)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => network.State.Threads = threads);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        int[][] results = [.. new[] { 1, 2, 3, 7 }.Select(threads =>
        {
            Classifier network = new(5);
            using Trainer<Classifier> trainer = new(network, new AdamW(), threads) { GradientClipNorm = 0.5f, Seed = 9 };
            List<float> losses = [];
            for (int step = 0; step < 12; step++)
            {
                int batch = step % 3 == 2 ? 5 : 21;
                losses.Add(trainer.Step(TestData.Floats(batch * Classifier.InputSize, step), TestData.Classes(batch, Classifier.OutputSize, step)));
            }

            return TestData.Bits([.. losses, .. network.State.Storage, .. trainer.Gradients["layer.weight"].ToArray()]);
        })];
        Assert.All(results[1..], r => Assert.Equal(results[0], r));
    }

    [Fact]
    public void The_seed_decides_the_random_numbers_of_each_step()
    {
        float[] Train(long seed)
        {
            SmallClassifier network = new(5);
            using Trainer<SmallClassifier> trainer = new(network, new Sgd(), threads: 1) { Seed = seed };
            trainer.Step([1, 2], [0]);
            return trainer.Gradients["layer.bias"].ToArray();
        }

        Assert.Equal(Train(3), Train(3));
        Assert.NotEqual(Train(3), Train(4));
    }

    [Fact]
    public void Clipping_scales_all_gradients_to_the_norm()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd { LearningRate = 1 }, threads: 2);
        trainer.ComputeGradients(X, Y);
        float[] free = [.. trainer.Gradients.SelectMany(g => g.ToArray())];
        double norm = Math.Sqrt(free.Sum(g => (double)g * g));

        trainer.GradientClipNorm = (float)(norm / 4);
        float[] before = network.Parameters["layer.weight"].ToArray();
        trainer.Step(X, Y);
        float[] clipped = [.. trainer.Gradients.SelectMany(g => g.ToArray())];
        float scale = (float)((float)(norm / 4) / (norm + 1e-6));
        Assert.All(clipped.Zip(free), g => Assert.Equal(g.Second * scale, g.First, 1e-7));
        Assert.Equal(before[0] - clipped[0], network.Parameters["layer.weight"].ToArray()[0]);

        trainer.GradientClipNorm = 1000;
        trainer.ComputeGradients(X, Y);
        float[] small = [.. trainer.Gradients.SelectMany(g => g.ToArray())];
        trainer.Step(X, Y);
        Assert.Equal(small, trainer.Gradients.SelectMany(g => g.ToArray()));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.GradientClipNorm = 0);
    }

    [Fact]
    public void Frozen_parameters_and_statistics_stay_and_others_move()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new AdamW(), threads: 2);
        int[] start = TestData.Bits(network.State);
        int[] Weight() => TestData.Bits(network.Parameters["layer.weight"].ToArray());
        int[] Bias() => TestData.Bits(network.Parameters["layer.bias"].ToArray());
        int[] Mean() => TestData.Bits(network.Parameters["norm.running_mean"].ToArray());
        (int[] weight, int[] bias, int[] mean) = (Weight(), Bias(), Mean());

        Assert.Equal(1, trainer.Freeze("*.weight"));
        trainer.Step(X, Y);
        Assert.Equal(weight, Weight());
        Assert.NotEqual(bias, Bias());
        Assert.NotEqual(mean, Mean());

        mean = Mean();
        Assert.Equal(1, trainer.Freeze("norm"));
        Assert.Equal(["layer.weight", "norm.running_mean"], trainer.FrozenParameters);
        trainer.Step(X, Y);
        Assert.Equal(mean, Mean());

        Assert.Equal(3, trainer.Unfreeze("*"));
        Assert.Empty(trainer.FrozenParameters);
        trainer.Step(X, Y);
        Assert.NotEqual(weight, Weight());
        Assert.NotEqual(mean, Mean());
        Assert.NotEqual(start, TestData.Bits(network.State));
        Assert.Contains("'layr.*'", Assert.Throws<ArgumentException>(() => trainer.Freeze("layr.*")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_thawed_later_begins_its_moments_then()
    {
        // Adam's first update is the learning rate in the gradient's direction, whenever it happens.
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Adam { LearningRate = 0.01f }, threads: 1);
        trainer.Freeze("layer.bias");
        for (int i = 0; i < 5; i++)
        {
            trainer.Step(X, Y);
        }

        trainer.Unfreeze("layer.bias");
        float before = network.Parameters["layer.bias"].ToArray()[0];
        trainer.Step(X, Y);
        float moved = network.Parameters["layer.bias"].ToArray()[0] - before;
        Assert.Equal(-0.01 * Math.Sign(trainer.Gradients["layer.bias"].ToArray()[0]), moved, 1e-6);
    }

    [Fact]
    public void Wrong_arguments_say_what_is_right_and_change_nothing()
    {
        Regressor regressor = new(1);
        SmallClassifier classifier = new(1);
        using Trainer<Regressor> floats = new(regressor, new Sgd(), threads: 1);
        using Trainer<SmallClassifier> classes = new(classifier, new Sgd(), threads: 1);
        floats.Step(X, Y);
        int[] before = TestData.Bits(regressor.State);
        int[] beforeClasses = TestData.Bits(classifier.State);

        Fails(() => floats.Step(X.AsSpan(1), Y), "29 elements", "samples of 3 elements");
        Fails(() => floats.Step(ReadOnlySpan<float>.Empty, Y), "'inputs' is empty");
        Fails(() => floats.Step(X, Y.AsSpan(1)), "19 labels", "20 are needed");
        Fails(() => floats.Step(X, [1, 2, 3]), "compares with floats");
        Fails(() => classes.Step([1, 2], new float[] { 1 }), "class numbers", "0 to 2");
        Fails(() => classes.Step([1, 2, 3, 4], [0, 3]), "labels[1] is 3", "3 classes", "0 to 2", "'Output'");
        Fails(() => classes.Step([1, 2, 3, 4], [0, -2]), "labels[1] is -2", "3 classes", "0 to 2, or -1 where the position does not count");
        Fails(() => classes.ComputeGradients([1, 2, 3, 4], [int.MinValue, -1]), "labels[0] is -2147483648", "or -1 where the position does not count");
        Fails(() => classes.ComputeGradients([1, 2, 3, 4], [0]), "1 labels", "2 are needed");

        Assert.Equal(before, TestData.Bits(regressor.State));
        Assert.Equal(beforeClasses, TestData.Bits(classifier.State));
        Assert.Equal(1, floats.StepCount);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Trainer<Regressor>(regressor, new Sgd(), threads: -1));
    }

    [Fact]
    public void Nothing_works_after_disposal()
    {
        Trainer<Regressor> trainer = new(new Regressor(1), new Sgd(), threads: 2);
        trainer.Step(X, Y);
        trainer.Dispose();
        trainer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => trainer.Step(X, Y));
        Assert.Throws<ObjectDisposedException>(() => trainer.ComputeGradients(X, Y));
        Assert.Throws<ObjectDisposedException>(() => trainer.InputGradient.CopyTo(new float[X.Length]));
        Assert.Throws<ObjectDisposedException>(() => trainer.Fit(new DataSet(X, Y, 10)));
        Assert.Throws<ObjectDisposedException>(() => trainer.Evaluate(new DataSet(X, Y, 10)));
        Assert.Throws<ObjectDisposedException>(() => trainer.SaveCheckpoint("never-written"));
        Assert.Throws<ObjectDisposedException>(() => trainer.Freeze("*"));
    }

    [Fact]
    public void Disposal_on_another_thread_lets_the_step_at_work_end()
    {
        int[] Train(bool disposes)
        {
            Classifier network = new(5);
            Trainer<Classifier> trainer = new(network, new Sgd(), threads: 3);
            if (disposes)
            {
                // A schedule is asked before the first of the threads' work.
                trainer.Schedule = new Asked(() => OnAnotherThread(trainer.Dispose));
            }

            Task<float> step = Task.Run(() => trainer.Step(TestData.Floats(9 * Classifier.InputSize, 1), TestData.Classes(9, Classifier.OutputSize, 1)));
            Assert.True(step.Wait(TimeSpan.FromMinutes(1)), "The step has no end.");
            if (disposes)
            {
                Assert.Throws<ObjectDisposedException>(() => trainer.Freeze("*"));
            }

            trainer.Dispose();
            return TestData.Bits(network.State);
        }

        Assert.Equal(Train(disposes: false), Train(disposes: true));
    }

    [Fact]
    public void Disposal_within_a_fit_ends_it_at_the_next_step()
    {
        Regressor network = new(1);
        Trainer<Regressor> trainer = new(network, new Sgd(), threads: 2);
        Assert.Throws<ObjectDisposedException>(() => trainer.Fit(
            new DataSet(X, Y, 10), new FitOptions { BatchSize = 2 }, new TestData.Listener<FitProgress>(_ => OnAnotherThread(trainer.Dispose))));
        Assert.Equal(1, trainer.StepCount);
    }

    [Fact]
    public void Evaluation_counts_and_averages_over_all_samples()
    {
        SmallClassifier network = new(1);
        network.Parameters["layer.weight"].CopyFrom([1, 0, 0, 1, -1, -1]);
        network.Parameters["layer.bias"].CopyFrom([0, 0, 0]);
        DataSet data = TestData.Clouds(700, 3);
        EvaluationResult[] results = [.. new[] { 1, 3 }.Select(threads =>
        {
            using Trainer<SmallClassifier> trainer = new(network, new Sgd(), threads);
            return trainer.Evaluate(data);
        })];
        Assert.Equal(results[0], results[1]);

        double loss = 0;
        int right = 0;
        for (int i = 0; i < data.Count; i++)
        {
            (double x, double y) = (data.Input(i)[0], data.Input(i)[1]);
            double[] logits = [x, y, -x - y];
            int label = data.Classes(i)[0];
            loss += Math.Log(logits.Sum(Math.Exp)) - logits[label];
            right += logits[label] == logits.Max() ? 1 : 0;
        }

        Assert.Equal(700, results[0].Count);
        Assert.Equal(loss / 700, results[0].Loss!.Value, 1e-6);
        Assert.Equal(right / 700.0, results[0].Accuracy!.Value, 1e-12);
    }

    private static void OnAnotherThread(ThreadStart action)
    {
        Thread thread = new(action);
        thread.Start();
        thread.Join();
    }

    /// <summary>Does something when it is asked for the learning rate.</summary>
    private sealed class Asked(Action action) : LearningRateSchedule
    {
        public override double Rate(long step, double learningRate)
        {
            action();
            return learningRate;
        }
    }

    private static void Fails(Action action, params string[] parts)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(action);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    private static double MeanLoss(Regressor network)
    {
        float[] outputs = new float[Y.Length];
        network.ForwardAll(X, outputs);
        return outputs.Zip(Y).Average(o => Math.Pow((double)o.First - o.Second, 2));
    }

    private static double Difference(Regressor network, string name, float[] values, int index)
    {
        const float step = 1e-2f;
        double Moved(float by)
        {
            float[] changed = [.. values];
            changed[index] += by;
            network.Parameters[name].CopyFrom(changed);
            return MeanLoss(network);
        }

        double difference = (Moved(step) - Moved(-step)) / (2 * step);
        network.Parameters[name].CopyFrom(values);
        return difference;
    }
}
