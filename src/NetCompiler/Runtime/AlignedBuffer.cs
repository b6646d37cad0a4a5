using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// Floats that begin on a 64-byte boundary (a cache line, and one 512-bit vector) and never move. Behind the last
/// one, <see cref="Slack"/> more may be read, so that vector code need not treat the end as a special case.
/// </summary>
internal sealed unsafe class AlignedBuffer
{
    public const int Slack = 64;

    private const int Alignment = 64;

    private readonly float[] array;
    private readonly int start;

    public AlignedBuffer(long length, string purpose)
    {
        long total = length + Slack + (Alignment / sizeof(float));
        if (length < 0 || total > Array.MaxLength)
        {
            throw new InvalidOperationException(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{purpose} would need {length * sizeof(float) / 1e9:F1} GB in one block; at most {Array.MaxLength * (double)sizeof(float) / 1e9:F1} "
                    + $"GB can be had. Use a smaller minibatch or a smaller network."));
        }

        // Pinned arrays live in their own heap and are not moved, so that the boundary stays where it is.
        array = GC.AllocateArray<float>((int)total, pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        start = (int)((Alignment - (address % Alignment)) % Alignment / sizeof(float));
        Length = (int)length;
    }

    public int Length { get; }

    public ref float Reference => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), start);

    /// <summary>Valid as long as this object is reachable.</summary>
    public float* Pointer => (float*)Unsafe.AsPointer(ref Reference);

    public Span<float> Span => new(array, start, Length);

    public Memory<float> Memory => new(array, start, Length);
}
