using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;

namespace NetCompiler.Tests;

/// <summary>What is no file, or not for long, or holds texts that no message has room for.</summary>
public sealed class HostileFileTests
{
    /// <summary>Nothing is at the other end: whoever opened it would wait for ever.</summary>
    [SkippableFact]
    public void Nothing_is_saved_in_the_place_of_a_pipe()
    {
        using TemporaryFolder folder = new();
        string pipe = Pipe(folder);
        File.CreateSymbolicLink(folder.File("link"), pipe);
        Regressor network = new(1);
        using Trainer<Regressor> trainer = new(network, new Sgd(), threads: 1);
        foreach (string path in new[] { pipe, folder.File("link") })
        {
            Assert.Contains($"'{path}' is a pipe, a socket or a device", Assert.Throws<IOException>(() => NetworkFile.Save(network, path)).Message, StringComparison.Ordinal);
            Assert.Throws<IOException>(() => trainer.SaveCheckpoint(path));
            Assert.Throws<IOException>(() => trainer.Fit(new DataSet(new float[3], new float[2], 1), new FitOptions { CheckpointPath = path }));
        }

        Assert.Equal(["link", "pipe"], folder.Files);
        Assert.Equal(0, trainer.StepCount);

        // What was there is there still.
        NetworkFile.Save(network, folder.File("file"));
        using Task<Regressor> loaded = Through(pipe, folder.File("file"));
        Assert.Equal(TestData.Bits(network.State), TestData.Bits(loaded.Result.State));
    }

    [SkippableFact]
    public void A_network_comes_through_a_pipe()
    {
        using TemporaryFolder folder = new();
        string pipe = Pipe(folder);
        Classifier network = new(3);
        using Trainer<Classifier> trainer = new(network, new Adam(), threads: 1);
        trainer.SaveCheckpoint(folder.File("file"));
        using Task<Classifier> loaded = Task.Run(() => NetworkFile.Load<Classifier>(pipe));
        Write(pipe, File.ReadAllBytes(folder.File("file")));
        Assert.Equal(TestData.Bits(network.State), TestData.Bits(loaded.Result.State));

        using Task<SafetensorsException> refused = Task.Run(() => Assert.Throws<SafetensorsException>(() => NetworkFile.Load<Classifier>(pipe)));
        Write(pipe, [1, 2, 3]);
        Assert.StartsWith("pipe: 3 bytes are too few", refused.Result.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, "ended within the header")]
    [InlineData(100, "ended within the header")]
    [InlineData(-45, "ended within the header")]
    [InlineData(-1, "ended within tensor 'norm.running_mean' (bytes 32 to 44 of the data)")]
    [InlineData(-13, "ended within tensor 'layer.bias' (bytes 24 to 32 of the data)")]
    public void A_file_that_is_cut_off_while_it_is_read_is_refused_with_the_place(int length, string expected)
    {
        using MemoryStream whole = new();
        NetworkFile.Save(new Regressor(1), whole);
        byte[] bytes = whole.ToArray();
        using Shrinking file = new(bytes[..(length < 0 ? bytes.Length + length : length)], bytes.Length);
        Regressor network = new(2);
        int[] before = TestData.Bits(network.State);
        Assert.Contains(expected, Assert.Throws<SafetensorsException>(() => NetworkFile.LoadParameters(network, file)).Message, StringComparison.Ordinal);
        Assert.Equal(before, TestData.Bits(network.State));
    }

    /// <summary>Each message shows the beginning of the long text, and is short all the same.</summary>
    [Theory]
    [InlineData("""{"#":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8)]
    [InlineData("""{"#":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", 8)]
    [InlineData("""{"#":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8)]
    [InlineData("""{"#":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 0)]
    [InlineData("""{"#":{"dtype":"F32","shape":[4611686018427387904,9],"data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"#":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"#":1}""", 0)]
    [InlineData("""{"a":{"#":1}}""", 0)]
    [InlineData("""{"a":{"dtype":"#","shape":[1],"data_offsets":[0,4]}}""", 4)]
    [InlineData("""{"__metadata__":{"#":1}}""", 0)]
    [InlineData("""{"__metadata__":{"#":"","#":""}}""", 0)]
    [InlineData("""{"#":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 8)]
    public void Long_names_are_cut_in_messages(string header, int dataLength)
    {
        string message = Refusal(header.Replace("#", new string('x', 5000), StringComparison.Ordinal), dataLength);
        Assert.Contains($"'{new string('x', 200)}...'", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 200, 1000);
    }

    [Fact]
    public void Long_shapes_are_cut_in_messages()
    {
        string message = Refusal("""{"layer.weight":{"dtype":"F32","shape":[#],"data_offsets":[0,4]}}""".Replace("#", string.Join(',', Enumerable.Repeat("1", 5000)), StringComparison.Ordinal), 4);
        Assert.Contains("has shape [1, 1, 1", message, StringComparison.Ordinal);
        Assert.Contains(", 1...; expected [2, 3]", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 200, 1000);
    }

    [Fact]
    public void Near_names_are_those_of_the_first_and_of_a_length_that_can_be_shown()
    {
        string[] many = [.. Enumerable.Range(0, 10_001).Select(i => $"name{i}")];
        Assert.StartsWith("The nearest names among the first 10000 are 'name1000', ", NearNames.Suggest("name10000", many), StringComparison.Ordinal);
        Assert.StartsWith("The nearest names are 'name1', ", NearNames.Suggest("name1", many[..10_000]), StringComparison.Ordinal);
        Assert.Equal("The nearest names are 'b'.", NearNames.Suggest("x", [new string('x', 201), "b"]));
        Assert.Equal("All names are longer than 200 characters.", NearNames.Suggest("x", [new string('x', 201)]));
        Assert.Equal("There are none at all.", NearNames.Suggest("x", []));
        Assert.Equal("The nearest names are 'b'.", NearNames.Suggest(new string('b', 5_000_000), ["b"]));
    }

    private static string Refusal(string header, int dataLength)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using MemoryStream file = new([.. length, .. json, .. new byte[dataLength]]);
        return Assert.Throws<SafetensorsException>(() => NetworkFile.Load<Regressor>(file)).Message;
    }

    private static Task<Regressor> Through(string pipe, string file)
    {
        Task<Regressor> loaded = Task.Run(() => NetworkFile.Load<Regressor>(pipe));
        Write(pipe, File.ReadAllBytes(file));
        return loaded;
    }

    private static string Pipe(TemporaryFolder folder)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Elsewhere pipes are not told from files.");
        using Process? process = Start("mkfifo", folder.File("pipe"));
        Skip.If(process is null, "There is no mkfifo.");
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return folder.File("pipe");
    }

    private static Process? Start(string program, string argument)
    {
        try
        {
            return Process.Start(program, [argument]);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static void Write(string pipe, byte[] bytes)
    {
        // Both ends share it; .NET would otherwise lock it as it does files.
        using FileStream stream = new(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.Write(bytes);
    }

    /// <summary>Has fewer bytes than it said at first.</summary>
    private sealed class Shrinking(byte[] bytes, long length) : MemoryStream(bytes)
    {
        public override long Length => length;
    }
}
