using System.Buffers;
using System.Text;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>Writes protocol buffer messages: fields with a number, and a wire type that says how to skip them.</summary>
internal sealed class Protobuf
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    public byte[] ToArray() => bytes.WrittenSpan.ToArray();

    public Protobuf Int(int field, long value)
    {
        Tag(field, wireType: 0);
        Varint((ulong)value);
        return this;
    }

    public Protobuf Float(int field, float value)
    {
        Tag(field, wireType: 5);
        bytes.Write(BitConverter.GetBytes(value));
        return this;
    }

    public Protobuf Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public Protobuf Message(int field, Protobuf value) => Bytes(field, value.ToArray());

    public Protobuf Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, wireType: 2);
        Varint((ulong)value.Length);
        bytes.Write(value);
        return this;
    }

    private void Tag(int field, int wireType) => Varint(((ulong)field << 3) | (uint)wireType);

    private void Varint(ulong value)
    {
        for (; value > 0x7F; value >>= 7) bytes.Write([(byte)(value | 0x80)]);
        bytes.Write([(byte)value]);
    }
}
