namespace NetCompiler;

/// <summary>A loss that is made for outputs of some shape: a trainer that is given its method asks whether the network's are.</summary>
internal interface IShapedLoss
{
    /// <summary>Throws if an output has another shape.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="output">One of its outputs.</param>
    /// <exception cref="InvalidOperationException">It has.</exception>
    void CheckOutput(string network, TensorDescription output);
}
