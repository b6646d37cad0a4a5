namespace Scorer.Serving;

/// <summary>A network that requests are answered with. Nobody writes to it any more.</summary>
/// <param name="Number">1 for the one that was loaded, then counted up.</param>
/// <param name="Network">The network.</param>
internal sealed record Edition(int Number, RiskNet Network);

/// <summary>
/// The network of the moment: one reference, replaced as a whole. A request reads it once and keeps to it, so it sees the old weights or the new ones;
/// what it reads stays alive until the last request is done with it, which is the garbage collector's business.
/// </summary>
internal sealed class Publication
{
    private Edition _current;

    public Publication(RiskNet network) => _current = new Edition(1, Prepared(network));

    /// <summary>Told of each edition before any request can see it, on the publisher's thread.</summary>
    public event Action<Edition>? Publishing;

    public Edition Current => Volatile.Read(ref _current);

    /// <summary>Takes a network that nobody else writes to from now on. For one caller at a time.</summary>
    public Edition Publish(RiskNet network)
    {
        var edition = new Edition(_current.Number + 1, Prepared(network));
        Publishing?.Invoke(edition);
        Volatile.Write(ref _current, edition);
        return edition;
    }

    /// <summary>
    /// Predicts one row and several: what a first call has to prepare (code under the JIT, and what some layers keep of their weights) is not on a
    /// request's time.
    /// </summary>
    private static RiskNet Prepared(RiskNet network)
    {
        foreach (var rows in (ReadOnlySpan<int>)[1, 8])
            network.Forward(new float[rows * RiskNet.InputSize], new float[rows * RiskNet.OutputSize]);
        return network;
    }
}
