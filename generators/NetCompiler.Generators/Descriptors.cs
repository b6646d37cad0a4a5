using Microsoft.CodeAnalysis;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>Roslyn's view of the compiler's diagnostics.</summary>
internal static class Descriptors
{
    private const string Pages = "https://github.com/netcompiler/netcompiler/blob/main/docs/diagnostics/";

    private static readonly Dictionary<string, DiagnosticDescriptor> s_byId = Diagnostics.All.ToDictionary(k => k.Id, Of, StringComparer.Ordinal);

    /// <summary>The diagnostic as Roslyn reports it.</summary>
    public static Diagnostic ToDiagnostic(string id, EquatableArray<string> arguments, Location location) =>
        Diagnostic.Create(s_byId[id], location, [.. arguments]);

    private static DiagnosticDescriptor Of(DiagnosticKind kind) =>
        new(kind.Id, kind.Title, kind.MessageFormat, "NetCompiler", kind.IsWarning ? DiagnosticSeverity.Warning : DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Pages + kind.Id + ".md");
}
