namespace NetCompiler;

/// <summary>Where an <see cref="InputGradient"/> comes from.</summary>
internal interface IInputGradientSource
{
    int InputGradientLength { get; }

    void CopyInputGradient(Span<float> destination);
}

/// <summary>The gradient of the mean loss with respect to the inputs of the last minibatch. It is computed when it is first asked for.</summary>
public sealed class InputGradient
{
    private readonly IInputGradientSource source;

    internal InputGradient(IInputGradientSource source) => this.source = source;

    /// <summary>Floats of the last minibatch's inputs.</summary>
    public int Length => source.InputGradientLength;

    /// <summary>Copies the gradient, laid out as the inputs were given.</summary>
    /// <param name="destination">Exactly <see cref="Length"/> floats.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="InvalidOperationException">There has been no minibatch yet; or the network's parameters were changed since, other than by the trainer's own step, and the gradient was not asked for before.</exception>
    public void CopyTo(Span<float> destination) => source.CopyInputGradient(destination);
}
