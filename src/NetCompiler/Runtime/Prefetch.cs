using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace NetCompiler;

/// <summary>For generated code: asks the processor for memory that is read later.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Prefetch
{
    /// <summary>Fetches a line of 64 bytes into the nearest cache. Any address will do: where there is no memory, nothing happens.</summary>
    /// <param name="place">A float of the line; it need not be of any array.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Line(ref float place)
    {
        // The address holds only until memory is moved: a fetch that comes too late is one for nothing.
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref place));
    }

    /// <summary>As <see cref="Line"/>, into the second cache: of what is read after so much else that it would not stay in the nearest.</summary>
    /// <param name="place">A float of the line; it need not be of any array.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Later(ref float place)
    {
        if (Sse.IsSupported) Sse.Prefetch1(Unsafe.AsPointer(ref place));
    }
}
