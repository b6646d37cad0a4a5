using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Weights;

/// <summary>From the name in a declaration to one of the project's files: the one whose path ends so.</summary>
internal static class WeightsMatch
{
    public static WeightsFile? Find(string name, SourceKey source, IReadOnlyCollection<WeightsFile> files, out DiagnosticInfo? fault)
    {
        var wanted = Relative(name);
        var found = files.Where(f => IsEnd(Slashes(f.Path), wanted)).ToList();

        // The whole path, or nothing but the name where others have folders before it.
        if (found.Count > 1 && found.Where(f => Slashes(f.Path) == Slashes(name)).ToList() is { Count: 1 } exact) found = exact;
        fault = found.Count switch
        {
            1 when found[0].Resource.Length > 0 => null,
            1 => DiagnosticInfo.Of(Diagnostics.WeightsNotEmbedded.Id, source, name, "its AdditionalFiles item says NetCompilerEmbed=\"false\", or the project does not import NetCompiler.Weights.targets"),
            0 => DiagnosticInfo.Of(Diagnostics.WeightsNotFound.Id, source, name, Advice(name, files)),
            _ => DiagnosticInfo.Of(Diagnostics.WeightsAmbiguous.Id, source, name, Listing.Of(found.Select(f => $"'{f.Path}'"))),
        };
        return fault is null ? found[0] : null;
    }

    private static string Advice(string name, IReadOnlyCollection<WeightsFile> files) =>
        !name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? "only names that end in .safetensors are looked for"
        : files.Count == 0 ? $"add <AdditionalFiles Include=\"{name}\" /> to the project"
        : $"those that end in .safetensors are {Listing.Of(files.Select(f => $"'{f.Path}'"))}";

    private static bool IsEnd(string path, string name) =>
        name.Length > 0 && path.EndsWith(name, StringComparison.Ordinal) && (path.Length == name.Length || path[path.Length - name.Length - 1] == '/');

    private static string Slashes(string path) => path.Replace('\\', '/');

    /// <summary>Without the dots at the beginning, which a full path does not have.</summary>
    private static string Relative(string name)
    {
        var path = Slashes(name);
        while (path.StartsWith("./", StringComparison.Ordinal) || path.StartsWith("../", StringComparison.Ordinal)) path = path.Substring(path.IndexOf('/') + 1);
        return path;
    }
}

/// <summary>Enumerations in messages.</summary>
internal static class Listing
{
    private const int Shown = 5;

    /// <summary>The first few, and how many more there are.</summary>
    public static string Of(IEnumerable<string> items)
    {
        var all = items.ToList();
        var text = string.Join(", ", all.Take(Shown));
        return all.Count > Shown ? $"{text} and {all.Count - Shown} more" : text;
    }
}
