namespace NetCompiler;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood: Fast Splittable Pseudorandom Number Generators, 2014): a counter that goes up by a fixed odd number, and a
/// function that mixes its bits. Small, passes the usual test batteries, and its numbers are the same on every machine.
/// </summary>
internal struct SplitMix64(ulong state)
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    private ulong state = state;

    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>The beginning of a stream of its own for each seed and name (FNV-1a of the name's UTF-16 units, mixed with the seed).</summary>
    public static ulong Key(long seed, ReadOnlySpan<char> name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char c in name)
        {
            hash = unchecked((hash ^ c) * 0x100000001B3);
        }

        return Mix(unchecked(hash + Mix((ulong)seed + Increment)));
    }

    /// <summary>The beginning of a stream of its own for each seed and number.</summary>
    public static ulong Key(long seed, long number) => Mix(unchecked((ulong)number + Mix((ulong)seed + Increment)));

    /// <summary>What <see cref="Next"/> gives after so many others, for a stream that begins at the key.</summary>
    public static ulong At(ulong key, long position) => Mix(unchecked(key + (((ulong)position + 1) * Increment)));

    public ulong Next() => Mix(state = unchecked(state + Increment));

    /// <summary>Uniform in [0, 1): a multiple of 2^-24, so that every value is exact in a float.</summary>
    public float NextFloat() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>Uniform in [0, bound): the high half of a 64 x 64-bit product; its bias is below 2^-32 for any int.</summary>
    public int NextInt(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);
}
