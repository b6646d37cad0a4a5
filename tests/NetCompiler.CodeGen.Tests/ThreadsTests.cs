using NetCompiler.Compiler;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Predictions on several threads: the bits of one thread, without an allocation.</summary>
public sealed class ThreadsTests
{
    private static readonly InstructionPath[] s_paths = [.. AgreementTests.Paths];

    public static TheoryData<string> Networks => AgreementTests.NamesOf("Threads");

    [Theory]
    [MemberData(nameof(Networks))]
    public void Forward_gives_the_same_bits_for_any_number_of_threads(string name) => Call(nameof(CheckBits), name);

    [Theory]
    [MemberData(nameof(Networks))]
    public void Threads_may_call_Forward_at_once(string name) => Call(nameof(CheckConcurrentCalls), name);

    [Theory]
    [MemberData(nameof(Networks))]
    public void Forward_allocates_nothing_after_the_first_call(string name) => Call(nameof(CheckAllocations), name);

    [Theory]
    [InlineData("SharedMlp", false)]
    [InlineData("SharedSequence", false)]
    [InlineData("SharedResNet", true)]
    [InlineData("SharedPools", true)]
    [InlineData("SharedWeights", true)]
    [InlineData("SharedDense", true)]
    [InlineData("SharedSquare", true)]
    [InlineData("SharedAttention", true)]
    public void Only_large_networks_share_layers(string name, bool shares)
    {
        var text = Pipeline.Compile(Cases.Families["Threads"].Single(c => c.Name == name)).Files.Single(f => !f.IsFace).Text;
        Assert.Equal(shares, text.Contains("PredictTogether", StringComparison.Ordinal));
        Assert.Contains("ForwardTeam.Run<" + name, text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_threads_is_checked()
    {
        var network = (dynamic)Activator.CreateInstance(AgreementTests.Generated("Threads").GetType("Some.SharedMlp")!, 1L)!;
        Assert.Equal(1, (int)network.Threads);
        network.Threads = 0;
        Assert.Equal(Environment.ProcessorCount, (int)network.Threads);
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Threads = -1);
    }

    private static void Call(string method, string network) =>
        Generic.Call(typeof(ThreadsTests), null, method, AgreementTests.Generated("Threads").GetType("Some." + network)!);

    private static void CheckBits<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        foreach (var path in s_paths)
        {
            network.InstructionPath = path;
            foreach (var batch in new[] { 1, 2, 7, 33, 256 })
            {
                var inputs = Numbers(batch * T.Description.Inputs.Sum(t => t.Length), batch);
                network.State.Threads = 1;
                var expected = Forward(network, inputs, batch);
                for (var threads = 2; threads <= 4; threads++)
                {
                    network.State.Threads = threads;
                    Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), Forward(network, inputs, batch).Select(BitConverter.SingleToInt32Bits));
                }
            }
        }
    }

    private static void CheckConcurrentCalls<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        const int Callers = 6;
        var inputs = Enumerable.Range(0, Callers).Select(c => Numbers(((c * 11) + 1) * T.Description.Inputs.Sum(t => t.Length), c)).ToArray();
        var expected = inputs.Select((x, c) => Forward(network, x, (c * 11) + 1)).ToArray();
        network.State.Threads = 2;
        var faults = new int[Callers];
        var threads = Enumerable.Range(0, Callers).Select(c => new Thread(() =>
        {
            for (var i = 0; i < 20; i++)
                if (!Forward(network, inputs[c], (c * 11) + 1).AsSpan().SequenceEqual(expected[c])) faults[c]++;
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.All(faults, f => Assert.Equal(0, f));
    }

    private static void CheckAllocations<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        network.State.Threads = 2;
        foreach (var batch in new[] { 1, 50 })
        {
            var inputs = Numbers(batch * T.Description.Inputs.Sum(t => t.Length), 3);
            var outputs = new float[batch * T.Description.Outputs.Sum(t => t.Length)];

            // A call finds the pool taken by another network's, or not: each has memory of its own, from the first time on. So of three rounds two may see a first time.
            for (var i = 0; i < 20; i++) network.ForwardAll(inputs, outputs);
            var allocated = Enumerable.Range(0, 3).Select(_ => Allocated()).ToList();
            Assert.Contains(0, allocated);

            long Allocated()
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < 10; i++) network.ForwardAll(inputs, outputs);
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }
        }
    }

    private static float[] Forward<T>(T network, float[] inputs, int batch)
        where T : class, INetwork<T>
    {
        var outputs = new float[batch * T.Description.Outputs.Sum(t => t.Length)];
        Array.Fill(outputs, float.NaN);
        network.ForwardAll(inputs, outputs);
        return outputs;
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
