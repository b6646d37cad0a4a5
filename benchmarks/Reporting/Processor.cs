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
        var line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return string.IsNullOrEmpty(line) ? RuntimeInformation.ProcessArchitecture.ToString() : line;
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}
