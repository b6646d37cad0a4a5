using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Compiles the generated code of many networks into one assembly, as strictly as a strict user would.</summary>
public static class InMemory
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(p) is "mscorlib.dll" or "netstandard.dll")
            .Select(p => MetadataReference.CreateFromFile(p)),
        MetadataReference.CreateFromFile(typeof(InstructionPath).Assembly.Location),
    ];

    public static Assembly Load(byte[] assembly)
    {
        using var stream = new MemoryStream(assembly);
        return AssemblyLoadContext.Default.LoadFromStream(stream);
    }

    /// <summary>The assembly as bytes: the code of the networks, and other sources beside it.</summary>
    public static byte[] Compile(IEnumerable<NetworkSpec> specs, params string[] sources)
    {
        var options = new CSharpParseOptions(LanguageVersion.CSharp14, DocumentationMode.Diagnose);
        var trees = sources.Select(s => CSharpSyntaxTree.ParseText(s, options, encoding: Encoding.UTF8)).ToList();
        foreach (var spec in specs)
        {
            var result = Pipeline.Compile(spec);
            Assert.Empty(result.Diagnostics);
            trees.Add(CSharpSyntaxTree.ParseText(Declaration(spec), options, spec.Name + ".cs", Encoding.UTF8));
            foreach (var file in result.Files)
            {
                if (Environment.GetEnvironmentVariable("NETCOMPILER_DUMP") is { } folder) File.WriteAllText(Path.Combine(folder, file.HintName), file.Text);
                trees.Add(CSharpSyntaxTree.ParseText(file.Text, options, file.HintName, Encoding.UTF8));
            }
        }

        var compilation = CSharpCompilation.Create("Generated" + Guid.NewGuid().ToString("N"), trees, References, new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable,
            generalDiagnosticOption: ReportDiagnostic.Error, warningLevel: 9999, checkOverflow: true,
            specificDiagnosticOptions: [new("CS1591", ReportDiagnostic.Suppress)]));
        using var stream = new MemoryStream();
        var emitted = compilation.Emit(stream);
        var faults = emitted.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning).Take(10).ToList();
        Assert.True(faults.Count == 0, string.Join("\n", faults.Select(d => d + "\n   " + d.Location.SourceTree?.GetText().Lines[d.Location.GetLineSpan().StartLinePosition.Line])));
        return stream.ToArray();
    }

    /// <summary>The user's side of a network, without attributes: the spec has been read already.</summary>
    private static string Declaration(NetworkSpec spec)
    {
        var text = new StringBuilder($"namespace {spec.Namespace};\n{spec.Accessibility} sealed partial class {spec.Name}\n{{\n");
        if (!spec.IsChain)
            foreach (var property in spec.Properties) text.Append($"    {property.Accessibility} partial NetCompiler.Layer {property.Name} {{ get; }}\n");
        return text.Append("}\n").ToString();
    }
}
