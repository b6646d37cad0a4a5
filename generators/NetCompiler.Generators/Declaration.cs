using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>What was read of one [Network] or [Block] class.</summary>
/// <param name="Model">What decides the generated code: equal to itself after any edit that does not touch the declaration.</param>
/// <param name="Locations">Where its parts are in the user's files: changes with every shifted line, and only diagnostics look at it.</param>
internal sealed record Declaration(DeclarationModel Model, SourceLocations Locations);

/// <param name="Spec">The network; null for a block, and when the declaration cannot be compiled.</param>
/// <param name="Shell">What a file must say to add to the class.</param>
/// <param name="Faults">What is wrong; empty beside a null <paramref name="Spec"/> when the C# compiler itself says it.</param>
internal sealed record DeclarationModel(NetworkSpec? Spec, Shell Shell, EquatableArray<DiagnosticInfo> Faults)
{
    /// <summary>Of a block whose declaration could be read: itself, and those that it uses.</summary>
    public EquatableArray<BlockSpec> Blocks { get; init; } = EquatableArray<BlockSpec>.Empty;
}
