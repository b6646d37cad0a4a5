using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using NetCompiler.Benchmarks.Compare;
using NetCompiler.Benchmarks.Peers;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Tiny;

/// <summary>What a program needs that reads one digit.</summary>
/// <param name="Bytes">Of all files that it needs.</param>
/// <param name="MedianMilliseconds">From before the process is started to the first character of its answer.</param>
/// <param name="PeakKilobytes">Most resident memory up to then; 0 where it cannot be known.</param>
internal sealed record TinyResult(
    string Program, long Bytes, int Runs, double MedianMilliseconds, double LeastMilliseconds, double MostMilliseconds, long PeakKilobytes, string Revision, DateTime Measured)
{
    [JsonIgnore]
    public string Key => Program;
}

/// <summary>The program in samples/Tiny, and the same with ONNX Runtime: both native, with the same network and the same input, by turns.</summary>
internal static class TinyBenchmark
{
    public const string Name = "tiny";

    private const string Own = "samples/Tiny", Onnx = "ONNX Runtime";

    public static int Run(int runs, bool save)
    {
        var folder = Directory.CreateTempSubdirectory("netcompiler-tiny-").FullName;
        try
        {
            var drawings = File.ReadAllLines(Path.Combine(Checkout.Path, Own, "digits.txt"));
            List<TinyProgram> programs = [PublishOwn(folder), PublishOnnx(folder)];
            CheckAgreement(programs, drawings);

            var drawing = string.Concat(drawings.Take(8).Select(l => l + "\n"));
            List<TinyResult> results = [.. TinyProgram.MeasureByTurns(programs, drawing, runs, warmUps: 5).Select(s =>
                new TinyResult(s.Program.Name, s.Program.Bytes, s.Runs, s.Median, s.Least, s.Most, s.PeakKilobytes, ResultsFolder.Revision, DateTime.UtcNow))];
            Console.WriteLine(Markdown(results));
            if (save) ResultsFolder.Save(Name, results, r => r.Key, r => r.OrderBy(l => l.Program == Own ? 0 : 1), Markdown);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TinyProgram PublishOwn(string folder)
    {
        var program = Path.Combine(TinyProgram.Publish(Own, Path.Combine(folder, "own")), "Tiny");
        return new TinyProgram(Own, Executable(program), [], Directory.GetFiles(Path.GetDirectoryName(program)!));
    }

    private static TinyProgram PublishOnnx(string folder)
    {
        var program = Path.Combine(TinyProgram.Publish("benchmarks/Tiny/Onnx", Path.Combine(folder, "onnx")), "OnnxTiny");
        var network = TinyDigits.Load(Path.Combine(Checkout.Path, Own, "digits.safetensors"));
        var parameters = network.Parameters.ToDictionary(p => p.Name, p => (p.Shape, p.ToArray()), StringComparer.Ordinal);
        Step[] steps = [.. Blueprint.Mlp(32, TinyDigits.OutputSize), new Softmax()];
        var (model, output) = OnnxModel.Write(new Assignment([TinyDigits.InputSize], TinyDigits.OutputSize, Batch: 1, Threads: 1, steps, parameters));
        var file = Path.Combine(folder, "digits.onnx");
        File.WriteAllBytes(file, model);

        // Its package also brings what other systems and other hardware need.
        var libraries = Directory.GetFiles(Path.GetDirectoryName(program)!).Where(f => Path.GetFileName(f) is "libonnxruntime.so" or "libonnxruntime.dylib" || (OperatingSystem.IsWindows() && Path.GetFileName(f) == "onnxruntime.dll"));
        return new TinyProgram(Onnx, Executable(program), [file, output], [Executable(program), file, .. libraries]);
    }

    private static string Executable(string path) => OperatingSystem.IsWindows() ? path + ".exe" : path;

    /// <summary>Both must see the digits that are drawn, and be equally sure up to one percent.</summary>
    private static void CheckAgreement(List<TinyProgram> programs, string[] drawings)
    {
        var answers = programs.ConvertAll(p => p.Answers(drawings));
        for (var digit = 0; digit < drawings.Length / 8; digit++)
        {
            var all = answers.ConvertAll(a => Regex.Match(a[digit], @"^(\d) \((\d+) %\)$", RegexOptions.None, TimeSpan.FromSeconds(1)));
            var sure = all.ConvertAll(m => m.Success ? int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture) : -1);
            if (all.Any(m => m.Groups[1].Value != digit.ToString(CultureInfo.InvariantCulture)) || sure.Max() - sure.Min() > 1)
                throw new InvalidOperationException($"Of a drawn {digit}, the programs say: {string.Join("; ", answers.Select(a => a[digit]))}.");
        }
    }

    private static string Markdown(IReadOnlyList<TinyResult> results)
    {
        var text = new StringBuilder("A native console program that reads a digit of 8x8 characters with the network 64-32-10: all files that it needs; milliseconds from the start of the process to\n")
            .Append("the first character of its answer, the digit having been sent at once; most resident memory until then.\n\n")
            .Append("| program | size | median | least | most | memory |\n|---|---|---|---|---|---|\n");
        foreach (var r in results)
            text.Append(CultureInfo.InvariantCulture, $"| {r.Program} | {r.Bytes / 1e6:F2} MB | {r.MedianMilliseconds:F1} ms | {r.LeastMilliseconds:F1} ms | {r.MostMilliseconds:F1} ms | {r.PeakKilobytes * 1.024e-3:F1} MB |\n");
        return text.ToString();
    }
}

/// <summary>The network of samples/Tiny.</summary>
[Network]
[Input(64), Dense(32), Relu, Dense(10), Softmax]
internal sealed partial class TinyDigits;
