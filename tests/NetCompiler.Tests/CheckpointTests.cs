using System.Buffers.Binary;
using System.Text;

namespace NetCompiler.Tests;

public sealed class CheckpointTests
{
    public static TheoryData<string> Optimizers() => ["Sgd", "SgdMomentum", "Adam", "AdamW", "RMSprop"];

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_resumed_run_of_steps_ends_with_the_same_bits(string optimizer)
    {
        using TemporaryFolder folder = new();
        int[] straight = Run(stopAt: -1);
        Assert.All(new[] { 0, 1, 4, 8 }, stop => Assert.Equal(straight, Run(stop)));

        int[] Run(int stopAt)
        {
            SmallClassifier network = new(4);
            Trainer<SmallClassifier> trainer = Make(network, threads: 2);
            trainer.Seed = 77;
            trainer.Freeze("norm");
            for (int step = 0; step < 9; step++)
            {
                if (step == stopAt)
                {
                    trainer.SaveCheckpoint(folder.File("c.safetensors"));
                    trainer.Dispose();

                    // Everything is new: another process would have no more than the file.
                    network = new SmallClassifier(5);
                    trainer = Make(network, threads: 1);
                    trainer.LoadCheckpoint(folder.File("c.safetensors"));
                    Assert.Equal(step, trainer.StepCount);
                    Assert.Equal(step <= 5 ? ["norm.running_mean"] : Array.Empty<string>(), trainer.FrozenParameters);
                }

                if (step == 5)
                {
                    trainer.Unfreeze("norm");
                }

                trainer.Step(TestData.Floats(12, step), TestData.Classes(6, 3, step));
            }

            trainer.Dispose();
            return TestData.Bits(network.State);
        }

        Trainer<SmallClassifier> Make(SmallClassifier network, int threads) => new(network, Create(optimizer), threads)
        {
            Schedule = new OneCycleSchedule { TotalSteps = 9 },
            GradientClipNorm = 0.3f,
        };
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_fit_stopped_at_any_step_and_resumed_ends_with_the_same_bits(string optimizer)
    {
        using TemporaryFolder folder = new();
        DataSet data = TestData.Clouds(50, 2);

        // 40 samples train: 6 steps each of 3 epochs, the last of 5 samples.
        FitOptions options = new() { Epochs = 3, BatchSize = 7, ShuffleSeed = 3, ValidationSplit = 0.2, EarlyStopping = new EarlyStopping { Patience = 1, MinDelta = 0.01 } };
        (int[] straight, FitResult expected, int steps) = Run(stopAfter: int.MaxValue);
        Assert.True(expected.History.Count > 1);
        for (int stop = 0; stop <= steps; stop++)
        {
            (int[] bits, FitResult result, int resumed) = Run(stop);
            Assert.Equal(straight, bits);
            Assert.Equal(expected.History, result.History);
            Assert.Equal((expected.BestEpoch, expected.StopReason, expected.Message), (result.BestEpoch, result.StopReason, result.Message));
            Assert.Equal(steps, resumed);
        }

        (int[] Bits, FitResult Result, int Steps) Run(int stopAfter)
        {
            SmallClassifier network = new(4);
            Trainer<SmallClassifier> trainer = new(network, Create(optimizer), threads: 2) { Seed = 1 };
            using CancellationTokenSource cancellation = new();
            int steps = 0;
            TestData.Listener<FitProgress> listener = new(p =>
            {
                steps += p.Completed is null ? 1 : 0;
                if (steps == stopAfter)
                {
                    trainer.SaveCheckpoint(folder.File("c.safetensors"));
                    cancellation.Cancel();
                }
            });
            if (stopAfter == 0)
            {
                cancellation.Cancel();
            }

            FitResult result = trainer.Fit(data, options, listener, cancellation.Token);
            if (result.StopReason == StopReason.Cancelled)
            {
                // Half of the time as the listener saved it, half of the time as cancelling left it.
                if (stopAfter % 2 == 0)
                {
                    trainer.SaveCheckpoint(folder.File("c.safetensors"));
                }

                trainer.Dispose();
                network = new SmallClassifier(99);
                trainer = new(network, Create(optimizer), threads: 1);
                trainer.LoadCheckpoint(folder.File("c.safetensors"));
                result = trainer.Fit(data, options, new TestData.Listener<FitProgress>(p => steps += p.Completed is null ? 1 : 0));
            }

            trainer.Dispose();
            return (TestData.Bits(network.State), result, steps);
        }
    }

    [Fact]
    public void The_last_checkpoint_of_a_run_that_stopped_early_ends_in_the_same_way()
    {
        using TemporaryFolder folder = new();
        DataSet data = TestData.Clouds(30, 2);
        FitOptions options = new()
        {
            Epochs = 50, BatchSize = 10, CheckpointPath = folder.File("c.safetensors"), EarlyStopping = new EarlyStopping { Patience = 2, MinDelta = 1000 },
        };
        SmallClassifier network = new(4);
        using Trainer<SmallClassifier> trainer = new(network, new Sgd(), threads: 1);
        FitResult first = trainer.Fit(data, options);
        Assert.Equal((StopReason.EarlyStopping, 1, 3), (first.StopReason, first.BestEpoch, first.History.Count));

        SmallClassifier again = new(5);
        using Trainer<SmallClassifier> resumed = new(again, new Sgd(), threads: 1);
        resumed.LoadCheckpoint(folder.File("c.safetensors"));
        FitResult second = resumed.Fit(data, options);
        Assert.Equal(first.History, second.History);
        Assert.Equal(first.StopReason, second.StopReason);
        Assert.Equal(TestData.Bits(network.State), TestData.Bits(again.State));
    }

    [Fact]
    public void A_checkpoint_is_also_a_file_of_the_network()
    {
        using TemporaryFolder folder = new();
        SmallClassifier network = new(4);
        using Trainer<SmallClassifier> trainer = new(network, new AdamW(), threads: 1);
        trainer.Step([1, 2], [1]);
        trainer.SaveCheckpoint(folder.File("c.safetensors"));
        Assert.Equal(TestData.Bits(network.State), TestData.Bits(NetworkFile.Load<SmallClassifier>(folder.File("c.safetensors")).State));
    }

    [Fact]
    public void Files_that_do_not_fit_are_refused_and_change_nothing()
    {
        using TemporaryFolder folder = new();
        SmallClassifier network = new(4);
        using Trainer<SmallClassifier> adam = new(network, new AdamW(), threads: 1) { Seed = 5 };
        adam.Step([1, 2], [1]);
        adam.Freeze("layer.bias");
        adam.SaveCheckpoint(folder.File("adam"));
        NetworkFile.Save(network, folder.File("plain"));
        byte[] whole = File.ReadAllBytes(folder.File("adam"));
        string text = Encoding.Latin1.GetString(whole);
        void Damaged(string name, string from, string to)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            Assert.Equal(from.Length, to.Length);
            File.WriteAllBytes(folder.File(name), Encoding.Latin1.GetBytes(text.Replace(from, to, StringComparison.Ordinal)));
        }

        Damaged("state", "@exp_avg_sq.layer.bias", "@exp_avg_xx.layer.bias");
        Damaged("shape", "\"@exp_avg.layer.weight\":{\"dtype\":\"F32\",\"shape\":[3,2]", "\"@exp_avg.layer.weight\":{\"dtype\":\"F32\",\"shape\":[2,3]");
        Damaged("step", "\"step\":\"1\"", "\"step\":\"x\"");
        Damaged("updates", "\"updates\":\"1 1\"", "\"updates\":\"1-1\"");
        Damaged("count", "\"updates\":\"1 1\"", "\"updates\":\"111\"");
        Damaged("version", "netcompiler.checkpoint\":\"1\"", "netcompiler.checkpoint\":\"2\"");
        Damaged("frozen", "\"frozen\":\"layer.bias\"", "\"frozen\":\"layer.bais\"");
        WithCount("steps", "step", "1", "9007199254740993");
        WithCount("most updates", "updates", "1 1", "1 9223372036854775807");
        File.WriteAllBytes(folder.File("short"), whole[..^1]);

        // The header is longer then; a multiple of 8 is no more than what is usual.
        void WithCount(string name, string key, string from, string to)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(whole);
            string header = Encoding.UTF8.GetString(whole, 8, length);
            byte[] changed = Encoding.UTF8.GetBytes(header.Replace($"\"{key}\":\"{from}\"", $"\"{key}\":\"{to}\"", StringComparison.Ordinal));
            Assert.NotEqual(length, changed.Length);
            byte[] prefix = new byte[8];
            BinaryPrimitives.WriteInt32LittleEndian(prefix, changed.Length);
            File.WriteAllBytes(folder.File(name), [.. prefix, .. changed, .. whole[(8 + length)..]]);
        }

        SmallClassifier other = new(6);
        using Trainer<SmallClassifier> trainer = new(other, new AdamW(), threads: 1) { Seed = 8 };
        trainer.Step([3, 4], [2]);
        trainer.SaveCheckpoint(folder.File("before"));
        Refused(trainer, "plain", "no checkpoint", "LoadParameters");
        Refused(trainer, "state", "'@exp_avg_sq.layer.bias'");
        Refused(trainer, "shape", "'@exp_avg.layer.weight'", "[2, 3]", "[3, 2]");
        Refused(trainer, "step", "metadata");
        Refused(trainer, "updates", "metadata");
        Refused(trainer, "count", "of the network 'SmallClassifier', of which 1 parameters", "SmallClassifier has 2");
        Refused(trainer, "version", "version 2");
        Refused(trainer, "frozen", "freezes 'layer.bais', and SmallClassifier has no parameter of that name", "'layer.bias'");
        Refused(trainer, "steps", "'step' has 9007199254740993");
        Refused(trainer, "most updates", "'updates' has 9223372036854775807");
        Refused(trainer, "short", "cut off");
        using Trainer<SmallClassifier> sgd = new(other, new Sgd(), threads: 1);
        Assert.Contains("'Sgd'", Assert.Throws<SafetensorsException>(() => sgd.LoadCheckpoint(folder.File("adam"))).Message, StringComparison.Ordinal);
        using Trainer<Regressor> regressor = new(new Regressor(1), new AdamW(), threads: 1);
        Assert.Contains("[3, 2]", Assert.Throws<SafetensorsException>(() => regressor.LoadCheckpoint(folder.File("adam"))).Message, StringComparison.Ordinal);

        trainer.SaveCheckpoint(folder.File("after"));
        Assert.Equal(File.ReadAllBytes(folder.File("before")), File.ReadAllBytes(folder.File("after")));

        void Refused(Trainer<SmallClassifier> by, string name, params string[] parts)
        {
            SafetensorsException error = Assert.Throws<SafetensorsException>(() => by.LoadCheckpoint(folder.File(name)));
            Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        }
    }

    private static Optimizer Create(string name) => name switch
    {
        "Sgd" => new Sgd { LearningRate = 0.1f },
        "SgdMomentum" => new Sgd { LearningRate = 0.1f, Momentum = 0.9f, Dampening = 0.1f, WeightDecay = 0.01f },
        "Adam" => new Adam { LearningRate = 0.1f },
        "AdamW" => new AdamW { LearningRate = 0.1f },
        _ => new RMSprop { LearningRate = 0.1f, Momentum = 0.5f, Centered = true },
    };
}
