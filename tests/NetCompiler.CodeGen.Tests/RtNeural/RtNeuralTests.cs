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
    [InlineData("dense")]
    [InlineData("gru")]
    [InlineData("gru_1d")]
    [InlineData("lstm")]
    [InlineData("lstm_1d")]
    public void A_model_of_Keras(string name)
    {
        RtNeuralData.Require();
        var layers = RtNeuralData.Model(name).GetProperty("layers").EnumerateArray().ToArray();
        var specs = new List<LayerSpec>();
        var parameters = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var layer in layers)
        {
            var units = layer.GetProperty("shape").EnumerateArray().Last().GetInt32();
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
        }

        var x = RtNeuralData.Numbers(name + "_x_python.csv");
        Compare(name, Chain([Input(x.Length, 1), .. specs]), parameters, x, RtNeuralData.Numbers(name + "_y_python.csv"));
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
