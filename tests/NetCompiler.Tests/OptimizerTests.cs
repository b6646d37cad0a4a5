using System.Globalization;

namespace NetCompiler.Tests;

/// <summary>Optimisers against PyTorch's formulas, written out for one number at a time in double precision.</summary>
public sealed class OptimizerTests
{
    private delegate double Formula(double p, double g, double[] state, int step);

    [Fact]
    public void Sgd() => Check(new Sgd { LearningRate = 0.1f }, (p, g, s, t) => p - (0.1 * g));

    [Fact]
    public void Sgd_with_momentum_and_weight_decay() => Check(
        new Sgd { LearningRate = 0.1f, Momentum = 0.9f, WeightDecay = 0.01f },
        (p, g, s, t) =>
        {
            g += 0.01 * p;
            s[0] = t == 1 ? g : (0.9 * s[0]) + g;
            return p - (0.1 * s[0]);
        });

    [Fact]
    public void Sgd_with_dampening() => Check(
        new Sgd { LearningRate = 0.1f, Momentum = 0.9f, Dampening = 0.3f },
        (p, g, s, t) =>
        {
            s[0] = t == 1 ? g : (0.9 * s[0]) + (0.7 * g);
            return p - (0.1 * s[0]);
        });

    [Fact]
    public void Sgd_with_Nesterov() => Check(
        new Sgd { LearningRate = 0.1f, Momentum = 0.9f, Nesterov = true },
        (p, g, s, t) =>
        {
            s[0] = t == 1 ? g : (0.9 * s[0]) + g;
            return p - (0.1 * (g + (0.9 * s[0])));
        });

    [Fact]
    public void Adam() => Check(new Adam { LearningRate = 0.01f }, (p, g, s, t) => p - AdamStep(0.01, g, s, t));

    [Fact]
    public void Adam_with_weight_decay() => Check(
        new Adam { LearningRate = 0.01f, WeightDecay = 0.1f, Beta1 = 0.8f, Beta2 = 0.95f, Epsilon = 1e-3f },
        (p, g, s, t) => p - AdamStep(0.01, g + (0.1 * p), s, t, 0.8, 0.95, 1e-3));

    [Fact]
    public void AdamW() => Check(new AdamW { LearningRate = 0.01f }, (p, g, s, t) => (p * (1 - (0.01 * 0.01))) - AdamStep(0.01, g, s, t));

    public static TheoryData<Optimizer> Remembering => [new Adam(), new AdamW(), new Sgd { Momentum = 0.9f }, new RMSprop { Momentum = 0.9f }];

    [Theory]
    [MemberData(nameof(Remembering))]
    public unsafe void What_is_remembered_of_no_gradient_ends_at_zero(Optimizer optimizer)
    {
        // In place of subnormal numbers, which slow processors down.
        ArgumentNullException.ThrowIfNull(optimizer);
        float* p = stackalloc float[16], g = stackalloc float[16], states = stackalloc float[32];
        new Span<float>(p, 16).Fill(1);
        new Span<float>(g, 16).Clear();
        new Span<float>(states, 32).Fill(1e-38f);
        optimizer.Update(new OptimizerBlock(p, g, states, 16, 16, step: 1000, learningRate: 1e-3));
        Assert.All(new Span<float>(states, 16 * optimizer.StateNames.Count).ToArray(), s => Assert.Equal(0, s));
        Assert.Equal(optimizer is AdamW ? 1 - 1e-5f : 1, p[2], 1e-7f);
    }

    [Fact]
    public unsafe void Numbers_that_are_none_stay_in_the_moments_of_Adam()
    {
        float* p = stackalloc float[16], g = stackalloc float[16], states = stackalloc float[32];
        new Span<float>(p, 16).Fill(1);
        new Span<float>(g, 16).Clear();
        new Span<float>(states, 32).Fill(1e-38f);
        states[0] = states[17] = float.NaN;
        new Adam().Update(new OptimizerBlock(p, g, states, 16, 16, step: 1000, learningRate: 1e-3));
        Assert.True(float.IsNaN(states[0]) && float.IsNaN(states[17]) && float.IsNaN(p[0]) && float.IsNaN(p[1]));
        Assert.Equal(1, p[2]);
    }

    [Fact]
    public void RMSprop() => Check(
        new RMSprop(),
        (p, g, s, t) =>
        {
            s[0] = (0.99 * s[0]) + (0.01 * g * g);
            return p - (0.01 * g / (Math.Sqrt(s[0]) + 1e-8));
        });

    [Fact]
    public void RMSprop_centered_with_momentum_and_weight_decay() => Check(
        new RMSprop { LearningRate = 0.02f, Alpha = 0.9f, Centered = true, Momentum = 0.5f, WeightDecay = 0.1f, Epsilon = 1e-2f },
        (p, g, s, t) =>
        {
            g += 0.1 * p;
            s[0] = (0.9 * s[0]) + (0.1 * g * g);
            s[2] += (g - s[2]) * 0.1;
            s[1] = (0.5 * s[1]) + (g / (Math.Sqrt(s[0] - (s[2] * s[2])) + 1e-2));
            return p - (0.02 * s[1]);
        });

    [Theory]
    [InlineData(1e-18f, 0, 0)] // The first step: the square, 1e-38, is settled at 0, the mean is not.
    [InlineData(1, 1, 1.0001f)] // After many equal gradients, with some rounding.
    public unsafe void RMSprop_centered_takes_no_root_of_a_negative_number(float gradient, float square, float mean)
    {
        float* p = stackalloc float[16], g = stackalloc float[16], states = stackalloc float[32];
        new Span<float>(p, 16).Clear();
        new Span<float>(g, 16).Fill(gradient);
        new Span<float>(states, 16).Fill(square);
        new Span<float>(states + 16, 16).Fill(mean);
        new RMSprop { Centered = true, LearningRate = 0.5f, Epsilon = 1e-4f }.Update(new OptimizerBlock(p, g, states, 16, 16, step: 1, learningRate: 0.5));
        Assert.All(new Span<float>(p, 16).ToArray(), v => Assert.Equal(1, v / (-0.5f * (gradient / 1e-4f)), 1e-6f));
    }

    public static TheoryData<float, float> SmallAsTheirEpsilon => new() { { 1e-18f, 1e-20f }, { 1e-18f, 1e-15f }, { 1e-19f, 1e-18f }, { 1e-17f, 1e-12f }, { 1e-16f, 1e-20f }, { 1e-31f, 1e-30f } };

    /// <summary>What is remembered of small gradients settles at 0 only where the epsilon is large beside it: the step would be the quotient by the epsilon alone.</summary>
    [Theory]
    [MemberData(nameof(SmallAsTheirEpsilon))]
    public void Small_gradients_count_beside_a_small_epsilon(float gradient, float epsilon)
    {
        // Squares below the range of floats are 0, as in PyTorch.
        double Square(double g) => g * g < (double)float.Epsilon / 2 ? 0 : g * g;
        Steps(new Adam { LearningRate = 0.01f, Epsilon = epsilon }, (p, g, s, t) =>
        {
            s[0] = (0.9 * s[0]) + (0.1 * g);
            s[1] = (0.999 * s[1]) + (0.001 * Square(g));
            return p - (0.01 * (s[0] / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(s[1] / (1 - Math.Pow(0.999, t))) + epsilon));
        });
        Steps(new RMSprop { LearningRate = 0.01f, Epsilon = epsilon }, (p, g, s, t) =>
        {
            s[0] = (0.99 * s[0]) + (0.01 * Square(g));
            return p - (0.01 * g / (Math.Sqrt(s[0]) + epsilon));
        });

        unsafe void Steps(Optimizer optimizer, Formula formula)
        {
            float* p = stackalloc float[16], g = stackalloc float[16], states = stackalloc float[32];
            new Span<float>(p, 16).Clear();
            new Span<float>(states, 32).Clear();
            var (expected, state) = (0.0, new double[3]);
            for (int step = 1; step <= 30; step++)
            {
                new Span<float>(g, 16).Fill(gradient * (1 + (step % 2)));
                optimizer.Update(new OptimizerBlock(p, g, states, 16, 16, step, optimizer.LearningRate));
                expected = formula(expected, g[0], state, step);
                Assert.Equal(1, p[5] / expected, 1e-4f);
            }
        }
    }

    [Fact]
    public unsafe void Numbers_that_are_none_stay_in_RMSprop()
    {
        float* p = stackalloc float[16], g = stackalloc float[16], states = stackalloc float[32];
        new Span<float>(p, 16).Fill(1);
        new Span<float>(g, 16).Clear();
        new Span<float>(states, 32).Clear();
        g[1] = states[2] = states[16 + 3] = float.NaN;
        new RMSprop { Centered = true }.Update(new OptimizerBlock(p, g, states, 16, 16, step: 1, learningRate: 1e-3));
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 16).Where(i => float.IsNaN(p[i])));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd { LearningRate = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd { LearningRate = float.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Adam { Beta1 = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RMSprop { Alpha = -0.1f });
    }

    [Fact]
    public void Constant_and_step_schedules()
    {
        Assert.Equal(0.5, new ConstantSchedule().Rate(1000, 0.5));
        StepSchedule step = new() { Every = 10, Factor = 0.5 };
        Assert.Equal([1, 1, 0.5, 0.25], new long[] { 0, 9, 10, 25 }.Select(s => step.Rate(s, 1)));
    }

    [Fact]
    public void Cosine_schedule_warms_up_and_falls()
    {
        CosineSchedule schedule = new() { TotalSteps = 110, WarmUpSteps = 10, Minimum = 0.1 };
        Assert.Equal(0.1, schedule.Rate(0, 1), 12);
        Assert.Equal(1, schedule.Rate(9, 1), 12);
        Assert.Equal(1, schedule.Rate(10, 1), 12);
        Assert.Equal(0.55, schedule.Rate(60, 1), 12);
        Assert.Equal(0.1, schedule.Rate(110, 1), 12);
        Assert.Equal(0.1, schedule.Rate(500, 1), 12);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    public void Cosine_schedule_ends_with_its_steps_however_long_it_warms_up(long warmUp)
    {
        CosineSchedule schedule = new() { TotalSteps = 10, WarmUpSteps = warmUp, Minimum = 0.1 };
        Assert.Equal(10.0 / warmUp, schedule.Rate(9, 1), 12);
        Assert.Equal(0.1, schedule.Rate(10, 1));
        Assert.Equal(0.1, schedule.Rate(19, 1));
    }

    [Fact]
    public void One_cycle_schedule_is_PyTorchs()
    {
        // torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=100): rises over steps 0 .. 29, falls to 1/25/1e4 at step 99.
        OneCycleSchedule schedule = new() { TotalSteps = 100 };
        Assert.Equal(0.04, schedule.Rate(0, 1), 12);
        Assert.Equal(1, schedule.Rate(29, 1), 12);
        Assert.Equal(4e-6, schedule.Rate(99, 1), 12);
        double middle = 1 + ((0.04 - 1) / 2 * (1 + Math.Cos(Math.PI * 10 / 29)));
        Assert.Equal(middle, schedule.Rate(10, 1), 12);
        double falling = 4e-6 + ((1 - 4e-6) / 2 * (1 + Math.Cos(Math.PI * 35 / 70)));
        Assert.Equal(falling, schedule.Rate(64, 1), 12);
    }

    [Fact]
    public void The_trainer_follows_its_schedule()
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd { LearningRate = 1 }, threads: 1) { Schedule = new StepSchedule { Every = 1, Factor = 0.5 } };
        float[] x = TestData.Floats(12, 1);
        float[] y = TestData.Floats(8, 2);
        for (int step = 0; step < 3; step++)
        {
            float before = network.Parameters["layer.bias"].ToArray()[0];
            double rate = Math.Pow(0.5, step);
            Assert.Equal(rate, trainer.CurrentLearningRate);
            trainer.Step(x, y);
            float gradient = trainer.Gradients["layer.bias"].ToArray()[0];
            Assert.Equal(before - ((float)rate * gradient), network.Parameters["layer.bias"].ToArray()[0]);
        }
    }

    private static double AdamStep(double rate, double g, double[] s, int t, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    {
        s[0] = (beta1 * s[0]) + ((1 - beta1) * g);
        s[1] = (beta2 * s[1]) + ((1 - beta2) * g * g);
        double mean = s[0] / (1 - Math.Pow(beta1, t));
        double square = s[1] / (1 - Math.Pow(beta2, t));
        return rate * mean / (Math.Sqrt(square) + epsilon);
    }

    /// <summary>Trains, and does the same by formula from the gradients that the trainer reports. The bias exercises the remainder of a vector.</summary>
    private static void Check(Optimizer optimizer, Formula formula)
    {
        Classifier network = new(3);
        using Trainer<Classifier> trainer = new(network, optimizer, threads: 2);
        Dictionary<string, double[]> expected = network.Parameters.Where(p => !p.IsBuffer).ToDictionary(p => p.Name, p => p.ToArray().Select(v => (double)v).ToArray());
        Dictionary<string, double[][]> states = expected.ToDictionary(e => e.Key, e => e.Value.Select(_ => new double[3]).ToArray());
        for (int step = 1; step <= 5; step++)
        {
            trainer.Step(TestData.Floats(7 * Classifier.InputSize, step), TestData.Classes(7, Classifier.OutputSize, step));
            foreach ((string name, double[] values) in expected)
            {
                float[] gradient = trainer.Gradients[name].ToArray();
                float[] actual = network.Parameters[name].ToArray();
                for (int i = 0; i < values.Length; i++)
                {
                    double updated = formula(values[i], gradient[i], states[name][i], step);
                    Assert.True(Math.Abs(updated - actual[i]) <= 2e-6 * Math.Max(0.1, Math.Abs(updated)), $"{name}[{i}] step {step}: expected {updated}, found {actual[i]}");

                    // The next gradient is the network's, so the formula goes on from the network's parameter.
                    values[i] = actual[i];
                }
            }
        }
    }

    [Fact]
    public void Schedules_that_give_no_learning_rate_cannot_be_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>("Factor", () => new StepSchedule { Every = 1, Factor = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>("WarmUpSteps", () => new CosineSchedule { TotalSteps = 5, WarmUpSteps = -1 });
        Assert.Throws<ArgumentOutOfRangeException>("Minimum", () => new CosineSchedule { TotalSteps = 5, Minimum = -1 });
        Assert.Throws<ArgumentOutOfRangeException>("RiseFraction", () => new OneCycleSchedule { TotalSteps = 5, RiseFraction = 1.5 });
        Assert.Throws<ArgumentOutOfRangeException>("InitialDivisor", () => new OneCycleSchedule { TotalSteps = 5, InitialDivisor = 0 });
        Assert.Throws<ArgumentOutOfRangeException>("FinalDivisor", () => new OneCycleSchedule { TotalSteps = 5, FinalDivisor = double.PositiveInfinity });
        Assert.Throws<ArgumentOutOfRangeException>("Dampening", () => new Sgd { Dampening = float.NaN });
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-0.5)]
    [InlineData(1e39)]
    public void A_learning_rate_that_is_none_changes_nothing(double rate)
    {
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd { Momentum = 0.9f }, threads: 1) { Schedule = new Fixed(() => rate) };
        trainer.ComputeGradients([1f, 2, 3], [4f, 5]);
        int[] before = TestData.Bits(network.State);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => trainer.Step(new float[3], new float[2]));
        Assert.StartsWith($"Fixed gives the learning rate {rate.ToString(CultureInfo.InvariantCulture)} for step 0", error.Message, StringComparison.Ordinal);
        trainer.Schedule = new Fixed(() => throw new NotSupportedException());
        Assert.Throws<NotSupportedException>(() => trainer.Step(new float[3], new float[2]));
        Assert.Equal(0, trainer.StepCount);
        Assert.Equal(before, TestData.Bits(network.State)); // also the running mean

        // The minibatch in memory has not run; gradients need no learning rate.
        Assert.Throws<InvalidOperationException>(() => trainer.InputGradient.CopyTo(new float[3]));
        trainer.ComputeGradients(new float[3], new float[2]);
        trainer.InputGradient.CopyTo(new float[3]);
    }

    /// <summary>Blocks that were updated stay so; the step is not counted, and running statistics are as before it.</summary>
    [Fact]
    public void A_step_whose_optimizer_throws_is_not_counted()
    {
        Regressor network = new(1);
        Failing optimizer = new();
        using Trainer<Regressor> trainer = new(network, optimizer, threads: 1);
        trainer.Step([1f, 2, 3], [4f, 5]);
        int[] mean = TestData.Bits(network.Parameters["norm.running_mean"].ToArray());
        const InstructionPath Path = InstructionPath.Vector128;
        network.State.Prepare(0, Path, 4).Dispose();
        Assert.True(network.State.IsPrepared(0, Path));

        // Of weight and bias: the first is updated, the second is not.
        optimizer.Left = 1;
        float[] weight = network.Parameters["layer.weight"].ToArray();
        Assert.Throws<NotSupportedException>(() => trainer.Step([1f, 2, 3], [4f, 5]));
        Assert.NotEqual(weight, network.Parameters["layer.weight"].ToArray());
        Assert.False(network.State.IsPrepared(0, Path));
        Assert.Equal(mean, TestData.Bits(network.Parameters["norm.running_mean"].ToArray()));
        Assert.Equal(1, trainer.StepCount);
        Assert.Throws<InvalidOperationException>(() => trainer.InputGradient.CopyTo(new float[3]));

        optimizer.Left = int.MaxValue;
        trainer.Step([1f, 2, 3], [4f, 5]);
        Assert.Equal((2, 2), (trainer.StepCount, optimizer.LastStep));
    }

    [Theory]
    [InlineData("", "has ''.")]
    [InlineData("best", "has 'best'.")]
    [InlineData("carried", "has 'carried'.")]
    [InlineData("a.b", "has 'a.b'.")]
    [InlineData("velocity", "has 'velocity' twice.")]
    public void State_names_that_no_checkpoint_could_tell_apart_are_refused(string name, string expected)
    {
        ArgumentException error = Assert.Throws<ArgumentException>("optimizer", () => new Trainer<Regressor>(new Regressor(1), new Failing("velocity", name), threads: 1));
        Assert.StartsWith("Failing.StateNames " + expected, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Adds the gradient so many times, and then throws.</summary>
    private sealed class Failing(params string[] names) : Optimizer
    {
        public int Left { get; set; } = int.MaxValue;

        public long LastStep { get; private set; }

        public override IReadOnlyList<string> StateNames => names;

        public override void Update(in OptimizerBlock block)
        {
            if (Left-- == 0)
            {
                throw new NotSupportedException();
            }

            LastStep = block.Step;
            for (int i = 0; i < block.Parameters.Length; i++)
            {
                block.Parameters[i] += block.Gradients[i];
            }
        }
    }

    private sealed class Fixed(Func<double> rate) : LearningRateSchedule
    {
        public override double Rate(long step, double learningRate) => rate();
    }
}
