using NetCompiler.Benchmarks.Peers;

namespace NetCompiler.Benchmarks.Compare;

/// <summary>Systems that compute different numbers are not compared.</summary>
internal static class Agreement
{
    /// <summary>
    /// Of the Euclidean norm. Float32 sums in another order differ by some 1e-6; the gradient of a network with many normalisations by more, since
    /// one activation next to 0 may fall to the other side.
    /// </summary>
    private const double PredictionTolerance = 1e-5, GradientTolerance = 2e-3;

    /// <summary>Runs each system once (training: three steps) and throws if one disagrees with the first.</summary>
    public static void Check(Case which, List<Peer> peers)
    {
        var first = peers.ConvertAll(Run);
        foreach (var (peer, results) in peers.Zip(first).Skip(1)) Compare(which, peer, first[0], results, which.Training ? GradientTolerance : PredictionTolerance);
        if (!which.Training) return;

        // The updates show in the loss after some more of them. (Not in each parameter: Adam makes a whole step of a gradient that is all rounding.)
        var later = peers.ConvertAll(p =>
        {
            Run(p);
            return new Dictionary<string, float[]> { ["loss"] = Run(p)["loss"] };
        });
        foreach (var (peer, results) in peers.Zip(later).Skip(1)) Compare(which, peer, later[0], results, GradientTolerance);
        if (later[0]["loss"][0] == first[0]["loss"][0]) throw new InvalidOperationException($"{which.Name}: two steps of training did not change the loss.");
    }

    private static Dictionary<string, float[]> Run(Peer peer)
    {
        peer.Enter();
        peer.Run();
        var results = peer.Results();
        peer.Leave();
        return results;
    }

    private static void Compare(Case which, Peer peer, Dictionary<string, float[]> expected, Dictionary<string, float[]> actual, double tolerance)
    {
        if (!expected.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(actual.Keys))
        {
            throw new InvalidOperationException(
                $"{which.Name}: NetCompiler computes {string.Join(", ", expected.Keys.Order())}; {peer.System} {string.Join(", ", actual.Keys.Order())}.");
        }

        foreach (var (name, values) in expected)
        {
            var error = Math.Sqrt(values.Zip(actual[name], (a, b) => Math.Pow(a - b, 2)).Sum());
            var norm = Math.Sqrt(values.Sum(v => (double)v * v));
            if (values.Length != actual[name].Length || norm == 0 || !(error <= tolerance * norm))
            {
                throw new InvalidOperationException(
                    $"{which.Name}: {name} differs by {error:G3} from {peer.System}'s, of norm {norm:G3}: more than {tolerance:G1} of it, so their times are not comparable.");
            }
        }
    }
}
