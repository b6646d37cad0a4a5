using BenchmarkDotNet.Attributes;

namespace NetCompiler.Benchmarks;

/// <summary>One training step (forward, loss, gradients, AdamW) of 32 samples.</summary>
[MemoryDiagnoser]
public class TrainingBenchmarks : IDisposable
{
    private const int Batch = 32;

    private readonly float[] tinyInputs = Samples.Inputs(Batch * MlpTiny.InputSize);
    private readonly float[] tinyTargets = Samples.Inputs(Batch * MlpTiny.OutputSize);
    private readonly float[] digits = Samples.Inputs(Batch * MlpMnist.InputSize);
    private readonly int[] labels = Samples.Labels(Batch, MlpMnist.OutputSize);
    private Trainer<MlpTiny>? tiny;
    private Trainer<MlpMnist>? mnist;
    private Trainer<Cnn>? convolutional;

    /// <summary>Threads that share the minibatch.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void MakeTrainers()
    {
        tiny = new(new MlpTiny(seed: 1), new AdamW { LearningRate = 1e-3f }, Threads);
        mnist = new(new MlpMnist(seed: 1), new AdamW { LearningRate = 1e-3f }, Threads);
        convolutional = new(new Cnn(seed: 1), new AdamW { LearningRate = 1e-3f }, Threads);
    }

    [Benchmark(Description = "mlp-tiny 16-32-32-1")]
    public float Tiny() => tiny!.Step(tinyInputs, tinyTargets);

    [Benchmark(Description = "mlp-mnist 784-128-10")]
    public float Mnist() => mnist!.Step(digits, labels);

    [Benchmark(Description = "cnn 28x28, 8 and 16 channels")]
    public float Convolutional() => convolutional!.Step(digits, labels);

    [GlobalCleanup]
    public void Dispose()
    {
        tiny?.Dispose();
        mnist?.Dispose();
        convolutional?.Dispose();
        GC.SuppressFinalize(this);
    }
}
