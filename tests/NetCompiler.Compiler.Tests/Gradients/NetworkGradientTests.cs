using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>The example networks of the public face: small ones of the same structure in full, the real ones in samples.</summary>
public class NetworkGradientTests
{
    private static readonly LossSpec s_loss = Loss("SoftmaxCrossEntropy");

    [Fact]
    public void Mlp() =>
        new FiniteDifference { Classes = 10, Samples = 15 }.Check(LayerGradientTests.Training(Chain(s_loss, Input(784), Dense(128), L("Relu"), Dense(10))));

    [Theory]
    [InlineData(28, 16, 2, 3)]
    [InlineData(7, 5, 3, 25)]
    public void ResidualDigits(int size, int channels, int batch, int samples) =>
        new FiniteDifference { Classes = 10, Batch = batch, Samples = samples }.Check(LayerGradientTests.Training(Network(
            s_loss, [],
            P("Image", Input(1, size, size)),
            P("Stem", Conv(channels), L("BatchNorm"), L("Relu")),
            P("Inner", Conv(channels), L("BatchNorm"), L("Relu")),
            P("Outer", Conv(channels), L("BatchNorm")),
            P("Joined", Add("Stem", "Outer"), L("Relu")),
            P("Logits", L("GlobalAveragePool"), Dense(10)))));

    /// <summary>
    /// The real one has 190,000 relus a sample: a step of its first weights is made so small that none of them is near enough
    /// to its kink to cross it.
    /// </summary>
    [Theory]
    [InlineData(32, 16, 3, 1, 2, 9, 1e-7)]
    [InlineData(9, 3, 2, 8, 3, 1, 1e-5)]
    public void ResNet(int size, int channels, int repeat, int samples, int batch, int every, double step) =>
        new FiniteDifference { Classes = 10, EveryTensor = every, Batch = batch, Samples = samples, Step = step }.Check(LayerGradientTests.Training(Network(
            s_loss, [BasicBlock, DownBlock],
            P("Image", Input(3, size, size)),
            P("Stem", Conv(channels), L("BatchNorm"), L("Relu")),
            P("Stage1", Use("BasicBlock", repeat)),
            P("Stage2", Use("DownBlock"), Use("BasicBlock", repeat - 1)),
            P("Stage3", Use("DownBlock"), Use("BasicBlock", repeat - 1)),
            P("Logits", L("GlobalAveragePool"), Dense(10)))));

    private static BlockSpec BasicBlock => Block(
        "BasicBlock",
        P("X", Input()),
        P("Residual", Like("X"), L("BatchNorm"), L("Relu"), Like("X"), L("BatchNorm")),
        P("Sum", Add("X", "Residual"), L("Relu")));

    private static BlockSpec DownBlock => Block(
        "DownBlock",
        P("X", Input()),
        P("Residual", Scaled(2, 3, 2), L("BatchNorm"), L("Relu"), Scaled(1, 3, 1), L("BatchNorm")),
        P("Shortcut", L("From", ("Name", "X")), Scaled(2, 1, 2), L("BatchNorm")),
        P("Sum", Add("Residual", "Shortcut"), L("Relu")));

    private static LayerSpec Conv(int channels) => L("Conv2D", ("Channels", channels), ("Kernel", 3));

    private static LayerSpec Like(string name) => L("Conv2D", ("Like", name), ("Kernel", 3));

    private static LayerSpec Scaled(double scale, int kernel, int stride) => L("Conv2D", ("Scale", scale), ("Kernel", kernel), ("Stride", stride));

    private static LayerSpec Add(params string[] names) => L("Add", ("Names", names));
}
