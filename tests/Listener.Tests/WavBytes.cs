using System.Text;

namespace Listener.Tests;

/// <summary>WAV files as the format's description has them, written byte by byte.</summary>
internal static class WavBytes
{
    /// <summary>A RIFF file of chunks.</summary>
    public static byte[] Riff(params byte[][] chunks)
    {
        byte[] content = [.. "WAVE"u8, .. chunks.SelectMany(c => c)];
        return [.. "RIFF"u8, .. BitConverter.GetBytes(content.Length), .. content];
    }

    /// <summary>A chunk, with a byte to make its length even, and its true length unless told otherwise.</summary>
    public static byte[] Chunk(string name, byte[] content, uint? size = null) =>
        [.. Encoding.ASCII.GetBytes(name), .. BitConverter.GetBytes(size ?? (uint)content.Length), .. content, .. new byte[content.Length % 2]];

    /// <summary>The format chunk; extensible if a GUID's second part is given.</summary>
    public static byte[] Format(int kind, int channels, int rate, int bits, int? block = null, byte[]? guid = null)
    {
        var bytes = block ?? channels * bits / 8;
        byte[] plain = [.. Short(guid is null ? kind : 0xFFFE), .. Short(channels), .. BitConverter.GetBytes(rate), .. BitConverter.GetBytes(rate * bytes), .. Short(bytes), .. Short(bits)];
        return Chunk("fmt ", guid is null ? plain : [.. plain, .. Short(22), .. Short(bits), 4, 0, 0, 0, .. Short(kind), .. guid]);
    }

    /// <summary>Samples from -1 to 1 in a format.</summary>
    public static byte[] Samples(int kind, int bits, params double[] samples) =>
    [
        .. samples.SelectMany(s => (kind, bits) switch
        {
            (3, _) => BitConverter.GetBytes((float)s),
            (_, 8) => [(byte)(128 + (s * 128))],
            (_, 24) => BitConverter.GetBytes((int)(s * (1 << 23)))[..3],
            (_, 32) => BitConverter.GetBytes((int)(s * (1L << 31))),
            _ => BitConverter.GetBytes((short)(s * (1 << 15))),
        }),
    ];

    public static byte[] Guid => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    private static byte[] Short(int value) => BitConverter.GetBytes((ushort)value);
}
