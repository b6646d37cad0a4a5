using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NetCompiler.Generators;

namespace NetCompiler.Benchmarks.Generator;

/// <summary>Compiles source texts as a user's project would be, with the generator.</summary>
internal static class UserProject
{
    public static CSharpParseOptions Options { get; } = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14);

    /// <summary>What has no generated half yet is an error in it.</summary>
    public static CSharpCompilation Create(string name, OutputKind kind, params IEnumerable<string> sources) => CSharpCompilation.Create(
        name,
        sources.Select((s, i) => CSharpSyntaxTree.ParseText(s, Options, FormattableString.Invariant($"{name}{i}.cs"))),
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is var file && (file.StartsWith("System.", StringComparison.Ordinal) || file is "netstandard.dll" or "NetCompiler.dll"))
            .Select(p => MetadataReference.CreateFromFile(p)),
        new CSharpCompilationOptions(kind, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));

    /// <summary>A driver as a build has it; one that can tell which steps ran again notes more than that.</summary>
    public static GeneratorDriver NewDriver(bool tracksSteps = false) => CSharpGeneratorDriver.Create(
        [new NetworkGenerator().AsSourceGenerator()], parseOptions: Options, driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, tracksSteps));

    /// <summary>The assembly's file.</summary>
    public static void Emit(CSharpCompilation project, string file)
    {
        NewDriver().RunGeneratorsAndUpdateCompilation(project, out var complete, out var diagnostics);
        var result = complete.Emit(file);
        if (!result.Success || !diagnostics.IsEmpty)
            throw new InvalidOperationException($"{project.AssemblyName} does not compile: {string.Join("\n", diagnostics.Concat(result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)).Take(5))}");
    }
}
