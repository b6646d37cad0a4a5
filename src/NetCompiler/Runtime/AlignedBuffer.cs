using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// Floats that never move: on a 64-byte boundary (a cache line, and one 512-bit vector) where they are allocated here; read-only and where they happen to be
/// when they are part of an assembly. Behind the last one, <see cref="Slack"/> more may be read, so that vector code need not treat the end as a special case.
/// </summary>
internal sealed unsafe class AlignedBuffer
{
    public const int Slack = 64;

    public const int Alignment = 64;

    private readonly float* pointer;
    private readonly object owner;

    public AlignedBuffer(long length, string purpose)
    {
        int alignment = LargePages.Suit(length * sizeof(float)) ? LargePages.Size : Alignment;
        long total = length + Slack + (alignment / sizeof(float));
        if (length < 0 || total > Array.MaxLength)
        {
            ThrowTooLarge(length, purpose);
        }

        // Pinned arrays live in their own heap and are not moved, so that the boundary stays where it is.
        float[] array = GC.AllocateArray<float>((int)total, pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        pointer = (float*)((address + (nuint)alignment - 1) & ~((nuint)alignment - 1));
        owner = array;
        Length = (int)length;
        if (alignment == LargePages.Size)
        {
            LargePages.Prefer(Pointer, length * sizeof(float));
        }
    }

    /// <param name="address">Floats, and <see cref="Slack"/> more behind them, that are only read.</param>
    /// <param name="length">How many.</param>
    /// <param name="owner">What keeps them where they are.</param>
    public AlignedBuffer(float* address, int length, object owner)
    {
        pointer = address;
        this.owner = owner;
        Length = length;
        IsReadOnly = true;
    }

    public int Length { get; }

    /// <summary>Whether nothing may be written here.</summary>
    public bool IsReadOnly { get; }

    public ref float Reference
    {
        get
        {
            ref float first = ref *pointer;
            GC.KeepAlive(this); // from here on the reference itself keeps the array
            return ref first;
        }
    }

    /// <summary>Valid as long as this object is reachable.</summary>
    public float* Pointer => pointer;

    public ReadOnlySpan<float> Values => MemoryMarshal.CreateReadOnlySpan(ref Reference, Length);

    public Span<float> Span => IsReadOnly ? throw new InvalidOperationException($"Memory of {owner} cannot be written to.") : MemoryMarshal.CreateSpan(ref Reference, Length);

    [DoesNotReturn]
    private static void ThrowTooLarge(long length, string purpose) => throw new InvalidOperationException(
        $"{purpose} would need {length / 250_000} MB in one block; at most {Array.MaxLength / 250_000} MB can be had. Use a smaller minibatch or a smaller network.");
}
