using NetCompiler;

namespace Digits;

/// <summary>
/// Three stages of convolutions, each on pictures half the size of the last. Every stage is a property of its own, so that what it sees can be shown.
/// </summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
internal sealed partial class DigitNet
{
    [Input(1, 28, 28)]                                   public partial Layer Image { get; }
    [Conv2D(8, Kernel = 5), BatchNorm, Relu]             public partial Layer Edges { get; }
    [MaxPool2D, Conv2D(16, Kernel = 3), BatchNorm, Relu] public partial Layer Textures { get; }
    [MaxPool2D, Conv2D(32, Kernel = 3), BatchNorm, Relu] public partial Layer Shapes { get; }
    [Dropout(0.3), Flatten, Dense(10)]                   public partial Layer Digit { get; }
}

/// <summary>
/// The same stages with an output each, to look into a trained network: parameters go over by name. It has no loss, so nothing is compiled for training.
/// </summary>
[Network]
internal sealed partial class DigitStages
{
    [Input(1, 28, 28)]                                             public partial Layer Image { get; }
    [Conv2D(8, Kernel = 5), BatchNorm, Relu, Output]               public partial Layer Edges { get; }
    [MaxPool2D, Conv2D(16, Kernel = 3), BatchNorm, Relu, Output]   public partial Layer Textures { get; }
    [MaxPool2D, Conv2D(32, Kernel = 3), BatchNorm, Relu, Output]   public partial Layer Shapes { get; }
}
