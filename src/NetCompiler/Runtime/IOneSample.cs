using System.ComponentModel;

namespace NetCompiler;

/// <summary>For generated code: a whole small network for one sample, which <see cref="Scratch.Lend"/> gives working memory.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IOneSample
{
    /// <summary>Runs the network.</summary>
    /// <param name="scratch">Working memory.</param>
    /// <param name="parameters">The network's parameters.</param>
    /// <param name="first">The first of inputs, outputs and what is kept from step to step.</param>
    /// <param name="second">The second; a null reference if there is none.</param>
    /// <param name="third">The third; a null reference if there is none.</param>
    /// <param name="turn">Of a step: in which of two orders the weights are gone through.</param>
    static abstract void Run(ref float scratch, ref float parameters, ref float first, ref float second, ref float third, nint turn);
}
