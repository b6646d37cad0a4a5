using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Tiny;

/// <summary>A published program that reads digits.</summary>
/// <param name="Files">All that it needs.</param>
internal sealed record TinyProgram(string Name, string Path, string[] Arguments, string[] Files)
{
    public long Bytes => Files.Sum(f => new FileInfo(f).Length);

    /// <summary>Publishes a project as a native program, and gives the folder.</summary>
    /// <param name="project">Its folder in the repository.</param>
    /// <param name="folder">Where everything goes, so that nothing that was built before is changed.</param>
    /// <param name="properties">What it is to have other than its project says.</param>
    public static string Publish(string project, string folder, params string[] properties)
    {
        var output = System.IO.Path.Combine(folder, "program");
        Console.WriteLine($"Publishing {project} {string.Join(' ', properties)}");
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "publish", System.IO.Path.Combine(Checkout.Path, project), "-c", "Release", "--artifacts-path", System.IO.Path.Combine(folder, "artifacts"), "-o", output, "-nodeReuse:false" },
            RedirectStandardOutput = true,
        };
        foreach (var property in properties) start.ArgumentList.Add(property);
        using var process = Process.Start(start)!;
        var log = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{project} cannot be published:\n{log}");
    }

    /// <summary>What it says of these drawings.</summary>
    public string[] Answers(string[] lines)
    {
        using var process = Start();
        foreach (var line in lines) process.StandardInput.WriteLine(line);
        process.StandardInput.Close();
        return process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Starts it, shows it one drawing, and waits for its answer; then it is still running, so that its memory can be looked at.</summary>
    public (double Milliseconds, long Kilobytes) Measure(string drawing)
    {
        var begin = Stopwatch.GetTimestamp();
        using var process = Start();
        process.StandardInput.Write(drawing);
        process.StandardInput.Flush();
        if (process.StandardOutput.Read() < 0) throw new InvalidOperationException($"{Name} ended without an answer.");
        var time = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        var memory = PeakKilobytes(process);
        process.StandardInput.Close();
        process.WaitForExit();
        return process.ExitCode == 0 ? (time, memory) : throw new InvalidOperationException($"{Name} ended with {process.ExitCode}.");
    }

    /// <summary>Starts programs by turns; what the first few starts take does not count.</summary>
    /// <returns>What each of them took.</returns>
    public static List<ProgramStarts> MeasureByTurns(IReadOnlyList<TinyProgram> programs, string drawing, int runs, int warmUps)
    {
        var measured = programs.Select(_ => new List<(double Milliseconds, long Kilobytes)>()).ToList();
        for (var run = -warmUps; run < runs; run++)
        {
            foreach (var (program, list) in programs.Zip(measured))
            {
                var one = program.Measure(drawing);
                if (run >= 0) list.Add(one);
            }
        }

        return [.. programs.Zip(measured, (program, list) =>
        {
            var times = list.Select(m => m.Milliseconds).Order().ToList();
            return new ProgramStarts(program, times.Count, times[times.Count / 2], times[0], times[^1], list.Max(m => m.Kilobytes));
        })];
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(Path) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in Arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static long PeakKilobytes(Process process)
    {
        var file = $"/proc/{process.Id.ToString(CultureInfo.InvariantCulture)}/status";
        if (!File.Exists(file)) return 0;
        var peak = Regex.Match(File.ReadAllText(file), @"VmHWM:\s+(\d+) kB", RegexOptions.None, TimeSpan.FromSeconds(1));
        return long.Parse(peak.Groups[1].Value, CultureInfo.InvariantCulture);
    }
}

/// <summary>What the starts of a program took.</summary>
/// <param name="Median">Milliseconds to the first character of its answer.</param>
/// <param name="PeakKilobytes">Most resident memory up to then; 0 where it cannot be known.</param>
internal sealed record ProgramStarts(TinyProgram Program, int Runs, double Median, double Least, double Most, long PeakKilobytes);
