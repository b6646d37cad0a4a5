using BenchmarkDotNet.Attributes;

namespace NetCompiler.Benchmarks;

/// <summary>Predicting on one thread: one sample, where latency counts, and 32.</summary>
[MemoryDiagnoser]
[DisassemblyDiagnoser(maxDepth: Depth)]
public class PredictionBenchmarks
{
    /// <summary>Calls down from a benchmark to the kernels.</summary>
    internal const int Depth = 4;

    private readonly MlpTiny mlpTiny = new(seed: 1);
    private readonly MlpMnist mlpMnist = new(seed: 1);
    private readonly MlpMid mlpMid = new(seed: 1);
    private readonly Cnn cnn = new(seed: 1);
    private readonly ResNet20 resNet20 = new(seed: 1);
    private readonly Depthwise depthwise = new(seed: 1);
    private readonly float[] outputs = new float[64 * 32];
    private float[] inputs = [];

    /// <summary>Samples in a call of Forward.</summary>
    [Params(1, 32)]
    public int Batch { get; set; }

    [GlobalSetup]
    public void MakeSamples() => inputs = Samples.Inputs(Batch * Benchmarks.Depthwise.InputSize);

    [Benchmark(Description = "mlp-tiny")]
    public void Tiny() => mlpTiny.Forward(Inputs(MlpTiny.InputSize), Outputs(MlpTiny.OutputSize));

    [Benchmark(Description = "mlp-mnist")]
    public void Mnist() => mlpMnist.Forward(Inputs(MlpMnist.InputSize), Outputs(MlpMnist.OutputSize));

    [Benchmark(Description = "mlp-mid")]
    public void Mid() => mlpMid.Forward(Inputs(MlpMid.InputSize), Outputs(MlpMid.OutputSize));

    [Benchmark(Description = "cnn")]
    public void Convolutional() => cnn.Forward(Inputs(Cnn.InputSize), Outputs(Cnn.OutputSize));

    [Benchmark(Description = "resnet20")]
    public void Residual() => resNet20.Forward(Inputs(ResNet20.InputSize), Outputs(ResNet20.OutputSize));

    [Benchmark(Description = "depthwise")]
    public void Depthwise() => depthwise.Forward(Inputs(Benchmarks.Depthwise.InputSize), Outputs(Benchmarks.Depthwise.OutputSize));

    private ReadOnlySpan<float> Inputs(int size) => inputs.AsSpan(0, Batch * size);

    private Span<float> Outputs(int size) => outputs.AsSpan(0, Batch * size);
}
