using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace NetCompiler.Benchmarks.Reporting;

/// <summary>Whose figures they are.</summary>
internal static partial class Processor
{
    public static string Name { get; } = Find();

    /// <summary>The name as a folder's.</summary>
    public static string Folder => NotInNames().Replace(Name.ToLowerInvariant(), "-").Trim('-');

    private static string Find()
    {
        var line = File.Exists("/proc/cpuinfo") ? Linux([.. File.ReadLines("/proc/cpuinfo").TakeWhile(l => l.Length > 0)]) : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return string.IsNullOrEmpty(line) ? RuntimeInformation.ProcessArchitecture.ToString() : line;
    }

    /// <summary>Virtual machines give processors of different kinds one name without a number: family and model tell them apart.</summary>
    private static string? Linux(string[] lines)
    {
        string? Of(string key) => lines.FirstOrDefault(l => l.Split(':')[0].Trim() == key)?.Split(':', 2)[1].Trim();
        return Of("model name") is not { } name ? null : name.Any(char.IsAsciiDigit) || Of("cpu family") is not { } family ? name : $"{name} (family {family}, model {Of("model")})";
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}
