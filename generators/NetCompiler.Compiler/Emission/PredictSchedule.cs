using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Scheduling;
using static NetCompiler.Compiler.Emission.CodeWriter;

namespace NetCompiler.Compiler.Emission;

/// <summary>The schedule of a prediction: what depends on parameters alone, then the batch in tiles of a few samples.</summary>
internal sealed class PredictSchedule(Plan plan, KernelLibrary kernels, CodeWriter entry, CodeWriter schedules) : ScheduleWriter(plan, kernels)
{
    /// <summary>What is not worth the while of several threads.</summary>
    private const double SmallestBatch = 25_000;

    /// <summary>The slot of the prediction that takes one step.</summary>
    public const int OneStep = 2;

    /// <summary>Inputs and outputs that the library can hand to its threads.</summary>
    private const int MostTensors = 8;

    private readonly List<Unit> _fixedUnits = [.. plan.Phases.Where(p => !p.Chunked).SelectMany(p => p.Units)];
    private readonly List<Unit> _rowUnits = [.. plan.Phases.Where(p => p.Chunked).SelectMany(p => p.Units)];

    private bool _together;

    /// <summary>Of the ordinary prediction: threads come to its part for that of a step too.</summary>
    public bool SharesSteps { get; init; }

    private List<string> Tensors => [.. Plan.Program.Inputs.Select((_, i) => $"input{i}"), .. Plan.Program.Outputs.Select((_, i) => $"output{i}"), .. Plan.StateLength > 0 ? new[] { "memory" } : []];

    private int Scratch => Plan.ScratchLength;

    /// <summary>Some of the work depends on the parameters alone: it is done once for them.</summary>
    private bool Prepares => _fixedUnits.Count > 0;

    private string PreparedParameter => Prepares ? "ref float prepared, " : "";

    /// <summary>Steps of one sequence: a single sample; <c>turn</c> says in which of two orders the weights are gone through.</summary>
    private bool IsStep => Plan.StateLength > 0;

    private bool IsStraight => StraightLine.Suits(Plan);

    /// <summary>Samples at whose multiples a thread's samples may begin: before them are only whole register tiles, so each sample is in the same kind of tile as in a run on one thread.</summary>
    private int Grain
    {
        get
        {
            var tile = _rowUnits.Aggregate(IsStraight ? 2 : 1, (a, u) => TileChooser.CommonMultiple(a, Kernels.Get(u, Plan).RowTile));
            return Plan.ChunkSize % tile == 0 ? tile : Plan.ChunkSize;
        }
    }

    private bool IsShared(Unit unit) => Kernels.Get(unit, Plan) is { SplitExtent: > 0 } kernel && kernel.SplitExtent > kernel.SplitTile;

    /// <summary>Writes both; with <paramref name="network"/>, a prediction or a step of that network on several threads.</summary>
    public void Write(string core, string method, int slot, string? network)
    {
        var tensors = Tensors;
        var parameters = string.Join(", ", tensors.Select(t => "ref float " + t));
        var arguments = string.Join(", ", tensors.Select(t => "ref " + t));
        if (tensors.Count > MostTensors) network = null;
        if (Prepares) WritePreparation(method);
        var rest = $"ref float parameters, {PreparedParameter}{parameters}, {(IsStep ? "nint turn" : "nint begin, nint end")}";
        var handedOn = $"ref parameters, {(Prepares ? "ref prepared, " : "")}{arguments}, {(IsStep ? "turn" : "begin, end")}";
        WriteChoice(schedules, method, rest, handedOn);
        WriteSchedule(method, rest, handedOn, isOneStep: slot == OneStep);
        var shares = network is not null && Plan.SharesLayers && _rowUnits.Any(IsShared);
        using (entry.Open($"static partial void {core}({Library}NetworkState state, {Library}InstructionPath path, {parameters}, nint {(IsStep ? "turn" : "batch")})"))
        {
            if (Prepares) entry.Line($"if (!state.IsPrepared({slot}, path)) Prepare{method}(state, path);");
            if (network is not null && (shares || !IsStep))
            {
                var least = shares ? 1 : Math.Max(Grain + 1, (int)Math.Min(int.MaxValue, Math.Ceiling(SmallestBatch / Plan.Nanoseconds)));
                var all = tensors.Count == 2 ? arguments
                    : string.Join(", ", tensors.Select(t => "ref " + t).Concat(Enumerable.Repeat("ref global::System.Runtime.CompilerServices.Unsafe.NullRef<float>()", MostTensors - tensors.Count)));
                var work = IsStep ? $"RunStep<{network}>(state, path, {CodeWriter.Number(Scratch)}, " : $"Run<{network}>(state, path, {Grain}, {(shares ? CodeWriter.Number(Scratch) : "-1")}, batch, ";
                entry.Line($"if ({(least > 1 ? $"batch >= {least} && " : "")}state.Threads > 1");
                entry.Line($"    && {Library}ForwardTeam.{work}new {Library}ForwardTensors({all}))) return;");
            }

            entry.Line($"{NetworkEmitter.Schedule}.{method}(path, ref state.Reference, {(Prepares ? $"ref state.Prepared({slot}), " : "")}{arguments}, {(IsStep ? "turn" : "0, batch")});");
        }

        if (Prepares)
        {
            entry.Line();
            using (entry.Open($"private static void Prepare{method}({Library}NetworkState state, {Library}InstructionPath path)"))
            {
                entry.Line($"using var preparation = state.Prepare({slot}, path, {Plan.StaticLength});");
                entry.Line($"if (preparation.IsNeeded) {NetworkEmitter.Schedule}.{method}Prepare(path, ref state.Reference, ref preparation.Target);");
            }
        }

        if (IsStep)
        {
            if (!shares) return;
            entry.Line();
            entry.Line($"static partial void StepPart({Library}InstructionPath path, in {Library}ForwardFrame frame) =>");
            entry.Line($"    {NetworkEmitter.Schedule}.{method}Together(path, in frame, 0, 1);");
            WriteTogether(method);
            return;
        }

        if (network is null && slot != 0) return;
        entry.Line();
        using (entry.Open($"static partial void ForwardPart({Library}InstructionPath path, in {Library}ForwardFrame frame, nint begin, nint end)"))
        {
            if (SharesSteps) Instead("frame.IsStep", "StepPart(path, in frame);");
            if (shares) Instead("frame.SharesLayers", $"{NetworkEmitter.Schedule}.{method}Together(path, in frame, begin, end);");
            var places = tensors.Select((_, i) => $"ref frame.Tensor({i})");
            entry.Line($"{NetworkEmitter.Schedule}.{method}(path, ref frame.Parameters, {(Prepares ? "ref frame.Prepared, " : "")}{string.Join(", ", places)}, begin, end);");
        }

        if (SharesSteps)
        {
            entry.Line();
            entry.Line($"static partial void StepPart({Library}InstructionPath path, in {Library}ForwardFrame frame);");
        }

        if (shares) WriteTogether(method);

        void Instead(string condition, string call)
        {
            using (entry.Open($"if ({condition})"))
            {
                entry.Line(call);
                entry.Line("return;");
            }

            entry.Line();
        }
    }

    private void WriteSchedule(string method, string parameters, string arguments, bool isOneStep)
    {
        var one = Kernels.Straight(Plan, method + "One", isOneStep, u => CallTemplate.Parse(Call(u, false, "1")).Literal().Substring("T.".Length));
        if (one is not null)
        {
            schedules.Line(IsStep ? "/// <summary>Goes one step on.</summary>" : "/// <summary>Predicts the samples [begin, end): one alone has code of its own.</summary>");
            schedules.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
            using (schedules.Open($"public static void {method}<T>({parameters}) where T : IKernels"))
            {
                using (IsStep ? (IDisposable?)null : schedules.Open("if (begin == 0 && end == 1)")) WriteOne(one);
                if (IsStep) return;
                schedules.Line($"else {method}Tiles<T>({arguments});");
            }

            schedules.Line();
            method += "Tiles";
        }

        schedules.Line(IsStep
            ? "/// <summary>Goes one step, or a block of steps, on.</summary>"
            : "/// <summary>Predicts the samples [begin, end): they go through all layers in tiles of a few, which stay in the cache.</summary>");
        using (schedules.Open($"public static void {method}<T>({parameters}) where T : IKernels"))
        {
            Kernels.Prepare(_rowUnits, Plan);
            Rent(Scratch);
            WriteTaken();
            var tables = 0;
            using (Tiles()) CallTemplate.Write(schedules, [.. _rowUnits.Select(u => CallTemplate.Parse(Call(u, false, "rows", whole: true)))], ref tables);
        }
    }

    private void Rent(int length)
    {
        if (length > 0) schedules.Line($"ref var scratch = ref Scratch.Rent({CodeWriter.Number(length)});");
    }

    /// <summary>Calls what is for one sample: by way of the library, if that lends it working memory.</summary>
    private void WriteOne(KernelCode one)
    {
        var blocks = one.Blocks.Select(b => "ref " + b);
        if (one.Borrows)
        {
            var none = Enumerable.Repeat("ref Unsafe.NullRef<float>()", one.MissingTensors);
            schedules.Line($"Scratch.Lend<{one.Name}<T>>({string.Join(", ", blocks.Skip(1).Concat(none))}, {(one.Numbers.Count > 0 ? one.Numbers[0] : "0")});");
            return;
        }

        Rent(Plan.OneScratchLength);
        schedules.Line($"T.{one.Name}({string.Join(", ", blocks.Concat(one.Numbers))});");
    }

    /// <summary>How many places of the sequences count.</summary>
    private void WriteTaken()
    {
        foreach (var rows in Plan.TakenRows)
        {
            var before = Plan.Program.Counters.First(c => c.Modulus == 0 && c.Rows == rows).Value;
            var count = Element("memory", CodeWriter.Number(Plan.Storages[before].Offset));
            schedules.Line($"var {TakenName(rows)} = ((nint){count} + {rows + TakenPlaces.Group - 1}) / {TakenPlaces.Group} * {TakenPlaces.Group}; // attention goes no further: the places so far, in groups of {TakenPlaces.Group}");
        }
    }

    private void WritePreparation(string method)
    {
        const string Parameters = "ref float parameters, ref float prepared";
        WriteChoice(schedules, method + "Prepare", Parameters, "ref parameters, ref prepared");
        schedules.Line("/// <summary>Computes what depends on the parameters alone, for all predictions until they change.</summary>");
        using (schedules.Open($"public static void {method}Prepare<T>({Parameters}) where T : IKernels"))
        {
            Kernels.Prepare(_fixedUnits, Plan);
            var tables = 0;
            CallTemplate.Write(schedules, [.. _fixedUnits.Select(u => CallTemplate.Parse(Call(u, false, "1")))], ref tables);
        }

        schedules.Line();
    }

    private IDisposable Tiles()
    {
        if (IsStep)
        {
            var scope = schedules.Open("");
            schedules.Line("const nint first = 0, rows = 1;");
            return scope;
        }

        var loop = schedules.Open($"for (nint first = begin; first < end; first += {Plan.ChunkSize})");
        schedules.Line($"var rows = Math.Min({Plan.ChunkSize}, end - first);");
        return loop;
    }

    /// <summary>The schedule that all threads run at once: what is not worth sharing is done by the first of them.</summary>
    private void WriteTogether(string method)
    {
        const string Parameters = "in ForwardFrame frame, nint begin, nint end";
        schedules.Line();
        WriteChoice(schedules, method + "Together", Parameters, "in frame, begin, end");
        schedules.Line("/// <summary>The same, by several threads that all run this: each computes its part of every large layer, the first also what is small.</summary>");
        using (schedules.Open($"public static void {method}Together<T>({Parameters}) where T : IKernels"))
        {
            foreach (var (tensor, i) in Tensors.Select((t, i) => (t, i))) schedules.Line($"ref var {tensor} = ref frame.Tensor({i});");
            schedules.Line("ref var parameters = ref frame.Parameters;");
            if (Prepares) schedules.Line("ref var prepared = ref frame.Prepared;");
            if (Scratch > 0) schedules.Line("ref var scratch = ref frame.Scratch;");
            schedules.Line("var leads = frame.Worker == 0;");
            if (_rowUnits.Any(u => u.Stages.Count > 0)) schedules.Line($"ref var own = ref leads ? ref scratch : ref Scratch.Rent({Scratch}); // what only this thread uses");
            WriteTaken();
            _together = true;
            var tables = 0;
            using (Tiles())
            {
                var lines = new List<CallTemplate>();
                for (var u = 0; u < _rowUnits.Count; u++)
                {
                    var unit = _rowUnits[u];
                    var shared = IsShared(unit);
                    var kernel = Kernels.Get(unit, Plan);
                    var waits = shared || u + 1 == _rowUnits.Count || IsShared(_rowUnits[u + 1]) ? " frame.Wait();" : "";
                    lines.Add(CallTemplate.Parse(shared
                        ? $"frame.Part({kernel.SplitExtent}, {kernel.SplitTile}, out lo, out hi); {Call(unit, false, "rows")}{waits}"
                        : $"if (leads) {Call(unit, false, "rows", whole: true)}{waits}"));
                }

                schedules.Line("nint lo, hi;");
                CallTemplate.Write(schedules, lines, ref tables);
            }
        }

        _together = false;
    }

    protected override string Place(Value value, bool wholeBatch)
    {
        var storage = Plan.Storages[value];
        return storage.Space switch
        {
            Space.Input => At("input" + storage.Offset, Times("first", Plan.Layouts[value].Length)),
            Space.Output => At("output" + storage.Offset, Times("first", Plan.Layouts[value].Length)),
            Space.Parameter => At("parameters", Offset(storage.Offset)),
            Space.Static => At("prepared", Offset(storage.Offset)),
            Space.State => At("memory", Offset(storage.Offset)),
            Space.Scratch => At(_together && Plan.Layouts[value].IsTransient ? "own" : "scratch", Offset(storage.Offset)),
            _ => throw new InvalidOperationException($"{value.Name}: {storage.Space} in a prediction."),
        };
    }
}
