using System.Reflection;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>A loss that is computed outside of the network: <see cref="CustomLossesAgree"/> compares the step's two halves with the interpreter, here the trainer puts them together.</summary>
public sealed class CustomLossTests
{
    private const int Batch = 21;

    private static readonly Lazy<Assembly> s_built = new(() => InMemory.Load(InMemory.Kept("CustomBuiltIn", () => InMemory.Compile([.. Networks("MeanSquaredError")]))));

    private static readonly Lazy<Assembly> s_custom = new(() => InMemory.Load(InMemory.Kept("CustomOutside", () => InMemory.Compile([.. Networks("Custom")]))));

    // The squares want labels output by output; a data set has them sample by sample.
    public static TheoryData<string> OfOneOutput => [.. Networks("Custom").Select(n => n.Name).Where(n => n != "CustomTwo")];

    public static TheoryData<string> All => [.. Networks("Custom").Select(n => n.Name)];

    [Theory]
    [MemberData(nameof(All))]
    public void The_squares_computed_outside_train_as_the_squares_within(string name) => Beside(nameof(CheckSquares), name);

    [Theory]
    [MemberData(nameof(OfOneOutput))]
    public void Fit_and_Evaluate_take_it_too(string name) => Beside(nameof(CheckFit), name);

    [Theory]
    [MemberData(nameof(All))]
    public void Any_number_of_threads_gives_the_same_bits_and_nothing_is_allocated(string name) => Call(nameof(CheckThreads), name);

    [Theory]
    [MemberData(nameof(All))]
    public void A_loss_that_throws_changes_nothing(string name) => Call(nameof(CheckThrowing), name);

    [Fact]
    public void Outputs_come_one_after_the_other() => Call(nameof(CheckOutputs), "CustomTwo");

    [Fact]
    public void Labels_are_whatever_was_given() => Call(nameof(CheckLabels), "CustomRow");

    [Fact]
    public void Without_a_loss_it_says_what_to_do() => Call(nameof(CheckMissing), "CustomRow");

    [Fact]
    public void A_loss_that_is_no_number_ends_Fit_without_an_update() => Call(nameof(CheckNotFinite), "CustomRow");

    [Fact]
    public void Parameters_must_not_change_while_it_is_computed() => Call(nameof(CheckChanging), "CustomRow");

    [Fact]
    public void A_loss_for_other_shapes_is_refused()
    {
        Call(nameof(CheckShapes), "CustomTokens");
        Call(nameof(CheckSizes), "CustomTwo");
    }

    [Fact]
    public void It_may_ask_another_trainer() => Beside(nameof(CheckOther), "CustomRow");

    [Fact]
    public void A_network_with_a_loss_of_its_own_refuses_another() =>
        Generic.Call(typeof(CustomLossTests), null, nameof(CheckRefused), s_built.Value.GetType("Some.CustomRow")!);

    private static IEnumerable<NetworkSpec> Networks(string loss)
    {
        yield return Cases.Named("CustomRow", Chain(Loss(loss), Input(7), Dense(9), L("Tanh"), Dense(3)));
        yield return Cases.Named("CustomFeatures", Chain(
            Loss(loss), Input(70), Dense(130), L("BatchNorm"), L("Relu"), L("Dropout", ("Rate", 0.2)), Dense(19), L("LayerNorm"), L("Gelu"), Dense(5), L("BatchNorm")));
        yield return Cases.Named("CustomImages", Chain(
            Loss(loss), Input(3, 6, 7), L("Conv2D", ("Channels", 8)), L("BatchNorm"), L("Relu"), L("MaxPool2D", ("Kernel", 2)), L("ConvTranspose2D", ("Channels", 2), ("Stride", 2))));
        yield return Cases.Named("CustomTwo", Network(
            Loss(loss), [], P("X", Input(4, 6)), Out("A", Dense(5)), P("H", L("From", ("Name", "X")), L("Flatten"), Dense(8), L("Tanh")), Out("B", Dense(3))));
        yield return Cases.Named("CustomTokens", Chain(
            Loss(loss), L("Input", ("Shape", new[] { 12 }), ("Type", "Int32")), L("Embedding", ("Vocabulary", 11), ("Width", 8)), L("Lstm", ("Units", 24), ("Layers", 2), ("Dropout", 0.2)), Dense(11)));
    }

    private static void Call(string method, string network) => Generic.Call(typeof(CustomLossTests), null, method, s_custom.Value.GetType("Some." + network)!);

    /// <summary>Of the network with the loss outside and of that with the loss within.</summary>
    private static void Beside(string method, string network)
    {
        try
        {
            typeof(CustomLossTests).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(s_custom.Value.GetType("Some." + network)!, s_built.Value.GetType("Some." + network)!).Invoke(null, null);
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e.InnerException).Throw();
        }
    }

    /// <summary>For each output the mean of the squares, as the network's own loss is.</summary>
    private static LossFunction Squares<T>()
        where T : class, INetwork<T>
    {
        var sizes = T.Description.Outputs.Select(o => o.Length).ToArray();
        var all = sizes.Sum();
        return (outputs, labels, gradients) =>
        {
            Assert.Equal(outputs.Length, labels.Length);
            Assert.Equal(outputs.Length, gradients.Length);
            Assert.True(gradients.IndexOfAnyExcept(0) < 0);
            double loss = 0;
            var at = 0;
            foreach (var size in sizes)
            {
                var length = outputs.Length / all * size;
                for (var i = at; i < at + length; i++)
                {
                    loss += Math.Pow(outputs[i] - labels[i], 2) / length;
                    gradients[i] = 2 * (outputs[i] - labels[i]) / length;
                }

                at += length;
            }

            return (float)loss;
        };
    }

    private static Trainer<T> Trainer<T>(InstructionPath path, int threads = 2, float rate = 0.1f)
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        network.InstructionPath = path;
        return new(network, new Sgd { LearningRate = rate, Momentum = 0.9f }, threads);
    }

    private static float[] Inputs<T>(int seed, int batch = Batch)
        where T : class, INetwork<T>
    {
        var random = new Random(seed);
        return [.. T.Description.Inputs.SelectMany(i => Enumerable.Range(0, batch * i.Length).Select(_ => i.Limit > 0 ? random.Next(i.Limit) : (random.NextSingle() * 2) - 1))];
    }

    private static float[] Labels<T>(int seed, int batch = Batch)
        where T : class, INetwork<T>
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, batch * T.Description.Outputs.Sum(o => o.Length)).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private static float[] State<T>(Trainer<T> trainer)
        where T : class, INetwork<T>
    {
        var inputs = new float[trainer.InputGradient.Length];
        trainer.InputGradient.CopyTo(inputs);
        return [.. inputs, .. trainer.Gradients.SelectMany(g => g.ToArray()), .. trainer.Network.State.Parameters.SelectMany(p => p.ToArray())];
    }

    private static void Near(float[] expected, float[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"Element {i}: {actual[i]}, not {expected[i]}, of up to {scale}.");
    }

    private static void CheckSquares<T, TBuilt>()
        where T : class, INetwork<T>
        where TBuilt : class, INetwork<TBuilt>
    {
        foreach (var path in AgreementTests.Paths)
        {
            using var trainer = Trainer<T>(path);
            using var built = Trainer<TBuilt>(path);
            trainer.CustomLoss = Squares<T>();
            for (var step = 0; step < 4; step++)
            {
                var batch = step == 2 ? 5 : Batch;
                float[] inputs = Inputs<T>(step, batch), labels = Labels<T>(step + 9, batch);
                var expected = step == 1 ? built.ComputeGradients(inputs, labels) : built.Step(inputs, labels);
                var actual = step == 1 ? trainer.ComputeGradients(inputs, labels) : trainer.Step(inputs, labels);
                Assert.Equal(expected, actual, 1e-5 * Math.Abs(expected));
                Near(State(built), State(trainer), 2e-5);
            }

            Assert.Equal(built.StepCount, trainer.StepCount);
        }
    }

    private static DataSet Data<T>()
        where T : class, INetwork<T> => new(Inputs<T>(1), Labels<T>(2), Batch);

    private static void CheckFit<T, TBuilt>()
        where T : class, INetwork<T>
        where TBuilt : class, INetwork<TBuilt>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1], rate: 0.02f);
        using var built = Trainer<TBuilt>(AgreementTests.Paths[^1], rate: 0.02f);
        trainer.CustomLoss = Squares<T>();
        var data = Data<T>();
        var options = new FitOptions { Epochs = 3, BatchSize = 8, Validation = data };
        var expected = built.Fit(data, options).History;
        var actual = trainer.Fit(data, options).History;
        Assert.Equal(3, actual.Count);
        foreach (var (one, other) in expected.Zip(actual))
        {
            Assert.Equal(one.Loss, other.Loss, 1e-4 * one.Loss);
            Assert.Equal(one.ValidationLoss!.Value, other.ValidationLoss!.Value, 1e-4 * one.Loss);
            Assert.Null(other.ValidationAccuracy);
        }

        Assert.Equal(Batch, trainer.Evaluate(data).Count);
        Assert.Equal(built.Evaluate(data).Loss!.Value, trainer.Evaluate(data).Loss!.Value, 1e-4);
    }

    private static void CheckThreads<T>()
        where T : class, INetwork<T>
    {
        LossFunction loss = (outputs, labels, gradients) =>
        {
            for (var i = 0; i < outputs.Length; i++) gradients[i] = outputs[i] - labels[i];
            return outputs[0];
        };
        foreach (var path in AgreementTests.Paths)
        {
            var all = new List<float[]>();
            for (var threads = 1; threads <= 3; threads++)
            {
                using var trainer = Trainer<T>(path, threads, rate: 0.001f);
                trainer.CustomLoss = loss;
                float[] losses = new float[5], gradient = new float[Inputs<T>(0).Length];
                for (var step = 0; step < losses.Length; step++)
                {
                    float[] inputs = Inputs<T>(step), labels = Labels<T>(step + 9);
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    losses[step] = trainer.Step(inputs, labels);
                    trainer.InputGradient.CopyTo(gradient);
                    if (step > 0) Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
                }

                all.Add([.. losses, .. State(trainer)]);
            }

            Assert.All(all, values => Assert.Equal(all[0].Select(BitConverter.SingleToInt32Bits), values.Select(BitConverter.SingleToInt32Bits)));
            Assert.All(all[0], v => Assert.True(float.IsFinite(v)));
        }
    }

    private static void CheckThrowing<T>()
        where T : class, INetwork<T>
    {
        var path = AgreementTests.Paths[^1];
        using var trainer = Trainer<T>(path);
        using var untroubled = Trainer<T>(path);
        trainer.CustomLoss = untroubled.CustomLoss = Squares<T>();
        trainer.Step(Inputs<T>(1), Labels<T>(2));
        untroubled.Step(Inputs<T>(1), Labels<T>(2));
        var before = trainer.Network.State.Parameters.SelectMany(p => p.ToArray()).ToArray();
        trainer.CustomLoss = (_, _, _) => throw new NotSupportedException("no loss today");
        Assert.Equal("no loss today", Assert.Throws<NotSupportedException>(() => trainer.Step(Inputs<T>(3), Labels<T>(4))).Message);
        Assert.Equal(before, trainer.Network.State.Parameters.SelectMany(p => p.ToArray()));
        Assert.Equal(1, trainer.StepCount);
        Assert.Contains("no input gradient", Assert.Throws<InvalidOperationException>(() => trainer.InputGradient.CopyTo(new float[1])).Message, StringComparison.Ordinal);

        // The trainer is at work while its loss is computed.
        trainer.CustomLoss = (_, labels, _) => trainer.Step(Inputs<T>(3), labels);
        Assert.Contains("at work", Assert.Throws<InvalidOperationException>(() => trainer.Step(Inputs<T>(3), Labels<T>(4))).Message, StringComparison.Ordinal);

        trainer.CustomLoss = Squares<T>();
        Assert.Equal(untroubled.Step(Inputs<T>(3), Labels<T>(4)), trainer.Step(Inputs<T>(3), Labels<T>(4)));
        Assert.Equal(State(untroubled), State(trainer));
    }

    private static void CheckOutputs<T>()
        where T : class, INetwork<T>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1]);
        var inputs = Inputs<T>(1);
        float[] predicted = new float[Batch * T.Description.Outputs.Sum(o => o.Length)], shown = [];
        trainer.Network.ForwardAll(inputs, predicted);
        trainer.CustomLoss = (outputs, labels, gradients) =>
        {
            shown = outputs.ToArray();
            Assert.Equal(0, labels.Length);
            gradients[^1] = 1; // the last element of B of the last sample
            return outputs[^1];
        };
        Assert.Equal(predicted[^1], trainer.ComputeGradients(inputs), 1e-6);
        Near(predicted, shown, 1e-6);
        Assert.All(trainer.Gradients["A.weight"].ToArray(), g => Assert.Equal(0, g));
        Assert.Equal([0, 0, 1], trainer.Gradients["B.bias"].ToArray());
        var gradient = new float[inputs.Length];
        trainer.InputGradient.CopyTo(gradient);
        Assert.True(gradient.AsSpan(0, (Batch - 1) * 24).IndexOfAnyExcept(0) < 0);
        Assert.True(gradient.AsSpan((Batch - 1) * 24).IndexOfAnyExcept(0) >= 0);
    }

    private static void CheckLabels<T>()
        where T : class, INetwork<T>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1]);
        float[] seen = [];
        trainer.CustomLoss = (outputs, labels, _) =>
        {
            seen = labels.ToArray();
            return outputs.Length;
        };
        Assert.Equal(2 * 3, trainer.Step(Inputs<T>(1, 2), new[] { 1, -7, 16777216, 4, 5 }));
        Assert.Equal([1, -7, 16777216, 4, 5], seen);
        Assert.Equal(3, trainer.Step(Inputs<T>(1, 1), [0.5f]));
        Assert.Equal([0.5f], seen);
        trainer.Step(Inputs<T>(1, 1));
        Assert.Empty(seen);

        // Of a data set: as many as it has for each sample, or none.
        trainer.Fit(new DataSet(Inputs<T>(1, 4), new[] { 1, 2, 3, 4, 5, 6, 7, 8 }, 4), new FitOptions { Epochs = 1, BatchSize = 4, Shuffle = false });
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], seen);
        var none = new DataSet(Inputs<T>(1, 4), 4);
        Assert.Equal(0, none.LabelSize);
        Assert.Equal(((3 * 3 * 3) + (3 * 1)) / 4.0, trainer.Fit(none, new FitOptions { Epochs = 1, BatchSize = 3 }).History.Single().Loss);
        Assert.Empty(seen);
        Assert.Equal(4 * 3, trainer.Evaluate(none).Loss);
    }

    private static void CheckMissing<T>()
        where T : class, INetwork<T>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1]);
        const string What = "CustomRow was declared with Loss.Custom, but the trainer has no loss. Set its CustomLoss to a function that gives the loss and its gradients.";
        Assert.Equal(What, Assert.Throws<InvalidOperationException>(() => trainer.Step(Inputs<T>(1), Labels<T>(2))).Message);
        Assert.Equal(What, Assert.Throws<InvalidOperationException>(() => trainer.ComputeGradients(Inputs<T>(1))).Message);
        Assert.Equal(What, Assert.Throws<InvalidOperationException>(() => trainer.Fit(Data<T>())).Message);
        Assert.Equal(What, Assert.Throws<InvalidOperationException>(() => trainer.Evaluate(Data<T>())).Message);
        trainer.CustomLoss = Squares<T>();
        Assert.Contains("a loss that has an accuracy", Assert.Throws<ArgumentException>(
            () => trainer.Fit(Data<T>(), new FitOptions { Validation = Data<T>(), EarlyStopping = new EarlyStopping { Monitor = Metric.Accuracy } })).Message, StringComparison.Ordinal);
    }

    private static void CheckChanging<T>()
        where T : class, INetwork<T>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1]);
        using var other = new Trainer<T>(trainer.Network, new Sgd { LearningRate = 0.1f });
        var squares = Squares<T>();
        other.CustomLoss = squares;
        trainer.CustomLoss = (outputs, labels, gradients) =>
        {
            other.Step(Inputs<T>(3), Labels<T>(4));
            return squares(outputs, labels, gradients);
        };
        Assert.StartsWith("The parameters of CustomRow have changed while its loss was computed", Assert.Throws<InvalidOperationException>(
            () => trainer.Step(Inputs<T>(1), Labels<T>(2))).Message, StringComparison.Ordinal);
        Assert.Equal((0, 1), (trainer.StepCount, other.StepCount));

        trainer.CustomLoss = (outputs, labels, gradients) =>
        {
            other.ComputeGradients(Inputs<T>(3), Labels<T>(4));
            return squares(outputs, labels, gradients);
        };
        trainer.Step(Inputs<T>(1), Labels<T>(2));
        Assert.Equal(1, trainer.StepCount);
    }

    private static void CheckShapes<T>()
        where T : class, INetwork<T>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1]);
        trainer.CustomLoss = new CtcLoss(12, 11).Compute;
        var message = Assert.Throws<InvalidOperationException>(() => trainer.CustomLoss = new CtcLoss(11, 12).Compute).Message;
        Assert.StartsWith("This CtcLoss is for 11 steps of 12 classes, but the output ", message, StringComparison.Ordinal);
        Assert.Contains(" of CustomTokens is [12, 11].", message, StringComparison.Ordinal);
        Assert.NotNull(trainer.CustomLoss);
    }

    private static void CheckSizes<T>()
        where T : class, INetwork<T>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1]);
        var message = Assert.Throws<InvalidOperationException>(() => trainer.CustomLoss = new InfoNceLoss(5).Compute).Message;
        Assert.Equal("This InfoNceLoss is for vectors of 5 floats, but the output B of CustomTwo is [3]. Make the loss with the size of one output.", message);
        Assert.Null(trainer.CustomLoss);
    }

    private static void CheckNotFinite<T>()
        where T : class, INetwork<T>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1]);
        var before = trainer.Network.State.Parameters.SelectMany(p => p.ToArray()).ToArray();
        trainer.CustomLoss = (_, _, gradients) =>
        {
            gradients.Fill(1);
            return float.NegativeInfinity;
        };
        var result = trainer.Fit(Data<T>());
        Assert.Equal(StopReason.LossNotFinite, result.StopReason);
        Assert.StartsWith("The loss was -Infinity at step 1", result.Message, StringComparison.Ordinal);
        Assert.Contains("(see its ZeroInfinity). Or lower the learning rate, ", result.Message, StringComparison.Ordinal);
        Assert.Equal(before, trainer.Network.State.Parameters.SelectMany(p => p.ToArray()));
    }

    /// <summary>A critic of the outputs says how they should change: the gradient of its inputs.</summary>
    private static void CheckOther<T, TBuilt>()
        where T : class, INetwork<T>
        where TBuilt : class, INetwork<TBuilt>
    {
        var path = AgreementTests.Paths[^1];
        using var trainer = Trainer<T>(path);
        using var critic = Trainer<TBuilt>(path);
        trainer.CustomLoss = (outputs, _, gradients) =>
        {
            // The critic takes 7 numbers: the three outputs and zeros.
            var batch = outputs.Length / 3;
            var padded = new float[batch * 7];
            for (var i = 0; i < outputs.Length; i++) padded[(i / 3 * 7) + (i % 3)] = outputs[i];
            var loss = critic.ComputeGradients(padded, new float[batch * 3]);
            critic.InputGradient.CopyTo(padded);
            for (var i = 0; i < outputs.Length; i++) gradients[i] = padded[(i / 3 * 7) + (i % 3)];
            return loss;
        };
        float first = trainer.Step(Inputs<T>(1)), last = first;
        for (var step = 0; step < 50; step++) last = trainer.Step(Inputs<T>(1));
        Assert.InRange(last, 0, first / 2);
    }

    private static void CheckRefused<T>()
        where T : class, INetwork<T>
    {
        using var trainer = Trainer<T>(AgreementTests.Paths[^1]);
        Assert.Equal(
            "CustomRow was declared with Loss.MeanSquaredError, which is part of its compiled training step. Declare it with [Network(Loss = Loss.Custom)] to give it a loss of your own.",
            Assert.Throws<InvalidOperationException>(() => trainer.CustomLoss = (_, _, _) => 0).Message);
        trainer.CustomLoss = null;
        Assert.Contains("0 labels were given", Assert.Throws<ArgumentException>(() => trainer.Step(Inputs<T>(1))).Message, StringComparison.Ordinal);
        Assert.Contains("The data has no labels", Assert.Throws<ArgumentException>(() => trainer.Evaluate(new DataSet(Inputs<T>(1), Batch))).Message, StringComparison.Ordinal);
    }
}
