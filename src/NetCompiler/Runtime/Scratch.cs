using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>Working memory for generated code: one block for each thread, kept from call to call.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class Scratch
{
    [ThreadStatic]
    private static AlignedBuffer? buffer;

    /// <summary>Of <see cref="buffer"/>, kept apart from it: they are found without going through objects.</summary>
    [ThreadStatic]
    private static float* pointer;

    [ThreadStatic]
    private static int room;

    /// <summary>
    /// At least <paramref name="length"/> floats of this thread's memory, on a 64-byte boundary, with 64 readable ones behind
    /// them. The contents are whatever the last use left. The next call on this thread gives the same memory again.
    /// </summary>
    /// <param name="length">Floats needed, 1 at least.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref float Rent(int length)
    {
        if (room < length)
        {
            Grow(length);
        }

        return ref *pointer;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Grow(int length)
    {
        // What is not enough goes first; if there is no memory for more, this thread has none.
        room = 0;
        buffer = null;
        buffer = new AlignedBuffer(length, "Working memory of one thread");
        pointer = buffer.Pointer;
        room = length;
    }
}
