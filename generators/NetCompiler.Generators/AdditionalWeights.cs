using System.Diagnostics.CodeAnalysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using NetCompiler.Compiler.Weights;

namespace NetCompiler.Generators;

/// <summary>The safetensors files among the project's additional files, by their headers.</summary>
internal static class AdditionalWeights
{
    /// <summary>
    /// What NetCompiler.Weights.targets says of each: the resource that it makes of it, and when the file was last written. The latter is there so that an
    /// edit is seen: for an editor, all files that are no text look alike.
    /// </summary>
    private const string Resource = "build_metadata.AdditionalFiles.NetCompilerResource", Written = "build_metadata.AdditionalFiles.NetCompilerWritten";

    public static IncrementalValuesProvider<WeightsFile> Read(IncrementalGeneratorInitializationContext context) => context.AdditionalTextsProvider
        .Where(t => t.Path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        .Combine(context.AnalyzerConfigOptionsProvider)
        .Select((p, _) => new Item(p.Left, Value(p.Right.GetOptions(p.Left), Resource), Value(p.Right.GetOptions(p.Left), Written)))
        .Select((item, _) => Read(item));

    private static string Value(AnalyzerConfigOptions options, string key) => options.TryGetValue(key, out var value) ? value : "";

    [SuppressMessage("MicrosoftCodeAnalysisCorrectness", "RS1035:Do not use APIs banned for analyzers",
        Justification = "AdditionalText gives text only and rejects files with zero bytes, as these are. The path is one of the compilation's inputs, and the item that it was read for says when it changes.")]
    private static WeightsFile Read(Item item)
    {
        try
        {
            using var stream = new FileStream(item.Text.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 4096);
            return WeightsReader.Read(stream, item.Text.Path, item.Resource);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return WeightsFile.Unreadable(item.Text.Path, item.Resource, problem.Message);
        }
    }

    /// <summary>A file is read again when anything of this is another.</summary>
    private sealed record Item(AdditionalText Text, string Resource, string Written);
}
