using System.Reflection;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Class numbers of -1, which say that a position does not count: <see cref="Runner"/> compares with the interpreter, here is what else is promised.</summary>
public sealed class CountedLabelsTests
{
    private const int Batch = 21;

    private static readonly Lazy<Assembly> s_generated = new(() => InMemory.Load(InMemory.Kept("Counted", () => InMemory.Compile(Networks()))));

    // Without dropout or statistics of the minibatch, and with a row for each label.
    public static TheoryData<string> Rows => ["CountedRow", "CountedRowSmoothed", "CountedSequence", "CountedSequenceSmoothed", "CountedWide", "CountedInput"];

    public static TheoryData<string> All => [.. Networks().Select(n => n.Name)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_row_that_does_not_count_might_as_well_be_another(string name) => Call(nameof(CheckOthers), name);

    [Theory]
    [MemberData(nameof(All))]
    public void Where_nothing_counts_loss_and_gradients_are_0(string name) => Call(nameof(CheckNothing), name);

    [Theory]
    [MemberData(nameof(All))]
    public void The_loss_is_the_mean_over_what_counts(string name) => Call(nameof(CheckMean), name);

    [Theory]
    [MemberData(nameof(All))]
    public void Any_number_of_threads_gives_the_same_bits_and_nothing_is_allocated(string name) => Call(nameof(CheckThreads), name);

    [Theory]
    [MemberData(nameof(All))]
    public void Fit_and_Evaluate_leave_out_what_does_not_count(string name) => Call(nameof(CheckFit), name);

    [Fact]
    public void What_is_carried_goes_on_through_positions_that_do_not_count() => Call(nameof(CheckCarry), "CountedCarry");

    [Fact]
    public void Of_two_outputs_one_may_have_labels_alone() => Call(nameof(CheckOutputs), "CountedTwo");

    private static IEnumerable<NetworkSpec> Networks()
    {
        var plain = Loss("SoftmaxCrossEntropy");
        var smoothed = Loss("SoftmaxCrossEntropy", ("LabelSmoothing", 0.1));
        yield return Cases.Named("CountedRow", Chain(plain, Input(7), Dense(9), L("Tanh"), Dense(3)));
        yield return Cases.Named("CountedRowSmoothed", Chain(smoothed, Input(7), Dense(19), L("Tanh"), Dense(35)));
        yield return Cases.Named("CountedSequence", Chain(plain, Input(5, 7), Dense(9), L("Tanh"), Dense(3)));
        yield return Cases.Named("CountedSequenceSmoothed", Chain(smoothed, Input(6, 7), Dense(21)));
        yield return Cases.Named("CountedWide", Chain(plain, Input(37, 16), Dense(200)));
        yield return Cases.Named("CountedInput", Chain(smoothed, Input(3, 4)));
        yield return Cases.Named("CountedImage", Chain(smoothed, Input(2, 5, 6), L("Conv2D", ("Channels", 5), ("Kernel", 3)), L("Relu"), L("Conv2D", ("Channels", 4), ("Kernel", 1))));
        yield return Cases.Named("CountedTwo", Network(
            smoothed, [], P("X", Input(4, 6)), Out("A", Dense(5)), P("H", From("X"), L("Flatten"), Dense(8), L("Tanh")), Out("B", Dense(3))));
        yield return Cases.Named("CountedCarry", Chain(
            plain, L("Input", ("Shape", new[] { 12 }), ("Type", "Int32")), L("Embedding", ("Vocabulary", 11), ("Width", 8)), L("Lstm", ("Units", 24)), Dense(11)));
    }

    private static LayerSpec From(string name) => L("From", ("Name", name));

    private static void Call(string method, string network) => Generic.Call(typeof(CountedLabelsTests), null, method, s_generated.Value.GetType("Some." + network)!);

    private static Trainer<T> Trainer<T>(InstructionPath path, int threads = 2)
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        network.InstructionPath = path;
        return new(network, new Sgd { LearningRate = 0.1f }, threads);
    }

    private static float[] Inputs<T>(int seed, int batch = Batch)
        where T : class, INetwork<T>
    {
        var random = new Random(seed);
        return [.. T.Description.Inputs.SelectMany(i => Enumerable.Range(0, batch * i.Length).Select(_ => i.Limit > 0 ? random.Next(i.Limit) : (random.NextSingle() * 2) - 1))];
    }

    /// <summary>Of three labels about one does not count.</summary>
    private static int[] Labels<T>(int seed)
        where T : class, INetwork<T>
    {
        var random = new Random(seed);
        int[] labels = [.. T.Description.Training!.Labels.SelectMany(l => Enumerable.Range(0, Batch * l.Length).Select(_ => random.Next(3) == 0 ? -1 : random.Next(l.Classes)))];
        Assert.Contains(-1, labels);
        Assert.Contains(labels, l => l >= 0);
        return labels;
    }

    private static float[] Gradients<T>(Trainer<T> trainer)
        where T : class, INetwork<T>
    {
        var inputs = new float[trainer.InputGradient.Length];
        if (T.Description.Inputs.All(i => i.Limit == 0)) trainer.InputGradient.CopyTo(inputs);
        return [.. inputs, .. trainer.Gradients.SelectMany(g => g.ToArray())];
    }

    private static IEnumerable<int> Bits(IEnumerable<float> values) => values.Select(BitConverter.SingleToInt32Bits);

    /// <summary>What is in rows that do not count changes no bit of the loss and of a parameter's gradient, and their own gradient is 0; that of the others is not.</summary>
    private static void CheckOthers<T>()
        where T : class, INetwork<T>
    {
        var labels = Labels<T>(2);
        var inputs = Inputs<T>(1);
        var row = inputs.Length / labels.Length;
        float[] others = [.. inputs.Select((x, i) => labels[i / row] < 0 ? (3 * x) + 1 : x)];
        foreach (var path in AgreementTests.Paths)
        {
            using var trainer = Trainer<T>(path);
            var loss = trainer.ComputeGradients(inputs, labels);
            var gradients = Gradients(trainer);
            Assert.Equal(loss, trainer.ComputeGradients(others, labels));
            Assert.Equal(gradients, Gradients(trainer));
            for (var i = 0; i < labels.Length; i++) Assert.Equal(labels[i] < 0, gradients.AsSpan(i * row, row).IndexOfAnyExcept(0) < 0);
        }
    }

    private static void CheckNothing<T>()
        where T : class, INetwork<T>
    {
        var labels = Labels<T>(2);
        labels.AsSpan().Fill(-1);
        foreach (var path in AgreementTests.Paths)
        {
            using var trainer = Trainer<T>(path);
            Assert.Equal(0, trainer.ComputeGradients(Inputs<T>(1), labels));
            Assert.All(Gradients(trainer), g => Assert.Equal(0, g));
            var before = trainer.Network.State.Parameters.SelectMany(p => p.ToArray()).ToArray();
            Assert.Equal(0, trainer.Step(Inputs<T>(1), labels));
            Assert.Equal(before, trainer.Network.State.Parameters.SelectMany(p => p.ToArray()));
            Assert.Equal(1, trainer.StepCount);

            // Nothing is left of it in the next step.
            using var fresh = Trainer<T>(path);
            Assert.Equal(fresh.ComputeGradients(Inputs<T>(3), Labels<T>(4)), trainer.ComputeGradients(Inputs<T>(3), Labels<T>(4)));
            Assert.Equal(Bits(Gradients(fresh)), Bits(Gradients(trainer)));
        }
    }

    /// <summary>Beside the predictions' loss in double, and beside the losses of the samples alone.</summary>
    private static void CheckMean<T>()
        where T : class, INetwork<T>
    {
        var labels = Labels<T>(2);
        var inputs = Inputs<T>(1);
        var descriptions = T.Description.Training!.Labels;
        foreach (var path in AgreementTests.Paths)
        {
            using var trainer = Trainer<T>(path);
            var loss = trainer.ComputeGradients(inputs, labels);
            double expected = 0;
            var at = 0;
            foreach (var description in descriptions)
            {
                // Of this output alone; sample by sample, each as often as it has positions that count.
                var counted = 0;
                double sum = 0;
                for (var sample = 0; sample < Batch; sample++)
                {
                    int[] alone = [.. descriptions.SelectMany(d => ReferenceEquals(d, description) ? labels.Skip(at + (sample * d.Length)).Take(d.Length) : Enumerable.Repeat(-1, d.Length))];
                    var count = alone.Count(l => l >= 0);
                    sum += count * trainer.ComputeGradients(inputs.AsSpan(sample * inputs.Length / Batch, inputs.Length / Batch), alone);
                    counted += count;
                }

                expected += sum / counted;
                at += Batch * description.Length;
            }

            Assert.Equal(expected, loss, expected * 1e-6);
            Assert.Equal(expected, trainer.Evaluate(Data<T>(inputs, labels)).Loss!.Value, expected * 1e-6);
        }
    }

    private static DataSet Data<T>(float[] inputs, int[] labels)
        where T : class, INetwork<T>
    {
        var together = new List<int>();
        for (var sample = 0; sample < Batch; sample++)
        {
            var at = 0;
            foreach (var description in T.Description.Training!.Labels)
            {
                together.AddRange(labels.AsSpan(at + (sample * description.Length), description.Length));
                at += Batch * description.Length;
            }
        }

        return new(inputs, together.ToArray(), Batch);
    }

    private static void CheckThreads<T>()
        where T : class, INetwork<T>
    {
        const int Steps = 5;
        foreach (var path in AgreementTests.Paths)
        {
            var all = new List<float[]>();
            for (var threads = 1; threads <= 3; threads++)
            {
                using var trainer = Trainer<T>(path, threads);
                var losses = new float[Steps];
                for (var step = 0; step < Steps; step++)
                {
                    float[] inputs = Inputs<T>(step);
                    var labels = Labels<T>(step % 2); // of a varying number of positions
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    losses[step] = trainer.Step(inputs, labels);
                    if (step > 0) Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
                }

                all.Add([.. losses, .. Gradients(trainer), .. trainer.Network.State.Parameters.SelectMany(p => p.ToArray())]);
            }

            Assert.All(all, values => Assert.Equal(Bits(all[0]), Bits(values)));
            Assert.All(all[0], v => Assert.True(float.IsFinite(v)));
        }
    }

    /// <summary>With a learning rate of 0, the mean loss of the steps is that of the data; of one output also if they have different numbers of positions.</summary>
    private static void CheckFit<T>()
        where T : class, INetwork<T>
    {
        var data = Data<T>(Inputs<T>(1), Labels<T>(2));
        using var trainer = new Trainer<T>(T.Create(1), new Sgd { LearningRate = 0 }, 2);
        var result = trainer.Evaluate(data);
        Assert.Equal(Batch, result.Count);
        foreach (var batch in T.Description.Outputs.Length == 1 ? new[] { Batch, 4, 1 } : [Batch])
        {
            var epoch = trainer.Fit(data, new FitOptions { Epochs = 1, BatchSize = batch, MeasureTraining = true, Validation = data }).History.Single();
            Assert.Equal(result.Loss!.Value, epoch.Loss, result.Loss.Value * 1e-6);
            Assert.Equal((result.Loss, result.Accuracy, result.Accuracy), (epoch.ValidationLoss, epoch.ValidationAccuracy, epoch.Accuracy));
        }
    }

    private static void CheckCarry<T>()
        where T : class, INetwork<T>
    {
        foreach (var path in AgreementTests.Paths)
        {
            using var trainer = Trainer<T>(path);
            using var other = Trainer<T>(path);
            foreach (var one in new[] { trainer, other })
            {
                one.CarryState = true;
                one.Freeze("*");
            }

            int[] nothing = [.. Labels<T>(2).Select(_ => -1)];
            trainer.Step(Inputs<T>(1), Labels<T>(2));
            Assert.Equal(0, other.Step(Inputs<T>(1), nothing));
            Assert.Equal(trainer.Step(Inputs<T>(3), Labels<T>(4)), other.Step(Inputs<T>(3), Labels<T>(4)));
        }
    }

    private static void CheckOutputs<T>()
        where T : class, INetwork<T>
    {
        var inputs = Inputs<T>(1);
        var labels = Labels<T>(2);
        var ofA = Batch * T.Description.Training!.Labels[0].Length;
        int[] a = [.. labels.Select((l, i) => i < ofA ? l : -1)];
        int[] b = [.. labels.Select((l, i) => i < ofA ? -1 : l)];
        foreach (var path in AgreementTests.Paths)
        {
            using var trainer = Trainer<T>(path);
            var loss = trainer.ComputeGradients(inputs, a);
            Assert.All(trainer.Gradients["B.weight"].ToArray(), g => Assert.Equal(0, g));
            Assert.Contains(trainer.Gradients["A.weight"].ToArray(), g => g != 0);
            loss += trainer.ComputeGradients(inputs, b);
            Assert.All(trainer.Gradients["A.weight"].ToArray(), g => Assert.Equal(0, g));
            Assert.Contains(trainer.Gradients["B.weight"].ToArray(), g => g != 0);
            Assert.Equal(loss, trainer.ComputeGradients(inputs, labels), 1e-6);
            Assert.Equal(loss, trainer.Evaluate(Data<T>(inputs, a)).Loss!.Value + trainer.Evaluate(Data<T>(inputs, b)).Loss!.Value, 1e-6);
        }
    }
}
