using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;

namespace NetCompiler;

/// <summary>A tensor in memory under the name that it has in a file.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Layout">Shape, and where the elements are in the memory.</param>
/// <param name="Buffer">The memory.</param>
/// <param name="Begin">The float of the buffer at which the memory begins.</param>
internal sealed record StoredTensor(string Name, ParameterDescription Layout, AlignedBuffer Buffer, int Begin = 0)
{
    public ReadOnlySpan<float> Values => Buffer.Values[Begin..];

    public Span<float> Storage => Buffer.Span[Begin..];

    public string ShapeText => $"[{string.Join(", ", Layout.Shape)}]";
}

/// <summary>Writes safetensors files: F32, in the order given.</summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>The name in a packed file of the one tensor that is a network's whole storage; no C# identifier, hence no parameter, begins so.</summary>
    public const string Packed = "@storage";

    /// <summary>The key of a packed file's metadata whose value is <see cref="NetworkDescription.Layout"/>.</summary>
    public const string PackedLayout = "layout";

    public static void Write(Stream stream, IReadOnlyCollection<StoredTensor> tensors, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        byte[] header = Header(tensors, metadata);
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);

        float[] dense = new float[tensors.Count == 0 ? 0 : tensors.Max(t => t.Layout.Length)];
        foreach (StoredTensor tensor in tensors)
        {
            Span<float> values = dense.AsSpan(0, tensor.Layout.Length);
            StridedCopy.ToDense(tensor.Values, tensor.Layout, values);
            SafetensorsData.Write(stream, values);
        }
    }

    private static byte[] Header(IReadOnlyCollection<StoredTensor> tensors, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            long position = 0;
            foreach (StoredTensor tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (int dimension in tensor.Layout.Shape)
                {
                    json.WriteNumberValue(dimension);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(position);
                json.WriteNumberValue(position += (long)tensor.Layout.Length * sizeof(float));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Padded with spaces, as the format allows, so that the data begins aligned.
        int padding = (Alignment - (buffer.WrittenCount % Alignment)) % Alignment;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan.ToArray();
    }
}
