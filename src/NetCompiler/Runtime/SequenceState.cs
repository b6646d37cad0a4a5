using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
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
    private const int HeaderLength = 20;

    [ThreadStatic]
    private static AlignedBuffer? outputs;

    private readonly SequenceDescription description;
    private readonly AlignedBuffer memory;

    /// <summary>Nothing remembered yet.</summary>
    /// <param name="description">Written by the generator.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    protected SequenceState(SequenceDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        this.description = description;
        memory = new AlignedBuffer(description.Length, $"{description.Network}: a state");
    }

    /// <summary>Steps taken since the beginning.</summary>
    public int Position { get; private set; }

    /// <summary>How many steps there can be; null: any number.</summary>
    public int? Capacity => description.Capacity == 0 ? null : description.Capacity;

    /// <summary>For generated code: the memory.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ref float Reference => ref memory.Reference;

    /// <summary>Forgets everything: the next step is the first.</summary>
    public void Reset()
    {
        memory.Span.Clear();
        Position = 0;
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
        Position = other.Position;
    }

    /// <summary>Writes what is remembered. The numbers are floats, lowest byte first, as they lie in memory: they are for the same declaration only.</summary>
    /// <param name="stream">Where to.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], description.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], description.Capacity);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], Position);
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
        if (read < HeaderLength || BinaryPrimitives.ReadUInt32LittleEndian(data) != Magic || BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(4)) != 1)
        {
            throw new InvalidDataException($"The stream holds no state of a network: one begins with 'NCST' and the version 1. Give what {nameof(Save)} has written.");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(8));
        int capacity = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(12));
        int position = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(16));
        if (length != description.Length || capacity != description.Capacity || position < 0 || (capacity > 0 && position > capacity))
        {
            throw new InvalidDataException(
                $"The state has {length} floats at step {position} of {capacity}; one of {description.Network} has {description.Length} of at most {description.Capacity} steps.");
        }

        if (read < data.Length)
        {
            throw new InvalidDataException($"The state ends after {read} of {data.Length} bytes.");
        }

        MemoryMarshal.Cast<byte, float>(data.AsSpan(HeaderLength)).CopyTo(memory.Span);
        Position = position;
    }

    /// <summary>For generated code: before some steps.</summary>
    /// <param name="state">The caller's.</param>
    /// <param name="steps">How many.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Begin([NotNull] SequenceState? state, int steps = 1)
    {
        ArgumentNullException.ThrowIfNull(state);
        int capacity = state.description.Capacity;
        if (capacity > 0 && state.Position > capacity - steps)
        {
            state.ThrowFull(steps);
        }

        state.Count();
    }

    /// <summary>For generated code: sets the counters that the step reads.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void Count()
    {
        foreach (SequenceCounter counter in description.Counters)
        {
            long rows = (long)Position * counter.Rows;
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
            if (counter.Modulus > 0 && ((long)Position * counter.Rows % counter.Modulus) + ((long)steps * counter.Rows) > counter.Modulus)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>For generated code: after some steps.</summary>
    /// <param name="steps">How many.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void End(int steps) => Position += steps;

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
        $"{description.Network}: the state is at step {Position} of {description.Capacity}, so it does not hold {steps} more. Reset it, or declare the attention with a "
            + $"Window (and positions that are not learned), which keeps the last ones.");
}

/// <summary>For generated code: how much a network keeps from step to step.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Length">Floats.</param>
/// <param name="Capacity">Most steps; 0: any number.</param>
/// <param name="Counters">Numbers that are set before each step.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed record SequenceDescription(string Network, int Length, int Capacity, SequenceCounter[] Counters);

/// <summary>For generated code: a float of a state that says how many rows of a layer there were before.</summary>
/// <param name="Offset">Where it is.</param>
/// <param name="Modulus">It is the remainder of that; 0: it is the number itself.</param>
/// <param name="Rows">Rows of the layer for each step.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly record struct SequenceCounter(int Offset, int Modulus, int Rows);
