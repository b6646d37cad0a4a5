using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using NetCompiler.Benchmarks.Reporting;
using NetCompiler.Benchmarks.Tiny;

namespace NetCompiler.Benchmarks.Embedded;

/// <summary>What a program needs until its first prediction.</summary>
/// <param name="Bytes">Of the program and its weights.</param>
/// <param name="MedianMilliseconds">From before the process is started to the first character of its answer.</param>
/// <param name="PeakKilobytes">Most resident memory up to then; 0 where it cannot be known. Pages of the program's file count too, though other processes share them.</param>
internal sealed record EmbeddedResult(
    string Weights, long Bytes, int Runs, double MedianMilliseconds, double LeastMilliseconds, double MostMilliseconds, long PeakKilobytes, string Revision, DateTime Measured)
{
    [JsonIgnore]
    public string Key => Weights;
}

/// <summary>One native program (benchmarks/Embedded/Program) that reads its weights from a file, and has them in it, as they were saved and packed; by turns.</summary>
internal static class EmbeddedBenchmark
{
    private const string Name = "embedded", Project = "benchmarks/Embedded/Program";

    private static readonly string[] Order = ["Load from a file", "Pretrained, as Save wrote it", "Pretrained, packed"];

    public static int Run(int runs, bool save)
    {
        var folder = Directory.CreateTempSubdirectory("netcompiler-embedded-").FullName;
        try
        {
            var network = new Wide(seed: 1);
            string saved = Weights(folder, "saved"), packed = Weights(folder, "packed");
            network.Save(saved);
            NetworkFile.SavePacked(network, packed);
            List<TinyProgram> programs = [Publish(folder, 0, saved), Publish(folder, 1, saved), Publish(folder, 2, packed)];
            var answers = programs.ConvertAll(p => p.Answers(["once"])[0]);
            if (answers.Distinct(StringComparer.Ordinal).Count() != 1) throw new InvalidOperationException($"The programs differ:\n{string.Join('\n', answers)}");

            List<EmbeddedResult> results = [.. TinyProgram.MeasureByTurns(programs, "once\n", runs, warmUps: 3).Select(s =>
                new EmbeddedResult(s.Program.Name, s.Program.Bytes, s.Runs, s.Median, s.Least, s.Most, s.PeakKilobytes, ResultsFolder.Revision, DateTime.UtcNow))];
            Console.WriteLine(Markdown(results));
            if (save) ResultsFolder.Save(Name, results, r => r.Key, r => r.OrderBy(l => Array.IndexOf(Order, l.Weights)), Markdown);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Weights(string folder, string kind) => Path.Combine(Directory.CreateDirectory(Path.Combine(folder, kind)).FullName, "wide.safetensors");

    private static TinyProgram Publish(string folder, int which, string weights)
    {
        var isFile = which == 0;
        var output = TinyProgram.Publish(Project, Path.Combine(folder, which.ToString(CultureInfo.InvariantCulture)), isFile ? [] : ["-p:Weights=" + weights]);
        var program = Path.Combine(output, OperatingSystem.IsWindows() ? "embedded-benchmark.exe" : "embedded-benchmark");
        return new TinyProgram(Order[which], program, isFile ? [weights] : [], isFile ? [program, weights] : [program]);
    }

    private static string Markdown(IReadOnlyList<EmbeddedResult> results)
    {
        var text = new StringBuilder("A native program that predicts once with the network 1024-4096-4096-10 (84 MB of parameters): the program with its weights; milliseconds from the start of the\n")
            .Append("process to the first character of its answer, all files being in the system's memory; most resident memory until then, which counts the pages of files that are mapped.\n\n")
            .Append("| weights | size | median | least | most | memory |\n|---|---|---|---|---|---|\n");
        foreach (var r in results)
            text.Append(CultureInfo.InvariantCulture, $"| {r.Weights} | {r.Bytes / 1e6:F1} MB | {r.MedianMilliseconds:F1} ms | {r.LeastMilliseconds:F1} ms | {r.MostMilliseconds:F1} ms | {r.PeakKilobytes * 1.024e-3:F0} MB |\n");
        return text.ToString();
    }
}

/// <summary>The network of the program.</summary>
[Network]
[Input(1024), Dense(4096), Relu, Dense(4096), Relu, Dense(10)]
internal sealed partial class Wide;
