using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using NetCompiler.Compiler;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Networks run step by step: the results are those of the whole sequence.</summary>
public sealed class StepTests
{
    public static TheoryData<string> Names => [.. Cases.Families["Steps"].Select(c => c.Name)];

    private static Assembly Generated => AgreementTests.Generated("Steps");

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_step_gives_the_row_of_the_whole(string name) => Generic.Call(typeof(StepTests), null, nameof(CheckSteps), TypeOf(name));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_prompt_at_once_is_its_steps(string name) => Generic.Call(typeof(StepTests), null, nameof(CheckPrefill), TypeOf(name));

    [Theory]
    [MemberData(nameof(Names))]
    public void States_are_reset_forked_and_saved(string name) => Generic.Call(typeof(StepTests), null, nameof(CheckStates), TypeOf(name));

    /// <summary>The memory between layers holds anything before a step: what is not written in it counts for nothing.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_is_read_that_no_step_has_written(string name) => Generic.Call(typeof(StepTests), null, nameof(CheckScratch), TypeOf(name));

    /// <summary>Attention goes through the steps so far, in groups; where there is room for one group only it goes through all.</summary>
    [Theory]
    [InlineData("StepLong", "taken", 5)]
    [InlineData("StepLongWide", "taken", 5)]
    [InlineData("StepLongStride", "taken1", 5)]
    [InlineData("StepLongStride", "taken3", 5)]
    [InlineData("StepGpt", "taken", 0)]
    [InlineData("StepWindowStride", "taken", 0)]
    public void Attention_goes_as_far_as_the_steps_do(string name, string number, int kernels)
    {
        var step = AgreementTests.Kernels(Cases.Families["Steps"].Single(c => c.Name == name)).Split("static void Step<T>", 2)[1].Split("\n\t}\n", 2)[0];
        Assert.Equal(kernels, Regex.Count(step, $@"\bT\.\w+\(.*, {number}\);"));
    }

    /// <summary>A step of a convolution that reaches far back is no more work than of one that reaches less far.</summary>
    [Theory]
    [InlineData(16, 3, 9, 200)]
    [InlineData(96, 2, 17, 60)]
    public void Rows_before_are_not_moved(int channels, int kernel, int near, int far)
    {
        var (one, other) = (Step(near), Step(far));
        Assert.NotEqual(one, other);
        Assert.Equal(one.Split('\n').Length, other.Split('\n').Length);
        Assert.Equal(Regex.Count(one, @"\bfor \("), Regex.Count(other, @"\bfor \("));

        string Step(int dilation) => AgreementTests.Kernels(Cases.Named("StepFar", Chain(Input(512, channels), Cases.Causal(channels, dilation, ("Kernel", kernel)))))
            .Split("public static void StepOne(", 2)[1].Split("[MethodImpl", 2)[0];
    }

    [Fact]
    public void What_follows_a_last_state_remembers_nothing()
    {
        var generated = AgreementTests.Generated("LastSteps");
        foreach (var spec in Cases.Families["LastSteps"]) Generic.Call(typeof(StepTests), null, nameof(CheckLast), generated.GetType(spec.FullName)!);
    }

    /// <summary>The bits of one thread, from the first step to the last, on each path; without an allocation once the threads are there.</summary>
    [Theory]
    [InlineData("StepsShared", true)]
    [InlineData("StepsSharedRows", true)]
    [InlineData("StepsAlone", false)]
    [InlineData("StepsOfOneMethod", false)]
    public void Threads_share_the_steps_of_large_networks(string name, bool share)
    {
        var type = AgreementTests.Generated("SharedSteps").GetType("Some." + name)!;
        var text = Pipeline.Compile(Cases.Families["SharedSteps"].Single(c => c.Name == name)).Files.Single(f => !f.IsFace).Text;
        Assert.Equal(share, text.Contains("void StepTogether<T>", StringComparison.Ordinal));
        var random = new Random(3);
        foreach (var path in AgreementTests.Paths)
        {
            var alone = new Stepper(type, 1, path);
            var rows = Enumerable.Range(0, 19).Select(_ => Enumerable.Range(0, alone.InputSize).Select(_ => alone.InputSize == 1 ? random.Next(65) : random.NextSingle()).ToArray()).ToArray();
            var expected = rows.Select(alone.Step).ToArray();
            for (var threads = 2; threads <= 4; threads++)
            {
                var run = new Stepper(type, 1, path) { Threads = threads };
                for (var t = 0; t < rows.Length; t++)
                    Assert.Equal(expected[t].Select(BitConverter.SingleToInt32Bits), run.Step(rows[t]).Select(BitConverter.SingleToInt32Bits));

                // Two rounds may be the first ones of a kind (see ThreadsTests).
                var rounds = Enumerable.Range(0, 3).Select(_ => Allocated(run, rows)).ToList();
                Assert.Contains(0, rounds);
            }
        }
    }

    private static long Allocated(Stepper run, float[][] rows)
    {
        run.State.Reset();
        var before = run.Allocated;
        foreach (var row in rows) run.Step(row);
        return run.Allocated - before;
    }

    /// <summary>One caller has the network's threads, the others make their steps alone.</summary>
    [Fact]
    public void States_make_shared_steps_at_once()
    {
        var type = AgreementTests.Generated("SharedSteps").GetType("Some.StepsShared")!;
        var one = new Stepper(type, 1);
        var expected = Enumerable.Range(0, 21).Select(t => one.Step([t])).ToArray();
        one.Threads = 2;
        var faults = new int[4];
        var callers = Enumerable.Range(0, faults.Length).Select(c => new Thread(() =>
        {
            var run = one.With((SequenceState)Activator.CreateInstance(one.State.GetType())!);
            for (var round = 0; round < 10; round++, run.State.Reset())
                for (var t = 0; t < expected.Length; t++)
                    if (!run.Step([t]).AsSpan().SequenceEqual(expected[t])) faults[c]++;
        })).ToArray();
        foreach (var caller in callers) caller.Start();
        foreach (var caller in callers) caller.Join();
        Assert.All(faults, f => Assert.Equal(0, f));
    }

    [Fact]
    public void A_full_state_says_so_and_stays()
    {
        var type = TypeOf("StepGpt");
        var run = new Stepper(type, 1);
        var input = new float[run.InputSize];
        for (var t = 0; t < 40; t++) run.Step(input);
        var error = Assert.Throws<InvalidOperationException>(() => run.Step(input));
        Assert.Contains("at step 40 of 40", error.Message, StringComparison.Ordinal);
        Assert.Equal(40, run.State.Position);
        Assert.Equal(40, run.State.Capacity);
    }

    [Fact]
    public void A_window_has_no_end()
    {
        var run = new Stepper(TypeOf("StepWindow"), 1);
        Assert.Null(run.State.Capacity);
        var random = new Random(4);
        var rows = Enumerable.Range(0, 200).Select(_ => Enumerable.Range(0, run.InputSize).Select(_ => random.NextSingle()).ToArray()).ToArray();
        var results = rows.Select(r => run.Step(r)).ToArray();

        // What two layers of a window of 5 can have seen: a run that begins 8 steps before gives the same.
        var late = new Stepper(TypeOf("StepWindow"), 1);
        float[] last = [];
        foreach (var row in rows[^9..]) last = late.Step(row);
        for (var i = 0; i < last.Length; i++) Assert.Equal(results[^1][i], last[i], 1e-5);
    }

    /// <summary>At 48,000 steps a second that many are taken in half a day.</summary>
    [Theory]
    [InlineData("StepConv")]
    [InlineData("StepRing")]
    [InlineData("StepWindowStride")]
    [InlineData("StepGru")]
    public void More_steps_than_an_int_counts_are_no_end(string name)
    {
        var run = new Stepper(TypeOf(name), 1);
        var random = new Random(5);
        float[] Row() => [.. Enumerable.Range(0, run.InputSize).Select(_ => random.NextSingle())];
        for (var t = 0; t < 50; t++) run.Step(Row());

        // The same memory so many steps later that every ring is at the same place.
        var description = (SequenceDescription)typeof(SequenceState).GetField("description", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(run.State)!;
        var turns = description.Counters.Select(c => c.Modulus).Where(m => m > 0).Distinct().Aggregate(2L, (a, m) => a * m);
        var later = 50 + ((int.MaxValue / turns) * turns); // an int ends within the next steps, or did already
        using var file = new MemoryStream();
        run.State.Save(file);
        BitConverter.TryWriteBytes(file.GetBuffer().AsSpan(16), later);
        file.Position = 0;
        var loaded = (SequenceState)Activator.CreateInstance(run.State.GetType())!;
        loaded.Load(file);
        var ahead = new Stepper(TypeOf(name), 1).With(loaded);
        for (var t = 0; t < 300; t++)
        {
            var row = Row();
            Assert.Equal(run.Step(row), ahead.Step(row));
        }

        var prompt = Enumerable.Range(0, 40).SelectMany(_ => Row()).ToArray();
        Assert.Equal(run.Prefill(prompt), ahead.Prefill(prompt));
        Assert.Equal((int)Math.Min(int.MaxValue, later + 340), loaded.Position);
    }

    [Fact]
    public void A_token_that_is_none_is_named_by_its_place_in_the_prompt()
    {
        var run = new Stepper(TypeOf("StepGpt"), 1);
        var prompt = new float[5];
        prompt[3] = 10_000;
        Assert.Contains("position 3)", Message(() => run.Prefill(prompt)), StringComparison.Ordinal);
        Assert.Contains("at least one step, which has 1 elements", Message(() => run.Prefill([])), StringComparison.Ordinal);
        Assert.Equal(0, run.State.Position);

        static string Message(Action call) => Assert.Throws<ArgumentException>(call).Message;
    }

    [Fact]
    public void A_state_of_other_layers_is_not_taken_though_it_is_as_large()
    {
        var (one, other) = (new Stepper(TypeOf("StepTwo"), 1), new Stepper(TypeOf("StepTwoTurned"), 1));
        using var file = new MemoryStream();
        one.State.Save(file);
        file.Position = 0;
        other.Step(new float[other.InputSize]);
        Assert.Contains("remember something else than those of StepTwoTurned", Assert.Throws<InvalidDataException>(() => other.State.Load(file)).Message, StringComparison.Ordinal);
        Assert.Equal(1, other.State.Position);
    }

    /// <summary>Where a gate has whole blocks of the weights: what each gets from input and state, and its function, is one case of those that have their turn.</summary>
    [Theory]
    [InlineData("StepLstmWide", 2, 4)]
    [InlineData("StepGruWide", 2, 3)]
    [InlineData("StepLstm", 0, 0)]
    [InlineData("StepGru", 0, 0)]
    public void Gates_have_their_turn(string name, int layers, int gates)
    {
        var text = AgreementTests.Kernels(Cases.Families["Steps"].Single(c => c.Name == name)).Split("struct Kernels256", 2)[0];
        Assert.Equal(layers, Regex.Count(text, $@"var (part\d+) = turn == 0 \? in\1 : {gates - 1} - in\1;"));
        Assert.Equal(layers, Regex.Count(text, $@"if \(part\d+ == {gates - 1}\)"));
    }

    [Fact]
    public void Networks_that_look_ahead_have_no_steps()
    {
        foreach (var name in (string[])["Attention", "AttentionLengths", "EmbeddingOdd"])
            Assert.Null(AgreementTests.Generated("Sequences").GetType("Some." + name)!.GetNestedType("State"));
    }

    [Fact]
    public void Networks_that_do_not_work_row_by_row_have_no_steps()
    {
        foreach (var spec in Cases.WithoutSteps())
            Assert.DoesNotContain("class State", Pipeline.Compile(spec).Files.Single(f => f.IsFace).Text, StringComparison.Ordinal);
    }

    private static Type TypeOf(string name) => Generated.GetType("Some." + name)!;

    private static void CheckSteps<T>()
        where T : class, INetwork<T>
    {
        foreach (var path in AgreementTests.Paths)
        {
            var (inputs, expected, rows) = Whole<T>(path);
            var run = new Stepper(typeof(T), 1, path);
            var bytes = 0L;
            for (var t = 0; t < rows; t++)
            {
                var row = inputs.AsSpan(t * run.InputSize, run.InputSize).ToArray();
                Equal(expected.AsSpan(t * run.OutputSize, run.OutputSize), run.Step(row), $"{typeof(T).Name} {path} step {t}");
                if (t == 1) bytes = run.Allocated;
            }

            Assert.Equal(bytes, run.Allocated);
        }
    }

    private static void CheckLast<T>()
        where T : class, INetwork<T>
    {
        foreach (var path in AgreementTests.Paths)
        {
            var (inputs, expected, rows) = Whole<T>(path);
            var run = new Stepper(typeof(T), 1, path);
            for (var t = 0; t < rows - 1; t++) run.Step(inputs.AsSpan(t * run.InputSize, run.InputSize).ToArray());
            Equal(expected, run.Step(inputs.AsSpan((rows - 1) * run.InputSize).ToArray()), $"{typeof(T).Name} {path} at the end");
            Equal(expected, new Stepper(typeof(T), 1, path).Prefill(inputs), $"{typeof(T).Name} {path} at once");
        }
    }

    private static void CheckPrefill<T>()
        where T : class, INetwork<T>
    {
        foreach (var path in AgreementTests.Paths)
        {
            var (inputs, expected, rows) = Whole<T>(path);
            foreach (var first in (int[])[1, 15, 16, 17, rows])
            {
                if (first > rows) continue;
                var run = new Stepper(typeof(T), 1, path);
                var result = run.Prefill(inputs.AsSpan(0, first * run.InputSize).ToArray());
                Equal(expected.AsSpan((first - 1) * run.OutputSize, run.OutputSize), result, $"{typeof(T).Name} {path} after {first}");
                if (first < rows) Equal(expected.AsSpan(first * run.OutputSize, run.OutputSize), run.Step(inputs.AsSpan(first * run.InputSize, run.InputSize).ToArray()), $"{typeof(T).Name} {path} one more after {first}");
            }

            // Blocks begin where they do: after some steps, those that lie in a ring in one piece.
            for (var steps = 1; steps < Math.Min(rows, 19); steps += 5)
            {
                var run = new Stepper(typeof(T), 1, path);
                for (var t = 0; t < steps; t++) run.Step(inputs.AsSpan(t * run.InputSize, run.InputSize).ToArray());
                Equal(expected.AsSpan((rows - 1) * run.OutputSize, run.OutputSize), run.Prefill(inputs.AsSpan(steps * run.InputSize).ToArray()), $"{typeof(T).Name} {path} after {steps} steps");
            }
        }
    }

    private static void CheckScratch<T>()
        where T : class, INetwork<T>
    {
        foreach (var path in AgreementTests.Paths)
        {
            var (inputs, _, rows) = Whole<T>(path);
            var (clean, dirty) = (new Stepper(typeof(T), 1, path), new Stepper(typeof(T), 1, path));
            for (var t = 0; t < rows; t++)
            {
                var row = inputs.AsSpan(t * clean.InputSize, clean.InputSize).ToArray();
                FillScratch(0);
                var expected = clean.Step(row);
                FillScratch(float.NaN);
                Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), dirty.Step(row).Select(BitConverter.SingleToInt32Bits));
            }

            (clean, dirty) = (new Stepper(typeof(T), 1, path), new Stepper(typeof(T), 1, path));
            FillScratch(0);
            var all = clean.Prefill(inputs);
            FillScratch(float.NaN);
            Assert.Equal(all.Select(BitConverter.SingleToInt32Bits), dirty.Prefill(inputs).Select(BitConverter.SingleToInt32Bits));
        }

        static void FillScratch(float value) => MemoryMarshal.CreateSpan(ref Scratch.Rent(100_000), 100_000).Fill(value);
    }

    private static void CheckStates<T>()
        where T : class, INetwork<T>
    {
        var (inputs, _, rows) = Whole<T>(AgreementTests.Paths[^1]);
        var run = new Stepper(typeof(T), 1);
        float[] Row(int t) => inputs.AsSpan(t * run.InputSize, run.InputSize).ToArray();
        for (var t = 0; t < rows - 1; t++) run.Step(Row(t));
        using var file = new MemoryStream();
        run.State.Save(file);
        var fork = (SequenceState)run.State.GetType().GetMethod("Fork")!.Invoke(run.State, null)!;
        var expected = run.Step(Row(rows - 1));
        Assert.Equal(expected, run.With(fork).Step(Row(rows - 1)));

        file.Position = 0;
        var loaded = (SequenceState)Activator.CreateInstance(run.State.GetType())!;
        loaded.Load(file);
        Assert.Equal(rows - 1, loaded.Position);
        Assert.Equal(expected, run.With(loaded).Step(Row(rows - 1)));

        loaded.Reset();
        var fresh = new Stepper(typeof(T), 1);
        Assert.Equal(fresh.Step(Row(0)), run.With(loaded).Step(Row(0)));

        file.Position = 0;
        file.WriteByte(0);
        file.Position = 0;
        Assert.Throws<InvalidDataException>(() => loaded.Load(file));
        Assert.Equal(1, loaded.Position);
    }

    /// <summary>A sequence, and what the network makes of it as a whole: of networks without a row for each step, of each beginning.</summary>
    private static (float[] Inputs, float[] Expected, int Rows) Whole<T>(InstructionPath path)
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        network.InstructionPath = path;
        var input = Assert.Single(T.Description.Inputs);
        var random = new Random(3);
        var inputs = Enumerable.Range(0, input.Length).Select(_ => input.Limit > 0 ? random.Next(input.Limit) : (random.NextSingle() * 2) - 1).ToArray();
        var outputs = new float[T.Description.Outputs.Sum(o => o.Length)];
        network.ForwardAll(inputs, outputs);
        return (inputs, outputs, input.Length / new Stepper(typeof(T), 1).InputSize);
    }

    private static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        double error = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        Assert.True(Math.Sqrt(error) <= 1e-5 * Math.Sqrt(norm), $"{what} is off by {Math.Sqrt(error):G3} of {Math.Sqrt(norm):G3}.");
    }

    /// <summary>A network with a state, by reflection, since the types are known at run time only.</summary>
    private sealed class Stepper
    {
        private readonly object _network;
        private readonly Action<float[], float[]> _step;
        private readonly Type _type;

        public Stepper(Type type, long seed, InstructionPath? path = null)
        {
            _type = type;
            _network = Activator.CreateInstance(type, seed)!;
            if (path is { } p) type.GetProperty("InstructionPath")!.SetValue(_network, p);
            State = (SequenceState)type.GetMethod("CreateState")!.Invoke(_network, null)!;
            InputSize = (int)type.GetField("StepInputSize")!.GetValue(null)!;
            OutputSize = (int)type.GetField("StepOutputSize")!.GetValue(null)!;
            _step = Compile("Step");
        }

        private Stepper(Stepper other, SequenceState state)
        {
            (_type, _network, State, InputSize, OutputSize) = (other._type, other._network, state, other.InputSize, other.OutputSize);
            _step = Compile("Step");
        }

        public SequenceState State { get; }

        public int InputSize { get; }

        public int OutputSize { get; }

        public int Threads
        {
            set => _type.GetProperty("Threads")!.SetValue(_network, value);
        }

        /// <summary>Bytes that the steps themselves have allocated.</summary>
        public long Allocated { get; private set; }

        public Stepper With(SequenceState state) => new(this, state);

        public float[] Step(float[] input)
        {
            var output = new float[OutputSize];
            _step(input, output);
            return output;
        }

        public float[] Prefill(float[] inputs)
        {
            var output = new float[OutputSize];
            Compile("Prefill")(inputs, output);
            return output;
        }

        private Action<float[], float[]> Compile(string name)
        {
            var state = State.GetType();
            var ints = _type.GetMethod(name, [state, typeof(ReadOnlySpan<int>), typeof(Span<float>)]);
            if (ints is not null)
            {
                var call = (IntStep)Delegate.CreateDelegate(typeof(IntStep), this, typeof(Stepper).GetMethod(nameof(Ints), BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(_type, state));
                return (input, output) => call(name, [.. input.Select(i => (int)i)], output);
            }

            var floats = (FloatStep)Delegate.CreateDelegate(typeof(FloatStep), this, typeof(Stepper).GetMethod(nameof(Floats), BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(_type, state));
            return (input, output) => floats(name, input, output);
        }

        private delegate void IntStep(string name, int[] input, float[] output);

        private delegate void FloatStep(string name, float[] input, float[] output);

        private delegate void IntCall<TNetwork, TState>(TNetwork network, TState state, ReadOnlySpan<int> input, Span<float> output);

        private delegate void FloatCall<TNetwork, TState>(TNetwork network, TState state, ReadOnlySpan<float> input, Span<float> output);

        private void Ints<TNetwork, TState>(string name, int[] input, float[] output)
            where TState : SequenceState
        {
            var call = _type.GetMethod(name, [typeof(TState), typeof(ReadOnlySpan<int>), typeof(Span<float>)])!.CreateDelegate<IntCall<TNetwork, TState>>();
            var before = GC.GetAllocatedBytesForCurrentThread();
            call((TNetwork)_network, (TState)State, input, output);
            Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        private void Floats<TNetwork, TState>(string name, float[] input, float[] output)
            where TState : SequenceState
        {
            var call = _type.GetMethod(name, [typeof(TState), typeof(ReadOnlySpan<float>), typeof(Span<float>)])!.CreateDelegate<FloatCall<TNetwork, TState>>();
            var before = GC.GetAllocatedBytesForCurrentThread();
            call((TNetwork)_network, (TState)State, input, output);
            Allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
