using System.Reflection;
using System.Text;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Tests.Weights;
using NetCompiler.Compiler.Weights;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Networks with their parameters in the assembly.</summary>
public sealed class EmbeddedWeightsTests
{
    // Padded rows, weights in blocks of 16, 3x3 weights that predictions transform, buffers, a parameter of one element.
    private static readonly NetworkSpec s_images = Network(
        Loss("MeanSquaredError"), [],
        P("Image", Input(3, 12, 12)), P("Stem", L("Conv2D", ("Channels", 20), ("Kernel", 3)), L("BatchNorm"), L("Relu")),
        P("Wide", L("GlobalAveragePool"), Dense(256), L("Relu")), P("Output", Dense(128), L("Relu"), Dense(1)));

    private static readonly NetworkSpec s_small = Chain(Loss("MeanSquaredError"), Input(5), Dense(7), L("Tanh"), Dense(3));

    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("BF16")]
    [InlineData("F64")]
    public void Same_parameters_and_outputs_as_the_loaded_file(string type)
    {
        foreach (var spec in new[] { s_images, s_small })
        {
            var file = FileOf(spec, type);
            Call(nameof(CheckSame), InMemory.Compile(spec, file), file);
        }
    }

    [Fact]
    public void Packed_weights_give_the_same()
    {
        foreach (var spec in new[] { s_images, s_small }) Call(nameof(CheckSame), InMemory.Compile(spec, Packed(spec)), FileOf(spec, "F32"));
    }

    [Fact]
    public void Large_packed_weights_are_used_where_they_lie()
    {
        var spec = Chain(Loss("MeanSquaredError"), Input(1000), Dense(8400), L("Relu"), Dense(3)); // More than 32 MB.
        Call(nameof(CheckInPlace), InMemory.Compile(spec, Packed(spec)), FileOf(spec, "F32"));
    }

    [Fact]
    public void A_network_without_parameters_may_have_weights() =>
        Call(nameof(CheckSame), InMemory.Compile(Chain(Input(5), L("Relu")), SafetensorsBytes.Zeros()), SafetensorsBytes.Zeros());

    [Fact]
    public void What_all_share_cannot_be_changed() => Call(nameof(CheckShared), InMemory.Compile(s_images, FileOf(s_images, "F32")));

    [Fact]
    public void Threads_that_ask_at_once_get_one_network() => Call(nameof(CheckOnce), InMemory.Compile(s_images, FileOf(s_images, "F32")));

    [Fact]
    public void Another_resource_than_the_build_has_seen_is_an_error()
    {
        var file = FileOf(s_small, "F32");
        Call(nameof(CheckFault), InMemory.Compile(s_small, file, [.. file, 0]), $"Net: the resource 'NetCompiler.Weights/net.safetensors' has {file.Length + 1} bytes; it had {file.Length} when the assembly was built.");
    }

    /// <summary>The build and the library must agree on what a header is: the program relies on what the build has read.</summary>
    [Fact]
    public void Build_and_library_accept_the_same_files()
    {
        const string Valid = """{"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"y":{"dtype":"F16","shape":[],"data_offsets":[8,10]}}""";
        const string Characters = "{}[],:\"\\ 0123456789u.-eFx\n\u00E9";
        var random = new Random(1);
        var accepted = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var header = new StringBuilder(Valid);
            for (var edits = random.Next(2); edits >= 0; edits--)
            {
                var at = random.Next(header.Length);
                if (random.Next(3) == 0) header.Remove(at, 1);
                else if (random.Next(2) == 0) header.Insert(at, Characters[random.Next(Characters.Length)]);
                else header[at] = Characters[random.Next(Characters.Length)];
            }

            var bytes = SafetensorsBytes.WithHeader(header.ToString(), new byte[10]);
            var problem = "";
            try
            {
                SafetensorsHeader.Read(new MemoryStream(bytes), "The file");
                accepted++;
            }
            catch (SafetensorsException e)
            {
                problem = e.Message;
            }

            // JSON's minus zero is a number to the library, and nobody writes it.
            var read = WeightsReader.Read(new MemoryStream(bytes), "The file", "").Problem;
            if (!header.ToString().Contains("-0", StringComparison.Ordinal)) Assert.True((problem.Length > 0) == (read.Length > 0), $"{header}\nlibrary: {problem}\nbuild: {read}");
        }

        Assert.InRange(accepted, 500, 10_000);
    }

    private static void CheckSame<T>(byte[] file)
        where T : class, INetwork<T>
    {
        var loaded = NetworkFile.Load<T>(new MemoryStream(file));
        foreach (var network in new[] { Pretrained<T>(), LoadPretrained<T>() })
        {
            foreach (var (expected, actual) in loaded.State.Parameters.Zip(network.State.Parameters))
                Assert.Equal(expected.ToArray(), actual.ToArray());
            CheckOutputs(loaded, network);
        }
    }

    private static void CheckInPlace<T>(byte[] file)
        where T : class, INetwork<T>
    {
        Assert.True(Pretrained<T>().State.Buffer.IsReadOnly);
        Assert.False(LoadPretrained<T>().State.Buffer.IsReadOnly);
        CheckSame<T>(file);
        using var saved = new MemoryStream();
        NetworkFile.Save(Pretrained<T>(), saved);
        saved.Position = 0;
        CheckOutputs(NetworkFile.Load<T>(saved), Pretrained<T>());
        Assert.Throws<InvalidOperationException>(() => Pretrained<T>().State.Parameters[0].CopyFrom(new float[8_400_000]));
    }

    private static void CheckShared<T>()
        where T : class, INetwork<T>
    {
        var shared = Pretrained<T>();
        Assert.True(shared.State.IsReadOnly);
        var before = Outputs(shared);
        var bias = shared.State.Parameters["Output.0.bias"];
        var message = Assert.Throws<InvalidOperationException>(() => bias.CopyFrom(new float[bias.Length])).Message;
        Assert.Equal("Net.Pretrained is shared by the whole program, so its parameters cannot be changed. Change those of a network of your own: "
            + "Net.LoadPretrained() makes one that begins with the same parameters.", message);
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => new Trainer<T>(shared, new Adam())).Message);
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => shared.State.Storage.Clear()).Message);
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => NetworkFile.LoadParameters(shared, new MemoryStream(FileOf(s_images, "F32")))).Message);

        // One's own is trained; the shared one stays as it is.
        var own = LoadPretrained<T>();
        Assert.False(own.State.IsReadOnly);
        using (var trainer = new Trainer<T>(own, new Adam { LearningRate = 0.1f }, threads: 1))
            trainer.Step(Numbers(4 * 432, 1), new float[4]);
        Assert.NotEqual(before, Outputs(own));
        Assert.Equal(before, Outputs(shared));
        Assert.Same(shared, Pretrained<T>());
        Assert.Equal(before, Outputs(LoadPretrained<T>()));
    }

    private static void CheckOnce<T>()
        where T : class, INetwork<T>
    {
        using var start = new ManualResetEventSlim();
        var found = new T?[8];
        var threads = Enumerable.Range(0, found.Length).Select(i => new Thread(() =>
        {
            start.Wait();
            found[i] = Pretrained<T>();
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        start.Set();
        foreach (var thread in threads) thread.Join();
        Assert.NotNull(found[0]);
        Assert.All(found, n => Assert.Same(found[0], n));
    }

    private static void CheckFault<T>(string message)
        where T : class, INetwork<T>
    {
        // Each time, not wrapped, and with all that it has to say.
        for (var i = 0; i < 2; i++) Assert.StartsWith(message, Assert.Throws<InvalidOperationException>(() => Pretrained<T>()).Message, StringComparison.Ordinal);
    }

    private static void CheckOutputs<T>(T expected, T actual)
        where T : class, INetwork<T>
    {
        foreach (var path in AgreementTests.Paths)
        {
            expected.InstructionPath = actual.InstructionPath = path;
            Assert.Equal(Outputs(expected), Outputs(actual));
        }
    }

    private static float[] Outputs<T>(T network)
        where T : class, INetwork<T>
    {
        const int Batch = 3;
        var outputs = new float[Batch * T.Description.Outputs.Sum(o => o.Length)];
        network.ForwardAll(Numbers(Batch * T.Description.Inputs.Sum(i => i.Length), 7), outputs);
        Assert.All(outputs, o => Assert.True(float.IsFinite(o)));
        return outputs;
    }

    private static T Pretrained<T>() => (T)Invoke<T>("get_Pretrained");

    private static T LoadPretrained<T>() => (T)Invoke<T>("LoadPretrained");

    private static object Invoke<T>(string method) =>
        typeof(T).GetMethod(method, BindingFlags.Public | BindingFlags.Static)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null)!;

    private static void Call(string method, byte[] assembly, params object[] arguments) =>
        Generic.Call(typeof(EmbeddedWeightsTests), null, method, InMemory.Load(assembly).GetType("Some.Net")!, arguments);

    /// <summary>A file with this network's parameters, all of that type.</summary>
    private static byte[] FileOf(NetworkSpec spec, string type)
    {
        var parameters = Compiler.Pipeline.Compile(spec with { Weights = "" }).Weights!.Parameters;
        return SafetensorsBytes.Of([], [.. parameters.Select((p, i) =>
        {
            int[] shape = [.. p.Shape];
            var values = Numbers(shape.Aggregate(1, (a, b) => a * b), i);
            if (p.Name.EndsWith("running_var", StringComparison.Ordinal)) values = Array.ConvertAll(values, v => v + 2);
            return (p.Name, type, shape, SafetensorsBytes.Bytes(type, values));
        })]);
    }

    /// <summary>The same parameters as the library packs them.</summary>
    private static byte[] Packed(NetworkSpec spec) =>
        (byte[])Generic.Call(typeof(EmbeddedWeightsTests), null, nameof(Pack), InMemory.Load(InMemory.Compile([spec])).GetType("Some.Net")!, FileOf(spec, "F32"))!;

    private static byte[] Pack<T>(byte[] file)
        where T : class, INetwork<T>
    {
        var path = Path.GetTempFileName();
        try
        {
            NetworkFile.SavePacked(NetworkFile.Load<T>(new MemoryStream(file)), path);
            var fault = Assert.Throws<SafetensorsException>(() => NetworkFile.Load<T>(path)).Message;
            Assert.Contains("the file is packed (SavePacked) for [Network(Weights = ...)]", fault, StringComparison.Ordinal);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        foreach (ref var value in values.AsSpan()) value = (random.NextSingle() - 0.5f) / 4;
        return values;
    }
}
