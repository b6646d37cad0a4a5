using NetCompiler;

namespace NetCompilerService;

/// <summary>Tells to which of two interleaved half moons a point belongs.</summary>
[Network(Loss = Loss.SoftmaxCrossEntropy)]
[Input(2), Dense(32), Relu, Dense(32), Relu, Dense(2)]
internal sealed partial class Moons;
