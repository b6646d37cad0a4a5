using System.Diagnostics;
using System.Globalization;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Aot;

/// <summary>A running process of benchmarks/AotProgram, which measures what it is told to.</summary>
internal sealed class AotProgram : IDisposable
{
    private readonly Process process;

    private AotProgram(Build build, Process process, string[] cases)
    {
        Build = build;
        this.process = process;
        Cases = cases;
    }

    public Build Build { get; }

    /// <summary>The names of what it can measure.</summary>
    public string[] Cases { get; }

    public long FileSize => new FileInfo(process.StartInfo.FileName).Length;

    /// <summary>Builds for the JIT, or publishes for a baseline.</summary>
    public static void Make(string? baseline, string folder)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { baseline is null ? "build" : "publish", Path.Combine(Checkout.Path, "benchmarks", "AotProgram"), "-c", "Release", "--nologo", "-v", "minimal", "-o", folder },
        };
        if (baseline is not null) start.ArgumentList.Add($"-p:NetCompilerInstructionSet={baseline}");
        using var dotnet = Process.Start(start)!;
        dotnet.WaitForExit();
        if (dotnet.ExitCode != 0) throw new InvalidOperationException($"dotnet {string.Join(' ', start.ArgumentList)} ended with {dotnet.ExitCode}.");
    }

    /// <summary>Starts it; null (with a message) where this processor cannot run it, or not as its name says.</summary>
    public static AotProgram? Start(Build build, string folder)
    {
        var file = Path.Combine(folder, OperatingSystem.IsWindows() ? "aot-benchmark.exe" : "aot-benchmark");
        if (!File.Exists(file)) throw new FileNotFoundException($"{file} is not there; run without --no-build.");
        var start = new ProcessStartInfo(file) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in build.Environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        var bits = process.StandardOutput.ReadLine();
        var expected = build.Name.Contains("512", StringComparison.Ordinal) || build.Baseline is "x86-64-v4" ? "512" : build.Baseline is "none" ? "128" : "256";
        if (bits == expected) return new(build, process, process.StandardOutput.ReadLine()!.Split('|'));

        Console.Error.WriteLine($"Without '{build.Name}': {(bits is null ? "this processor cannot run it." : $"it runs with vectors of {bits} bits.")}");
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        return null;
    }

    /// <summary>Microseconds of a call.</summary>
    public double Measure(int which, int milliseconds)
    {
        process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{which} {milliseconds}"));
        return double.Parse(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"'{Build.Name}' ended early."), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
