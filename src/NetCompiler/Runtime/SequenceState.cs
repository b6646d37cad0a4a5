using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// What a network remembers of a sequence that it is given step by step: hidden states, the last inputs of causal convolutions, keys and values
/// of causal attention. Each such network has a type of its own, <c>State</c>. One network serves any number of states, from any threads; a state
/// is for one caller at a time.
/// </summary>
public abstract class SequenceState
{
    private const uint Magic = 0x5453434E; // "NCST"
    private const int Version = 2;
    private const int HeaderLength = 32;

    /// <summary>More than anybody can take; times the rows of a layer it is still a long.</summary>
    private const long MostSteps = 1L << 40;

    [ThreadStatic]
    private static AlignedBuffer? outputs;

    private readonly SequenceDescription description;
    private readonly AlignedBuffer memory;

    // At 48,000 steps a second an int would be full after half a day.
    private long position;

    /// <summary>Nothing remembered yet.</summary>
    /// <param name="description">Written by the generator.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected SequenceState(SequenceDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        this.description = description;
        memory = new AlignedBuffer(description.Length, $"{description.Network}: a state");
    }

    /// <summary>Steps taken since the beginning; where there can be any number of them, at most <see cref="int.MaxValue"/> are told of.</summary>
    public int Position => (int)Math.Min(position, int.MaxValue);

    /// <summary>How many steps there can be; null: any number.</summary>
    public int? Capacity => description.Capacity == 0 ? null : description.Capacity;

    /// <summary>For generated code: the memory.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ref float Reference => ref memory.Reference;

    /// <summary>For generated code: 0 or 1, which of two orders the next step goes through the weights in.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public nint Turn => (nint)(position & 1);

    /// <summary>Forgets everything: the next step is the first.</summary>
    public void Reset()
    {
        memory.Span.Clear();
        position = 0;
    }

    /// <summary>Remembers what another state does.</summary>
    /// <param name="other">A state of the same network.</param>
    /// <exception cref="ArgumentException">It is of another network.</exception>
    public void CopyFrom(SequenceState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.description != description)
        {
            throw new ArgumentException($"The state is of {other.description.Network}; one of {description.Network} is needed.", nameof(other));
        }

        other.memory.Span.CopyTo(memory.Span);
        position = other.position;
    }

    /// <summary>Writes what is remembered. The numbers are floats, lowest byte first, as they lie in memory: they are for the same declaration only.</summary>
    /// <param name="stream">Where to.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], description.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], description.Capacity);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], position);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], description.Layout);
        stream.Write(header);
        stream.Write(MemoryMarshal.AsBytes(memory.Span));
    }

    /// <summary>Remembers what was written. Nothing changes if it does not fit.</summary>
    /// <param name="stream">Where from.</param>
    /// <exception cref="InvalidDataException">It is no state, is of another network, or ends too early.</exception>
    public void Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] data = new byte[HeaderLength + (description.Length * sizeof(float))];
        int read = stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false);
        if (read < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(data) != Magic || BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(4)) != Version)
        {
            throw new InvalidDataException($"The stream holds no state of a network: one begins with 'NCST' and the version {Version}. Give what {nameof(Save)} has written.");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(8));
        int capacity = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(12));
        long taken = BinaryPrimitives.ReadInt64LittleEndian(data.AsSpan(16));
        if (length != description.Length || capacity != description.Capacity || taken is < 0 or > MostSteps || (capacity > 0 && taken > capacity))
        {
            throw new InvalidDataException(
                $"The state has {length} floats at step {taken} of {capacity}; one of {description.Network} has {description.Length} of at most {description.Capacity} steps.");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(24)) != description.Layout)
        {
            throw new InvalidDataException($"The state is of a network whose layers remember something else than those of {description.Network} do. Give one of the same declaration.");
        }

        if (read < data.Length)
        {
            throw new InvalidDataException($"The state ends after {read} of {data.Length} bytes.");
        }

        MemoryMarshal.Cast<byte, float>(data.AsSpan(HeaderLength)).CopyTo(memory.Span);
        position = taken;
    }

    /// <summary>For generated code: before some steps.</summary>
    /// <param name="state">The caller's.</param>
    /// <param name="steps">How many.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Begin([NotNull] SequenceState? state, int steps = 1)
    {
        ArgumentNullException.ThrowIfNull(state);
        int capacity = state.description.Capacity;
        if (capacity > 0 && state.position > capacity - steps)
        {
            state.ThrowFull(steps);
        }

        // Inlined, this decides for small networks whether anything is called before their kernels.
        if (state.description.Counters.Length > 0)
        {
            state.Count();
        }
    }

    /// <summary>For generated code: sets the counters that the step reads.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Count()
    {
        foreach (SequenceCounter counter in description.Counters)
        {
            long rows = position * counter.Rows;
            memory.Span[counter.Offset] = counter.Modulus == 0 ? rows : rows % counter.Modulus;
        }
    }

    /// <summary>For generated code: whether a block of steps lies in one piece wherever it is kept.</summary>
    /// <param name="steps">Its length.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public bool HasRoomFor(int steps)
    {
        foreach (SequenceCounter counter in description.Counters)
        {
            if (counter.Modulus > 0 && (position * counter.Rows % counter.Modulus) + ((long)steps * counter.Rows) > counter.Modulus)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>For generated code: after some steps.</summary>
    /// <param name="steps">How many.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void End(int steps) => position += steps;

    /// <summary>For generated code: memory of this thread for the results of a block.</summary>
    /// <param name="length">Floats.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static Span<float> Outputs(int length)
    {
        if (outputs is null || outputs.Length < length)
        {
            outputs = new AlignedBuffer(length, "Results of a block of steps");
        }

        return outputs.Span[..length];
    }

    [DoesNotReturn]
    private void ThrowFull(int steps) => throw new InvalidOperationException(
        $"{description.Network}: the state is at step {position} of {description.Capacity}, so it does not hold {steps} more. Reset it, or declare the attention with a "
            + $"Window (and positions that are not learned), which keeps the last ones.");
}

/// <summary>For generated code: how much a network keeps from step to step.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Length">Floats.</param>
/// <param name="Capacity">Most steps; 0: any number.</param>
/// <param name="Counters">Numbers that are set before each step.</param>
/// <param name="Layout">What the order of the floats is known by.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record SequenceDescription(string Network, int Length, int Capacity, SequenceCounter[] Counters, ulong Layout);

/// <summary>For generated code: a float of a state that says how many rows of a layer there were before.</summary>
/// <param name="Offset">Where it is.</param>
/// <param name="Modulus">It is the remainder of that; 0: it is the number itself.</param>
/// <param name="Rows">Rows of the layer for each step.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct SequenceCounter(int Offset, int Modulus, int Rows);
