using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace NetCompiler.Compiler.Tests.Weights;

/// <summary>Safetensors files, right and wrong, as bytes.</summary>
public static class SafetensorsBytes
{
    /// <summary>A file of tensors of zeros in the order given.</summary>
    public static byte[] Zeros(params (string Name, string Type, int[] Shape)[] tensors) =>
        Of([], [.. tensors.Select(t => (t.Name, t.Type, t.Shape, new byte[t.Shape.Aggregate(Size(t.Type), (a, b) => a * b)]))]);

    /// <summary>A file with this metadata and these tensors.</summary>
    public static byte[] Of((string Key, string Value)[] metadata, params (string Name, string Type, int[] Shape, byte[] Data)[] tensors)
    {
        var header = new StringBuilder("{");
        if (metadata.Length > 0) header.Append("\"__metadata__\":{").AppendJoin(',', metadata.Select(m => $"\"{m.Key}\":\"{m.Value}\"")).Append('}');
        var position = 0;
        foreach (var (name, type, shape, data) in tensors)
        {
            if (header.Length > 1) header.Append(',');
            header.Append($"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{position},{position += data.Length}]}}");
        }

        return WithHeader(header.Append('}').ToString(), [.. tensors.SelectMany(t => t.Data)]);
    }

    /// <summary>A file with this header, right or wrong.</summary>
    public static byte[] WithHeader(string header, byte[] data)
    {
        var text = Encoding.Latin1.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return [.. length, .. text, .. data];
    }

    /// <summary>Floats as a tensor of that type has them.</summary>
    public static byte[] Bytes(string type, float[] values) => type switch
    {
        "F32" => MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
        "F64" => MemoryMarshal.AsBytes(values.Select(v => (double)v).ToArray().AsSpan()).ToArray(),
        "F16" => MemoryMarshal.AsBytes(values.Select(v => (Half)v).ToArray().AsSpan()).ToArray(),
        "BF16" => MemoryMarshal.AsBytes(values.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).ToArray().AsSpan()).ToArray(),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No floats."),
    };

    private static int Size(string type) => type switch { "F64" or "I64" => 8, "F32" or "I32" => 4, "F16" or "BF16" => 2, _ => 1 };
}
