using NetCompiler.Benchmarks.Peers;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>
/// Systems that compute different numbers are not compared. The measure is the same network in libtorch in float64; where libtorch does not load,
/// the first of the other systems.
/// </summary>
internal static class Agreement
{
    /// <summary>
    /// Of the Euclidean norm: of the output, of the loss, or of the gradient of all parameters as one vector (normalisations make parts of this vector
    /// vanish; what is left of them is rounding of sums whose terms are as large as the other parts').
    /// </summary>
    private const double Tolerance = 1e-5;

    /// <summary>
    /// For gradients. A value that rounding moves across the kink of a Relu takes its whole share of the gradient with it: one of the n last
    /// activations some 1 / sqrt(n) of all the gradients before it, which is 3e-3 for resnet20 with 32 samples, in each system at another place.
    /// `explain` shows for a case which of them account for the differences.
    /// </summary>
    private const double GradientTolerance = 5e-3;

    private const int TrainingSteps = 3;

    /// <summary>Runs each system once (training: three steps), throws if one is wrong, and gives each one's largest error.</summary>
    /// <param name="which">For messages.</param>
    /// <param name="systems">In any state; training goes on from where they are.</param>
    /// <param name="exact">What they are measured by; null: one another.</param>
    public static List<double> Check(Case which, List<Peer> systems, Peer? exact)
    {
        var results = systems.ConvertAll(s => Results(which, s));
        var expected = exact is null ? results[^1] : Results(which, exact);
        return [.. systems.Zip(results, (s, r) => Compare(which, s, expected, r, exact?.System ?? systems[^1].System))];
    }

    /// <summary>Of the first step, and the loss of the last: it shows the updates. (Not in each parameter: Adam makes a whole step of a gradient that is all rounding.)</summary>
    private static Dictionary<string, double[]> Results(Case which, Peer system)
    {
        var results = Run(system);
        if (!which.Training) return results;
        for (var step = 2; step < TrainingSteps; step++) Run(system);
        var last = Run(system)[Peer.Loss];
        if (last[0] == results[Peer.Loss][0]) throw new InvalidOperationException($"{which.Name}: {TrainingSteps - 1} steps of training did not change the loss of {system.System}.");
        results[$"loss {TrainingSteps}"] = last;
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

    private static double Compare(Case which, Peer system, Dictionary<string, double[]> expected, Dictionary<string, double[]> actual, string reference)
    {
        if (!expected.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(actual.Keys))
        {
            throw new InvalidOperationException(
                $"{which.Name}: {reference} computes {string.Join(", ", expected.Keys.Order())}; {system.System} {string.Join(", ", actual.Keys.Order())}.");
        }

        var whole = Norm(expected.Where(e => IsGradient(e.Key)).SelectMany(e => e.Value));
        double worst = 0;
        foreach (var (name, values) in expected)
        {
            var gradient = IsGradient(name);
            var norm = gradient ? whole : Norm(values);
            if (values.Length != actual[name].Length) throw new InvalidOperationException($"{which.Name}: {name} has {values.Length} numbers in {reference}, {actual[name].Length} in {system.System}.");
            var error = Norm(values.Zip(actual[name], (a, b) => a - b));
            var tolerance = gradient || name.StartsWith("loss ", StringComparison.Ordinal) ? GradientTolerance : Tolerance;
            if (norm == 0 || !(error <= tolerance * norm))
            {
                throw new InvalidOperationException(
                    $"{which.Name}: {name} of {system.System} is off by {error:G3} from {reference}, of norm {norm:G3}: more than {tolerance:G1} of it, so its times are not comparable.");
            }

            worst = Math.Max(worst, error / norm);
        }

        return worst;
    }

    private static bool IsGradient(string name) => name != Peer.Output && !name.StartsWith(Peer.Loss, StringComparison.Ordinal);

    private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(v => v * v));
}
