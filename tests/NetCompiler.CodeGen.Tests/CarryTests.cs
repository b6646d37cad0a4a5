using System.Reflection;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Truncated backpropagation through time: a minibatch goes on where the one before ended.</summary>
public sealed class CarryTests
{
    // Two chunks, the second not full.
    private const int Batch = 19;

    private static readonly Lazy<Assembly> s_generated = new(() => InMemory.Load(InMemory.Kept("Carry", () => InMemory.Compile(Networks()))));

    public static TheoryData<string> Windows => ["CarryOne", "CarryLayers", "CarryLast"];

    [Theory]
    [MemberData(nameof(Windows))]
    public void Two_windows_give_the_losses_of_the_whole(string name)
    {
        var losses = (float[][])Call(nameof(LossesOfWindows), name)!;
        var whole = (float[][])Call(nameof(LossesOfWindows), name + "Whole")!;
        for (var path = 0; path < losses.Length; path++)
        {
            // Of a network of the last state, the whole compares only what the second window does.
            var expected = name == "CarryLast" ? losses[path][1] : (losses[path][0] + losses[path][1]) / 2;
            Assert.Equal(expected, whole[path][0], expected * 1e-5);
            Assert.NotEqual(losses[path][1], losses[path][2], 1e-3);
        }
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void Gradients_are_those_of_given_states(string name) => Call(nameof(CheckGradients), name);

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits_and_nothing_is_allocated() => Call(nameof(CheckThreads), "CarryTokens");

    [Theory]
    [MemberData(nameof(Windows))]
    public void Gradients_alone_carry_nothing(string name) => Call(nameof(CheckGradientsAlone), name);

    [Theory]
    [MemberData(nameof(Windows))]
    public void States_are_reset(string name) => Call(nameof(CheckResets), name);

    [Theory]
    [InlineData("CarryLayers")]
    public void Checkpoints_have_what_is_carried(string name) => Call(nameof(CheckCheckpoints), name);

    // The example of docs/sequences.md.
    [Fact]
    public void What_no_window_shows_is_learned() => Call(nameof(CheckLearning), "Latch");

    [Fact]
    public void Mistakes_are_reported() => Call(nameof(CheckMistakes), "CarryLayers");

    [Fact]
    public void A_layer_that_goes_both_ways_cannot_carry() =>
        Call(nameof(CheckRefusal), AgreementTests.Generated("Recurrent"), "GruBoth", "The layer '0 Gru' of GruBoth is Bidirectional. Backwards in time it begins at the end of its window");

    [Fact]
    public void A_network_without_recurrent_layers_cannot_carry() =>
        Call(nameof(CheckRefusal), AgreementTests.Generated("Training"), "TrainedFeatures", "TrainedFeatures has no state to carry from one minibatch to the next: only recurrent layers");

    /// <summary>Networks of one window, each with the same network for two windows at once.</summary>
    private static IEnumerable<NetworkSpec> Networks()
    {
        var squares = Loss("MeanSquaredError");
        foreach (var windows in new[] { 1, 2 })
        {
            NetworkSpec Squares(string name, int[] shape, params LayerSpec[] layers) =>
                Cases.Named(windows == 1 ? name : name + "Whole", Chain(squares, [Input(windows * shape[0], shape[1]), .. layers]));
            yield return Squares("CarryOne", [1, 3], L("Lstm", ("Units", 5)), Dense(2));
            yield return Squares("CarryLayers", [5, 3], Dense(6), L("Tanh"), L("Gru", ("Units", 9), ("Layers", 2)), L("Relu"), L("Rnn", ("Units", 33)));
            yield return Squares("CarryLast", [4, 3], L("Lstm", ("Units", 16)), L("LayerNorm"), L("Gru", ("Units", 7), ("Returns", "Last")), Dense(3));
        }

        yield return Cases.Named("CarryTokens", Chain(Loss("SoftmaxCrossEntropy"), L("Input", ("Shape", new[] { 12 }), ("Type", "Int32")),
            L("Embedding", ("Vocabulary", 11), ("Width", 8)), L("Lstm", ("Units", 40)), Dense(11)));
        yield return Cases.Named("Latch", Chain(squares, Input(10, 1), L("Lstm", ("Units", 16)), Dense(1)));
    }

    private static object? Call(string method, string network) => Call(method, s_generated.Value, network);

    private static object? Call(string method, Assembly assembly, string network, params object[] arguments) =>
        Generic.Call(typeof(CarryTests), null, method, assembly.GetType("Some." + network)!, arguments);

    /// <summary>Two windows of one series for each row.</summary>
    private static (float[] First, float[] Second, float[] FirstLabels, float[] SecondLabels) Series<T>()
        where T : class, INetwork<T>
    {
        var input = T.Description.Inputs[0];
        var label = T.Description.Training!.Labels[0];
        float[] At(int length, int window, int seed, int limit) =>
            [.. Enumerable.Range(0, Batch * length).Select(i => Number(((i / length) * 2 * length) + (window * length) + (i % length), seed, limit))];
        return (At(input.Length, 0, 1, input.Limit), At(input.Length, 1, 1, input.Limit), At(label.Length, 0, 2, label.Classes), At(label.Length, 1, 2, label.Classes));
    }

    private static float Number(int at, int seed, int limit)
    {
        var random = new Random((at * 7919) + seed);
        return limit > 0 ? random.Next(limit) : (random.NextSingle() * 2) - 1;
    }

    private static T NewNetwork<T>(InstructionPath path)
        where T : class, INetwork<T>
    {
        var network = T.Create(1); // the same parameters for a window and for the whole
        network.InstructionPath = path;
        return network;
    }

    /// <summary>A trainer that moves no parameter.</summary>
    private static Trainer<T> Still<T>(T network, int threads = 2)
        where T : class, INetwork<T>
    {
        var trainer = new Trainer<T>(network, new Sgd(), threads) { CarryState = true };
        trainer.Freeze("*");
        return trainer;
    }

    /// <summary>For each path: of the first window, of the second after it, of the second alone.</summary>
    private static float[][] LossesOfWindows<T>()
        where T : class, INetwork<T>
    {
        var isWhole = T.Description.Name.EndsWith("Whole", StringComparison.Ordinal);
        var (first, second, firstLabels, secondLabels) = Series<T>();
        if (isWhole)
        {
            // One minibatch: both windows of each row, as they follow each other.
            var length = T.Description.Inputs[0].Length;
            var labelLength = T.Description.Training!.Labels[0].Length;
            first = [.. Enumerable.Range(0, Batch * length).Select(i => Number(i, 1, 0))];
            firstLabels = T.Description.Outputs[0].Shape.Length == 1
                ? [.. Enumerable.Range(0, Batch * labelLength).Select(i => Number(((i / labelLength) * 2 * labelLength) + labelLength + (i % labelLength), 2, 0))]
                : [.. Enumerable.Range(0, Batch * labelLength).Select(i => Number(i, 2, 0))];
        }

        return [.. AgreementTests.Paths.Select(path =>
        {
            using var trainer = Still(NewNetwork<T>(path));
            if (isWhole) return new[] { trainer.Step(first, firstLabels) };
            float[] losses = [trainer.Step(first, firstLabels), trainer.Step(second, secondLabels), 0];
            trainer.ResetState();
            losses[2] = trainer.Step(second, secondLabels);
            return losses;
        })];
    }

    private static void CheckGradients<T>()
        where T : class, INetwork<T>
    {
        var (first, second, firstLabels, secondLabels) = Series<T>();
        foreach (var path in AgreementTests.Paths)
        {
            var network = NewNetwork<T>(path);
            var before = new ManualStep<T>(network, path, Batch, 1);
            before.Run(first, firstLabels);
            var given = new ManualStep<T>(network, path, Batch, 1);
            foreach (var state in T.Description.Training!.States) given.Begin(state.Name, before.End(state.Name));
            given.Run(second, secondLabels);

            using var trainer = Still(network);
            trainer.Step(first, firstLabels);
            Compare(trainer.ComputeGradients(second, secondLabels));
            Compare(trainer.Step(second, secondLabels));
            Assert.NotEqual(given.Loss, trainer.ComputeGradients(second, secondLabels));

            void Compare(float loss)
            {
                Assert.Equal(given.Loss, loss);
                foreach (var parameter in T.Description.Parameters) Equal(given.Gradient(parameter.Name), trainer.Gradients[parameter.Name].ToArray());
                var ofInput = new float[second.Length];
                trainer.InputGradient.CopyTo(ofInput);
                Equal(given.InputGradient(0).ToArray(), ofInput);
            }
        }
    }

    private static void CheckGradientsAlone<T>()
        where T : class, INetwork<T>
    {
        var (first, second, firstLabels, secondLabels) = Series<T>();
        using var trainer = Still(NewNetwork<T>(AgreementTests.Paths[^1]));
        trainer.Step(first, firstLabels);
        var loss = trainer.ComputeGradients(second, secondLabels);
        trainer.ComputeGradients(first, firstLabels);
        Assert.Equal(loss, trainer.ComputeGradients(second, secondLabels));
        Assert.Equal(loss, trainer.Step(second, secondLabels));
    }

    private static void CheckResets<T>()
        where T : class, INetwork<T>
    {
        const int Row = 17;
        var (first, second, firstLabels, secondLabels) = Series<T>();
        var path = AgreementTests.Paths[^1];
        var network = NewNetwork<T>(path);
        using var trainer = Still(network);
        trainer.ResetState(Row);
        var begin = trainer.Step(first, firstLabels);
        trainer.ResetState();
        Assert.Equal(begin, trainer.Step(first, firstLabels));

        // One row is 0, the others go on; what the last minibatch's gradients are of stays.
        var before = new ManualStep<T>(network, path, Batch, 1);
        before.Run(first, firstLabels);
        var given = new ManualStep<T>(network, path, Batch, 1);
        foreach (var state in T.Description.Training!.States)
        {
            var values = before.End(state.Name).ToArray();
            values.AsSpan(Row * state.Length, state.Length).Clear();
            given.Begin(state.Name, values);
        }

        given.Run(second, secondLabels);
        foreach (var alone in new[] { false, true })
        {
            trainer.ResetState();
            trainer.Step(first, firstLabels);
            if (alone) trainer.ComputeGradients(first, firstLabels);
            trainer.ResetState(Row);
            trainer.ResetState(Row);
            Assert.Equal(given.Loss, trainer.ComputeGradients(second, secondLabels));
            trainer.ResetState();
            var ofInput = new float[second.Length];
            trainer.InputGradient.CopyTo(ofInput);
            Equal(given.InputGradient(0).ToArray(), ofInput);
        }

        // Another number of rows, fewer and more, from zeros; and without carrying.
        var length = T.Description.Inputs[0].Length;
        var labelLength = T.Description.Training!.Labels[0].Length;
        foreach (var batch in new[] { 3, 40 })
        {
            float[] inputs = [.. first, .. second, .. first], labels = [.. firstLabels, .. secondLabels, .. firstLabels];
            using var fresh = Still(network);
            var expected = fresh.Step(inputs.AsSpan(0, batch * length), labels.AsSpan(0, batch * labelLength));
            trainer.ResetState();
            Assert.Equal(expected, trainer.Step(inputs.AsSpan(0, batch * length), labels.AsSpan(0, batch * labelLength)));
            Assert.NotEqual(expected, trainer.Step(inputs.AsSpan(0, batch * length), labels.AsSpan(0, batch * labelLength)));
            trainer.CarryState = false;
            for (var i = 0; i < 2; i++) Assert.Equal(expected, trainer.Step(inputs.AsSpan(0, batch * length), labels.AsSpan(0, batch * labelLength)));
            trainer.CarryState = true;
        }
    }

    private static void CheckThreads<T>()
        where T : class, INetwork<T>
    {
        const int Rows = 133;
        Assert.True(T.Description.Training!.NanosecondsPerSample * Rows > 40_000, "A smaller step runs on one thread.");
        int[] tokens = [.. Enumerable.Range(0, Rows * 12 * 5).Select(i => (int)Number(i, 1, 11))];
        foreach (var path in AgreementTests.Paths)
        {
            var all = new List<float[]>();
            for (var threads = 1; threads <= 3; threads++)
            {
                var network = NewNetwork<T>(path);
                using var trainer = new Trainer<T>(network, new Adam(), threads) { CarryState = true };
                var losses = new float[5];
                for (var window = 0; window < losses.Length; window++)
                {
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    var here = tokens.AsSpan(window * Rows * 12, Rows * 12);
                    losses[window] = trainer.Step(here, here);
                    if (window == 2) trainer.ResetState(77);
                    if (window > 0) Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
                }

                all.Add([.. losses, .. network.State.Parameters.SelectMany(p => p.ToArray())]);
            }

            foreach (var values in all) Equal(all[0], values);
        }
    }

    private static void CheckCheckpoints<T>()
        where T : class, INetwork<T>
    {
        var (first, second, firstLabels, secondLabels) = Series<T>();
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            using var trainer = new Trainer<T>(NewNetwork<T>(AgreementTests.Paths[^1]), new Adam()) { CarryState = true };
            trainer.Step(first, firstLabels);
            trainer.SaveCheckpoint(path);
            var loss = trainer.Step(second, secondLabels);
            foreach (var carries in new[] { true, false })
            {
                using var other = new Trainer<T>(NewNetwork<T>(AgreementTests.Paths[^1]), new Adam()) { CarryState = carries };
                other.Step(first, firstLabels);
                other.Step(second, secondLabels);
                other.LoadCheckpoint(path);
                var again = other.Step(second, secondLabels);
                if (carries) Assert.Equal(loss, again);
                else Assert.NotEqual(loss, again);
            }

            trainer.ResetState();
            trainer.SaveCheckpoint(path);
            var begin = trainer.ComputeGradients(second, secondLabels);
            trainer.Step(second, secondLabels);
            trainer.LoadCheckpoint(path);
            Assert.Equal(begin, trainer.ComputeGradients(second.AsSpan(), secondLabels));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void CheckLearning<T>()
        where T : class, INetwork<T>
    {
        const int Rows = 32, Steps = 10;
        foreach (var carries in new[] { false, true })
        {
            var random = new Random(1);
            var last = new float[Rows];
            var inputs = new float[Rows * Steps];
            var targets = new float[Rows * Steps];
            using var trainer = new Trainer<T>(T.Create(1), new Adam { LearningRate = 3e-3f }) { CarryState = carries };
            var loss = 0f;
            for (var window = 1; window <= 1000; window++)
            {
                for (var i = 0; i < inputs.Length; i++)
                {
                    inputs[i] = random.Next(40) == 0 ? (2 * random.Next(2)) - 1 : 0;
                    if (inputs[i] != 0) last[i / Steps] = inputs[i];
                    targets[i] = last[i / Steps];
                }

                var here = trainer.Step(inputs, targets);
                if (window > 900) loss += here / 100;
            }

            if (carries) Assert.InRange(loss, 0, 0.02f);
            else Assert.InRange(loss, 0.8f, 1);
        }
    }

    private static void CheckMistakes<T>()
        where T : class, INetwork<T>
    {
        var (first, _, labels, _) = Series<T>();
        using var trainer = new Trainer<T>(NewNetwork<T>(AgreementTests.Paths[^1]), new Sgd());
        Assert.Contains("CarryState is off", Assert.Throws<InvalidOperationException>(() => trainer.ResetState()).Message, StringComparison.Ordinal);
        Assert.Contains("CarryState is off", Assert.Throws<InvalidOperationException>(() => trainer.ResetState(0)).Message, StringComparison.Ordinal);
        Assert.False(trainer.CarryState);
        trainer.CarryState = true;
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.ResetState(-1));
        trainer.Step(first, labels);
        Assert.Contains("The minibatches have 19 rows", Assert.Throws<ArgumentOutOfRangeException>(() => trainer.ResetState(Batch)).Message, StringComparison.Ordinal);
        var error = Assert.Throws<ArgumentException>(() => trainer.Step(first.AsSpan(0, first.Length / Batch * 4), labels.AsSpan(0, labels.Length / Batch * 4)));
        Assert.StartsWith("The minibatch has 4 samples; 19 rows are carried on from the one before", error.Message, StringComparison.Ordinal);
        Assert.Contains("Give 19 samples, or call ResetState()", error.Message, StringComparison.Ordinal);
        Assert.Equal("inputs", error.ParamName);
        Assert.Equal(1, trainer.StepCount);

        var data = new DataSet(first, labels, Batch);
        Assert.Contains("Set CarryState to false", Assert.Throws<InvalidOperationException>(() => trainer.Fit(data)).Message, StringComparison.Ordinal);
    }

    private static void CheckRefusal<T>(string message)
        where T : class, INetwork<T>
    {
        using var trainer = new Trainer<T>(T.Create(1), new Sgd());
        Assert.StartsWith(message, Assert.Throws<InvalidOperationException>(() => trainer.CarryState = true).Message, StringComparison.Ordinal);
        Assert.False(trainer.CarryState);
        trainer.CarryState = false;
    }

    /// <summary>As bits.</summary>
    private static void Equal(IEnumerable<float> expected, IEnumerable<float> actual) =>
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
}
