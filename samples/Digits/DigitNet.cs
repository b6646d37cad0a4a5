using NetCompiler;

namespace Digits;

/// <summary>
/// Three stages of convolutions, each on pictures half the size of the last. Every stage is a property of its own, so that what it sees can be shown.
/// </summary>
[Network(Loss = Loss.SoftmaxCrossEntropy, KeepOutputs = true)]
internal sealed partial class DigitNet
{
    [Input(1, 28, 28)]                                   public partial Layer Image { get; }
    [Conv2D(8, Kernel = 5), BatchNorm, Relu]             public partial Layer Edges { get; }
    [MaxPool2D, Conv2D(16, Kernel = 3), BatchNorm, Relu] public partial Layer Textures { get; }
    [MaxPool2D, Conv2D(32, Kernel = 3), BatchNorm, Relu] public partial Layer Shapes { get; }
    [Dropout(0.3), Flatten, Dense(10)]                   public partial Layer Digit { get; }
}
