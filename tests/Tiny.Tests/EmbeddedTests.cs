using NetCompiler;

namespace Tiny.Tests;

/// <summary>The way of a file of weights through MSBuild and the compiler into this assembly.</summary>
public sealed class EmbeddedTests
{
    private const string Weights = "samples/Tiny/digits.safetensors";

    [Fact]
    public void The_resource_is_the_file_under_its_path_from_the_project()
    {
        var assembly = typeof(Reader).Assembly;
        var name = Assert.Single(assembly.GetManifestResourceNames(), n => n.StartsWith("NetCompiler.Weights/", StringComparison.Ordinal));
        Assert.Equal("NetCompiler.Weights/../../" + Weights, name);
        using var resource = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        Assert.Equal(File.ReadAllBytes(Repository.File(Weights)), bytes);
    }

    [Fact]
    public void Pretrained_gives_the_same_bits_as_the_loaded_file()
    {
        var loaded = Reader.Load(Repository.File(Weights));
        var random = new Random(1);
        var inputs = new float[50 * Reader.InputSize];
        foreach (ref var input in inputs.AsSpan()) input = random.NextSingle();
        Assert.Same(Reader.Pretrained, Reader.Pretrained);
        foreach (var network in new[] { Reader.Pretrained, Reader.LoadPretrained() })
        {
            Assert.Equal(loaded.Parameters.Select(p => p.ToArray()), network.Parameters.Select(p => p.ToArray()));
            Assert.Equal(Outputs(loaded), Outputs(network));
        }

        float[] Outputs(Reader network)
        {
            var outputs = new float[50 * Reader.OutputSize];
            network.Forward(inputs, outputs);
            return outputs;
        }
    }

    [Fact]
    public void Predictions_of_the_shared_network_allocate_nothing()
    {
        float[] input = new float[Reader.InputSize], output = new float[Reader.OutputSize];
        Reader.Pretrained.Forward(input, output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Reader.Pretrained.Forward(input, output);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}

[Network(Loss = Loss.MeanSquaredError, Weights = "Tiny/digits.safetensors")]
[Input(64), Dense(32), Relu, Dense(10), Softmax]
internal sealed partial class Reader;
