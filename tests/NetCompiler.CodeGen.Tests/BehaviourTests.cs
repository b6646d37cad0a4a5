using NetCompiler.Compiler;

namespace NetCompiler.CodeGen.Tests;

/// <summary>What generated code promises besides its numbers.</summary>
public sealed class BehaviourTests
{
    public static TheoryData<string> Networks => ["TrainedFeatures", "TrainedImages", "TrainedSequence"];

    [Fact]
    public void Text_is_the_same_each_time_and_has_plain_line_ends()
    {
        foreach (var spec in Cases.Families["Graphs"].Concat(Cases.Families["Training"]))
        {
            var first = Pipeline.Compile(spec).Files;
            Assert.Equal(first, Pipeline.Compile(spec).Files);
            Assert.All(first, f => Assert.DoesNotContain('\r', f.Text));
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Forward_allocates_nothing_after_the_first_call(string name) => Call(nameof(CheckForwardAllocations), name);

    [Theory]
    [MemberData(nameof(Networks))]
    public void Threads_may_call_Forward_at_once(string name) => Call(nameof(CheckConcurrentForward), name);

    [Theory]
    [MemberData(nameof(Networks))]
    public void Training_gives_the_same_bits_for_any_number_of_threads(string name) => Call(nameof(CheckThreadsOfTraining), name);

    [Theory]
    [MemberData(nameof(Networks))]
    public void An_instruction_path_that_there_is_not_is_refused(string name) => Call(nameof(CheckInstructionPath), name);

    private static void Call(string method, string network) =>
        Generic.Call(typeof(BehaviourTests), null, method, AgreementTests.Generated("Training").GetType("Some." + network)!);

    private static void CheckInstructionPath<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        foreach (var path in AgreementTests.Paths)
        {
            network.InstructionPath = path;
            foreach (var none in new[] { 0, 7, 1024 })
                Assert.Contains("Vector128, Vector256 or Vector512", Assert.Throws<ArgumentOutOfRangeException>(() => network.InstructionPath = (InstructionPath)none).Message, StringComparison.Ordinal);
            Assert.Equal(path, network.InstructionPath);
        }
    }

    private static void CheckForwardAllocations<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        foreach (var path in AgreementTests.Paths)
        {
            network.InstructionPath = path;
            foreach (var batch in new[] { 1, 50 })
            {
                var inputs = Numbers(batch * Size(T.Description.Inputs), 3);
                var outputs = new float[batch * Size(T.Description.Outputs)];
                network.ForwardAll(inputs, outputs);
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < 10; i++) network.ForwardAll(inputs, outputs);
                Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
            }
        }
    }

    private static void CheckConcurrentForward<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        foreach (var path in AgreementTests.Paths)
        {
            network.InstructionPath = path;
            const int Callers = 8;
            var inputs = Enumerable.Range(0, Callers).Select(c => Numbers((c + 5) * Size(T.Description.Inputs), c)).ToArray();
            var expected = inputs.Select(x => Forward(network, x)).ToArray();
            var faults = new int[Callers];
            var threads = Enumerable.Range(0, Callers).Select(c => new Thread(() =>
            {
                for (var i = 0; i < 20; i++)
                    if (!Forward(network, inputs[c]).AsSpan().SequenceEqual(expected[c])) faults[c]++;
            })).ToArray();
            foreach (var thread in threads) thread.Start();
            foreach (var thread in threads) thread.Join();
            Assert.All(faults, f => Assert.Equal(0, f));
        }
    }

    private static void CheckThreadsOfTraining<T>()
        where T : class, INetwork<T>
    {
        const int Batch = 133;
        Assert.True(T.Description.Training!.NanosecondsPerSample * Batch > 40_000, "A smaller step runs on one thread.");
        var inputs = Numbers(Batch * Size(T.Description.Inputs), 5);
        var labels = Numbers(Batch * T.Description.Training!.Labels.Sum(l => l.Length), 6);
        foreach (var path in AgreementTests.Paths)
        {
            var all = new List<float[]>();
            for (var threads = 1; threads <= 3; threads++)
            {
                var network = T.Create(1);
                network.InstructionPath = path;
                using var trainer = new Trainer<T>(network, new Adam(), threads) { Seed = 9 };
                var losses = new float[6];
                losses[0] = trainer.Step(inputs, labels);

                for (var step = 1; step < losses.Length; step++)
                {
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    losses[step] = trainer.Step(inputs, labels);
                    Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
                }

                Assert.True(losses[^1] < losses[0], $"The loss rose from {losses[0]} to {losses[^1]}.");
                all.Add([.. losses, .. network.State.Parameters.SelectMany(Values)]);
            }

            // As bits: also a NaN must be the same.
            Assert.All(all, values => Assert.Equal(all[0].Select(BitConverter.SingleToInt32Bits), values.Select(BitConverter.SingleToInt32Bits)));
            Assert.All(all[0], v => Assert.True(float.IsFinite(v)));
        }
    }

    private static float[] Values(Parameter parameter)
    {
        var values = new float[parameter.Length];
        parameter.CopyTo(values);
        return values;
    }

    private static float[] Forward<T>(T network, float[] inputs)
        where T : class, INetwork<T>
    {
        var outputs = new float[inputs.Length / Size(T.Description.Inputs) * Size(T.Description.Outputs)];
        network.ForwardAll(inputs, outputs);
        return outputs;
    }

    private static int Size(IEnumerable<TensorDescription> tensors) => tensors.Sum(t => t.Length);

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
