using NetCompiler.Benchmarks.Compare;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>
/// Reads the memory of a network's parameters once, from its begin to its end, and does nothing with it but a sum. A prediction of one sample needs all of them, so none can take less time; and what
/// pages of that memory the system gave, which decides how much of it stays in the cache, is the same for both.
/// </summary>
internal sealed class WeightReading<TNetwork>(TNetwork network) : Peer(WeightReading.SystemName)
    where TNetwork : class, INetwork<TNetwork>
{
    private readonly int length = TNetwork.Description.StorageLength / Machine.StreamStep * Machine.StreamStep;

    public override unsafe void Run()
    {
        // Parameters begin on a cache line.
        fixed (float* data = &network.State.Reference) Machine.Stream(data, length, repeats: 1);
    }

    public override Dictionary<string, double[]> Results() => [];

    public override void Dispose()
    {
    }
}

internal static class WeightReading
{
    public const string SystemName = "reading the weights";
}
