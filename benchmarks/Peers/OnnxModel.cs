using System.Globalization;
using System.Runtime.InteropServices;
using NetCompiler.Benchmarks.Compare;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>A network as an ONNX file. The numbers of fields are those of onnx.proto.</summary>
internal sealed class OnnxModel
{
    public const string Input = "input";
    private const int FormatVersion = 8, OperatorSet = 17;
    private const int FloatType = 1, FloatAttribute = 1, IntAttribute = 2, IntsAttribute = 7;

    private readonly Protobuf graph = new();
    private readonly IReadOnlyDictionary<string, (int[] Shape, float[] Values)> parameters;
    private int values;

    private OnnxModel(IReadOnlyDictionary<string, (int[] Shape, float[] Values)> parameters) => this.parameters = parameters;

    /// <summary>The file's bytes and its output's name.</summary>
    public static (byte[] File, string Output) Write(Assignment task)
    {
        var model = new OnnxModel(task.Parameters);
        var output = model.Add(task.Steps, Input);
        model.graph.Text(2, "network")
            .Message(11, Value(Input, task.InputShape))
            .Message(12, Value(output, [task.Batch, task.Output]));
        var file = new Protobuf().Int(1, FormatVersion).Message(7, model.graph).Message(8, new Protobuf().Text(1, "").Int(2, OperatorSet));
        return (file.ToArray(), output);
    }

    private string Add(Step[] steps, string x) => steps.Aggregate(x, (value, step) => Add(step, value));

    private string Add(Step step, string x) => step switch
    {
        Dense => Node("Gemm", [x, .. Parameters(step, "weight", "bias")], Int("transB", 1)),
        Conv conv => Node(
            "Conv",
            [x, .. Parameters(step, conv.Bias ? ["weight", "bias"] : ["weight"])],
            Ints("kernel_shape", conv.Kernel, conv.Kernel),
            Ints("strides", conv.Stride, conv.Stride),
            Ints("pads", conv.Pad, conv.Pad, conv.Pad, conv.Pad),
            Int("group", conv.Depthwise ? conv.Channels : 1)),
        Norm => Node("BatchNormalization", [x, .. Parameters(step, "weight", "bias", "running_mean", "running_var")], Float("epsilon", Norm.Epsilon)),
        Relu => Node("Relu", [x]),
        Softmax => Node("Softmax", [x]),
        MaxPool => Node("MaxPool", [x], Ints("kernel_shape", MaxPool.Size, MaxPool.Size), Ints("strides", MaxPool.Size, MaxPool.Size)),
        GlobalAverage => Node("Flatten", [Node("GlobalAveragePool", [x])]),
        Flatten => Node("Flatten", [x]),
        Residual residual => Node("Add", [Add(residual.Main, x), Add(residual.Shortcut, x)]),
        _ => throw new ArgumentException($"There is no ONNX operator for {step.GetType().Name} here.", nameof(step)),
    };

    private string Node(string type, string[] inputs, params Protobuf[] attributes)
    {
        var output = "v" + (values++).ToString(CultureInfo.InvariantCulture);
        var node = new Protobuf();
        foreach (var input in inputs) node.Text(1, input);
        node.Text(2, output).Text(4, type);
        foreach (var attribute in attributes) node.Message(5, attribute);
        graph.Message(1, node);
        return output;
    }

    private string[] Parameters(Step step, params string[] names)
    {
        foreach (var name in names)
        {
            var (shape, elements) = parameters[$"{step.Name}.{name}"];
            var tensor = new Protobuf();
            foreach (var dimension in shape) tensor.Int(1, dimension);
            graph.Message(5, tensor.Int(2, FloatType).Text(8, $"{step.Name}.{name}").Bytes(9, MemoryMarshal.AsBytes(elements.AsSpan())));
        }

        return [.. names.Select(n => $"{step.Name}.{n}")];
    }

    private static Protobuf Value(string name, long[] shape)
    {
        var dimensions = new Protobuf();
        foreach (var dimension in shape) dimensions.Message(1, new Protobuf().Int(1, dimension));
        return new Protobuf().Text(1, name).Message(2, new Protobuf().Message(1, new Protobuf().Int(1, FloatType).Message(2, dimensions)));
    }

    private static Protobuf Int(string name, long value) => new Protobuf().Text(1, name).Int(3, value).Int(20, IntAttribute);

    private static Protobuf Float(string name, float value) => new Protobuf().Text(1, name).Float(2, value).Int(20, FloatAttribute);

    private static Protobuf Ints(string name, params int[] values)
    {
        var attribute = new Protobuf().Text(1, name);
        foreach (var value in values) attribute.Int(8, value);
        return attribute.Int(20, IntsAttribute);
    }
}
