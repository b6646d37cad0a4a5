using System.Text.Json;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests.RtNeural;

/// <summary>
/// Models that Keras and PyTorch trained, with the outputs that these gave, from the tests of RTNeural. The whole sequence is given at once.
/// Keras models are lists of layers whose matrices are [in, out]; its gated recurrent units have their gates in the order z, r, n.
/// </summary>
public sealed class RtNeuralTests
{
    private const double Tolerance = 1e-5;

    [SkippableTheory]
    [InlineData("conv")]
    [InlineData("conv_stateless")]
    [InlineData("conv2d")]
    [InlineData("dense")]
    [InlineData("gru")]
    [InlineData("gru_1d")]
    [InlineData("lstm")]
    [InlineData("lstm_1d")]
    public void A_model_of_Keras(string name)
    {
        RtNeuralData.Require();
        var model = RtNeuralData.Model(name);
        var layers = model.GetProperty("layers").EnumerateArray().ToArray();
        var input = model.GetProperty("in_shape").EnumerateArray().Select(d => d.ValueKind == JsonValueKind.Number ? d.GetInt32() : 0).ToArray();
        var rows = input[1];
        var specs = new List<LayerSpec>();
        var parameters = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            var shape = layer.GetProperty("shape").EnumerateArray().ToArray();
            var units = shape[^1].GetInt32();
            var weights = layer.GetProperty("weights").EnumerateArray().ToArray();
            var prefix = specs.Count + ".";
            switch (layer.GetProperty("type").GetString())
            {
                case "dense" or "time-distributed-dense":
                    specs.Add(L("Dense", ("Units", units), ("Bias", weights.Length > 1)));
                    parameters[prefix + "weight"] = RtNeuralData.Transposed(weights[0]);
                    if (weights.Length > 1) parameters[prefix + "bias"] = RtNeuralData.Flat(weights[1]);
                    if (Activation(layer) is { } activation) specs.Add(activation);
                    break;
                case "activation":
                    specs.Add(Activation(layer)!);
                    break;
                case "conv1d":
                    // The file does not say that a convolution is causal; it has fewer rows if it is not.
                    var groups = layer.TryGetProperty("groups", out var given) ? given.GetInt32() : 1;
                    (string, object) padding = shape[1].GetInt32() < rows ? ("Padding", "Valid") : ("Causal", true);
                    specs.Add(L("Conv1D", ("Channels", units), ("Kernel", weights[0].GetArrayLength()), ("Dilation", layer.GetProperty("dilation")[0].GetInt32()), ("Groups", groups), padding));
                    AddConvolution();
                    break;
                case "conv2d":
                    specs.Add(L("Conv2D",
                        ("Channels", units), ("KernelHeight", Int("kernel_size_time")), ("KernelWidth", Int("kernel_size_feature")), ("DilationHeight", Int("dilation")),
                        ("StrideWidth", Int("strides")), ("Padding", layer.GetProperty("padding").GetString() == "same" ? "Same" : "Valid")));
                    AddConvolution();
                    break;
                case "batchnorm" or "batchnorm2d":
                    specs.Add(L("BatchNorm", ("Epsilon", layer.GetProperty("epsilon").GetDouble()), ("Affine", weights.Length > 2)));
                    string[] names = weights.Length > 2 ? ["weight", "bias", "running_mean", "running_var"] : ["running_mean", "running_var"];
                    foreach (var (each, values) in names.Zip(weights)) parameters[prefix + each] = RtNeuralData.Flat(values);
                    break;
                case "prelu":
                    var slopes = RtNeuralData.Flat(weights[0]);
                    specs.Add(L("PRelu", ("PerChannel", slopes.Length > 1)));
                    parameters[prefix + "weight"] = slopes;
                    break;
                case "gru":
                    specs.Add(L("Gru", ("Units", units)));
                    parameters[prefix + "weight_ih_l0"] = ResetFirst(RtNeuralData.Transposed(weights[0]));
                    parameters[prefix + "weight_hh_l0"] = ResetFirst(RtNeuralData.Transposed(weights[1]));
                    var biases = weights[2].EnumerateArray().Select(RtNeuralData.Flat).ToArray();
                    parameters[prefix + "bias_ih_l0"] = ResetFirst(biases[0]);
                    parameters[prefix + "bias_hh_l0"] = ResetFirst(biases[1]);
                    break;
                case "lstm":
                    specs.Add(L("Lstm", ("Units", units)));
                    parameters[prefix + "weight_ih_l0"] = RtNeuralData.Transposed(weights[0]);
                    parameters[prefix + "weight_hh_l0"] = RtNeuralData.Transposed(weights[1]);
                    parameters[prefix + "bias_ih_l0"] = RtNeuralData.Flat(weights[2]);
                    parameters[prefix + "bias_hh_l0"] = new float[4 * units];
                    break;
                case var other:
                    throw new NotSupportedException($"The model '{name}' has a layer of type '{other}'.");
            }

            rows = shape[1].ValueKind == JsonValueKind.Number ? shape[1].GetInt32() : 0;

            int Int(string property) => layer.GetProperty(property).GetInt32();

            void AddConvolution()
            {
                parameters[prefix + "weight"] = RtNeuralData.Kernels(weights[0]);
                parameters[prefix + "bias"] = RtNeuralData.Flat(weights[1]);
                if (Activation(layer) is { } activation) specs.Add(activation);
            }
        }

        var x = RtNeuralData.Numbers(name + "_x_python.csv");
        Compare(name, Chain([input.Length == 4 ? Input(1, input[1], input[2]) : Input(x.Length, 1), .. specs]), parameters, x, RtNeuralData.Numbers(name + "_y_python.csv"));
    }

    /// <summary>PyTorch's own names.</summary>
    [SkippableTheory]
    [InlineData("gru_torch", "Gru", "gru")]
    [InlineData("lstm_torch", "Lstm", "lstm")]
    public void A_model_of_PyTorch(string name, string kind, string property)
    {
        RtNeuralData.Require();
        var x = RtNeuralData.Numbers(name + "_x_python.csv");
        var spec = Network(null, [], P("Audio", Input(x.Length, 1)), P(property, L(kind, ("Units", 8))), P(property + "2", L(kind, ("Units", 8), ("Layers", 3))), P("dense", Dense(1)));
        var parameters = RtNeuralData.Model(name).EnumerateObject().ToDictionary(p => p.Name, p => RtNeuralData.Flat(p.Value));
        Compare(name, spec, parameters, x, RtNeuralData.Numbers(name + "_y_python.csv"));
    }

    /// <summary>Single convolutions of PyTorch, which have time last: a line for each channel.</summary>
    [SkippableTheory]
    [InlineData("conv1d_torch", "x_python", "y_python", "Conv1D Kernel=5 Padding=Valid")]
    [InlineData("conv1d_torch_stride_3", "x_python_stride_3", "y_python_stride_3", "Conv1D Kernel=5 Padding=Valid Stride=3")]
    [InlineData("conv1d_torch_group_6_3_3_1_3", "group_x_python", "group_y_python_6_3_3_1_3", "Conv1D Kernel=3 Padding=Valid Groups=3")]
    [InlineData("conv1d_torch_group_6_3_4_10_3", "group_x_python", "group_y_python_6_3_4_10_3", "Conv1D Kernel=4 Padding=Valid Dilation=10 Groups=3")]
    [InlineData("conv1d_torch_group_6_6_1_1_6", "group_x_python", "group_y_python_6_6_1_1_6", "Conv1D Kernel=1 Padding=Valid Groups=6")]
    [InlineData("convtranspose1d_torch", "x_python", "y_python", "ConvTranspose1D Kernel=5 Stride=3 Pad=3")]
    [InlineData("convtranspose1d_torch", "x_python_cc", "y_python_cc", "ConvTranspose1D Kernel=5 Stride=3 Padding=Valid", 296)]
    public void A_convolution_of_PyTorch(string name, string x, string y, string layer, int length = 0)
    {
        RtNeuralData.Require();
        var (model, isTransposed, words) = (RtNeuralData.Model(name), layer.StartsWith("ConvT", StringComparison.Ordinal), layer.Split(' '));
        var prefix = isTransposed ? "convtranspose1d_torch_" : "conv1d_torch_";
        var given = isTransposed ? RtNeuralData.Turned($"{prefix}{x}.csv") : RtNeuralData.Numbers($"{prefix}{x}.csv");
        var channels = isTransposed ? 4 : x.StartsWith("group", StringComparison.Ordinal) ? 6 : 1;
        var arguments = words.Skip(1).Select(w => w.Split('=')).Select(w => (w[0], int.TryParse(w[1], out var number) ? number : (object)w[1]));
        LayerSpec[] layers = [L(words[0], [("Channels", model.GetProperty("bias").GetArrayLength()), .. arguments]), .. length > 0 ? new[] { L("Slice", ("Length", length)) } : []];
        var parameters = model.EnumerateObject().ToDictionary(p => "0." + p.Name, p => RtNeuralData.Flat(p.Value));
        Compare(name, Chain([Input(given.Length / channels, channels), .. layers]), parameters, given, RtNeuralData.Turned($"{prefix}{y}.csv"));
    }

    /// <summary>A block of a temporal convolutional network, with a residual of the last steps.</summary>
    [SkippableFact]
    public void A_block_of_PyTorch()
    {
        RtNeuralData.Require();
        var spec = Network(
            null, [],
            P("Audio", Input(1000, 1)),
            P("conv1", L("Conv1D", ("Channels", 32), ("Kernel", 4), ("Dilation", 10), ("Padding", "Valid"), ("Bias", false))),
            P("bn", L("BatchNorm")), P("relu", L("PRelu", ("PerChannel", true))),
            P("Last", L("From", ("Name", "Audio")), L("Slice", ("Start", 30))),
            P("res", L("Conv1D", ("Channels", 32), ("Kernel", 1), ("Bias", false))),
            P("Sum", L("Add", ("Names", new[] { "relu", "res" }))));
        string[] parts = ["conv1", "bn", "relu", "res"];
        var parameters = parts.SelectMany(part => RtNeuralData.Model("microtcn/" + part).EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Array).Select(p => (Name: $"{part}.{p.Name}", p.Value)))
            .ToDictionary(p => p.Name, p => RtNeuralData.Flat(p.Value));
        Compare("microtcn", spec, parameters, RtNeuralData.Numbers("microtcn_x.csv"), RtNeuralData.Turned("microtcn_y.csv"));
    }

    private static LayerSpec? Activation(JsonElement layer) => layer.GetProperty("activation").GetString() switch
    {
        "" or "linear" => null,
        "tanh" => L("Tanh"),
        "relu" => L("Relu"),
        "elu" => L("Elu"),
        "sigmoid" => L("Sigmoid"),
        "softmax" => L("Softmax"),
        var other => throw new NotSupportedException($"The activation '{other}' is not known here."),
    };

    /// <summary>The first two of three gates exchanged.</summary>
    private static float[] ResetFirst(float[] gates)
    {
        var third = gates.Length / 3;
        return [.. gates[third..(2 * third)], .. gates[..third], .. gates[(2 * third)..]];
    }

    private static void Compare(string name, NetworkSpec spec, Dictionary<string, float[]> parameters, double[] x, double[] y)
    {
        spec = spec with { Name = "Model_" + name };
        Generic.Call(typeof(RtNeuralTests), null, nameof(CompareNetwork), InMemory.Load(InMemory.Compile([spec])).GetType(spec.FullName)!, parameters, x, y);
    }

    private static void CompareNetwork<T>(Dictionary<string, float[]> parameters, double[] x, double[] y)
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        Assert.Equal(network.State.Parameters.Select(p => p.Name).Order(StringComparer.Ordinal), parameters.Keys.Order(StringComparer.Ordinal));
        foreach (var parameter in network.State.Parameters) parameter.CopyFrom(parameters[parameter.Name]);
        foreach (var path in AgreementTests.Paths)
        {
            network.InstructionPath = path;
            var output = new float[y.Length];
            network.ForwardAll(Array.ConvertAll(x, v => (float)v), output);
            for (var t = 0; t < y.Length; t++)
                Assert.True(Math.Abs(output[t] - y[t]) <= Tolerance, $"{typeof(T).Name}, {path}: step {t} gives {output[t]:R} instead of {y[t]:R}.");
        }
    }
}
