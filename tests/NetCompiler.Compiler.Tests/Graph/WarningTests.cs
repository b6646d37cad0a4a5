using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Graph;

/// <summary>What is no error, but hardly what was meant, is reported once at its place; and nothing that has a meaning is.</summary>
public class WarningTests
{
    private static readonly LayerSpec s_fromX = L("From", ("Name", "X"));

    private static readonly BlockSpec s_ignores = Block("Some.Ignores", P("X", Input()), P("W", Input()), P("Y", L("From", ("Name", "W")), Dense(4)));

    private static readonly BlockSpec s_loose = Block("Some.Loose", P("X", Input()), P("Loose", L("Relu")), P("Y", s_fromX, Dense(4)));

    private static readonly BlockSpec s_outer = Block("Some.Outer", P("X", Input()), P("Inner", Use("Some.Loose")), P("Y", s_fromX, Dense(4)));

    private static SourceKey At(string property, string type = "Some.Net") => new(type, property, -1);

    /// <summary>Name -> (declaration, and the place and message of each warning).</summary>
    private static readonly Dictionary<string, (NetworkSpec Spec, (SourceKey Source, string Message)[] Warnings)> s_cases = new()
    {
        ["no layer takes it"] = (
            Network(null, [], P("X", Input(3)), P("A", Dense(2), L("Relu")), P("Y", s_fromX, Dense(2))),
            [(At("A"), "'A' leads to no output: nothing that Forward gives depends on it, and its parameters do not learn. Name it where it is to be used, mark it with [Output], or take it out.")]),
        ["a branch is named by its end"] = (
            Network(null, [], P("X", Input(3)), P("A", Dense(2)), P("B", L("Relu")), P("Y", s_fromX, Dense(2))),
            [(At("B"), "'B' leads to no output: nothing that Forward gives depends on it, and its parameters do not learn. Name it where it is to be used, mark it with [Output], or take it out.")]),
        ["without parameters"] = (
            Network(null, [], P("X", Input(3)), P("A", L("Relu")), P("B", s_fromX, L("Tanh")), P("Y", s_fromX, Dense(2))),
            [
                (At("A"), "'A' leads to no output: nothing that Forward gives depends on it. Name it where it is to be used, mark it with [Output], or take it out."),
                (At("B"), "'B' leads to no output: nothing that Forward gives depends on it. Name it where it is to be used, mark it with [Output], or take it out."),
            ]),
        ["an input"] = (
            Network(null, [], P("X", Input(3)), P("Z", Input(4)), P("Y", s_fromX, Dense(2))),
            [(At("Z"), "'Z' leads to no output: what Forward is given for it has no effect. Name it where it is to be used, mark it with [Output], or take it out.")]),
        ["after the output"] = (
            Network(null, [], P("X", Input(3)), Out("Y", Dense(2)), P("Z", Dense(2))),
            [(At("Z"), "'Z' leads to no output: nothing that Forward gives depends on it, and its parameters do not learn. Name it where it is to be used, mark it with [Output], or take it out.")]),
        ["only Like names it"] = (
            Network(null, [], P("X", Input(3)), P("A", Dense(2)), P("Y", s_fromX, L("Dense", ("Like", "A")))),
            [(At("A"), "'A' leads to no output: nothing that Forward gives depends on it, and its parameters do not learn. Name it where it is to be used, mark it with [Output], or take it out.")]),
        ["in a block, once"] = (
            Network(null, [s_loose], P("X", Input(3)), P("A", Use("Some.Loose", 3)), P("Y", Use("Some.Loose"))),
            [(At("Loose", "Some.Loose"), "'Loose' leads to no output: nothing that Forward gives depends on it. Name it where it is to be used, or take it out.")]),
        ["a block in a block"] = (
            Network(null, [s_loose, s_outer], P("X", Input(3)), P("Y", Use("Some.Outer"))),
            [
                (At("Loose", "Some.Loose"), "'Loose' leads to no output: nothing that Forward gives depends on it. Name it where it is to be used, or take it out."),
                (At("Inner", "Some.Outer"), "'Inner' leads to no output: nothing that Forward gives depends on it, and its parameters do not learn. Name it where it is to be used, or take it out."),
            ]),
        ["a block that does not use its input"] = (
            Network(null, [s_ignores], P("X", Input(3)), P("A", Dense(3)), P("Y", UseWith("Some.Ignores", 1, "X"))),
            [(At("X", "Some.Ignores"), "'X' leads to no output: nothing that Forward gives depends on it, and its parameters do not learn. Name it where it is to be used, or take it out.")]),

        ["softmax before the loss that has one"] = (
            Chain(Loss("SoftmaxCrossEntropy"), Input(3), Dense(4), L("Softmax")),
            [(new("Some.Net", "", 2), "Softmax comes before Loss.SoftmaxCrossEntropy, which takes logits and has a Softmax in it already: after both the network learns badly. Take Softmax out.")]),
        ["sigmoid before the loss that has one"] = (
            Chain(Loss("BinaryCrossEntropy"), Input(3), Dense(4), L("Sigmoid")),
            [(new("Some.Net", "", 2), "Sigmoid comes before Loss.BinaryCrossEntropy, which takes logits and has a Sigmoid in it already: after both the network learns badly. Take Sigmoid out.")]),
        ["the other one, moved"] = (
            Chain(Loss("SoftmaxCrossEntropy"), Input(4, 3), L("Sigmoid"), L("Reshape", ("Shape", new[] { 3, 4 })), L("Flatten")),
            [(new("Some.Net", "", 1), "Sigmoid comes before Loss.SoftmaxCrossEntropy, which takes logits and has a Softmax in it already: after both the network learns badly. Take Sigmoid out.")]),
        ["one of the outputs, in two parts"] = (
            Network(
                Loss("BinaryCrossEntropy"), [], P("X", Input(3)), Out("A", Dense(4)), P("B", L("Sigmoid")), P("C", s_fromX, L("HardSigmoid")), Out("Y", L("Concat", ("Names", new[] { "B", "C" })))),
            [
                (new("Some.Net", "B", 0), "Sigmoid comes before Loss.BinaryCrossEntropy, which takes logits and has a Sigmoid in it already: after both the network learns badly. Take Sigmoid out."),
                (new("Some.Net", "C", 1), "HardSigmoid comes before Loss.BinaryCrossEntropy, which takes logits and has a Sigmoid in it already: after both the network learns badly. Take HardSigmoid out."),
            ]),
        ["sigmoid of a part"] = (
            Network(Loss("BinaryCrossEntropy"), [], P("X", Input(3)), P("B", L("Sigmoid")), Out("Y", L("Concat", ("Names", new[] { "B", "X" })))), []),
        ["sigmoid within"] = (Chain(Loss("BinaryCrossEntropy"), Input(3), L("Sigmoid"), Dense(2)), []),
        ["sigmoid before another loss"] = (Chain(Loss("MeanSquaredError"), Input(3), L("Sigmoid")), []),
        ["softmax without a loss"] = (Chain(Input(3), L("Softmax")), []),
        ["logarithms of probabilities"] = (Chain(Loss("SoftmaxCrossEntropy"), Input(3), L("LogSoftmax")), []),

        ["smoothing of another loss"] = (
            Chain(Loss("BinaryCrossEntropy", ("LabelSmoothing", 0.1)), Input(3), Dense(4)),
            [(SourceKey.OptionOf("Some.Net", "LabelSmoothing"), "Network: LabelSmoothing has no effect with Loss.BinaryCrossEntropy: it belongs to Loss.SoftmaxCrossEntropy")]),
        ["arguments without a loss"] = (
            Chain(Loss("None", ("LabelSmoothing", 0.1), ("HuberDelta", 2.0)), Input(3), Dense(4)),
            [
                (SourceKey.OptionOf("Some.Net", "LabelSmoothing"), "Network: LabelSmoothing has no effect without a loss: it belongs to Loss.SoftmaxCrossEntropy"),
                (SourceKey.OptionOf("Some.Net", "HuberDelta"), "Network: HuberDelta has no effect without a loss: it belongs to Loss.Huber"),
            ]),
        ["arguments that say what is so"] = (Chain(Loss("MeanSquaredError", ("LabelSmoothing", 0.0), ("HuberDelta", 1.0)), Input(3), Dense(4)), []),
        ["arguments of the loss"] = (Chain(Loss("Huber", ("HuberDelta", 2.0)), Input(3), Dense(4)), []),
        ["nothing to keep"] = (
            Chain(Input(3), Dense(4)) with { KeepOutputs = true },
            [(SourceKey.OptionOf("Some.Net", "KeepOutputs"), "Network: KeepOutputs has no effect on a chain: it keeps what layer properties give, and there are none")]),
        ["dropout between one layer"] = (
            Chain(Input(5, 3), L("Gru", ("Units", 4), ("Dropout", 0.1))),
            [(new("Some.Net", "", 1), "Gru: Dropout has no effect with Layers = 1: it drops what one layer gives to the next; [Dropout] behind this one drops what it gives")]),
        ["dropout between two layers"] = (Chain(Input(5, 3), L("Gru", ("Units", 4), ("Dropout", 0.1), ("Layers", 2))), []),
        ["deviation of sines"] = (
            Chain(Input(5, 3), L("Positions", ("Kind", "Sinusoidal"), ("Deviation", 0.1))),
            [(new("Some.Net", "", 1), "Positions: Deviation has no effect with PositionKind.Sinusoidal, which has no parameter")]),
        ["a kernel beside its sides"] = (
            Chain(Input(2, 9, 9), L("Conv2D", ("Channels", 2), ("Kernel", 3), ("KernelHeight", 5), ("KernelWidth", 1))),
            [(new("Some.Net", "", 1), "Conv2D: Kernel has no effect beside KernelHeight and KernelWidth")]),
        ["a kernel beside one side"] = (Chain(Input(2, 9, 9), L("MaxPool2D", ("Kernel", 3), ("KernelHeight", 5))), []),
        ["a border with all its sides"] = (
            Chain(Input(2, 9, 9), L("Pad", ("Size", 1), ("Top", 1), ("Bottom", 0), ("Left", 2), ("Right", 3))),
            [(new("Some.Net", "", 1), "Pad: Size has no effect beside Top, Bottom, Left and Right")]),

        ["its output is kept"] = (Network(null, [], P("X", Input(3)), P("A", Dense(2)), P("Y", s_fromX, Dense(2))) with { KeepOutputs = true }, []),
        ["its weight is another layer's"] = (
            Network(null, [], P("X", Input(3)), P("A", Dense(2), L("Relu")), P("Y", s_fromX, Dense(2), L("TiedTo", ("Name", "A")))), []),
        ["several outputs"] = (Network(null, [], P("X", Input(3)), Out("A", Dense(2)), Out("Y", s_fromX, Dense(2))), []),
        ["another name for a layer that is used"] = (Network(null, [], P("X", Input(3)), P("A", s_fromX), P("Y", s_fromX, Dense(2))), []),
        ["lengths of attention"] = (Examples.EncoderDecoder("Net", 2), []),
        ["blocks"] = (Examples.ResNet20, []),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Warnings(string name)
    {
        var (spec, expected) = s_cases[name];
        Assert.Equal(expected, Build(spec).Warnings.Select(w => (w.Source, Message(w))));
    }
}
