using System.Reflection;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Weights;

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

    private static readonly CSharpParseOptions s_options = new(LanguageVersion.CSharp14, DocumentationMode.Diagnose);

    public static Assembly Load(byte[] assembly)
    {
        using var stream = new MemoryStream(assembly);
        return AssemblyLoadContext.Default.LoadFromStream(stream);
    }

    /// <summary>
    /// What was compiled under that name by these very assemblies, or else what is compiled now: a run that plays another processor has the same code.
    /// </summary>
    public static byte[] Kept(string name, Func<byte[]> compile)
    {
        Assembly[] makers = [typeof(InMemory).Assembly, typeof(Pipeline).Assembly, typeof(NetCompiler.Compiler.Tests.Declare).Assembly, typeof(InstructionPath).Assembly, typeof(CSharpCompilation).Assembly];
        var key = Convert.ToHexString(SHA256.HashData(makers.SelectMany(m => m.ManifestModule.ModuleVersionId.ToByteArray()).ToArray()))[..16];
        var file = Path.Combine(AppContext.BaseDirectory, "compiled", $"{name}-{key}.dll");
        if (File.Exists(file)) return File.ReadAllBytes(file);
        var assembly = compile();
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var part = $"{file}.{Environment.ProcessId}";
        File.WriteAllBytes(part, assembly);
        File.Move(part, file, overwrite: true);
        return assembly;
    }

    /// <summary>The assembly as bytes: the code of the networks, and other sources beside it.</summary>
    public static byte[] Compile(IEnumerable<NetworkSpec> specs, params string[] sources)
    {
        var trees = sources.Select(s => CSharpSyntaxTree.ParseText(s, s_options, encoding: Encoding.UTF8)).ToList();
        foreach (var spec in specs)
        {
            var result = Pipeline.Compile(spec);
            Assert.Empty(result.Diagnostics);
            trees.AddRange(Trees(spec, result.Files));
        }

        return Emit(trees);
    }

    /// <summary>The assembly of a network with a file of weights inside, as the build makes it; the resource may be another one than the build has seen.</summary>
    public static byte[] Compile(NetworkSpec spec, byte[] weights, byte[]? resource = null)
    {
        const string Resource = "NetCompiler.Weights/net.safetensors";
        var result = Pipeline.Compile(spec with { Weights = "net.safetensors" });
        var read = WeightsStage.Run(result.Weights!, [WeightsReader.Read(new MemoryStream(weights), "/net.safetensors", Resource)]);
        Assert.Empty(result.Diagnostics.Concat(read.Diagnostics));
        return Emit(Trees(spec, result.Files.Append(read.File)), new ResourceDescription(Resource, () => new MemoryStream(resource ?? weights), isPublic: true));
    }

    private static IEnumerable<SyntaxTree> Trees(NetworkSpec spec, IEnumerable<GeneratedFile> files)
    {
        yield return CSharpSyntaxTree.ParseText(Declaration(spec), s_options, spec.Name + ".cs", Encoding.UTF8);
        foreach (var file in files)
        {
            if (Environment.GetEnvironmentVariable("NETCOMPILER_DUMP") is { } folder) File.WriteAllText(Path.Combine(folder, file.HintName), file.Text);
            yield return CSharpSyntaxTree.ParseText(file.Text, s_options, file.HintName, Encoding.UTF8);
        }
    }

    private static byte[] Emit(IEnumerable<SyntaxTree> trees, params ResourceDescription[] resources)
    {
        var compilation = CSharpCompilation.Create("Generated" + Guid.NewGuid().ToString("N"), trees, References, new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable,
            generalDiagnosticOption: ReportDiagnostic.Error, warningLevel: 9999, checkOverflow: true,
            specificDiagnosticOptions: [new("CS1591", ReportDiagnostic.Suppress)]));
        using var stream = new MemoryStream();
        var emitted = compilation.Emit(stream, manifestResources: resources);
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
