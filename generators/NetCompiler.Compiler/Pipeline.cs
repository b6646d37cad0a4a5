using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Weights;

namespace NetCompiler.Compiler;

/// <summary>One file to add to the user's compilation; the face is what editors need, the rest only the build.</summary>
public sealed record GeneratedFile(string HintName, string Text, bool IsFace);

/// <summary>What compiling a network gave.</summary>
public sealed record CompilationResult(EquatableArray<GeneratedFile> Files, EquatableArray<DiagnosticInfo> Diagnostics)
{
    /// <summary>What is said of a network that is compiled all the same.</summary>
    public EquatableArray<DiagnosticInfo> Warnings { get; init; } = EquatableArray<DiagnosticInfo>.Empty;

    /// <summary>What a network that names a file of weights wants of it.</summary>
    public WeightsRequest? Weights { get; init; }
}

/// <summary>The stages of the compiler, in order: one visible line each. Every stage's result is verified before the next begins.</summary>
public static class Pipeline
{
    public static CompilationResult Compile(NetworkSpec spec) => Compile(spec, null);

    /// <param name="spec">The declaration.</param>
    /// <param name="observe">Sees each stage's result: the stage's name, and its text when asked for. Without it no stage's result is kept longer than it is needed.</param>
    public static CompilationResult Compile(NetworkSpec spec, Action<string, Func<string>>? observe)
    {
        try
        {
            return Run(spec, observe);
        }
        catch (TooLargeException tooLarge)
        {
            return Refused(tooLarge.Info);
        }
        catch (OverflowException)
        {
            return Refused(DiagnosticInfo.Of(
                Diagnostics.TooLarge.Id, new SourceKey(spec.FullName, "", -1), spec.FullName, "more than 8 GB", "one tile of samples or its parameters", "8 GB"));
        }
    }

    private static CompilationResult Run(NetworkSpec spec, Action<string, Func<string>>? observe)
    {
        var diagnostics = new List<DiagnosticInfo>();
        if (GraphBuilder.Build(spec, diagnostics) is not { } graph) return new(EquatableArray<GeneratedFile>.Empty, diagnostics.ToEquatableArray());
        observe?.Invoke("graph", () => GraphDump.Write(graph));

        // The training step is compiled beside the prediction; what it has to show comes when it is its turn.
        var training = Beside(graph.Labels.Count > 0, observe, show => Training(graph, show));
        var summary = "";
        var predict = Predicting("predict", graph, [], observe, lowered => summary = NetworkSummary.Write(graph, lowered));
        var keep = graph.Kept.Count > 0 ? Predicting("keep", graph, graph.Kept, observe) : null;
        var one = Step("step", graph, 1, observe);
        if (one is not null && spec.StepNames.Count > 0)
            return Refused(DiagnosticInfo.Of(Diagnostics.NameTaken.Id, new SourceKey(spec.FullName, spec.StepNames[0], -1), spec.StepNames[0], spec.FullName));
        var block = one is null ? null : Step("block of steps", graph, Stepping.Block, observe);
        return Emit(graph, summary, predict, keep, training(), one, block, observe);
    }

    private static CompilationResult Refused(DiagnosticInfo why) => new(EquatableArray<GeneratedFile>.Empty, new([why]));

    private static CompilationResult Emit(NetworkGraph graph, string summary, Program predict, Program? keep, Program? train, Program? one, Program? block, Action<string, Func<string>>? observe)
    {
        var spec = graph.Spec;
        var storage = new ParameterStorage(graph, predict, [.. new[] { predict, keep, train, one, block }.OfType<Program>()]);
        var planning = Beside(train is not null, observe, show => Plan("train", train!, storage, show));
        var predictPlan = Plan("predict", predict, storage, observe);
        var keepPlan = keep is null ? null : Plan("keep", keep, storage, observe);
        var steps = one is null ? null : new StepPlans(
            Stepping.Of(graph, 1)!, Plan("step", one, storage, observe), block is null ? null : Plan("block of steps", block, storage, observe));

        // The prediction's kernels are written while the training step is still being planned; they have their turn after it all the same.
        var kernels = new List<(string Stage, Func<string> Text)>();
        var face = Task.FromResult("");
        var code = NetworkEmitter.Write(graph, predictPlan, keepPlan, Train, steps, observe is null ? null : (stage, text) => kernels.Add((stage, text)));
        foreach (var (stage, text) in kernels) observe?.Invoke(stage, text);

        EquatableArray<GeneratedFile> files = new([
            new GeneratedFile(spec.FullName + ".g.cs", face.GetAwaiter().GetResult(), IsFace: true),
            new GeneratedFile(spec.FullName + ".Kernels.g.cs", code, IsFace: false),
        ]);
        return new(files, EquatableArray<DiagnosticInfo>.Empty)
        {
            Warnings = graph.Warnings.ToEquatableArray(),
            Weights = spec.Weights is null ? null : storage.RequestWeights(spec),
        };

        // The face needs no kernel: it is written beside them.
        Plan? Train()
        {
            var trainPlan = planning();
            face = Task.Run(() => FaceEmitter.Write(graph, summary, storage, trainPlan, steps));
            return trainPlan;
        }
    }

    /// <summary>
    /// Starts work on another thread. The result waits for it, and shows the stages that it went through; so their order, and which of several
    /// failures is reported, are those of one thread.
    /// </summary>
    private static Func<T?> Beside<T>(bool isWanted, Action<string, Func<string>>? observe, Func<Action<string, Func<string>>?, T> work)
        where T : class
    {
        if (!isWanted) return static () => null;
        var stages = new List<(string Stage, Func<string> Text)>();
        var task = Task.Run(() => work(observe is null ? null : (stage, text) => stages.Add((stage, text))));
        return () =>
        {
            var result = task.GetAwaiter().GetResult();
            foreach (var (stage, text) in stages) observe?.Invoke(stage, text);
            return result;
        };
    }

    /// <summary>Every stage of a network's compilation as text.</summary>
    public static string Dump(NetworkSpec spec)
    {
        var text = new System.Text.StringBuilder();
        var result = Compile(spec, (stage, dump) => text.Append("=== ").Append(stage).Append(" ===\n").Append(dump().TrimEnd()).Append("\n\n"));
        foreach (var diagnostic in result.Diagnostics.Concat(result.Warnings)) text.Append(diagnostic.Id).Append(' ').Append(string.Join(", ", diagnostic.Arguments)).Append('\n');
        return text.ToString();
    }

    /// <summary>The program that predicts; <paramref name="lowered"/> sees it before any pass.</summary>
    internal static Program Predicting(string what, NetworkGraph graph, IEnumerable<LayerNode> keep, Action<string, Func<string>>? observe, Action<Program>? lowered = null) => Verification.Of(verification =>
    {
        var program = Lower(what, graph, training: false, keep, verification, observe);
        lowered?.Invoke(program);
        return Optimise(what, program, verification, observe);
    });

    /// <summary>The program of a training step.</summary>
    internal static Program Training(NetworkGraph graph, Action<string, Func<string>>? observe) => Verification.Of(verification =>
    {
        var program = Optimise("train", Lower("train", graph, training: true, [], verification, observe), verification, observe);
        program = Differentiate.Run(program);
        verification.Add(program, "autodiff");
        observe?.Invoke("train: autodiff", () => ProgramText.Dump(program));
        return Optimise("train", program, verification, observe);
    });

    private static Program Lower(string what, NetworkGraph graph, bool training, IEnumerable<LayerNode> keep, Verification verification, Action<string, Func<string>>? observe)
    {
        var program = LoweringStage.Lower(graph, training, keep);
        verification.Add(program, "lowering");
        observe?.Invoke(what + ": lowered", () => ProgramText.Dump(program));
        return program;
    }

    /// <summary>The same network for some steps of its sequence; null if it cannot be run so.</summary>
    private static Program? Step(string what, NetworkGraph graph, int steps, Action<string, Func<string>>? observe) =>
        Stepping.Of(graph, steps) is { } step ? Predicting(what, step, [], observe) : null;

    private static Program Optimise(string what, Program program, Verification verification, Action<string, Func<string>>? observe) =>
        PassList.Run(program, observe is null ? null : (pass, result) => observe($"{what}: {pass.Name}", () => ProgramText.Dump(result)), verification.Add);

    internal static Plan Plan(string what, Program program, ParameterStorage storage, Action<string, Func<string>>? observe)
    {
        var plan = Planner.Run(program, storage.Layouts, storage.Offsets);
        PlanVerifier.Verify(plan);
        foreach (var phase in plan.Phases) phase.Units.RemoveAll(u => u.IsInPlace);
        observe?.Invoke(what + ": planned", plan.Dump);
        return plan;
    }
}
