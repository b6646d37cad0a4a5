using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>Converts tensors' bytes to floats and back.</summary>
internal static class SafetensorsData
{
    private const int BlockBytes = 1 << 16;

    public static bool IsReadable(SafetensorsEntry entry) => entry.Type is "F32" or "F16" or "BF16" or "F64";

    /// <summary>Reads one tensor as floats; its entry has been checked against the file's length.</summary>
    public static float[] Read(Stream stream, SafetensorsHeader header, SafetensorsEntry entry)
    {
        stream.Position = header.DataStart + entry.Begin;
        float[] values = new float[(entry.End - entry.Begin) / entry.ElementSize];
        if (entry.Type == "F32" && BitConverter.IsLittleEndian)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        byte[] block = new byte[BlockBytes];
        for (int at = 0; at < values.Length;)
        {
            int count = Math.Min(values.Length - at, BlockBytes / entry.ElementSize);
            Span<byte> bytes = block.AsSpan(0, count * entry.ElementSize);
            stream.ReadExactly(bytes);
            Convert(bytes, entry.Type, values.AsSpan(at, count));
            at += count;
        }

        return values;
    }

    public static void Write(Stream stream, ReadOnlySpan<float> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            stream.Write(MemoryMarshal.AsBytes(values));
            return;
        }

        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (float value in values)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            stream.Write(bytes);
        }
    }

    public static void Convert(ReadOnlySpan<byte> bytes, string type, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                "F32" => BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]),
                "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]),
                "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16),
                _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]),
            };
        }
    }
}
