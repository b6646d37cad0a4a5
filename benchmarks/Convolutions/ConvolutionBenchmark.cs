using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Convolutions;

/// <summary>One shape of convolution: the fastest times of both ways, in microseconds for a sample.</summary>
internal sealed record ConvolutionResult(int Channels, int Size, double Chosen, double Direct, int Bits, string Revision, DateTime Measured)
{
    [JsonIgnore]
    public (int, int, int) Key => (Channels, Size, Bits);
}

/// <summary>What Winograd's method saves, shape by shape: the check of the estimate by which the compiler chooses it (docs/cost-model.md).</summary>
internal static class ConvolutionBenchmark
{
    private const string Name = "convolutions";

    /// <summary>Samples of one call: enough to forget what a call costs.</summary>
    private const int Batch = 8;

    private static readonly Shape[] Shapes =
    [
        new(8, 16, Time<Conv8At16Auto>, Time<Conv8At16Direct>),
        new(16, 16, Time<Conv16At16Auto>, Time<Conv16At16Direct>),
        new(16, 32, Time<Conv16At32Auto>, Time<Conv16At32Direct>),
        new(32, 16, Time<Conv32At16Auto>, Time<Conv32At16Direct>),
        new(64, 8, Time<Conv64At8Auto>, Time<Conv64At8Direct>),
        new(64, 16, Time<Conv64At16Auto>, Time<Conv64At16Direct>),
        new(128, 8, Time<Conv128At8Auto>, Time<Conv128At8Direct>)
    ];

    public static int Run(int rounds, bool save)
    {
        List<ConvolutionResult> results = [.. Shapes.Select(s =>
        {
            var (chosen, direct) = (double.MaxValue, double.MaxValue);
            for (var round = 0; round < rounds; round++)
            {
                chosen = Math.Min(chosen, s.Chosen());
                direct = Math.Min(direct, s.Direct());
                Thread.Sleep(20); // the background compiler needs a core of its own
            }

            return new ConvolutionResult(s.Channels, s.Size, chosen, direct, (int)InstructionPaths.Default, ResultsFolder.Revision, DateTime.UtcNow);
        })];
        Console.WriteLine(Markdown(results));
        if (save) ResultsFolder.Save(Name, results, r => r.Key, r => r.OrderByDescending(l => l.Bits).ThenBy(l => l.Channels).ThenBy(l => l.Size), Markdown);
        return 0;
    }

    private static double Time<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        var inputs = new float[Batch * T.Description.Inputs.Sum(i => i.Length)];
        inputs.AsSpan().Fill(0.5f);
        var outputs = new float[Batch * T.Description.Outputs.Sum(o => o.Length)];
        var best = double.MaxValue;
        for (var calls = 0; calls < 60; calls++)
        {
            var begin = Stopwatch.GetTimestamp();
            network.ForwardAll(inputs, outputs);
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalMicroseconds / Batch);
        }

        return best;
    }

    private static string Markdown(IReadOnlyList<ConvolutionResult> results)
    {
        var text = new StringBuilder("One 3x3 convolution, as many channels out as in; the fastest of many calls of 8 samples, microseconds for a sample, with the copies to and\nfrom the caller's order of channels.\n\n");
        text.Append("| bits of vectors | channels | image | as chosen | direct | times as fast |\n|---|---|---|---|---|---|\n");
        foreach (var r in results)
            text.Append(CultureInfo.InvariantCulture, $"| {r.Bits} | {r.Channels} | {r.Size} x {r.Size} | {r.Chosen:F1} | {r.Direct:F1} | {r.Direct / r.Chosen:F2} |\n");
        return text.ToString();
    }

    private sealed record Shape(int Channels, int Size, Func<double> Chosen, Func<double> Direct);
}
