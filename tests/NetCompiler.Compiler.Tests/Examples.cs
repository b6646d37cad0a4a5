using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests;

/// <summary>The example networks of the public interface, as the front end gives them.</summary>
public static class Examples
{
    public static NetworkSpec Mlp { get; } = Named("Mlp", Chain(Loss("SoftmaxCrossEntropy"), Input(784), Dense(128), L("Relu"), Dense(10)));

    public static NetworkSpec ResidualDigits { get; } = Named("ResidualDigits", Network(
        Loss("SoftmaxCrossEntropy"), [],
        P("Image", Input(1, 28, 28)),
        P("Stem", Conv(16), L("BatchNorm"), L("Relu")),
        P("Inner", Conv(16), L("BatchNorm"), L("Relu")),
        P("Outer", Conv(16), L("BatchNorm")),
        P("Joined", Add("Stem", "Outer"), L("Relu")),
        P("Logits", L("GlobalAveragePool"), Dense(10))));

    public static BlockSpec BasicBlock { get; } = Block(
        "Some.BasicBlock",
        P("X", Input()),
        P("Residual", ConvLike("X"), L("BatchNorm"), L("Relu"), ConvLike("X"), L("BatchNorm")),
        P("Sum", Add("X", "Residual"), L("Relu")));

    public static BlockSpec DownBlock { get; } = Block(
        "Some.DownBlock",
        P("X", Input()),
        P("Residual", ConvScaled(2, 3, 2), L("BatchNorm"), L("Relu"), ConvScaled(1, 3, 1), L("BatchNorm")),
        P("Shortcut", L("From", ("Name", "X")), ConvScaled(2, 1, 2), L("BatchNorm")),
        P("Sum", Add("Residual", "Shortcut"), L("Relu")));

    public static NetworkSpec ResNet20 { get; } = ResNet("ResNet20", 3);

    /// <summary>A residual network for 32 x 32 images of 6 * <paramref name="repeat"/> + 2 layers with weights.</summary>
    public static NetworkSpec ResNet(string name, int repeat) => Named(name, Network(
        Loss("SoftmaxCrossEntropy"), [BasicBlock, DownBlock],
        P("Image", Input(3, 32, 32)),
        P("Stem", Conv(16), L("BatchNorm"), L("Relu")),
        P("Stage1", Use("Some.BasicBlock", repeat)),
        P("Stage2", Use("Some.DownBlock"), Use("Some.BasicBlock", repeat - 1)),
        P("Stage3", Use("Some.DownBlock"), Use("Some.BasicBlock", repeat - 1)),
        P("Logits", L("GlobalAveragePool"), Dense(10))));

    /// <summary>
    /// A padded sequence, gone over by so many encoder blocks, and another one, gone over by as many decoder blocks that attend to the result: PyTorch's
    /// TransformerEncoderLayer and TransformerDecoderLayer, with its names.
    /// </summary>
    public static NetworkSpec EncoderDecoder(string name, int repeat, int source = 6, int target = 5, int width = 8, int hidden = 12) => Named(name, Network(
        Loss("MeanSquaredError"), [EncoderBlock(hidden), DecoderBlock(hidden)],
        P("Source", Input(source, width)), P("Length", L("Input", ("Shape", new[] { 1 }), ("Type", "Int32"))), P("Target", Input(target, width)),
        P("Memory", L("From", ("Name", "Source")), UseWith("Some.EncoderBlock", repeat, "Length")),
        P("Decoded", L("From", ("Name", "Target")), UseWith("Some.DecoderBlock", repeat, "Memory", "Length"))));

    /// <summary>Its second input says how many rows of the first are there.</summary>
    private static BlockSpec EncoderBlock(int hidden) => Block(
        "Some.EncoderBlock",
        [
            P("X", Input()), P("Length", L("Input", ("Type", "Int32"))),
            P("self_attn", L("From", ("Name", "X")), L("SelfAttention", ("Heads", 2), ("Lengths", "Length"))), P("Seen", Add("X", "self_attn")), P("norm1", L("LayerNorm")),
            .. Feed(hidden, "norm1", "norm2"),
        ]);

    /// <summary>Its second input is what it attends to, its third how many rows of that are there.</summary>
    private static BlockSpec DecoderBlock(int hidden) => Block(
        "Some.DecoderBlock",
        [
            P("X", Input()), P("Memory", Input()), P("Length", Input()),
            P("self_attn", L("From", ("Name", "X")), L("SelfAttention", ("Heads", 2), ("Causal", true))), P("Seen", Add("X", "self_attn")), P("norm1", L("LayerNorm")),
            P("multihead_attn", L("CrossAttention", ("Memory", "Memory"), ("Heads", 2), ("Lengths", "Length"))), P("Heard", Add("norm1", "multihead_attn")), P("norm2", L("LayerNorm")),
            .. Feed(hidden, "norm2", "norm3"),
        ]);

    private static PropertySpec[] Feed(int hidden, string from, string to) =>
        [P("linear1", Dense(hidden)), P("Active", L("Relu")), P("linear2", L("Dense", ("Like", from))), P("Fed", Add(from, "linear2")), P(to, L("LayerNorm"))];

    public static LayerSpec Add(params string[] names) => L("Add", ("Names", names));

    private static LayerSpec Conv(int channels) => L("Conv2D", ("Channels", channels), ("Kernel", 3));

    private static LayerSpec ConvLike(string name) => L("Conv2D", ("Like", name), ("Kernel", 3));

    private static LayerSpec ConvScaled(double scale, int kernel, int stride) =>
        stride == 1 ? L("Conv2D", ("Scale", scale), ("Kernel", kernel)) : L("Conv2D", ("Scale", scale), ("Kernel", kernel), ("Stride", stride));

    private static NetworkSpec Named(string name, NetworkSpec spec) => spec with { Name = name };
}
