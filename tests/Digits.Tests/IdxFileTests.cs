using System.Buffers.Binary;
using System.IO.Compression;
using Digits.Data;

namespace Digits.Tests;

public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static byte[] Idx(byte[] elements, params uint[] shape)
    {
        var bytes = new byte[4 + 4 * shape.Length + elements.Length];
        bytes[2] = 8;
        bytes[3] = (byte)shape.Length;
        for (var d = 0; d < shape.Length; d++)
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 + 4 * d), shape[d]);
        elements.CopyTo(bytes, 4 + 4 * shape.Length);
        return bytes;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private static (int[] Shape, byte[] Elements) Read(byte[] bytes, int dimensions) => IdxFile.Read(new MemoryStream(bytes), "file", dimensions);

    private static string Refusal(byte[] bytes, int dimensions) => Assert.Throws<UserErrorException>(() => Read(bytes, dimensions)).Message;

    private static byte[] Elements(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * 37))];

    [Theory, InlineData(false), InlineData(true)]
    public void Reads_plain_and_gzip_alike(bool gzip)
    {
        var elements = Elements(3 * 4 * 5);
        var bytes = Idx(elements, 3, 4, 5);
        var (shape, read) = Read(gzip ? Gzip(bytes) : bytes, 3);
        Assert.Equal([3, 4, 5], shape);
        Assert.Equal(elements, read);
    }

    [Fact]
    public void Reads_arrays_longer_than_one_buffer()
    {
        var elements = Elements(5 << 20);
        Assert.Equal(elements, Read(Gzip(Idx(elements, 5 << 20)), 1).Elements);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Refuses_a_file_cut_short_at_every_length(bool gzip)
    {
        var whole = Idx(Elements(20), 4, 5);
        for (var length = 0; length < whole.Length; length++)
        {
            var part = gzip ? Gzip(whole[..length]) : whole[..length];
            Assert.Contains("file ", Refusal(part, 2), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Refuses_gzip_data_cut_short()
    {
        var packed = Gzip(Idx(Elements(3000), 3000));
        foreach (var length in new[] { 2, 5, 11, packed.Length / 2, packed.Length - 9 })
            Assert.StartsWith("file ", Refusal(packed[..length], 1), StringComparison.Ordinal);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Refuses_bytes_after_the_end(bool gzip)
    {
        byte[] bytes = [.. Idx(Elements(20), 20), 1];
        Assert.Contains("too long", Refusal(gzip ? Gzip(bytes) : bytes, 1), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_wrong_magic_number_and_names_both()
    {
        var bytes = Idx(Elements(8), 8);
        var message = Refusal(bytes, 3);
        Assert.Contains("00000801", message, StringComparison.Ordinal);
        Assert.Contains("00000803", message, StringComparison.Ordinal);
        bytes[2] = 0x0d;
        Assert.Contains("00000D01", Refusal(bytes, 1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu)]
    [InlineData(0x80000000u, 2u, 0x80000000u)]
    [InlineData(0x7fffffffu, 1u, 1u)]
    [InlineData(0u, 28u, 28u)]
    [InlineData(28u, 28u, 0u)]
    public void Refuses_hostile_sizes(uint a, uint b, uint c)
    {
        foreach (var bytes in new[] { Idx([1, 2, 3], a, b, c), Gzip(Idx([1, 2, 3], a, b, c)) })
            Assert.Contains("announces", Refusal(bytes, 3), StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_little_memory_for_a_large_announcement()
    {
        var bytes = Gzip(Idx(Elements(100), 1_000_000_000));
        Refusal(bytes, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refusal(bytes, 1);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    private void Write(int train, int test, int side = 28, byte label = 7, int lessLabels = 0)
    {
        foreach (var ((images, labels), count) in new[] { (DigitFolder.TrainNames, train), (DigitFolder.TestNames, test) })
        {
            File.WriteAllBytes(_folder.File(images + ".gz"), Gzip(Idx(Elements(count * side * side), (uint)count, (uint)side, (uint)side)));
            var values = new byte[count - lessLabels];
            Array.Fill(values, label);
            File.WriteAllBytes(_folder.File(labels), Idx(values, (uint)values.Length));
        }
    }

    [Fact]
    public void Reads_a_folder_with_plain_and_packed_files()
    {
        Write(train: 5, test: 3);
        var data = DigitFolder.Read(_folder.Path);
        Assert.Equal(5, data.Train.Count);
        Assert.Equal(3, data.Test.Count);
        Assert.Equal(7, data.Test.Label(2));
        Assert.Equal(Elements(784 * 2)[784..], data.Train.Image(1).ToArray());
    }

    [Fact]
    public void Says_which_file_is_missing()
    {
        Write(train: 5, test: 3);
        File.Delete(_folder.File(DigitFolder.TestNames.Labels));
        Assert.Contains(DigitFolder.TestNames.Labels, Assert.Throws<UserErrorException>(() => DigitFolder.Read(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("no directory", Assert.Throws<UserErrorException>(() => DigitFolder.Read(_folder.File("absent"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_what_does_not_fit()
    {
        Write(train: 5, test: 3, side: 27);
        Assert.Contains("27x27", Assert.Throws<UserErrorException>(() => DigitFolder.Read(_folder.Path)).Message, StringComparison.Ordinal);
        Write(train: 5, test: 3, label: 10);
        Assert.Contains("is 10", Assert.Throws<UserErrorException>(() => DigitFolder.Read(_folder.Path)).Message, StringComparison.Ordinal);
        Write(train: 5, test: 3, lessLabels: 1);
        Assert.Contains("4 labels", Assert.Throws<UserErrorException>(() => DigitFolder.Read(_folder.Path)).Message, StringComparison.Ordinal);
    }
}
