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
    /// <summary>What a network that names a file of weights wants of it.</summary>
    public WeightsRequest? Weights { get; init; }
}

/// <summary>The stages of the compiler, in order: one visible line each. Every stage's result is verified before the next begins.</summary>
public static class Pipeline
{
    public static CompilationResult Compile(NetworkSpec spec) => Compile(spec, static (_, _) => { });

    /// <param name="spec">The declaration.</param>
    /// <param name="observe">Sees each stage's result: the stage's name, and its text when asked for.</param>
    public static CompilationResult Compile(NetworkSpec spec, Action<string, Func<string>> observe)
    {
        var diagnostics = new List<DiagnosticInfo>();
        if (GraphBuilder.Build(spec, diagnostics) is not { } graph) return new(EquatableArray<GeneratedFile>.Empty, diagnostics.ToEquatableArray());
        observe("graph", () => GraphDump.Write(graph));

        // The training step is compiled beside the prediction; what it has to show comes when it is its turn.
        var training = Beside(graph.Labels.Count > 0, show => Gradients(Optimise("train", Lower("train", graph, training: true, [], show), show), show));
        var predict = Lower("predict", graph, training: false, [], observe);
        var summary = NetworkSummary.Write(graph, predict);
        predict = Optimise("predict", predict, observe);
        var keep = graph.Kept.Count > 0 ? Optimise("keep", Lower("keep", graph, training: false, graph.Kept, observe), observe) : null;
        var one = Step("step", graph, 1, observe);
        if (one is not null && spec.StepNames.Count > 0)
            return new(EquatableArray<GeneratedFile>.Empty, new([DiagnosticInfo.Of(Diagnostics.NameTaken.Id, new SourceKey(spec.FullName, spec.StepNames[0], -1), spec.StepNames[0], spec.FullName)]));
        var block = one is null ? null : Step("block of steps", graph, Stepping.Block, observe);
        var train = training(observe);

        try
        {
            return Emit(graph, summary, predict, keep, train, one, block, observe);
        }
        catch (OverflowException)
        {
            return new(EquatableArray<GeneratedFile>.Empty, new([DiagnosticInfo.Of(
                Diagnostics.TooLarge.Id, new SourceKey(spec.FullName, "", -1), spec.FullName, "more than 8 GB", "one tile of samples or its parameters", "8 GB")]));
        }
    }

    private static CompilationResult Emit(NetworkGraph graph, string summary, Program predict, Program? keep, Program? train, Program? one, Program? block, Action<string, Func<string>> observe)
    {
        var spec = graph.Spec;
        var storage = new ParameterStorage(graph, predict, [.. new[] { predict, keep, train, one, block }.OfType<Program>()]);
        var planning = Beside(train is not null, show => Plan("train", train!, storage, show));
        var predictPlan = Plan("predict", predict, storage, observe);
        var keepPlan = keep is null ? null : Plan("keep", keep, storage, observe);
        var steps = one is null ? null : new StepPlans(
            Stepping.Of(graph, 1)!, Plan("step", one, storage, observe), block is null ? null : Plan("block of steps", block, storage, observe));

        // The prediction's kernels are written while the training step is still being planned; they have their turn after it all the same.
        var kernels = new List<(string Stage, Func<string> Text)>();
        Plan? trainPlan = null;
        var code = NetworkEmitter.Write(graph, predictPlan, keepPlan, () => trainPlan = planning(observe), steps, (stage, text) => kernels.Add((stage, text)));
        foreach (var (stage, text) in kernels) observe(stage, text);

        EquatableArray<GeneratedFile> files = new([
            new GeneratedFile(spec.FullName + ".g.cs", FaceEmitter.Write(graph, summary, storage, trainPlan, steps), IsFace: true),
            new GeneratedFile(spec.FullName + ".Kernels.g.cs", code, IsFace: false),
        ]);
        return new(files, EquatableArray<DiagnosticInfo>.Empty) { Weights = spec.Weights is null ? null : storage.RequestWeights(spec) };
    }

    /// <summary>
    /// Starts work on another thread. The result waits for it, and shows the stages that it went through; so their order, and which of several
    /// failures is reported, are those of one thread.
    /// </summary>
    private static Func<Action<string, Func<string>>, T?> Beside<T>(bool isWanted, Func<Action<string, Func<string>>, T> work)
        where T : class
    {
        if (!isWanted) return static _ => null;
        var stages = new List<(string Stage, Func<string> Text)>();
        var task = Task.Run(() => work((stage, text) => stages.Add((stage, text))));
        return observe =>
        {
            var result = task.GetAwaiter().GetResult();
            foreach (var (stage, text) in stages) observe(stage, text);
            return result;
        };
    }

    /// <summary>Every stage of a network's compilation as text.</summary>
    public static string Dump(NetworkSpec spec)
    {
        var text = new System.Text.StringBuilder();
        var result = Compile(spec, (stage, dump) => text.Append("=== ").Append(stage).Append(" ===\n").Append(dump().TrimEnd()).Append("\n\n"));
        foreach (var diagnostic in result.Diagnostics) text.Append(diagnostic.Id).Append(' ').Append(string.Join(", ", diagnostic.Arguments)).Append('\n');
        return text.ToString();
    }

    private static Program Lower(string what, NetworkGraph graph, bool training, IEnumerable<LayerNode> keep, Action<string, Func<string>> observe)
    {
        var program = LoweringStage.Lower(graph, training, keep);
        ProgramVerifier.Verify(program, "lowering");
        observe(what + ": lowered", () => ProgramText.Dump(program));
        return program;
    }

    /// <summary>The same network for some steps of its sequence; null if it cannot be run so.</summary>
    private static Program? Step(string what, NetworkGraph graph, int steps, Action<string, Func<string>> observe) =>
        Stepping.Of(graph, steps) is { } step ? Optimise(what, Lower(what, step, training: false, [], observe), observe) : null;

    private static Program Optimise(string what, Program program, Action<string, Func<string>> observe) =>
        PassList.Run(program, (pass, result) => observe($"{what}: {pass.Name}", () => ProgramText.Dump(result)));

    private static Program Gradients(Program program, Action<string, Func<string>> observe)
    {
        program = Differentiate.Run(program);
        ProgramVerifier.Verify(program, "autodiff");
        observe("train: autodiff", () => ProgramText.Dump(program));
        return Optimise("train", program, observe);
    }

    private static Plan Plan(string what, Program program, ParameterStorage storage, Action<string, Func<string>> observe)
    {
        var plan = Planner.Run(program, storage.Layouts, storage.Offsets);
        PlanVerifier.Verify(plan);
        observe(what + ": planned", plan.Dump);
        return plan;
    }
}
