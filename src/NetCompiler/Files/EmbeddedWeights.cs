using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// For generated code: a safetensors file that is a resource of the network's assembly. Its header was read when the assembly was built, so only the
/// numbers are needed here.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed unsafe class EmbeddedWeights
{
    /// <summary>
    /// Vectors of weights that do not begin on a cache line are slower to read, until memory itself is slower than that. So weights smaller than this are
    /// copied to such a beginning, which takes a few milliseconds at most.
    /// </summary>
    private const long CopiedBytes = 32 << 20;

    private readonly object owner;
    private readonly byte* data;
    private readonly EmbeddedTensor[] tensors;

    private EmbeddedWeights(object owner, byte* data, EmbeddedTensor[] tensors)
    {
        this.owner = owner;
        this.data = data;
        this.tensors = tensors;
    }

    /// <summary>Finds the resource; nothing is read yet.</summary>
    /// <param name="network">A type of the assembly.</param>
    /// <param name="resource">The resource's name.</param>
    /// <param name="length">Its length in bytes when the assembly was built.</param>
    /// <param name="tensors">
    /// Where in it each of the description's parameters is, in the same order; or one tensor that is the whole storage, and 64 floats more.
    /// </param>
    /// <exception cref="InvalidOperationException">The assembly has no such resource, or another of that name.</exception>
    public static EmbeddedWeights Open(Type network, string resource, long length, params EmbeddedTensor[] tensors)
    {
        ArgumentNullException.ThrowIfNull(network);
        Stream stream = network.Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException(
            $"{network.Name}: the assembly was built with the weights '{resource}' inside and has no resource of that name now. Was it rewritten after the build?");
        if (stream.Length != length)
        {
            throw new InvalidOperationException(
                $"{network.Name}: the resource '{resource}' has {stream.Length} bytes; it had {length} when the assembly was built. Was it replaced? Build again.");
        }

        // Part of the loaded assembly: it stays as long as the stream, or the network, can be reached.
        if (stream is UnmanagedMemoryStream memory)
        {
            return new EmbeddedWeights(stream, memory.PositionPointer, tensors);
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)length), pinned: true);
        using (stream)
        {
            stream.ReadExactly(bytes);
        }

        return new EmbeddedWeights(bytes, (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(bytes)), tensors);
    }

    /// <summary>The numbers as they lie in the assembly, if vector code can use them so; null: they must be copied.</summary>
    internal AlignedBuffer? InPlace(NetworkDescription description)
    {
        if (tensors is not [{ IsStorage: true } whole] || !BitConverter.IsLittleEndian)
        {
            return null;
        }

        byte* storage = data + whole.Offset;
        return (nuint)storage % AlignedBuffer.Alignment == 0 || (long)description.StorageLength * sizeof(float) >= CopiedBytes
            ? new AlignedBuffer((float*)storage, description.StorageLength, owner)
            : null;
    }

    /// <summary>Puts the numbers where the network's layout has them.</summary>
    internal void CopyTo(NetworkDescription description, Span<float> storage)
    {
        for (int i = 0; i < tensors.Length; i++)
        {
            if (tensors[i].IsStorage)
            {
                Read(tensors[i], storage.Length).CopyTo(storage);
            }
            else
            {
                ParameterDescription parameter = description.Parameters[i];
                StridedCopy.FromDense(Read(tensors[i], parameter.Length), parameter, storage);
            }
        }

        GC.KeepAlive(owner);
    }

    private ReadOnlySpan<float> Read(EmbeddedTensor tensor, int length)
    {
        if (tensor.Type == "F32" && BitConverter.IsLittleEndian)
        {
            return new ReadOnlySpan<float>(data + tensor.Offset, length);
        }

        float[] values = new float[length];
        SafetensorsData.Convert(new ReadOnlySpan<byte>(data + tensor.Offset, checked(length * SafetensorsHeader.ElementSize(tensor.Type))), tensor.Type, values);
        return values;
    }
}

/// <summary>For generated code: where in a resource a tensor begins.</summary>
/// <param name="type">The dtype of safetensors: F32, F16, BF16 or F64.</param>
/// <param name="offset">Its first byte, counted from the resource's.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Never compared.")]
public readonly struct EmbeddedTensor(string type, long offset)
{
    /// <summary>The dtype of safetensors.</summary>
    public string Type { get; } = type;

    /// <summary>Its first byte, counted from the resource's.</summary>
    public long Offset { get; } = offset;

    /// <summary>Whether it is not one parameter but all, as they lie in the network's memory.</summary>
    public bool IsStorage { get; init; }
}
