using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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

    /// <summary>
    /// Runs code with 960 floats of the stack, on a 64-byte boundary, that hold anything. The stack is in the nearest cache in any case, whereas what <see cref="Rent"/> finds, and
    /// the way there, are so only if they were used a moment ago; and here nothing is zeroed, as it would be in the caller's own frame.
    /// </summary>
    /// <typeparam name="T">The code.</typeparam>
    /// <param name="parameters">Handed on, as are all others.</param>
    /// <param name="first">Handed on.</param>
    /// <param name="second">Handed on.</param>
    /// <param name="third">Handed on.</param>
    /// <param name="turn">Handed on.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Lend<T>(ref float parameters, ref float first, ref float second, ref float third, nint turn)
        where T : IOneSample
    {
        Room room;
        T.Run(ref Unsafe.AsRef<float>((void*)(((nint)(&room) + (AlignedBuffer.Alignment - 1)) & -AlignedBuffer.Alignment)), ref parameters, ref first, ref second, ref third, turn);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static AlignedBuffer Grow(int length)
    {
        buffer = null;
        return buffer = new AlignedBuffer(length, "Working memory of one thread");
    }

    /// <summary>What is lent, one vector more that may be read, and what it takes to begin at a boundary: together less than a page, beyond which .NET would touch one after the other.</summary>
    [StructLayout(LayoutKind.Sequential, Size = ((960 + 16) * sizeof(float)) + AlignedBuffer.Alignment)]
    private struct Room;
}
