using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using NetCompiler.Compiler.Tests.Weights;

namespace NetCompiler.Generators.Tests;

/// <summary>A folder with the files of weights that examples name.</summary>
internal static class WeightsFolder
{
    private static readonly string s_folder = Directory.CreateTempSubdirectory("netcompiler-weights-").FullName;

    static WeightsFolder() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => Directory.Delete(s_folder, recursive: true);

    /// <summary>All of them, as a project has them that includes **/*.safetensors.</summary>
    public static WeightsText[] Files { get; } =
    [
        Write("mlp.safetensors", Mlp("F32")),
        Write("small/net.safetensors", SafetensorsBytes.Zeros(("0.weight", "F32", [2, 8]), ("0.bias", "F32", [2]))),
        Write("large/net.safetensors", SafetensorsBytes.Zeros(("0.weight", "F32", [16, 8]), ("0.bias", "F32", [16]))),
        Write("download.safetensors", "<html>Please log in</html>"u8.ToArray()),
        Write("quantised.safetensors", Mlp("I8")),
        Write("packed.safetensors", SafetensorsBytes.Of([("layout", "0123456789abcdef")], ("@storage", "F32", [96], new byte[384]))),
        Write("apart.safetensors", Mlp("F32"), isEmbedded: false),
    ];

    /// <summary>The weights of 784-128-10.</summary>
    public static byte[] Mlp(string type) =>
        SafetensorsBytes.Zeros(("0.weight", type, [128, 784]), ("0.bias", type, [128]), ("2.weight", type, [10, 128]), ("2.bias", type, [10]));

    public static WeightsText Write(string name, byte[] bytes, bool isEmbedded = true, string written = "")
    {
        var path = Path.Combine(s_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return new WeightsText(path, isEmbedded ? "NetCompiler.Weights/" + name : "", written);
    }
}

/// <summary>An additional file that is no text, as the targets hand it to the compiler.</summary>
internal sealed class WeightsText(string path, string resource, string written) : AdditionalText
{
    public override string Path => path;

    public string Resource => resource;

    public string Written { get; set; } = written;

    public override SourceText GetText(CancellationToken cancellationToken = default) => throw new InvalidDataException("Zero bytes: this is no text.");
}

/// <summary>What the targets say of additional files.</summary>
internal sealed class WeightsOptions : AnalyzerConfigOptionsProvider
{
    public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(null);

    public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

    public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => new Values(textFile as WeightsText);

    private sealed class Values(WeightsText? file) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, out string value)
        {
            value = key switch
            {
                "build_metadata.AdditionalFiles.NetCompilerResource" => file?.Resource ?? "",
                "build_metadata.AdditionalFiles.NetCompilerWritten" => file?.Written ?? "",
                _ => "",
            };
            return value.Length > 0;
        }
    }
}
