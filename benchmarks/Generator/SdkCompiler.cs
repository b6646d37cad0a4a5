using System.Reflection;
using System.Runtime.Loader;

namespace NetCompiler.Benchmarks.Generator;

/// <summary>
/// The C# compiler of the SDK, as a build has it: compiled ahead of time, which the one of the NuGet package is not. With the latter, a first run of the
/// generator would measure how long the JIT takes to compile Roslyn.
/// </summary>
internal sealed class SdkCompiler(string? generator) : AssemblyLoadContext
{
    private static readonly string s_folder = typeof(SdkCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SdkCompiler").Value!;

    /// <summary>Calls <see cref="GeneratorBenchmark.RunOne"/> where all that it knows of Roslyn is the SDK's, and the generator is that of a file, or else the benchmark's own.</summary>
    public static int RunOne(int depth, int repeats, string? generator)
    {
        var again = new SdkCompiler(generator).LoadFromAssemblyPath(typeof(SdkCompiler).Assembly.Location);
        var run = again.GetType(typeof(GeneratorBenchmark).FullName!)!.GetMethod(nameof(GeneratorBenchmark.RunOne))!;
        return (int)run.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [depth, repeats], null)!;
    }

    /// <summary>The rest is the application's.</summary>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var isRoslyn = assemblyName.Name is "Microsoft.CodeAnalysis" or "Microsoft.CodeAnalysis.CSharp";
        if (!isRoslyn && assemblyName.Name?.StartsWith("NetCompiler.", StringComparison.Ordinal) != true) return null;
        if (assemblyName.Name is "NetCompiler.Generators" && generator is not null) return LoadFromAssemblyPath(Path.GetFullPath(generator));
        return LoadFromAssemblyPath(Path.Combine(isRoslyn ? s_folder : AppContext.BaseDirectory, assemblyName.Name + ".dll"));
    }
}
