using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests.Drawn;

/// <summary>Draws a layer for an input of a given shape, with such arguments as may fit.</summary>
public sealed partial class NetworkDraw
{
    /// <summary>What <c>Map</c> layers may name; <see cref="DeclarationText"/> has them as C#.</summary>
    private static readonly EquatableArray<FunctionSpec> s_functions = new([.. DeclarationText.Functions.Select(f => f.Spec)]);

    private static readonly string[] s_plain = ["Relu", "Relu", "Selu", "Silu", "Mish", "Sigmoid", "Tanh", "Tanh", "Softplus", "HardSwish", "HardSigmoid", "Softmax", "LogSoftmax"];

    /// <summary>Keeps to layers that can be run step by step, but for a few that then cannot.</summary>
    private bool StepByStep => _kind == NetworkKind.Steps && Chance(0.98);

    private LayerSpec Layer(int[] shape)
    {
        if (Chance(0.27)) return Activation(StepByStep && shape.Length > 1 ? [shape[0]] : shape);
        if (Chance(0.13)) return Normalisation(shape);
        if (Chance(0.07)) return L("Dropout", ("Rate", Pick(0.1, 0.5, 0.0, 0.8)));
        if (Chance(_kind == NetworkKind.Steps ? 0.01 : 0.1)) return View(shape);
        return shape.Length switch
        {
            1 => Sized(DenseOrGated(), "Units", Bias()),
            2 => OfSequence(shape),
            3 => OfImage(shape),
            _ => L("Flatten"),
        };
    }

    private LayerSpec Activation(int[] shape) => _random.Next(20) switch
    {
        0 => L("LeakyRelu", ("Slope", Pick(0.1, 0.1, -0.3, 0.0, 1.5))),
        1 => L("Elu", ("Alpha", Pick(1.3, 1.3, 0.0, -0.5))),
        2 => L("Gelu"),
        3 => L("Gelu", ("Approximate", true)),
        4 => L("PRelu", [("PerChannel", Chance(0.5)), .. Maybe(0.3, "Initial", () => -0.4)]),
        5 => L("Log", ("Floor", 0.3)),
        7 => L(Pick("Softmax", "LogSoftmax"), ("Axis", _random.Next(-shape.Length, shape.Length))),
        6 => L("Map", ("Function", FunctionOf(1))),
        _ => L(Pick(s_plain)),
    };

    /// <summary>The name of a function with so many parameters.</summary>
    private string FunctionOf(int parameters) => Pick([.. s_functions.Where(f => f.Parameters == parameters)]).Name;

    private LayerSpec Normalisation(int[] shape) => _random.Next(5) switch
    {
        0 => L("BatchNorm", ("Epsilon", 0.01), ("Affine", Chance(0.8))),
        1 => L("LayerNorm", ("Epsilon", 0.01), ("Affine", Chance(0.8)), ("Dimensions", StepByStep ? 1 : 1 + _random.Next(shape.Length))),
        2 => L("RmsNorm", ("Epsilon", 0.01), ("Affine", Chance(0.8)), ("Dimensions", StepByStep ? 1 : 1 + _random.Next(shape.Length))),
        3 when !StepByStep => L("GroupNorm", ("Groups", Pick(1, 2, 3, 4, shape[0])), ("Epsilon", 0.01), ("Affine", Chance(0.8))),
        _ => L("BatchNorm", ("Epsilon", Pick(0.01, 1e-3)), ("Momentum", Pick(0.3, 0.0, 1.0))),
    };

    private LayerSpec View(int[] shape)
    {
        switch (_random.Next(4))
        {
            case 0: return L("Flatten");
            case 1: return L("Permute", ("Order", Enumerable.Range(0, shape.Length).OrderBy(_ => _random.Next()).ToArray()));
            case 2:
                var axis = _random.Next(shape.Length);
                return L("Slice", [("Axis", Chance(0.3) ? axis - shape.Length : axis), .. Maybe(0.6, "Start", () => _random.Next(shape[axis])), .. Maybe(0.5, "Step", () => Pick(1, 2, 3)), .. Maybe(0.4, "Length", () => 1 + _random.Next(shape[axis]))]);
            default:
                var left = shape.Aggregate(1, (a, b) => a * b);
                var to = new List<int>();
                for (var i = 0; i < 2 && left > 1; i++)
                {
                    to.Add(Any(Enumerable.Range(1, Math.Min(left, 40)).Where(k => left % k == 0).ToList()));
                    left /= to[^1];
                }

                to.Add(Chance(0.3) ? -1 : left);
                return L("Reshape", ("Shape", to.ToArray()));
        }
    }

    private LayerSpec OfSequence(int[] shape)
    {
        var steps = StepByStep;
        switch (steps ? Pick(0, 1, 1, 2, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15) : _kind >= NetworkKind.Medium && Chance(0.3) ? Pick(7, 7, 10) : _random.Next(16))
        {
            case 0: return Sized(DenseOrGated(), "Units", Bias());
            case 1 or 2:
                (string, object)[] window = steps || Chance(0.4)
                    ? [("Causal", true), .. Maybe(0.5, "Kernel", () => Pick(1, 2, 3, 4, 5, 9)), .. Maybe(0.3, "Dilation", () => Pick(1, 2, 3, 5, 8, 16, 17)), .. Maybe(0.25, "Stride", () => Pick(1, 2, 3, 4))]
                    : Window([], dilation: true);
                return Chance(0.3) ? L("Conv1D", [("Depthwise", true), .. Maybe(0.4, "Channels", () => shape[1] * Pick(1, 2, 3)), .. Bias(), .. window])
                    : Sized("Conv1D", "Channels", [.. Maybe(0.3, "Groups", () => Pick(1, 2, 3, 4, shape[1])), .. Bias(), .. window]);
            case 3: return Sized("ConvTranspose1D", "Channels", [.. Maybe(0.3, "Groups", () => Pick(1, 2, 3, shape[1])), .. Bias(), .. Window([], dilation: true), .. Maybe(0.3, "OutputPadding", () => Pick(1, 1, 2, 3))]);
            case 4: return L("MaxPool1D", !steps && Chance(0.5) ? Window([], Chance(0.3)) : [("Kernel", Pick(1, 2, 3)), .. Maybe(steps ? 0 : 0.4, "Stride", () => Pick(2, 3, 4))]);
            case 5: return L("AveragePool1D", !steps && Chance(0.5) ? [.. Window([], false), .. Maybe(0.4, "CountIncludePad", () => false)] : [("Kernel", Pick(1, 2, 3)), .. Maybe(steps ? 0 : 0.4, "Stride", () => Pick(2, 3, 4))]);
            case 6: return L(Pick("GlobalAveragePool", "GlobalMaxPool"));
            case 7 or 8 or 9:
                return L("SelfAttention",
                [
                    .. Heads(), .. Maybe(steps ? 1 : 0.5, "Causal", () => true), .. Maybe(0.3, "Window", () => Pick(1, 2, 3, 5, 8, 16, 17, 20, 33, 64)), .. Maybe(0.4, "Rotary", () => true),
                ]);
            case 10: return L("CrossAttention", [("Memory", Any(_done).Name), .. Heads()]);
            case 11: return Sized("Rnn", "Units", [.. Recurrent(), .. Maybe(0.4, "Nonlinearity", () => "Relu")]);
            case 12: return Sized("Gru", "Units", Recurrent());
            case 13: return Sized("Lstm", "Units", Recurrent());
            case 14: return L("Frame", ("Size", Pick(1, 2, 4, 5, 8, 16, 17, 33)));
            default:
                if (Chance(0.3)) return L("Positions", [.. Maybe(0.5, "Kind", () => "Sinusoidal")]);
                (string, object)[] spectrum = [.. Maybe(0.4, "FftLength", () => Pick(8, 16, 33, 64)), .. Maybe(0.5, "Window", () => Pick("Hamming", "Rectangular"))];
                return Chance(0.5) ? L("Spectrogram", spectrum)
                    : L("MelSpectrogram", [("Bands", Pick(1, 2, 3, 5, 9)), .. spectrum, ("SampleRate", 8000), .. Maybe(0.4, "MelScale", () => "Slaney"), .. Maybe(0.3, "LowFrequency", () => 100.0), .. Maybe(0.3, "HighFrequency", () => Pick(3000.0, 3999.0))]);
        }
    }

    private LayerSpec OfImage(int[] shape)
    {
        string[] sides = ["Height", "Width"];
        switch (_random.Next(12))
        {
            case 0 or 1 or 2 or 3 or 4:
                (string, object)[] window = [.. Bias(), .. Maybe(0.1, "Algorithm", () => "Direct"), .. Chance(_kind >= NetworkKind.Medium ? 0.3 : 0.7) ? Window(sides, dilation: true) : []];
                return Chance(0.2) ? L("Conv2D", [("Depthwise", true), .. Maybe(0.4, "Channels", () => shape[0] * Pick(1, 2, 3)), .. window])
                    : Sized("Conv2D", "Channels", [.. Maybe(0.3, "Groups", () => Pick(1, 2, 3, 4, shape[0])), .. window]);
            case 5 or 6:
                return Sized("ConvTranspose2D", "Channels", [.. Maybe(0.3, "Groups", () => Pick(1, 2, shape[0])), .. Bias(), .. Window(sides, dilation: true), .. Maybe(0.3, "OutputPadding", () => Pick(1, 1, 2, 3))]);
            case 7: return L("MaxPool2D", [.. Chance(0.5) ? Window(sides, false) : [], .. Maybe(0.2, "Dilation", () => 2), .. Maybe(0.15, "Dilation" + Pick(sides), () => Pick(2, 3))]);
            case 8: return L("AveragePool2D", Chance(0.6) ? [.. Window(sides, false), .. Maybe(0.4, "CountIncludePad", () => false)] : []);
            case 9: return L(Pick("GlobalAveragePool", "GlobalMaxPool"));
            case 10: return L("Upsample", [("Factor", Pick(1, 2, 2, 3, 4, 5)), .. Chance(0.5) ? [("Mode", "Bilinear"), .. Maybe(0.4, "AlignCorners", () => true)] : Array.Empty<(string, object)>()]);
            default: return L("Pad", [.. Maybe(0.5, "Size", () => Pick(0, 1, 2)), .. Maybe(0.3, "Top", () => Pick(0, 1, 3)), .. Maybe(0.3, "Right", () => Pick(0, 2)), .. Maybe(0.2, "Bottom", () => Pick(1, 4)), .. Maybe(0.2, "Left", () => Pick(1, 5)), .. Maybe(0.5, "Value", () => 0.7)]);
        }
    }

    /// <summary>A layer whose size is a number, that of another, or a multiple of its input's.</summary>
    private LayerSpec Sized(string kind, string size, (string, object)[] arguments) => L(kind, [_random.Next(8) switch
    {
        0 => ("Scale", (double)Pick(1, 2)),
        1 => ("Like", Any(_done).Name),
        _ => (size, _kind >= NetworkKind.Medium ? Pick(3, 16, 17, 32, 64, 96, 130) : Pick(s_sizes)),
    }, .. arguments]);

    private string DenseOrGated() => HasProducts ? "Dense" : Pick("Dense", "Dense", "Dense", "SwiGlu", "GeGlu");

    /// <summary>Gated layers and products square what they get: after a few of them numbers are too large for floats.</summary>
    private bool HasProducts => _graph?.Nodes.Count(n => n.Spec.Kind is "SwiGlu" or "GeGlu" or "Multiply" or "MatMul") > 1;

    private (string, object)[] Bias() => Maybe(0.2, "Bias", () => false);

    private (string, object)[] Heads() =>
    [
        .. Maybe(0.7, "Heads", () => Pick(1, 2, 3, 4, 5, 8, 16)), .. Maybe(0.4, "KeyValueHeads", () => Pick(1, 2, 3, 4)), .. Bias(), .. Maybe(0.2, "Dropout", () => 0.2),
        .. Maybe(_done.Exists(d => d.Name == "Length") ? 0.5 : 0, "Lengths", () => "Length"),
    ];

    private (string, object)[] Recurrent() =>
    [
        .. Maybe(0.3, "Layers", () => Pick(2, 3)), .. Maybe(StepByStep ? 0 : 0.3, "Bidirectional", () => true), .. Maybe(StepByStep ? 0.02 : 0.25, "Returns", () => "Last"), .. Bias(), .. Maybe(0.2, "Dropout", () => 0.3),
    ];

    private (string, object)[] Window(string[] sides, bool dilation)
    {
        var arguments = new List<(string, object)>();
        foreach (var side in sides.Append(""))
        {
            var often = side.Length == 0 ? 0.6 : 0.2;
            arguments.AddRange(Maybe(often, "Kernel" + side, () => Pick(1, 2, 3, 4, 5, 6, 7, 9)));
            arguments.AddRange(Maybe(often / 2, "Stride" + side, () => Pick(1, 2, 3, 4, 5)));
            if (dilation) arguments.AddRange(Maybe(often / 2, "Dilation" + side, () => Pick(1, 2, 3, 4)));
        }

        switch (_random.Next(5))
        {
            case 0: arguments.Add(("Padding", "Same")); break;
            case 1: arguments.Add(("Padding", "Valid")); break;
            case 2: arguments.Add(("Pad", Pick(0, 1, 2, 3, 5, 8))); break;
            case 3 when sides.Length > 0: arguments.Add(("Pad" + Pick(sides), Pick(1, 2))); break;
        }

        return [.. arguments];
    }

    private (string, object)[] Maybe(double probability, string name, Func<object> value) => Chance(probability) ? [(name, value())] : [];
}
