using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Scheduling;

namespace NetCompiler.Compiler.Emission;

/// <summary>What the two schedules share: a call of a unit's kernel with the places of its values.</summary>
internal abstract class ScheduleWriter(Plan plan, KernelLibrary kernels)
{
    protected Plan Plan { get; } = plan;

    protected KernelLibrary Kernels { get; } = kernels;

    /// <summary>
    /// The call; <paramref name="partial"/>: a batch sum writes into its chunk's partial result; <paramref name="whole"/>: all parts of a kernel that can
    /// compute a part.
    /// </summary>
    protected string Call(Unit unit, bool partial, string rows, bool whole = false)
    {
        var kernel = Kernels.Get(unit, Plan);
        var flat = unit.Stored.Concat(unit.Consumed).Distinct();
        var arguments = flat.Select(v => partial && unit.Kind == UnitKind.BatchSum && unit.Main.Output.Value == v ? Partial(v) : Place(v, unit.SplitAxis is not null))
            .Concat(kernel.Numbers.Select(n => n switch
            {
                "rows" => rows,
                "row" => "first",
                "lo" when whole => "0",
                "hi" when whole => CodeWriter.Number(kernel.SplitExtent),
                Kernel.Taken => TakenName(unit.Taken!.TakenRows),
                _ when KeyNames.StreamOf(n) is { } stream => Offset(unit.Streams[stream]),
                _ => n,
            }));
        return $"T.{kernel.Name}({string.Join(", ", arguments)});";
    }

    protected abstract string Place(Value value, bool wholeBatch);

    /// <summary>What the schedule has for the number of places that count, where the sequence is taken so many rows at a time.</summary>
    protected string TakenName(int rows) => Plan.TakenRows.Count == 1 ? Kernel.Taken : Kernel.Taken + CodeWriter.Number(rows);

    protected virtual string Partial(Value value) => throw new InvalidOperationException("A prediction has no sums over the batch.");

    protected static string At(string block, string offset) => "ref " + Element(block, offset);

    protected static string Element(string block, string offset) => offset == "0" ? block : $"Unsafe.Add(ref {block}, {offset})";

    /// <summary>A constant offset, which lines of one form may take from a table.</summary>
    protected static string Offset(int offset) => CallTemplate.Offset(offset);

    protected static string Scaled(string name, int offset) => $"({name} * {CallTemplate.Offset(offset)})";

    /// <summary>a * b, without what is plain.</summary>
    protected static string Times(string name, int factor) => factor switch { 0 => "0", 1 => name, _ => $"({name} * {factor})" };

    protected static string Plus(string a, string b) => a == "0" ? b : b == "0" ? a : a + " + " + b;

    /// <summary>
    /// Writes what calls the method's code for the path. A program that is compiled ahead of time knows what its processors have: there the properties are constants, and
    /// what is wider is left out of it.
    /// </summary>
    protected static void WriteChoice(CodeWriter schedules, string method, string parameters, string arguments)
    {
        schedules.Line("/// <summary>Takes the kernels of the path.</summary>");
        schedules.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
        using (schedules.Open($"public static void {method}(InstructionPath path, {parameters})"))
        {
            schedules.Line($"if (InstructionPaths.Has512 && path == InstructionPath.Vector512) {method}<Kernels512>({arguments});");
            schedules.Line($"else if (InstructionPaths.Has256 && path >= InstructionPath.Vector256) {method}<Kernels256>({arguments});");
            schedules.Line($"else {method}<Kernels128>({arguments});");
        }

        schedules.Line();
    }
}

/// <summary>The training step: one method for each phase.</summary>
internal sealed class TrainSchedule(Plan plan, KernelLibrary kernels, CodeWriter entry, CodeWriter schedules) : ScheduleWriter(plan, kernels)
{
    public void Write()
    {
        Kernels.Prepare(Plan.Phases.SelectMany(p => p.Units.Concat(p.SplitUnits)), Plan); // in the order in which the phases call them
        var bodies = new CallTemplate[Plan.Phases.Count];
        var work = new SharedWork();
        for (var p = 0; p < bodies.Length; p++)
        {
            var phase = p;
            work.Add(() => bodies[phase] = Body(Plan.Phases[phase]));
        }

        work.Finish();
        var shared = Shared(bodies);
        var forms = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var phases in shared) forms.Add(bodies[phases[0]].Text, forms.Count);
        const string Items = "int phase, in TrainingFrame frame, int begin, int end", Arguments = "phase, in frame, begin, end";
        entry.Line($"static partial void TrainCore({CodeWriter.Library}InstructionPath path, int phase, in {CodeWriter.Library}TrainingFrame frame, int begin, int end) =>");
        entry.Line($"    {NetworkEmitter.Schedule}.Train(path, {Arguments});");
        schedules.Line();
        WriteChoice(schedules, "Train", Items, Arguments);
        schedules.Line("/// <summary>Runs the items [begin, end) of one phase of the training step.</summary>");
        using (schedules.Open($"public static void Train<T>({Items}) where T : IKernels"))
        {
            using (schedules.Open("switch (phase)"))
            {
                for (var p = 0; p < bodies.Length; p++)
                {
                    schedules.Line(!forms.TryGetValue(bodies[p].Text, out var form) ? $"case {p}: Phase{p}<T>(in frame, begin, end); break;"
                        : $"case {p}: Form{form}<T>(in frame, begin, end, [{string.Join(", ", bodies[p].Offsets)}]); break;");
                }
            }
        }

        for (var p = 0; p < bodies.Length; p++)
        {
            if (!forms.ContainsKey(bodies[p].Text)) WritePhase($"Phase{p}", Plan.Phases[p], bodies[p].Literal(), "");
        }

        foreach (var form in shared)
        {
            var p = form[0];
            WritePhase($"Form{forms[bodies[p].Text]}", Plan.Phases[p], bodies[p].FromTable("at", 0), ", ReadOnlySpan<int> at");
        }
    }

    /// <summary>Phases whose texts are alike, where there are offsets to tell them apart by.</summary>
    private static List<List<int>> Shared(CallTemplate[] bodies)
    {
        var alike = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var inOrder = new List<List<int>>();
        for (var p = 0; p < bodies.Length; p++)
        {
            if (!alike.TryGetValue(bodies[p].Text, out var phases))
            {
                alike.Add(bodies[p].Text, phases = []);
                inOrder.Add(phases);
            }

            phases.Add(p);
        }

        return inOrder.FindAll(phases => phases.Count >= 2 && bodies[phases[0]].Offsets.Count > 0);
    }

    private CallTemplate Body(PhasePlan phase)
    {
        var body = new CodeWriter();
        if (phase.Chunked)
        {
            using (body.Open("for (nint chunk = begin; chunk < end; chunk++)"))
            {
                body.Line($"var first = chunk * {Plan.ChunkSize};");
                body.Line($"var rows = Math.Min({Plan.ChunkSize}, batch - first);");
                foreach (var unit in phase.Units) body.Line(Call(unit, true, "rows"));
            }
        }
        else
        {
            using (body.Open("for (var item = begin; item < end; item++)")) WriteItems(body, phase);
        }

        return CallTemplate.Parse(body.ToString().TrimEnd());
    }

    private void WritePhase(string name, PhasePlan phase, string text, string parameter)
    {
        var several = parameter.Length > 0 ? "; the same for several layers, at the offsets given." : ".";
        schedules.Line();
        schedules.Line(phase.Role switch
        {
            "Commit" => "// Keeps the new running statistics.",
            "InputGradient" => "// The gradient of the inputs, when it is asked for.",
            "AfterLoss" when phase.Chunked => $"// With the gradients of the outputs, for each chunk of {Plan.ChunkSize} samples" + several,
            "AfterLoss" => "// With the gradients of the outputs, once" + several,
            _ => (phase.Chunked ? $"// For each chunk of {Plan.ChunkSize} samples" : "// Once: sums over the chunks, and what depends on all samples") + several,
        });
        using (schedules.Open($"private static void {name}<T>(in TrainingFrame frame, int begin, int end{parameter}) where T : IKernels"))
        {
            foreach (var (block, member) in new[] { ("parameters", "Parameters"), ("gradients", "Gradients"), ("constants", "Static"), ("samples", "Samples"), ("partials", "Chunks"), ("scratch", "Scratch"), ("states", "States"), ("nextStates", "NextStates"), ("inputs", "Inputs"), ("labels", "Labels") })
                if (text.Contains("ref " + block + ",") || text.Contains("ref " + block + ")")) schedules.Line($"ref var {block} = ref frame.{member};");
            if (text.Contains("seed")) schedules.Line("var seed = frame.Seed;");
            if (text.Contains("batch") || text.Contains("chunks")) schedules.Line("nint batch = frame.Batch;");
            if (text.Contains("chunks")) schedules.Line($"var chunks = (batch + {Plan.ChunkSize - 1}) / {Plan.ChunkSize};");
            schedules.Lines(text);
        }
    }

    private void WriteItems(CodeWriter body, PhasePlan phase)
    {
        var first = 0;
        if (phase.HasSerialWork || phase.Role == "Commit")
        {
            using (body.Open("if (item == 0)"))
            {
                foreach (var combine in phase.SerialCombines) body.Line(CombineCall(combine, "0", CodeWriter.Number(combine.Length)));
                foreach (var unit in phase.Units) body.Line(Call(unit, false, "batch"));
                if (phase.Role == "Commit")
                {
                    foreach (var (buffer, value) in Plan.Program.BufferUpdates)
                        body.Line($"MemoryMarshal.CreateSpan({Place(value, false)}, {value.Length}).CopyTo(MemoryMarshal.CreateSpan({Place(buffer, false)}, {value.Length}));");
                }

                body.Line("continue;");
            }

            first = 1;
        }

        foreach (var combine in phase.Combines)
        {
            var items = PhasePlan.CombineItems(combine);
            using (body.Open($"if (item < {first + items})"))
            {
                var from = items == 1 ? "0" : $"(item - {first}) * {PhasePlan.CombineBlock}";
                var to = items == 1 ? CodeWriter.Number(combine.Length) : $"Math.Min((item - {first - 1}) * {PhasePlan.CombineBlock}, {combine.Length})";
                body.Line(CombineCall(combine, from, to));
                body.Line("continue;");
            }

            first += items;
        }

        foreach (var unit in phase.SplitUnits)
        {
            var items = PhasePlan.SplitItems(unit);
            using (body.Open($"if (item < {first + items})"))
            {
                body.Line($"nint lo = (item - {first}) * {unit.SplitBlock};");
                body.Line($"nint hi = Math.Min(lo + {unit.SplitBlock}, {unit.SplitAxis!.Extent});");
                body.Line(Call(unit, false, "batch"));
                body.Line("continue;");
            }

            first += items;
        }
    }

    private string CombineCall(Combine combine, string from, string to) =>
        $"ChunkSums.Combine({At("partials", Scaled("chunks", Plan.PartialOffsets[combine.Value]))}, chunks, {combine.Length}, {Place(combine.Value, false)}, {from}, {to});";

    protected override string Partial(Value value) =>
        At("partials", Plus(Scaled("chunks", Plan.PartialOffsets[value]), Times("chunk", Plan.Layouts[value].Length)));

    protected override string Place(Value value, bool wholeBatch)
    {
        var storage = Plan.Storages[value];
        var length = Plan.Layouts[value].Length;
        var row = wholeBatch ? "0" : Times("first", length);
        var offset = Offset(storage.Offset);
        return storage.Space switch
        {
            Space.Input => At("inputs", Plus(Times("batch", Plan.Program.Inputs.Take(storage.Offset).Sum(v => v.Length)), row)),
            Space.Label => At("labels", Plus(Times("batch", Plan.Program.Labels.Take(storage.Offset).Sum(v => v.Length)), row)),
            Space.Parameter => At("parameters", offset),
            Space.Gradient => At("gradients", offset),
            Space.Static => At("constants", offset),
            Space.Scratch => At("scratch", offset),
            Space.Sample => At("samples", Plus(Scaled("batch", storage.Offset), row)),
            Space.State => At("states", Plus(Scaled("batch", storage.Offset), row)),
            Space.NextState => At("nextStates", Plus(Scaled("batch", storage.Offset), row)),
            _ => throw new InvalidOperationException($"{value.Name}: {storage.Space} in a training step."),
        };
    }
}
