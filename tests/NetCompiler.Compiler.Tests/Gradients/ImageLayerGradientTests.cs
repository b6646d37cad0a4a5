using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Tests.Layers;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>Convolution, pooling, resizing and normalisation against finite differences, at odd sizes.</summary>
public class ImageLayerGradientTests
{
    [Theory]
    [InlineData("Conv2D", "Channels=4")]
    [InlineData("Conv2D", "Channels=2 Kernel=1 Bias=false")]
    [InlineData("Conv2D", "Channels=2 Kernel=4 Stride=2")]
    [InlineData("Conv2D", "Channels=4 KernelHeight=2 StrideWidth=2 Dilation=2 Pad=1 Groups=2")]
    [InlineData("Conv2D", "Channels=8 Depthwise=true Stride=2")]
    [InlineData("Conv2D", "Depthwise=true Padding=Valid")]
    [InlineData("ConvTranspose2D", "Channels=3 Stride=2")]
    [InlineData("ConvTranspose2D", "Channels=2 Kernel=1 Stride=2 Bias=false")]
    [InlineData("ConvTranspose2D", "Channels=6 KernelWidth=2 StrideHeight=3 Dilation=2 Pad=1 OutputPadding=1 Groups=2")]
    [InlineData("ConvTranspose2D", "Channels=4 Groups=4 Kernel=4 Stride=2 Pad=1")]
    [InlineData("MaxPool2D", "")]
    [InlineData("MaxPool2D", "Kernel=3 Stride=2 Pad=1")]
    [InlineData("MaxPool2D", "Kernel=1 Stride=2")]
    [InlineData("AveragePool2D", "")]
    [InlineData("AveragePool2D", "Kernel=3 Stride=2 Pad=1")]
    [InlineData("AveragePool2D", "Kernel=3 Stride=2 Pad=1 CountIncludePad=false")]
    [InlineData("AveragePool2D", "Kernel=2 Padding=Same")]
    [InlineData("GlobalAveragePool", "")]
    [InlineData("GlobalMaxPool", "")]
    [InlineData("Upsample", "")]
    [InlineData("Upsample", "Factor=3 Mode=Bilinear")]
    [InlineData("Upsample", "Factor=2 Mode=Bilinear AlignCorners=true")]
    [InlineData("BatchNorm", "")]
    [InlineData("BatchNorm", "Affine=false Epsilon=0.1")]
    [InlineData("LayerNorm", "")]
    [InlineData("LayerNorm", "Dimensions=1")]
    [InlineData("LayerNorm", "Dimensions=2 Affine=false")]
    [InlineData("GroupNorm", "Groups=1")]
    [InlineData("GroupNorm", "Groups=2")]
    [InlineData("GroupNorm", "Groups=4 Affine=false")]
    public void On_images(string kind, string arguments) => Check([4, 5, 7], new LayerSpec(kind, new(LayerRun.Parse(arguments))));

    [Theory]
    [InlineData("BatchNorm", "")]
    [InlineData("BatchNorm", "Affine=false")]
    [InlineData("LayerNorm", "")]
    [InlineData("GroupNorm", "Groups=3")]
    public void On_vectors(string kind, string arguments) => Check([6], new LayerSpec(kind, new(LayerRun.Parse(arguments))));

    [Fact]
    public void Layer_normalisation_of_a_sequence() => Check([5, 6], Declare.L("LayerNorm"));

    [Fact]
    public void A_chain_of_them() => Check(
        [2, 7, 9], Declare.L("Conv2D", ("Channels", 4), ("Bias", false)), Declare.L("BatchNorm"), Declare.L("Silu"), Declare.L("MaxPool2D"),
        Declare.L("ConvTranspose2D", ("Channels", 3), ("Stride", 2)), Declare.L("GroupNorm", ("Groups", 3)), Declare.L("Tanh"),
        Declare.L("AveragePool2D", ("Kernel", 3), ("Padding", "Same")), Declare.L("GlobalAveragePool"), Declare.Dense(3));

    private static void Check(int[] shape, params LayerSpec[] layers)
    {
        var network = Declare.Build(Declare.Chain(Declare.Loss("MeanSquaredError"), [Declare.Input(shape), .. layers]));
        new FiniteDifference().Check(LoweringStage.Lower(network, training: true));
    }
}
