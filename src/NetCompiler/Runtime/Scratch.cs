using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>Working memory for generated code: one block for each thread, kept from call to call.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Scratch
{
    [ThreadStatic]
    private static AlignedBuffer? buffer;

    /// <summary>
    /// At least <paramref name="length"/> floats of this thread's memory, on a 64-byte boundary, with 64 readable ones behind
    /// them. The contents are whatever the last use left. The next call on this thread gives the same memory again.
    /// </summary>
    /// <param name="length">Floats needed.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref float Rent(int length)
    {
        AlignedBuffer? mine = buffer;
        if (mine is null || mine.Length < length)
        {
            mine = Grow(length);
        }

        return ref mine.Reference;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static AlignedBuffer Grow(int length)
    {
        buffer = null;
        return buffer = new AlignedBuffer(length, "Working memory of one thread");
    }
}
