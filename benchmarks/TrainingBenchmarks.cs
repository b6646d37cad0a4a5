using BenchmarkDotNet.Attributes;

namespace NetCompiler.Benchmarks;

/// <summary>One training step (forward, loss, gradients, AdamW) of 32 samples.</summary>
[MemoryDiagnoser]
[DisassemblyDiagnoser(maxDepth: PredictionBenchmarks.Depth)]
public class TrainingBenchmarks : IDisposable
{
    private const int Batch = 32;

    private readonly float[] tinyInputs = Samples.Inputs(Batch * MlpTiny.InputSize);
    private readonly float[] tinyTargets = Samples.Inputs(Batch * MlpTiny.OutputSize);
    private readonly float[] digits = Samples.Inputs(Batch * MlpMnist.InputSize);
    private readonly float[] pictures = Samples.Inputs(Batch * ResNet20.InputSize);
    private readonly int[] labels = Samples.Labels(Batch, MlpMnist.OutputSize);
    private Trainer<MlpTiny>? tiny;
    private Trainer<MlpMnist>? mnist;
    private Trainer<Cnn>? convolutional;
    private Trainer<ResNet20>? residual;

    /// <summary>Threads that share the minibatch.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void MakeTrainers()
    {
        tiny = new(new MlpTiny(seed: 1), new AdamW { LearningRate = 1e-3f }, Threads);
        mnist = new(new MlpMnist(seed: 1), new AdamW { LearningRate = 1e-3f }, Threads);
        convolutional = new(new Cnn(seed: 1), new AdamW { LearningRate = 1e-3f }, Threads);
        residual = new(new ResNet20(seed: 1), new AdamW { LearningRate = 1e-3f }, Threads);
    }

    [Benchmark(Description = "mlp-tiny")]
    public float Tiny() => tiny!.Step(tinyInputs, tinyTargets);

    [Benchmark(Description = "mlp-mnist")]
    public float Mnist() => mnist!.Step(digits, labels);

    [Benchmark(Description = "cnn")]
    public float Convolutional() => convolutional!.Step(digits, labels);

    [Benchmark(Description = "resnet20")]
    public float Residual() => residual!.Step(pictures, labels);

    [GlobalCleanup]
    public void Dispose()
    {
        tiny?.Dispose();
        mnist?.Dispose();
        convolutional?.Dispose();
        residual?.Dispose();
        GC.SuppressFinalize(this);
    }
}
