using System.Runtime.CompilerServices;

namespace NetCompiler.Tests;

public sealed class ForwardTeamTests
{
    [Fact]
    public void Each_sample_is_given_out_once_in_whole_grains()
    {
        foreach ((int threads, int grain, int batch) in new[] { (2, 1, 2), (2, 4, 5), (3, 4, 33), (4, 8, 20), (4, 24, 256) })
        {
            Team network = new();
            network.State.Threads = threads;
            float[] input = new float[batch];
            float[] output = new float[batch];
            Assert.True(network.Forward(grain, scratch: -1, input, output));
            Assert.All(output, o => Assert.Equal(1, o));
            Assert.All(Team.Begins, b => Assert.Equal(0, b % grain));
        }
    }

    [Fact]
    public void Few_samples_are_left_to_the_caller_unless_layers_are_shared()
    {
        Team network = new();
        network.State.Threads = 3;
        float[] output = new float[4];
        Assert.False(network.Forward(grain: 4, scratch: -1, new float[4], output));
        Assert.True(network.Forward(grain: 4, scratch: 10, new float[4], output));
        Assert.All(output, o => Assert.Equal(3, o));
    }

    [Fact]
    public void Parts_cover_a_layer_in_whole_tiles()
    {
        for (int workers = 1; workers <= 5; workers++)
        {
            nint end = 0;
            for (int worker = 0; worker < workers; worker++)
            {
                new ForwardFrame { Worker = worker, Workers = workers }.Part(23, 4, out nint lo, out nint hi);
                Assert.Equal(end, lo);
                Assert.True(hi % 4 == 0 || hi == 23);
                end = hi;
            }

            Assert.Equal(23, end);
        }
    }

    [Fact]
    public void The_threads_end_with_the_network()
    {
        Thread[] threads = UseNetwork();
        Assert.Single(threads);
        for (int i = 0; i < 50 && threads[0].IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            threads[0].Join(20);
        }

        Assert.False(threads[0].IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Thread[] UseNetwork()
    {
        Team network = new();
        network.State.Threads = 2;
        network.Forward(grain: 1, scratch: -1, new float[8], new float[8]);
        return [.. Team.Threads.Where(t => t != Thread.CurrentThread)];
    }

    /// <summary>Adds 1 to each output that it is given.</summary>
    private sealed class Team : INetwork<Team>
    {
        public static NetworkDescription Description { get; } = new()
        {
            Name = nameof(Team),
            Inputs = [new TensorDescription("X", [1])],
            Outputs = [new TensorDescription("Y", [1])],
            Parameters = [],
            StorageLength = 0,
            TrainableLength = 0,
        };

        public static HashSet<Thread> Threads { get; } = [];

        public static List<nint> Begins { get; } = [];

        public NetworkState State { get; } = new(Description, 0);

        public InstructionPath InstructionPath { get; set; }

        public ParameterCollection Parameters => State.Parameters;

        public static Team Create(long seed) => new();

        public static void RunTraining(InstructionPath path, int phase, in TrainingFrame frame, int begin, int end) => throw new NotSupportedException();

        public static void RunForward(InstructionPath path, in ForwardFrame frame, nint begin, nint end)
        {
            lock (Threads)
            {
                Threads.Add(Thread.CurrentThread);
                Begins.Add(begin);
                for (nint i = begin; i < end; i++)
                {
                    Unsafe.Add(ref frame.Tensor(1), i)++;
                }
            }

            if (frame.SharesLayers)
            {
                frame.Wait();
            }
        }

        public bool Forward(int grain, int scratch, float[] input, float[] output)
        {
            Threads.Clear();
            Begins.Clear();
            Array.Clear(output);
            return ForwardTeam.Run<Team>(State, InstructionPath, grain, scratch, input.Length, new ForwardTensors(ref input[0], ref output[0]));
        }

        public void ForwardAll(ReadOnlySpan<float> inputs, Span<float> outputs) => throw new NotSupportedException();
    }
}
