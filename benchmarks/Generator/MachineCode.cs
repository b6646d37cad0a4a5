using System.Diagnostics;
using System.Runtime.InteropServices;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Generator;

/// <summary>The generator with machine code beside the IL, as the package has it for some platforms.</summary>
internal static class MachineCode
{
    private static string Platform =>
        (OperatingSystem.IsWindows() ? "win-" : OperatingSystem.IsMacOS() ? "osx-" : "linux-") + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>Makes it from the sources of the checkout, for this platform.</summary>
    /// <returns>Its file; null where there is none to be had, so that builds here use the IL too.</returns>
    public static string? Make()
    {
        var project = Path.Combine(Checkout.Path, "generators", "ReadyToRun");
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { "build", project, "-c", "Release", "--nologo", "-v", "minimal", $"-p:ReadyToRunPlatforms={Platform}" } };
        using var dotnet = Process.Start(start)!;
        dotnet.WaitForExit();
        if (dotnet.ExitCode != 0) throw new InvalidOperationException($"dotnet {string.Join(' ', start.ArgumentList)} ended with {dotnet.ExitCode}.");
        var file = Path.Combine(project, "bin", "Release", Platform, "NetCompiler.Generators.dll");
        return File.Exists(file) ? file : null;
    }
}
