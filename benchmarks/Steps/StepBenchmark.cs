using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using NetCompiler.Benchmarks.Compare;
using NetCompiler.Benchmarks.Peers;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Steps;

/// <summary>One network step by step, in microseconds for a step.</summary>
/// <param name="Weights">Bytes of its parameters.</param>
/// <param name="Limit">What its arithmetic takes at the peak, or its parameters (and the keys and values that attention reads) from the cache that holds them, whichever is longer.</param>
/// <param name="LimitedBy">Which of them.</param>
/// <param name="Bytes">Allocated for each step.</param>
/// <param name="Torch">libtorch's median; null where it is not asked.</param>
internal sealed record StepResult(
    string Network, long Weights, double Median, double Limit, string LimitedBy, double Bytes, double? Torch, int Bits, string Revision, DateTime Measured)
{
    [JsonIgnore]
    public (string, int) Key => (Network, Bits);
}

/// <summary>Networks with memory, one step on one thread, by turns with libtorch; and where threads share it, on all.</summary>
internal static class StepBenchmark
{
    private const string Name = "steps";

    /// <summary>Largest difference between two systems' results, all of which are below 1.</summary>
    private const double Tolerance = 1e-5;

    /// <summary>Steps after which results are compared.</summary>
    private const int ComparedSteps = StepPeer.StepsOfARun;

    public static int Run(Budget budget, bool save)
    {
        if (Torch.NativeTorch.LoadFault.Value is { } fault) Console.WriteLine($"Without TorchSharp, which does not load here: {fault}");
        Dictionary<int, Machine> machines = new[] { 1, Environment.ProcessorCount }.Distinct().ToDictionary(t => t, Machine.Measure);
        var machine = machines[1];
        Console.WriteLine($"{machine.FlopsPerSecond / 1e9:F0} GFLOP/s; {string.Join(", ", machine.Levels.Select(l => $"{l.Name} {l.BytesPerSecond / 1e9:F0} GB/s"))}");
        var cases = Cases();
        foreach (var which in cases) Check(which);
        List<Compare.Sampler> samplers = [.. cases.SelectMany(c => c.Peers).Select(p => new Compare.Sampler(p))];
        Compare.Sampler.WarmUp(samplers, budget);
        for (var round = 0; round < budget.Rounds; round++) samplers.ForEach(s => s.Measure(budget));

        var timings = cases.SelectMany(c => c.Peers).Zip(samplers, (p, s) => (p, Timing: s.Result())).ToDictionary(t => t.p, t => t.Timing);
        List<StepResult> results = [.. cases.Select(c => c.Result(machines[c.Threads], timings))];
        foreach (var peer in timings.Keys) peer.Dispose();
        Console.WriteLine(Markdown(results));
        if (save) ResultsFolder.Save(Name, results, r => r.Key, r => r.OrderByDescending(l => l.Bits).ThenBy(l => cases.FindIndex(c => c.Name == l.Network)), Markdown);
        return 0;
    }

    private static List<StepCase> Cases()
    {
        var (lstm, gru, conv, tanh, far) = (new LstmStep(1), new GruStep(1), new ConvStep(1), new ConvTanhStep(1), new FarStep(1));
        var (lstmState, gruState, convState, tanhState, farState) = (lstm.CreateState(), gru.CreateState(), conv.CreateState(), tanh.CreateState(), far.CreateState());
        var row = Samples.Inputs(LstmStep.StepInputSize);
        var sample = Samples.Inputs(ConvStep.StepInputSize);
        var (lstmOutput, gruOutput) = (new float[LstmStep.StepOutputSize], new float[GruStep.StepOutputSize]);
        var (convOutput, tanhOutput, farOutput) = (new float[ConvStep.StepOutputSize], new float[ConvTanhStep.StepOutputSize], new float[FarStep.StepOutputSize]);

        // The calls are those of a program that knows its network: direct.
        StepCase[] cases =
        [
            StepCase.Of<LstmStep>("Lstm, 16 to 64", lstm, n => { for (; n > 0; n--) lstm.Step(lstmState, row, lstmOutput); }, lstmOutput, 2 * 4 * 64 * (16 + 64)),
            StepCase.Of<GruStep>("Gru, 16 to 64", gru, n => { for (; n > 0; n--) gru.Step(gruState, row, gruOutput); }, gruOutput, 2 * 3 * 64 * (16 + 64)),
            Gpt(1),
            GptWithRoom(64),
            GptWithRoom(960),
            StepCase.Of<ConvStep>("Conv1D stack, relu", conv, n => { for (; n > 0; n--) conv.Step(convState, sample, convOutput); }, convOutput, StackFlops(4)),
            StepCase.Of<ConvTanhStep>("Conv1D stack, tanh", tanh, n => { for (; n > 0; n--) tanh.Step(tanhState, sample, tanhOutput); }, tanhOutput, StackFlops(4)),
            StepCase.Of<FarStep>("Conv1D stack of 10, relu", far, n => { for (; n > 0; n--) far.Step(farState, sample, farOutput); }, farOutput, StackFlops(10)),
        ];
        if (Torch.NativeTorch.LoadFault.Value is null)
        {
            cases[0].Peers.Add(new TorchStepPeer(lstm.Parameters, row, isLstm: true));
            cases[1].Peers.Add(new TorchStepPeer(gru.Parameters, row, isLstm: false));
        }

        return Environment.ProcessorCount > 1 ? [.. cases, Gpt(Environment.ProcessorCount)] : [.. cases];
    }

    private static StepCase Gpt(int threads)
    {
        var network = new GptStep(1) { Threads = threads };
        return Tokens("GPT, 4 layers of 128, token 64" + (threads > 1 ? $", {threads} threads" : ""), network, 64, threads, network.CreateState, (s, prompt) => network.Prefill(s, prompt), network.Step);
    }

    /// <summary>With room for 1,024 tokens.</summary>
    private static StepCase GptWithRoom(int token)
    {
        var network = new GptRoomStep(1);
        return Tokens($"GPT, room for 1,024 tokens, token {token}", network, token, threads: 1, network.CreateState, (s, prompt) => network.Prefill(s, prompt), network.Step);
    }

    private delegate void Take<TState>(TState state, int token, Span<float> output);

    /// <summary>As many tokens before that one as after it, each of which sees all before it: on average, so many.</summary>
    private static StepCase Tokens<TNetwork, TState>(string name, TNetwork network, int token, int threads, Func<TState> create, Action<TState, int[]> prefill, Take<TState> step)
        where TNetwork : class, INetwork<TNetwork>
        where TState : SequenceState
    {
        var first = token - (StepPeer.StepsOfARun / 2);
        var (begin, state, output) = (create(), create(), new float[GptStep.StepOutputSize]);
        var tokens = Samples.Tokens(first + StepPeer.StepsOfARun, 65);
        prefill(begin, tokens[..first]);
        return StepCase.Of(name, network, Steps, output, GptFlops(token), threads, GptKept(token));

        void Steps(int count)
        {
            state.CopyFrom(begin);
            for (var i = 0; i < count; i++) step(state, tokens[first + i], output);
        }
    }

    /// <summary>Of so many convolutions, and what comes after them.</summary>
    private static double StackFlops(int layers) => 2 * ((3 * 16) + ((layers - 1) * 3 * 16 * 16) + 16);

    /// <summary>Of one token: the weights, and the keys and values before it.</summary>
    private static double GptFlops(int token) => 2 * ((4 * ((12 * 128 * 128) + (2 * token * 128))) + (128 * 65));

    /// <summary>Bytes of the keys and values that a token sees.</summary>
    private static long GptKept(int token) => 4 * 2L * token * 128 * sizeof(float);

    /// <summary>All of them must compute the same.</summary>
    private static void Check(StepCase which)
    {
        foreach (var peer in which.Peers)
        {
            peer.Enter();
            for (var i = 0; i < (peer is StepPeer ? ComparedSteps / StepPeer.StepsOfARun : ComparedSteps); i++) peer.Run();
            peer.Leave();
        }

        var own = which.Peers[0].Results()[Peer.Output];
        foreach (var other in which.Peers.Skip(1))
        {
            var error = other.Results()[Peer.Output].Zip(own, (a, b) => Math.Abs(a - b)).Max();
            if (!(error <= Tolerance)) throw new InvalidOperationException($"{which.Name}: {other.System} and {which.Peers[0].System} differ by {error:G2}.");
        }
    }

    private static string Markdown(IReadOnlyList<StepResult> results)
    {
        var text = new StringBuilder("One step, on one thread where no number of them is given, in microseconds (medians of groups of steps, the systems by turns). The limit is the arithmetic at the peak of multiply-adds, or the parameters (and the keys and values that a token sees) at the\n")
            .Append("bandwidth of the cache that holds them (or each thread's part of them), both measured in the same run. The GPT is that of `compare`, given 64 tokens of a text one by one, with that token in the middle (and, which is measured with them, a copy of the state before them: 0.5 MB, of 1,024 tokens 4 MB). The stacks are Conv1D 1 to 16, then 16 to 16 three times, kernels of 3, dilations 1, 2, 4 and 8, with that\n")
            .Append("function after each, then Dense to 1; that of 10 goes on to a dilation of 512.\n\n")
            .Append("| bits | network | parameters | NetCompiler | limit | share | bytes allocated | TorchSharp |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var r in results)
        {
            var torch = r.Torch is { } t ? string.Create(CultureInfo.InvariantCulture, $"{t:G3} ({t / r.Median:F1}x)") : "";
            text.Append(CultureInfo.InvariantCulture, $"| {r.Bits} | {r.Network} | {r.Weights / 1024.0:F1} KB | {r.Median:F3} | {r.Limit:F3} ({r.LimitedBy}) | {r.Limit / r.Median:P0} | {r.Bytes:0.#} | {torch} |\n");
        }

        return text.ToString();
    }

    /// <summary>A network and who computes it; NetCompiler first.</summary>
    private sealed record StepCase(string Name, long Weights, long Kept, double Flops, int Threads, InstructionPath Path, List<Peer> Peers)
    {
        public static StepCase Of<TNetwork>(string name, TNetwork network, Action<int> steps, float[] output, double flops, int threads = 1, long kept = 0)
            where TNetwork : class, INetwork<TNetwork> =>
            new(name, TNetwork.Description.Parameters.Sum(p => (long)p.Length) * sizeof(float), kept, flops, threads, network.InstructionPath, [new StepPeer(steps, output)]);

        public StepResult Result(Machine machine, Dictionary<Peer, Timing> timings)
        {
            var bytes = Weights + Kept;
            var level = machine.LevelOf(bytes / Threads);
            var (arithmetic, memory) = (Flops / machine.FlopsPerSecond * 1e6, bytes / level.BytesPerSecond * 1e6);
            var own = timings[Peers[0]];
            return new(
                Name, Weights, own.Median / StepPeer.StepsOfARun, Math.Max(arithmetic, memory), memory > arithmetic ? level.Name : "arithmetic", own.BytesPerCall / StepPeer.StepsOfARun,
                Peers.Count > 1 ? timings[Peers[1]].Median : null, (int)Path, ResultsFolder.Revision, DateTime.UtcNow);
        }
    }
}
