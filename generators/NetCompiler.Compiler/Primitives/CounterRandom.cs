namespace NetCompiler.Compiler.Primitives;

/// <summary>
/// Counter-based random numbers: the number is a hash of (seed, stream, sample, counter), so any order and any number of
/// threads give the same. The mixing function is the 32-bit finaliser "lowbias32" (Chris Wellons, hash-prospector), two
/// rounds with two keys; vector code computes exactly the same integers.
/// </summary>
public static class CounterRandom
{
    public static uint Mix(uint x)
    {
        x ^= x >> 16;
        x *= 0x7feb352d;
        x ^= x >> 15;
        x *= 0x846ca68b;
        x ^= x >> 16;
        return x;
    }

    /// <summary>The key of one sample's numbers in one stream; scalar work, once per row.</summary>
    public static uint RowKey(uint seed, int stream, int sample) =>
        Mix(unchecked(Mix(seed + ((uint)stream * 0x9E3779B9)) + ((uint)sample * 0x85EBCA6B)));

    /// <summary>Uniform in [0, 1), a multiple of 2^-24.</summary>
    public static float Uniform(uint rowKey, int counter) =>
        (Mix(unchecked(Mix((uint)counter ^ rowKey) + rowKey)) >> 8) * (1f / 16777216);
}
