using NetCompiler.Benchmarks.Peers;
using NetCompiler.Benchmarks.Reporting;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>The whole comparison: limits, then each case with one thread and with all, the systems by turns.</summary>
internal static class Comparison
{
    public static int Run(string? only, Budget budget, bool save)
    {
        var cases = Cases.All.Where(c => only is null || c.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToList();
        if (cases.Count == 0)
        {
            Console.Error.WriteLine($"error: no case has '{only}' in its name; there are {string.Join("; ", Cases.All.Select(c => c.Name))}.");
            return 1;
        }

        if (Torch.NativeTorch.LoadFault.Value is { } fault) Console.WriteLine($"Without TorchSharp, which does not load here: {fault}");
        int[] threads = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];
        var machines = threads.ToDictionary(t => t, Machine.Measure);
        Console.WriteLine(Processor.Name);
        foreach (var m in machines.Values)
            Console.WriteLine($"{m.Threads} threads: {m.FlopsPerSecond / 1e9:F0} GFLOP/s; {string.Join(", ", m.Levels.Select(l => $"{l.Name} {l.BytesPerSecond / 1e9:F0} GB/s"))}");

        var lines = new List<ResultLine>();
        var failures = 0;
        foreach (var which in cases)
        {
            foreach (var count in threads)
            {
                List<ResultLine> results;
                try
                {
                    results = Measure(which, machines[count], budget);
                }
                catch (InvalidOperationException e)
                {
                    // The others are worth having all the same.
                    Console.Error.WriteLine("error: " + e.Message);
                    failures++;
                    continue;
                }

                lines.AddRange(results);
                Console.WriteLine($"{which.Name}, {count} threads: " + string.Join("; ", results.Select(r => FormattableString.Invariant(
                    $"{r.System} {r.MedianMicroseconds:G4} us, {r.BytesPerCall:0.#} bytes, off by {r.Error:G2}"))));
            }
        }

        Console.WriteLine();
        Console.WriteLine(Report.Markdown(lines));
        if (save && lines.Count > 0) Report.Save(lines);
        return failures == 0 ? 0 : 1;
    }

    /// <summary>The slowest calls of NetCompiler, of ONNX Runtime, and of a loop as long as NetCompiler's call that does nothing, by turns.</summary>
    private static void MeasureTails(List<Peer> peers, List<Sampler> samplers, List<double> errors, Budget budget)
    {
        peers.Add(new EmptyLoop(samplers[0].MedianSoFar));
        samplers.Add(new Sampler(peers[^1]));
        errors.Add(double.NaN);
        Sampler.WarmUp([samplers[^1]], budget);
        samplers[^1].Measure(budget);
        for (var turn = 0; turn < budget.TailTurns; turn++)
        {
            foreach (var (peer, sampler) in peers.Zip(samplers))
                if (Report.TailSystems.Contains(peer.System)) sampler.MeasureTail(budget);
        }
    }

    private static List<ResultLine> Measure(Case which, Machine machine, Budget budget)
    {
        var withTorch = Torch.NativeTorch.LoadFault.Value is null;
        var peers = which.MakePeers(machine.Threads, withTorch);
        try
        {
            var errors = Agreement.Check(which, peers, withTorch);
            if (which is { Training: false, Batch: 1 } && machine.WaitsForWeights(which) && peers[0].Least() is { } least)
            {
                peers.Add(least);
                errors.Add(double.NaN);
            }

            var samplers = peers.ConvertAll(p => new Sampler(p));
            Sampler.WarmUp(samplers, budget);
            for (var round = 0; round < budget.Rounds; round++)
                foreach (var sampler in samplers) sampler.Measure(budget);
            if (which is { Training: false, Batch: 1 }) MeasureTails(peers, samplers, errors, budget);

            var timings = samplers.ConvertAll(s => s.Result());
            var limit = machine.Limit(which) * 1e6;
            return [.. peers.Zip(timings, errors).Select(r => Line(r.First, r.Second, r.Third))];

            ResultLine Line(Peer p, Timing t, double error) => new ResultLine(
                which.Network,
                which.Training,
                which.Batch,
                machine.Threads,
                (int)InstructionPaths.Default,
                p.System,
                t.Median,
                t.P999,
                t.BytesPerCall,
                limit,
                machine.LevelOf(which.Footprint).Name,
                limit / t.Median,
                t.Median / timings[0].Median,
                double.IsNaN(error) ? null : error,
                machine.FlopsPerSecond / 1e9,
                machine.Levels.ToDictionary(l => l.Name, l => l.BytesPerSecond / 1e9),
                ResultsFolder.Revision,
                DateTime.UtcNow);
        }
        finally
        {
            peers.ForEach(p => p.Dispose());
        }
    }
}
