namespace NetCompiler.Benchmarks;

/// <summary>A control network, as an audio effect or a game character has it: 1,633 parameters.</summary>
[Network(Loss = Loss.MeanSquaredError)]
[Input(16), Dense(32), Relu, Dense(32), Relu, Dense(1)]
public sealed partial class MlpTiny;

/// <summary>The classic digit classifier without convolutions.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(784), Dense(128), Relu, Dense(10)]
public sealed partial class MlpMnist;

/// <summary>A small convolutional digit classifier.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(1, 28, 28),
 Conv2D(8, Kernel = 3), Relu, MaxPool2D(2),
 Conv2D(16, Kernel = 3), Relu, MaxPool2D(2),
 Flatten, Dense(10)]
public sealed partial class Cnn;
