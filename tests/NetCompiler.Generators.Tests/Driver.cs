using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators.Tests;

/// <summary>Runs the generator on source text as a build does.</summary>
internal static class Driver
{
    private static readonly ImmutableArray<MetadataReference> s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "NetCompiler.dll"))
            .Select(p => MetadataReference.CreateFromFile(p)),
    ];

    public static readonly CSharpParseOptions Options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14);

    public static CSharpCompilation Compile(params string[] sources) => CSharpCompilation.Create(
        "User",
        sources.Select((s, i) => CSharpSyntaxTree.ParseText("using System; using NetCompiler;\n" + s, Options, $"File{i}.cs")),
        s_references,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    /// <summary>The spec of the class of that name, which must be free of faults.</summary>
    public static NetworkSpec Spec(string source, string name = "Net")
    {
        var declaration = Read(source, name);
        Assert.Empty(declaration.Model.Faults);
        return declaration.Model.Spec ?? throw new InvalidOperationException("No spec and no fault: the C# compiler must reject the declaration.");
    }

    public static Declaration Read(string source, string name = "Net")
    {
        var compilation = Compile(source);
        var type = compilation.GetSymbolsWithName(name, SymbolFilter.Type).OfType<INamedTypeSymbol>().Single();
        var marker = type.GetAttributes().Single(a => a.AttributeClass?.Name == "NetworkAttribute");
        return SpecReader.ReadNetwork(type, marker, compilation, default);
    }

    /// <summary>Everything that the generator and then the C# compiler say (errors and warnings), as <c>ID 'text at the place' message</c>.</summary>
    public static string[] Complaints(params string[] sources)
    {
        var compilation = Compile(sources);
        var driver = Create().RunGeneratorsAndUpdateCompilation(compilation, out var output, out var diagnostics);
        Assert.All(driver.GetRunResult().Results, r => Assert.Null(r.Exception));
        return [.. diagnostics.Concat(output.GetDiagnostics()).Where(d => d.Severity >= DiagnosticSeverity.Warning).Select(d => Describe(d, compilation))];
    }

    /// <summary>What can be seen of the class Net from outside once the generator has run.</summary>
    public static string[] Members(string source)
    {
        Generate(out var output, source);
        var type = output.GetTypeByMetadataName("Net")!;
        return
        [
            .. type.AllInterfaces.Select(i => i.ToDisplayString()),
            .. type.GetMembers().Where(m => m is { IsImplicitlyDeclared: false, DeclaredAccessibility: not Accessibility.Private } and not IMethodSymbol { AssociatedSymbol: not null })
                .Select(m => m.ToDisplayString(s_signature)).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The generated files.</summary>
    public static GeneratorDriverRunResult Generate(out Compilation output, params string[] sources)
    {
        var driver = Create().RunGeneratorsAndUpdateCompilation(Compile(sources), out output, out _);
        return driver.GetRunResult();
    }

    /// <summary>The generator in a project with the files of <see cref="WeightsFolder"/>, or these.</summary>
    public static GeneratorDriver Create(IEnumerable<WeightsText>? files = null, bool trackSteps = false)
    {
        WeightsText[] texts = [.. files ?? WeightsFolder.Files];
        return CSharpGeneratorDriver.Create(
            [new NetworkGenerator().AsSourceGenerator()], texts, Options, new WeightsOptions(),
            new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackSteps));
    }

    private static readonly SymbolDisplayFormat s_signature = SymbolDisplayFormat.CSharpErrorMessageFormat
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeAccessibility | SymbolDisplayMemberOptions.IncludeRef)
        .WithParameterOptions(SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeModifiers);

    private static string Describe(Diagnostic diagnostic, Compilation compilation)
    {
        var place = diagnostic.Location.GetLineSpan();
        var text = compilation.SyntaxTrees.FirstOrDefault(t => t.FilePath == place.Path)?.GetText().ToString(diagnostic.Location.SourceSpan) ?? place.Path;
        return $"{diagnostic.Id} '{text}' {diagnostic.GetMessage(CultureInfo.InvariantCulture)}";
    }
}
