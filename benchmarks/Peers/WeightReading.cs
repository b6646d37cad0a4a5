using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>
/// Reads the memory of a network's parameters once, from its begin to its end, and does nothing with it but a sum. A prediction of one sample needs all of them, so none can take less time; and what
/// pages of that memory the system gave, which decides how much of it stays in the cache, is the same for both.
/// </summary>
internal sealed class WeightReading<TNetwork>(TNetwork network) : Peer(WeightReading.SystemName)
    where TNetwork : class, INetwork<TNetwork>
{
    private readonly int length = TNetwork.Description.StorageLength / WeightReading.Stride * WeightReading.Stride;
    private float sum;

    public override void Run() => sum = Vector512.IsHardwareAccelerated
        ? WeightReading.Sum512(ref network.State.Reference, length)
        : WeightReading.Sum256(ref network.State.Reference, length);

    /// <summary>Its sum, which nothing else computes.</summary>
    public override Dictionary<string, double[]> Results() => new() { ["sum"] = [sum] };

    public override void Dispose()
    {
    }
}

internal static class WeightReading
{
    public const string SystemName = "reading the weights";

    /// <summary>Floats of one step of the loops.</summary>
    public const int Stride = 128;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static float Sum512(ref float data, int length)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (nint at = 0; at < length; at += Stride)
        {
            ref var from = ref Unsafe.Add(ref data, at);
            a += Vector512.LoadUnsafe(ref from);
            b += Vector512.LoadUnsafe(ref from, 16);
            c += Vector512.LoadUnsafe(ref from, 32);
            d += Vector512.LoadUnsafe(ref from, 48);
            a += Vector512.LoadUnsafe(ref from, 64);
            b += Vector512.LoadUnsafe(ref from, 80);
            c += Vector512.LoadUnsafe(ref from, 96);
            d += Vector512.LoadUnsafe(ref from, 112);
        }

        return Vector512.Sum(a + b + (c + d));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static float Sum256(ref float data, int length)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (nint at = 0; at < length; at += Stride / 2)
        {
            ref var from = ref Unsafe.Add(ref data, at);
            a += Vector256.LoadUnsafe(ref from);
            b += Vector256.LoadUnsafe(ref from, 8);
            c += Vector256.LoadUnsafe(ref from, 16);
            d += Vector256.LoadUnsafe(ref from, 24);
            a += Vector256.LoadUnsafe(ref from, 32);
            b += Vector256.LoadUnsafe(ref from, 40);
            c += Vector256.LoadUnsafe(ref from, 48);
            d += Vector256.LoadUnsafe(ref from, 56);
        }

        return Vector256.Sum(a + b + (c + d));
    }
}
