using BenchmarkDotNet.Attributes;

namespace NetCompiler.Benchmarks;

/// <summary>Predicting on one thread: one sample, where latency counts, and 32.</summary>
[MemoryDiagnoser]
public class PredictionBenchmarks
{
    private readonly MlpTiny mlpTiny = new(seed: 1);
    private readonly MlpMnist mlpMnist = new(seed: 1);
    private readonly Cnn cnn = new(seed: 1);
    private float[] tinyInputs = [], digits = [], tinyOutputs = [], scores = [];

    /// <summary>Samples in a call of Forward.</summary>
    [Params(1, 32)]
    public int Batch { get; set; }

    [GlobalSetup]
    public void MakeSamples()
    {
        tinyInputs = Samples.Inputs(Batch * MlpTiny.InputSize);
        digits = Samples.Inputs(Batch * MlpMnist.InputSize);
        tinyOutputs = new float[Batch * MlpTiny.OutputSize];
        scores = new float[Batch * MlpMnist.OutputSize];
    }

    [Benchmark(Description = "mlp-tiny 16-32-32-1")]
    public void Tiny() => mlpTiny.Forward(tinyInputs, tinyOutputs);

    [Benchmark(Description = "mlp-mnist 784-128-10")]
    public void Mnist() => mlpMnist.Forward(digits, scores);

    [Benchmark(Description = "cnn 28x28, 8 and 16 channels")]
    public void Convolutional() => cnn.Forward(digits, scores);
}
