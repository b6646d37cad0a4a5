using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler;

/// <summary>One file to add to the user's compilation; the face is what editors need, the rest only the build.</summary>
public sealed record GeneratedFile(string HintName, string Text, bool IsFace);

/// <summary>What compiling a network gave.</summary>
public sealed record CompilationResult(EquatableArray<GeneratedFile> Files, EquatableArray<DiagnosticInfo> Diagnostics);

/// <summary>The stages of the compiler, in order: one visible line each.</summary>
public static class Pipeline
{
    public static CompilationResult Compile(NetworkSpec spec)
    {
        var diagnostics = new List<DiagnosticInfo>();
        if (GraphBuilder.Build(spec, diagnostics) is not { } graph) return new(EquatableArray<GeneratedFile>.Empty, diagnostics.ToEquatableArray());

        var predict = Predicting(graph, out var summary);
        var train = graph.Labels.Count > 0 ? Training(graph) : null;

        var storage = new ParameterStorage(graph, predict);
        var predictPlan = Planner.Run(predict, storage.Layouts, storage.Offsets);
        var keepPlan = graph.Kept.Count > 0 ? Planner.Run(Keeping(graph), storage.Layouts, storage.Offsets) : null;
        var trainPlan = train is null ? null : Planner.Run(train, storage.Layouts, storage.Offsets);

        return new(
            new([
                new GeneratedFile(spec.FullName + ".g.cs", FaceEmitter.Write(graph, summary, storage, trainPlan), IsFace: true),
                new GeneratedFile(spec.FullName + ".Kernels.g.cs", NetworkEmitter.Write(graph, predictPlan, keepPlan, trainPlan), IsFace: false),
            ]),
            EquatableArray<DiagnosticInfo>.Empty);
    }

    /// <summary>The program that predicts, optimised.</summary>
    internal static Program Predicting(NetworkGraph graph, out string summary)
    {
        var program = Checked(LoweringStage.Lower(graph, training: false), "lowering");
        summary = NetworkSummary.Write(graph, program);
        return PassList.Run(program);
    }

    /// <summary>The program that predicts and gives out what every property computes.</summary>
    private static Program Keeping(NetworkGraph graph) =>
        PassList.Run(Checked(LoweringStage.Lower(graph, training: false, graph.Kept), "lowering"));

    /// <summary>The training step: forward, loss and gradients, optimised.</summary>
    internal static Program Training(NetworkGraph graph)
    {
        var program = PassList.Run(Checked(LoweringStage.Lower(graph, training: true), "lowering"));
        return PassList.Run(Checked(Differentiate.Run(program), "autodiff"));
    }

    private static Program Checked(Program program, string stage)
    {
        ProgramVerifier.Verify(program, stage);
        return program;
    }
}
