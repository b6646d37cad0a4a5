using System.CommandLine;
using NetCompiler.Samples;
using Scorer.Serving;

namespace Scorer.LoadTest;

/// <summary>What this program does.</summary>
internal static class Commands
{
    public static int Run(string[] args)
    {
        var quick = new Option<bool>("--quick") { Description = "See that everything runs; the figures are worth little and are not saved." };
        var seconds = CommandLine.Number("--seconds", 60, "How long to measure.", 1, 400);
        var swaps = CommandLine.Number("--swaps", 100, "How often the network is replaced, at least.", 1, 100_000);
        var rate = CommandLine.Number("--rate", 16_000, "Requests each second.", 1, 1_000_000);
        var rows = CommandLine.Number("--rows", 8, "Rows of every other request; the others have one.", 2, 1024);
        var connections = CommandLine.Number("--connections", 8, "Over how many connections.", 1, 1000);
        var shared = new Option<bool>("--shared-processors") { Description = "Without the service's --own-processors." };
        var noSave = new Option<bool>("--no-save") { Description = "Neither keep the results nor write them into docs/service.md." };
        var pauses = new Option<bool>("--pauses") { Description = "No service: times calls of the network after its processor has done something else." };
        var document = new Option<bool>("--document") { Description = "Measure nothing; write docs/service.md from the results that were kept." };
        var root = new RootCommand("Keeps samples/Scorer under load, in process over loopback, while its network is replaced again and again.")
        {
            quick, seconds, swaps, rate, rows, connections, shared, noSave, pauses, document,
        };
        root.SetAction(async (result, cancellation) =>
        {
            if (result.GetValue(document))
            {
                Report.WriteDocument();
                return 0;
            }
            if (result.GetValue(pauses))
            {
                Console.WriteLine(Pauses.Measure());
                return 0;
            }
            var settings = result.GetValue(quick)
                ? new LoadSettings(4, 2, 500, 4, BatchEvery: 2, BatchRows: 8, Swaps: 8, OwnProcessors: false)
                : new LoadSettings(
                    result.GetValue(seconds), WarmUpSeconds: 10, result.GetValue(rate), result.GetValue(connections), BatchEvery: 2, result.GetValue(rows), result.GetValue(swaps),
                    OwnProcessors: !result.GetValue(shared) && OwnProcessors.Obstacle() is null);
            var measured = await LoadRun.RunAsync(settings, LoadModel.Train(20_000), cancellation);
            Console.WriteLine(measured.Line());
            Console.WriteLine(Report.Table(measured));
            if (!result.GetValue(quick) && !result.GetValue(noSave))
                Report.Save(measured);
            if (measured.FirstFailure is { } failure)
                await Console.Error.WriteLineAsync($"error: {failure}");
            return Missed(measured, quick: result.GetValue(quick));
        });
        return root.Parse(args).Invoke();
    }

    /// <summary>Exit code 1 when something is not as it must be; times count only where they are measured in earnest.</summary>
    private static int Missed(LoadResult result, bool quick)
    {
        var missed = false;
        void Check(bool reached, string what)
        {
            missed |= !reached;
            if (!reached)
                Console.Error.WriteLine($"error: {what}");
        }
        Check(result.Failures == 0, $"{result.Failures} requests failed; none may.");
        Check(result.Swaps >= result.Settings.Swaps, $"the network was replaced {result.Swaps} times; {result.Settings.Swaps} were wanted.");
        Check(quick || result.Call.Tail <= LoadResult.MostTail,
            FormattableString.Invariant($"p99.9 of the network call is {result.Call.Tail:F2} times its p50, more than {LoadResult.MostTail} (the loop's: {result.Loop.Tail:F2}; the machine interrupts {result.Interrupted:F2} of 1,000)."));
        return missed ? 1 : 0;
    }
}
