using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>The example networks of the public face in samples, and small ones of the same structure in every tensor.</summary>
public class NetworkGradientTests
{
    private static readonly LossSpec s_loss = Loss("SoftmaxCrossEntropy");

    [Fact]
    public void Mlp() => Check(Examples.Mlp, batch: 2, samples: 15);

    [Fact]
    public void ResidualDigits() => Check(Examples.ResidualDigits, batch: 2, samples: 3);

    /// <summary>
    /// It has 190,000 relus for each sample: a step of its first weights is made so small that none of them is near enough
    /// to its kink to cross it.
    /// </summary>
    [Fact]
    public void ResNet20() => Check(Examples.ResNet20, batch: 2, samples: 1, everyTensor: 9, step: 1e-7);

    [Fact]
    public void Small_residual_network() => Check(
        Network(
            s_loss, [],
            P("Image", Input(1, 7, 6)),
            P("Stem", Conv(5), L("BatchNorm"), L("Relu")),
            P("Outer", Conv(5), L("BatchNorm")),
            P("Joined", Examples.Add("Stem", "Outer"), L("Relu")),
            P("Logits", L("GlobalAveragePool"), Dense(10))),
        batch: 3, samples: 25);

    [Fact]
    public void Small_network_of_blocks() => Check(
        Network(
            s_loss, [Examples.BasicBlock, Examples.DownBlock],
            P("Image", Input(3, 9, 9)),
            P("Stem", Conv(3), L("BatchNorm"), L("Relu")),
            P("Stage1", Use("Some.BasicBlock", 2)),
            P("Stage2", Use("Some.DownBlock"), Use("Some.BasicBlock")),
            P("Stage3", Use("Some.DownBlock"), Use("Some.BasicBlock")),
            P("Logits", L("GlobalAveragePool"), Dense(10))),
        batch: 3, samples: 8);

    /// <summary>The memory's gradient comes from both decoder blocks.</summary>
    [Fact]
    public void Encoder_and_decoder_of_blocks() => new FiniteDifference().Check(LayerGradientTests.Training(Examples.EncoderDecoder("EncoderDecoder", 2)));

    private static LayerSpec Conv(int channels) => L("Conv2D", ("Channels", channels), ("Kernel", 3));

    private static void Check(NetworkSpec spec, int batch, int samples, int everyTensor = 1, double step = 1e-5) =>
        new FiniteDifference { Classes = 10, Batch = batch, Samples = samples, EveryTensor = everyTensor, Step = step }.Check(LayerGradientTests.Training(spec));
}
