using System.Buffers.Binary;
using System.IO.Compression;

namespace Digits.Data;

/// <summary>
/// Reads IDX, the format of MNIST: two zero bytes, the element type, the number of dimensions, each dimension as a big-endian
/// 32-bit number, then the elements. Plain or gzip; which of the two is told by the first bytes, not by the name.
/// </summary>
internal static class IdxFile
{
    private const byte UnsignedBytes = 8;

    /// <summary>More than any set of digits needs; a header that announces more is not believed.</summary>
    private const long MostBytes = 1L << 30;

    /// <summary>Reads an array of bytes with the given number of dimensions.</summary>
    /// <exception cref="UserErrorException">The file is not such an array, or not whole.</exception>
    public static (int[] Shape, byte[] Elements) Read(string path, int dimensions)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Read(file, path, dimensions);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot read {path}: {e.Message}");
        }
    }

    /// <summary>Reads from a stream that can seek; <paramref name="name"/> is for messages.</summary>
    public static (int[] Shape, byte[] Elements) Read(Stream stream, string name, int dimensions)
    {
        try
        {
            if (!IsGzip(stream))
                return ReadPlain(stream, name, dimensions, stream.Length);
            using var unpacked = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            return ReadPlain(unpacked, name, dimensions, length: null);
        }
        catch (InvalidDataException e)
        {
            throw new UserErrorException($"{name} is damaged: its gzip data cannot be unpacked ({e.Message.TrimEnd('.')}).");
        }
    }

    internal static bool IsGzip(Stream stream)
    {
        Span<byte> start = stackalloc byte[2];
        var read = stream.ReadAtLeast(start, 2, throwOnEndOfStream: false);
        stream.Seek(-read, SeekOrigin.Current);
        return read == 2 && start is [0x1f, 0x8b];
    }

    private static (int[] Shape, byte[] Elements) ReadPlain(Stream stream, string name, int dimensions, long? length)
    {
        Span<byte> header = stackalloc byte[4 + 4 * dimensions];
        var got = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (got < 4)
            throw new UserErrorException($"{name} is not an IDX file: it has only {got} bytes.");
        if (header[0] != 0 || header[1] != 0 || header[2] != UnsignedBytes || header[3] != dimensions)
        {
            throw new UserErrorException($"{name} is not an IDX file of bytes with {dimensions} dimension{(dimensions == 1 ? "" : "s")}: it begins with " +
                $"{Convert.ToHexString(header[..4])}, expected {0x0800 + dimensions:X8}.");
        }
        if (got < header.Length)
            throw new UserErrorException($"{name} is cut short: its header needs {header.Length} bytes, {got} are there.");

        var shape = new int[dimensions];
        long total = 1;
        for (var d = 0; d < dimensions; d++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * d)..]);
            // A product of 32-bit factors that stays below 2^30 after each one cannot overflow 64 bits.
            total *= size;
            if (size == 0 || total > MostBytes)
                throw new UserErrorException($"{name} announces a dimension of {size} in its header, which makes no usable array (at most {MostBytes} elements).");
            shape[d] = (int)size;
        }
        if (length is { } known && known != header.Length + total)
        {
            throw new UserErrorException($"{name} is {(known < header.Length + total ? "cut short" : "too long")}: its header announces " +
                $"{header.Length + total} bytes, the file has {known}.");
        }
        return (shape, ReadElements(stream, name, (int)total));
    }

    /// <summary>Memory grows with what the stream really holds, so that a false header cannot claim much of it.</summary>
    private static byte[] ReadElements(Stream stream, string name, int total)
    {
        var elements = new byte[Math.Min(total, 1 << 20)];
        var filled = 0;
        while (true)
        {
            filled += stream.ReadAtLeast(elements.AsSpan(filled), elements.Length - filled, throwOnEndOfStream: false);
            if (filled < elements.Length)
                throw new UserErrorException($"{name} is cut short: its header announces {total} elements, {filled} are there.");
            if (filled == total)
                break;
            Array.Resize(ref elements, (int)Math.Min(total, elements.Length * 2L));
        }
        if (stream.ReadByte() >= 0)
            throw new UserErrorException($"{name} is too long: bytes follow the {total} elements that its header announces.");
        return elements;
    }
}
