using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;

namespace NetCompiler.Benchmarks;

/// <summary>
/// The layers one by one: predicting a sample, a training step of 32, and a step of a sequence, all on one thread. The disassembly has every kernel that ran, found by
/// the type that it is a method of.
/// </summary>
[MemoryDiagnoser]
[SuppressMessage("Performance", "CA1822:Mark members as static", Justification = "BenchmarkDotNet calls instance methods.")]
[DisassemblyDiagnoser(maxDepth: 1, filters: ["*Kernels512.*", "*Kernels256.*", "*Kernels128.*"])]
public class LayerBenchmarks
{
    private static readonly List<LayerCase> Cases =
    [
        new LayerCase<AttentionLayer>("attention", sequence: n => Sequence(AttentionLayer.StepInputSize, AttentionLayer.StepOutputSize, n.CreateState(), n.Step)),
        new LayerCase<LstmLayer>("lstm", sequence: n => Sequence(LstmLayer.StepInputSize, LstmLayer.StepOutputSize, n.CreateState(), n.Step)),
        new LayerCase<GruLayer>("gru", sequence: n => Sequence(GruLayer.StepInputSize, GruLayer.StepOutputSize, n.CreateState(), n.Step)),
        new LayerCase<Conv1DLayers>("conv1d-stack", sequence: n => Sequence(Conv1DLayers.StepInputSize, Conv1DLayers.StepOutputSize, n.CreateState(), n.Step)),
        new LayerCase<RmsNormLayer>("rms-norm"),
        new LayerCase<LayerNormLayer>("layer-norm"),
        new LayerCase<AudioFrontEnd>("audio-front-end", sequence: n => Sequence(AudioFrontEnd.StepInputSize, AudioFrontEnd.StepOutputSize, n.CreateState(), n.Step)),
        new LayerCase<WinogradLayers>("winograd"),
        new LayerCase<EmbeddingLayer>("embedding", tokens: 512),
    ];

    /// <summary>A step of a network, as the generator writes it.</summary>
    private delegate void StepOf<TState>(TState state, ReadOnlySpan<float> input, Span<float> output);

    /// <summary>All of them.</summary>
    public static IEnumerable<LayerCase> Layers => Cases;

    /// <summary>Those that can be run row by row.</summary>
    public static IEnumerable<LayerCase> Sequences => Cases.Where(c => c.HasSteps);

    [Benchmark]
    [ArgumentsSource(nameof(Layers))]
    public void Predict(LayerCase layer) => layer.Predict();

    [Benchmark]
    [ArgumentsSource(nameof(Layers))]
    public float Train(LayerCase layer) => layer.Train();

    [Benchmark(OperationsPerInvoke = LayerCase.Steps)]
    [ArgumentsSource(nameof(Sequences))]
    public void Step(LayerCase layer) => layer.Step();

    [GlobalCleanup]
    public void Close() => Cases.ForEach(c => c.Dispose());

    /// <summary>A sequence begins anew with each run, since attention remembers a limited number of steps.</summary>
    private static Action Sequence<TState>(int inputSize, int outputSize, TState state, StepOf<TState> step)
        where TState : SequenceState
    {
        var input = Samples.Inputs(inputSize);
        var output = new float[outputSize];
        return () =>
        {
            state.Reset();
            for (var i = 0; i < LayerCase.Steps; i++) step(state, input, output);
        };
    }
}
