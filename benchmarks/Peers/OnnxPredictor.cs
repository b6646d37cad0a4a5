using Microsoft.ML.OnnxRuntime;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>ONNX Runtime as fast as its C# interface allows: memory bound once, all optimisations, sequential execution.</summary>
internal sealed class OnnxPredictor : Peer
{
    public const string SystemName = "ONNX Runtime";

    private readonly SessionOptions options;
    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly OrtValue input, output;
    private readonly OrtIoBinding binding;
    private readonly float[] outputs;

    public OnnxPredictor(Assignment task)
        : base(SystemName)
    {
        options = new SessionOptions
        {
            IntraOpNumThreads = task.Threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        var (file, outputName) = OnnxModel.Write(task);
        session = new InferenceSession(file, options);
        outputs = new float[task.Batch * task.Output];
        input = OrtValue.CreateTensorValueFromMemory(task.Inputs, task.InputShape);
        output = OrtValue.CreateTensorValueFromMemory(outputs, [task.Batch, task.Output]);
        binding = session.CreateIoBinding();
        binding.BindInput(OnnxModel.Input, input);
        binding.BindOutput(outputName, output);
    }

    public override void Run() => session.RunWithBinding(run, binding);

    public override Dictionary<string, double[]> Results() => new() { [Output] = Numbers(outputs) };

    public override void Dispose()
    {
        binding.Dispose();
        input.Dispose();
        output.Dispose();
        run.Dispose();
        session.Dispose();
        options.Dispose();
    }
}
