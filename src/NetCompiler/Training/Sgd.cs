using System.Numerics;

namespace NetCompiler;

/// <summary>Stochastic gradient descent, as <c>torch.optim.SGD</c>.</summary>
public sealed class Sgd : Optimizer
{
    private static readonly string[] Buffer = ["momentum_buffer"];

    /// <summary>PyTorch's defaults: learning rate 1e-3, no momentum.</summary>
    public Sgd() => LearningRate = 1e-3f;

    /// <summary>Share of the last direction that is kept.</summary>
    public float Momentum
    {
        get;
        init => field = NonNegative(value, nameof(Momentum));
    }

    /// <summary>Looks ahead along the momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Share of the gradient that momentum leaves out.</summary>
    public float Dampening
    {
        get;
        init => field = Finite(value, nameof(Dampening));
    }

    /// <summary>Pull towards 0, added to the gradient.</summary>
    public float WeightDecay
    {
        get;
        init => field = NonNegative(value, nameof(WeightDecay));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => Momentum == 0 ? [] : Buffer;

    /// <inheritdoc/>
    public override void Update(in OptimizerBlock block)
    {
        Span<float> parameters = block.Parameters;
        ReadOnlySpan<float> gradients = block.Gradients;
        bool hasMomentum = Momentum != 0;
        Span<float> buffer = hasMomentum ? block.State(0) : default;
        Vector<float> rate = new((float)block.LearningRate);
        Vector<float> decay = new(WeightDecay);
        Vector<float> keep = new(Momentum);
        Vector<float> least = new(LeastMean);

        // PyTorch begins the buffer with the first gradient, undampened.
        Vector<float> take = new(block.Step == 1 ? 1 : 1 - Dampening);
        for (int i = 0; i < parameters.Length; i += Vector<float>.Count)
        {
            Vector<float> p = Load(parameters, i);
            Vector<float> g = Load(gradients, i);
            if (WeightDecay != 0)
            {
                g += decay * p;
            }

            if (hasMomentum)
            {
                Vector<float> b = Settle((keep * Load(buffer, i)) + (take * g), least);
                b.CopyTo(buffer[i..]);
                g = Nesterov ? g + (keep * b) : b;
            }

            (p - (rate * g)).CopyTo(parameters[i..]);
        }
    }

    private static float Finite(float value, string name) => float.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number.");
}
