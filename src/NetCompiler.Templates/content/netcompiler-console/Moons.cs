using NetCompiler;

namespace NetCompilerConsole;

/// <summary>Tells to which of two interleaved half moons a point belongs. Try other layers: wrong shapes are errors of the compiler.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(2), Dense(32), Relu, Dense(32), Relu, Dense(2)]
internal sealed partial class Moons;
