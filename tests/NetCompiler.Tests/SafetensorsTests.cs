using System.Buffers.Binary;
using System.Text;

namespace NetCompiler.Tests;

public sealed class SafetensorsTests
{
    private const string Good =
        """{"layer.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"layer.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},"norm.running_mean":{"dtype":"F32","shape":[3],"data_offsets":[32,44]}}""";

    [Fact]
    public void Saved_networks_load_with_the_same_bits_from_files_and_streams()
    {
        using TemporaryFolder folder = new();
        Regressor network = new(11);
        network.Parameters["norm.running_mean"].CopyFrom([float.NaN, -0f, float.Epsilon]);
        NetworkFile.Save(network, folder.File("a.safetensors"));
        Assert.Equal(TestData.Bits(network.State), TestData.Bits(NetworkFile.Load<Regressor>(folder.File("a.safetensors")).State));
        Assert.Equal(["a.safetensors"], folder.Files);

        using MemoryStream stream = new();
        stream.Write([1, 2, 3]);
        NetworkFile.Save(network, stream);
        Assert.Equal(File.ReadAllBytes(folder.File("a.safetensors")), stream.ToArray()[3..]);
        stream.Position = 3;
        Assert.Equal(TestData.Bits(network.State), TestData.Bits(NetworkFile.Load<Regressor>(stream).State));
        stream.Position = 3;
        using OneWay oneWay = new(stream);
        Assert.Equal(TestData.Bits(network.State), TestData.Bits(NetworkFile.Load<Regressor>(oneWay).State));
    }

    [Fact]
    public void The_file_is_what_the_format_says()
    {
        using MemoryStream stream = new();
        Regressor network = new(1);
        network.Parameters["layer.weight"].CopyFrom([1, 2, 3, 4, 5, 6]);
        NetworkFile.Save(network, stream);
        byte[] bytes = stream.ToArray();
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        string json = Encoding.UTF8.GetString(bytes, 8, length);
        Assert.Equal("""{"__metadata__":{"format":"pt","network":"Regressor"},""" + Good[1..], json.TrimEnd(' '));
        Assert.Equal(8 + length + 44, bytes.Length);
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(i + 1, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(8 + length + (4 * i))));
        }
    }

    [Fact]
    public void Half_precisions_and_double_are_read()
    {
        float[] values = [1, -2.5f, 0.15625f, 65504, -0f, 5.9604645e-8f];
        byte[] half = [.. values.SelectMany(v => BitConverter.GetBytes((Half)v))];
        byte[] wide = [.. new double[] { 0.1, -1e-30 }.SelectMany(BitConverter.GetBytes)];
        byte[] brain = [.. new float[] { 1, -3.140625f, 1e30f }.SelectMany(v => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)))];
        const string header =
            """{"layer.weight":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"layer.bias":{"dtype":"F64","shape":[2],"data_offsets":[12,28]},"norm.running_mean":{"dtype":"BF16","shape":[3],"data_offsets":[28,34]}}""";
        Regressor network = NetworkFile.Load<Regressor>(Bytes(header, [.. half, .. wide, .. brain]));
        Assert.Equal(TestData.Bits(values), TestData.Bits(network.Parameters["layer.weight"].ToArray()));
        Assert.Equal([0.1f, -1e-30f], network.Parameters["layer.bias"].ToArray());
        float[] mean = network.Parameters["norm.running_mean"].ToArray();
        Assert.Equal([1, -3.140625f], mean[..2]);
        Assert.Equal(1e30f, mean[2], 1e28f);
    }

    public static TheoryData<string, string, int, string[]> Hostile() => new()
    {
        { "offset beyond the data", Good.Replace("[32,44]", "[32,48]").Replace("[3],", "[4],"), 44, ["'norm.running_mean'", "48", "44"] },
        { "cut off", Good, 43, ["'norm.running_mean'", "44", "43", "cut off"] },
        { "rest after the tensors", Good, 48, ["48", "44"] },
        { "overlap", Good.Replace("[24,32]", "[20,28]"), 44, ["'layer.weight' and 'layer.bias' overlap"] },
        { "same bytes twice", Good.Replace("[24,32]", "[0,8]"), 44, ["overlap"] },
        { "hole", Good.Replace("[32,44]", "[36,48]"), 48, ["bytes 32 to 36", "'norm.running_mean'"] },
        { "end before begin", Good.Replace("[24,32]", "[32,24]"), 44, ["'layer.bias'", "[32, 24]"] },
        { "one offset", Good.Replace("[24,32]", "[24]"), 44, ["'layer.bias'", "data_offsets"] },
        { "three offsets", Good.Replace("[24,32]", "[24,32,40]"), 44, ["'layer.bias'", "data_offsets"] },
        { "negative offset", Good.Replace("[0,24]", "[-24,0]"), 44, ["data_offsets of tensor 'layer.weight'", "whole numbers"] },
        { "huge offset", Good.Replace("[32,44]", "[32,99999999999999999999]"), 44, ["whole numbers"] },
        { "largest offset", Good.Replace("[32,44]", "[32,9223372036854775807]"), 44, ["'norm.running_mean'"] },
        { "wrong byte count", Good.Replace("[2,3]", "[2,4]"), 44, ["'layer.weight'", "[2, 4]", "32 bytes", "24"] },
        { "shape that overflows 64 bits", Good.Replace("[2,3]", "[4611686018427387904,4,1]"), 44, ["'layer.weight'", "more elements"] },
        { "shape that overflows to the right size", Good.Replace("[2,3]", "[4294967296,4294967296,6]"), 44, ["'layer.weight'", "more elements"] },
        { "negative dimension", Good.Replace("[2,3]", "[-2,-3]"), 44, ["shape of tensor 'layer.weight'", "whole numbers"] },
        { "fractional dimension", Good.Replace("[2,3]", "[2.5,3]"), 44, ["shape of tensor 'layer.weight'"] },
        { "text in a shape", Good.Replace("[2,3]", "[\"2\",3]"), 44, ["shape of tensor 'layer.weight'"] },
        { "unknown dtype", Good.Replace("\"F32\",\"shape\":[2]", "\"F31\",\"shape\":[2]"), 44, ["'layer.bias'", "'F31'"] },
        { "no dtype", Good.Replace("\"dtype\":\"F32\",\"shape\":[2]", "\"shape\":[2]"), 44, ["'layer.bias'", "lacks dtype"] },
        { "no shape", Good.Replace("\"shape\":[2],", ""), 44, ["'layer.bias'", "lacks shape"] },
        { "no offsets", Good.Replace(",\"data_offsets\":[24,32]", ""), 44, ["'layer.bias'", "lacks data_offsets"] },
        { "unknown key", Good.Replace("\"shape\":[2],", "\"shape\":[2],\"evil\":1,"), 44, ["'layer.bias'", "'evil'"] },
        { "key twice", Good.Replace("\"shape\":[2],", "\"shape\":[2],\"shape\":[2],"), 44, ["'layer.bias'", "'shape' twice"] },
        { "name twice", Good.Replace("layer.bias", "layer.weight"), 44, ["'layer.weight' is there twice"] },
        { "metadata twice", """{"__metadata__":{},"__metadata__":{},""" + Good[1..], 44, ["__metadata__ is there twice"] },
        { "metadata of numbers", """{"__metadata__":{"a":1},""" + Good[1..], 44, ["__metadata__ entry 'a'"] },
        { "tensor that is a number", """{"x":1,""" + Good[1..], 44, ["tensor 'x'"] },
        { "array", "[]", 44, ["the header"] },
        { "no JSON", "hello", 44, ["not the JSON"] },
        { "unfinished", Good[..^1], 44, ["header"] },
        { "more behind", Good + "{}", 44, ["not the JSON"] },
        { "deep nesting", """{"x":{"shape":""" + new string('[', 5000), 44, ["shape of tensor 'x'"] },
        { "empty", "", 44, ["header"] },
        { "another shape", Good.Replace("[2,3]", "[3,2]"), 44, ["'layer.weight'", "[3, 2]", "expected [2, 3]"] },
        { "another rank", Good.Replace("[2,3]", "[6]"), 44, ["'layer.weight'", "[6]", "expected [2, 3]"] },
        { "another type", Good.Replace("\"F32\",\"shape\":[2]", "\"I32\",\"shape\":[2]"), 44, ["'layer.bias'", "I32", "expected F32"] },
        { "another name", Good.Replace("layer.bias", "layer.bais"), 44, ["'layer.bias'", "not there", "'layer.bais'"] },
        { "one more", Good[..^1] + ",\"other\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[44,48]}}", 48, ["'other'", "none of Regressor's"] },
        { "empty name", Good[..^1] + ",\"\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[44,48]}}", 48, ["''", "none of Regressor's"] },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Bad_files_are_refused_with_reason_and_change_nothing(string what, string header, int dataLength, string[] parts)
    {
        Assert.NotEmpty(what);
        Refused(Bytes(header, new byte[dataLength]), parts);
    }

    [Fact]
    public void Bad_header_lengths_are_refused()
    {
        byte[] file = Bytes(Good, new byte[44]).ToArray();
        foreach (ulong length in new[] { ulong.MaxValue, 1UL << 63, (ulong)int.MaxValue, 100_000_001UL, (ulong)(file.Length - 7) })
        {
            BinaryPrimitives.WriteUInt64LittleEndian(file, length);
            Refused(new MemoryStream(file), "header", $"{length}");
        }

        Refused(new MemoryStream(), "0 bytes");
        Refused(new MemoryStream([1, 2, 3]), "3 bytes");
    }

    [Fact]
    public void Every_truncation_and_every_flipped_header_byte_is_refused()
    {
        byte[] file = Bytes(Good, new byte[44]).ToArray();
        for (int length = 0; length < file.Length; length++)
        {
            Refused(new MemoryStream(file[..length]));
        }

        for (int i = 0; i < file.Length - 44; i++)
        {
            foreach (byte flip in new byte[] { 0x01, 0x04, 0x20, 0x80 })
            {
                byte[] damaged = [.. file];
                damaged[i] ^= flip;
                Refused(new MemoryStream(damaged));
            }
        }
    }

    [Fact]
    public void PyTorchs_batch_counters_are_passed_over_but_only_they()
    {
        static string With(string name, string type) => Good[..^1] + $",\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[],\"data_offsets\":[44,52]}}}}";
        Regressor network = new(1);
        LoadResult result = NetworkFile.LoadParameters(network, Bytes(With("norm.num_batches_tracked", "I64"), new byte[52]));
        Assert.Equal(["norm.num_batches_tracked"], result.Ignored);
        Assert.Equal(3, result.Loaded.Count);
        Refused(Bytes(With("norm.num_batches_tracked", "F64"), new byte[52]), "none of Regressor's");
        Refused(Bytes(With("layer.num_batches_tracked", "I64"), new byte[52]), "none of Regressor's");
    }

    [Fact]
    public void Parts_are_loaded_by_name()
    {
        using MemoryStream stream = new();
        Regressor source = new(1);
        NetworkFile.Save(source, stream);
        Regressor network = new(2);
        network.Parameters["layer.bias"].CopyFrom([7, 8]);
        int[] weight = TestData.Bits(network.Parameters["layer.weight"].ToArray());
        stream.Position = 0;
        LoadResult result = NetworkFile.LoadParameters(network, stream, new LoadOptions { Names = "*.bias" });
        Assert.Equal(["layer.bias"], result.Loaded);
        Assert.Equal(["layer.weight", "norm.running_mean"], result.Ignored);
        Assert.Equal([0.25f, 0.25f], network.Parameters["layer.bias"].ToArray());
        Assert.Equal(weight, TestData.Bits(network.Parameters["layer.weight"].ToArray()));
        stream.Position = 0;
        Assert.Throws<ArgumentException>(() => NetworkFile.LoadParameters(network, stream, new LoadOptions { Names = "Stem" }));

        const string header = """{"layer.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"head":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""";
        LoadResult loose = NetworkFile.LoadParameters(network, Bytes(header, new byte[11]), new LoadOptions { Strict = false });
        Assert.Equal(["layer.bias"], loose.Loaded);
        Assert.Equal(["layer.weight", "norm.running_mean"], loose.Missing);
        Assert.Equal(["head"], loose.Ignored);
        Assert.Equal([0f, 0f], network.Parameters["layer.bias"].ToArray());
    }

    [Fact]
    public void A_failed_save_leaves_the_old_file_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("n.safetensors");
        NetworkFile.Save(new Regressor(1), path);
        byte[] old = File.ReadAllBytes(path);
        Assert.Throws<InvalidDataException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new InvalidDataException("The power fails.");
        }));
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Equal(["n.safetensors"], folder.Files);

        NetworkFile.Save(new Regressor(2), path);
        Assert.NotEqual(old, File.ReadAllBytes(path));
        Assert.Equal(["n.safetensors"], folder.Files);
    }

    [Fact]
    public void The_old_file_is_whole_while_the_new_one_is_written()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("n.safetensors");
        NetworkFile.Save(new Regressor(1), path);
        AtomicFile.Write(path, stream =>
        {
            stream.Write([1, 2, 3]);
            Assert.Equal(TestData.Bits(new Regressor(1).State), TestData.Bits(NetworkFile.Load<Regressor>(path).State));
        });
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
    }

    [Fact]
    public void A_file_behind_a_link_is_replaced_and_the_link_stays()
    {
        using TemporaryFolder folder = new();
        NetworkFile.Save(new Regressor(1), folder.File("real"));
        File.CreateSymbolicLink(folder.File("link"), folder.File("real"));
        NetworkFile.Save(new Regressor(2), folder.File("link"));
        Assert.NotNull(new FileInfo(folder.File("link")).LinkTarget);
        Assert.Equal(TestData.Bits(new Regressor(2).State), TestData.Bits(NetworkFile.Load<Regressor>(folder.File("real")).State));
    }

    private static MemoryStream Bytes(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return new MemoryStream([.. length, .. json, .. data]);
    }

    private static void Refused(Stream file, params string[] parts)
    {
        Regressor network = new(3);
        int[] before = TestData.Bits(network.State);
        SafetensorsException error = Assert.Throws<SafetensorsException>(() => NetworkFile.LoadParameters(network, file));
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.Equal(before, TestData.Bits(network.State));
    }

    /// <summary>A stream that cannot seek, like one from a network.</summary>
    private sealed class OneWay(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, Math.Min(count, 5));

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    [Fact]
    public void A_path_that_no_file_can_have_is_named_before_anything_is_trained()
    {
        using TemporaryFolder folder = new();
        SmallClassifier network = new(1);
        using Trainer<SmallClassifier> trainer = new(network, new Sgd(), threads: 1);
        DataSet data = TestData.Clouds(10, 1);
        string nowhere = folder.File("none/a.safetensors");
        foreach (string path in (string[])[folder.Path, folder.Path + "/", nowhere, folder.File("new/"), ""])
        {
            Action[] uses =
            [
                () => NetworkFile.Save(network, path), () => trainer.SaveCheckpoint(path), () => trainer.Fit(data, new FitOptions { Epochs = 1, CheckpointPath = path }),
            ];
            foreach (Action use in uses)
            {
                Exception error = Assert.ThrowsAny<Exception>(use);
                Assert.True(path.Length == 0 ? error is ArgumentException : error is IOException && error.Message.Contains($"'{path}'", StringComparison.Ordinal), error.ToString());
            }
        }

        Assert.Throws<DirectoryNotFoundException>(() => NetworkFile.Save(network, nowhere));
        Assert.Equal(0, trainer.StepCount);
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void A_stream_that_cannot_be_read_is_no_damaged_file()
    {
        using TemporaryFolder folder = new();
        using FileStream writing = new(folder.File("a"), FileMode.Create, FileAccess.Write);
        Assert.Throws<ArgumentException>("stream", () => NetworkFile.Load<Regressor>(writing));
        Assert.Throws<ArgumentNullException>(() => new LoadOptions { Names = null! });
    }
}
