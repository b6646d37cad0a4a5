using NetCompiler.Compiler;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>From a declaration as it was read to the files of its class: the expensive step, which depends on values only.</summary>
internal static class NetworkCompiler
{
    /// <summary>Compiles a network; one that is faulty gets members without code instead.</summary>
    public static CompilationResult Compile(DeclarationModel model) => Compile(model, Pipeline.Compile);

    /// <summary>As <see cref="Compile(DeclarationModel)"/>, with another compiler proper.</summary>
    public static CompilationResult Compile(DeclarationModel model, Func<NetworkSpec, CompilationResult> compile)
    {
        HeadStart.End();
        try
        {
            if (model.Spec is null) return Faulty(model.Shell, model.Faults.Concat(BlockCheck.Run(model.Blocks)).ToEquatableArray());
            var result = compile(model.Spec);
            return result.Diagnostics.Count == 0 ? result : Faulty(model.Shell, result.Diagnostics);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return Faulty(model.Shell, new([InternalError(model.Shell.FullName, exception)]));
        }
    }

    public static DiagnosticInfo InternalError(string type, Exception exception)
    {
        var message = string.Join(" ", exception.Message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        return DiagnosticInfo.Of(Diagnostics.InternalError.Id, new SourceKey(type, "", -1), type, exception.GetType().Name + ": " + message);
    }

    private static CompilationResult Faulty(Shell shell, EquatableArray<DiagnosticInfo> diagnostics) =>
        new(ErrorFace.Write(shell) is { } face ? new([new GeneratedFile(shell.HintName, face, IsFace: true)]) : EquatableArray<GeneratedFile>.Empty, diagnostics);
}
