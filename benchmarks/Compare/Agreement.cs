using NetCompiler.Benchmarks.Peers;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>
/// Systems that compute different numbers are not compared. The measure is the same network in libtorch in float64; where libtorch does not load,
/// ONNX Runtime for predictions, and nothing for training.
/// </summary>
internal static class Agreement
{
    /// <summary>
    /// Of the Euclidean norm: of the output, of the loss, or of the gradient of all parameters as one vector (normalisations make parts of this vector
    /// vanish; what is left of them is rounding of sums whose terms are as large as the other parts').
    /// </summary>
    private const double Tolerance = 1e-5;

    /// <summary>Of the loss after some steps: Adam makes a whole step of a gradient that is all rounding.</summary>
    private const double LaterTolerance = 1e-3;

    private const int TrainingSteps = 3;
    private static readonly string Later = $"{Peer.Loss} of step {TrainingSteps}";

    /// <summary>Runs each system once (training: three steps), throws if one is wrong, and gives each one's largest error.</summary>
    public static List<double> Check(Case which, List<Peer> systems, bool withTorch)
    {
        var results = systems.ConvertAll(s => Results(which, s));
        if (!withTorch)
        {
            return which.Training ? systems.ConvertAll(_ => double.NaN) : [.. systems.Zip(results, (s, r) => Require(which, s, new(results[1], r), systems[1].System))];
        }

        using var reference = which.MakeExact();
        var exact = Results(which, reference);
        return [.. systems.Zip(results, (s, r) => Require(which, s, Explain(which, new(exact, r)), reference.System))];
    }

    private static Dictionary<string, double[]> Results(Case which, Peer system)
    {
        var results = Run(system);
        if (!which.Training) return results;
        for (var step = 2; step < TrainingSteps; step++) Run(system);
        var last = Run(system)[Peer.Loss];
        if (last[0] == results[Peer.Loss][0]) throw new InvalidOperationException($"{which.Name}: {TrainingSteps - 1} steps of training did not change the loss of {system.System}.");
        results[Later] = last;
        return results;
    }

    private static Dictionary<string, double[]> Run(Peer system)
    {
        system.Enter();
        system.Run();
        var results = system.Results();
        system.Leave();
        return results;
    }

    /// <summary>
    /// Where the gradient is off by more than rounding: the exact one with those inputs of Relus on the other side of 0 that rounding may have moved
    /// there, and that bring it nearer. (In resnet20 with 32 samples there are 11 such inputs, and one of them is worth 7e-4 of the gradient. In
    /// this way each system differs from the exact gradient by another activation or two, and is right.)
    /// </summary>
    private static Difference Explain(Case which, Difference difference)
    {
        if (!which.Training || !difference.SameNames || difference.OfGradient <= Tolerance) return difference;
        List<Kink> moved = [];
        var near = new Kinks([]);
        using (var first = which.MakeExact(near)) Run(first);
        List<Kink> candidates = [.. near.Near];
        while (difference.OfGradient > Tolerance)
        {
            var tries = candidates.ConvertAll(kink => (Kink: kink, Difference: difference with { Exact = Moved(which, [.. moved, kink], difference) }));
            if (tries.Count == 0 || tries.MinBy(t => t.Difference.OfGradient) is var best && best.Difference.OfGradient >= difference.OfGradient) break;
            difference = best.Difference;
            moved.Add(best.Kink);
            candidates.Remove(best.Kink);
        }

        return difference with { Moved = moved };
    }

    private static Dictionary<string, double[]> Moved(Case which, List<Kink> kinks, Difference difference)
    {
        using var system = which.MakeExact(new Kinks(kinks));
        var results = Run(system);
        results[Later] = difference.Exact[Later];
        return results;
    }

    private static double Require(Case which, Peer system, Difference difference, string reference)
    {
        if (!difference.SameNames)
        {
            throw new InvalidOperationException(
                $"{which.Name}: {reference} computes {string.Join(", ", difference.Exact.Keys.Order())}; {system.System} {string.Join(", ", difference.Actual.Keys.Order())}.");
        }

        var worst = difference.Relative.MaxBy(r => double.IsNaN(r.Value) ? double.PositiveInfinity : r.Value / ToleranceOf(r.Key));
        if (!(worst.Value <= ToleranceOf(worst.Key)))
        {
            throw new InvalidOperationException(
                $"{which.Name}: {worst.Key} of {system.System} is off by {worst.Value:G3} of the norm from {reference}, more than {ToleranceOf(worst.Key):G1}, so its times are not comparable"
                + (which.Training ? $" ({difference.Moved.Count} inputs of Relus next to 0 were moved to the other side in search of the cause; ties in max-pooling are not looked at)." : "."));
        }

        return difference.Relative.Where(r => r.Key != Later).Max(r => r.Value);
    }

    private static double ToleranceOf(string name) => name == Later ? LaterTolerance : Tolerance;

    private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(v => v * v));

    /// <summary>Results beside the exact ones.</summary>
    private sealed record Difference(Dictionary<string, double[]> Exact, Dictionary<string, double[]> Actual)
    {
        /// <summary>What was changed in the exact run.</summary>
        public IReadOnlyList<Kink> Moved { get; init; } = [];

        public bool SameNames => Exact.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(Actual.Keys) && Exact.All(e => e.Value.Length == Actual[e.Key].Length);

        /// <summary>Of the gradient as one vector.</summary>
        public double OfGradient => Norm(Exact.Where(e => IsGradient(e.Key)).SelectMany(Differences)) / Whole;

        /// <summary>Of each result; of a parameter's gradient, relative to the whole.</summary>
        public Dictionary<string, double> Relative
        {
            get
            {
                var whole = Whole;
                return Exact.ToDictionary(e => e.Key, e => Norm(Differences(e)) / (IsGradient(e.Key) ? whole : Norm(e.Value)), StringComparer.Ordinal);
            }
        }

        private double Whole => Norm(Exact.Where(e => IsGradient(e.Key)).SelectMany(e => e.Value));

        private static bool IsGradient(string name) => name is not (Peer.Output or Peer.Loss) && name != Later;

        private IEnumerable<double> Differences(KeyValuePair<string, double[]> exact) => exact.Value.Zip(Actual[exact.Key], (a, b) => a - b);
    }
}
