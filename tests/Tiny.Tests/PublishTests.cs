using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;

namespace Tiny.Tests;

/// <summary>The sample as a native program. How fast it starts is measured by <c>benchmarks -- tiny</c>, on a machine that does nothing else.</summary>
public sealed class PublishTests : IDisposable
{
    private const long MostBytes = 2_500_000, MostKilobytesOfMemory = 20_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void Publishes_without_warnings_and_reads_digits_within_its_bounds()
    {
        Skip.If(RuntimeInformation.ProcessArchitecture == Architecture.X64 && !Avx2.IsSupported, "The program is for processors with AVX2.");

        // With folders of its own, since others may be building the same projects.
        var (code, log) = Run("dotnet", $"publish {Repository.File("samples/Tiny")} -c Release --artifacts-path {_folder.File("artifacts")} -o {_folder.File("program")} -nodeReuse:false");
        Skip.If(code != 0 && log.Contains("Platform linker", StringComparison.Ordinal), "Publishing native programs needs a linker:\n" + log);
        Skip.If(code != 0 && Regex.IsMatch(log, @"\bNU\d{4}\b") && !log.Contains("error NETC", StringComparison.Ordinal), "The native compiler's package could not be restored:\n" + log);
        Assert.True(code == 0 && !log.Contains(": warning ", StringComparison.Ordinal), log);

        var files = Directory.GetFiles(_folder.File("program"), "*", SearchOption.AllDirectories);
        var program = Assert.Single(files); // No file of weights, no library beside it.
        Assert.InRange(new FileInfo(program).Length, 1, MostBytes);

        using var process = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = _folder.Path })!;
        process.StandardInput.Write(File.ReadAllText(Repository.File("samples/Tiny/digits.txt")));
        process.StandardInput.Flush();
        for (var digit = 0; digit < 10; digit++) Assert.Matches($@"^{digit} \(\d+ %\)$", process.StandardOutput.ReadLine());
        if (OperatingSystem.IsLinux()) Assert.InRange(PeakKilobytes(process), 1, MostKilobytesOfMemory);
        process.StandardInput.Close();
        Assert.Equal("", process.StandardOutput.ReadToEnd());
        Assert.True(process.WaitForExit(10_000));
        Assert.Equal(0, process.ExitCode);
    }

    private static long PeakKilobytes(Process process) =>
        long.Parse(Regex.Match(File.ReadAllText($"/proc/{process.Id}/status"), @"VmHWM:\s+(\d+) kB").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    private static (int Code, string Output) Run(string program, string arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("MSBuildSDKsPath"); // Of the test run's own MSBuild.
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
