using System.Numerics;

namespace NetCompiler;

/// <summary>RMSprop (Tieleman and Hinton, 2012), as <c>torch.optim.RMSprop</c>.</summary>
public sealed class RMSprop : Optimizer
{
    /// <summary>PyTorch's defaults: learning rate 1e-2.</summary>
    public RMSprop() => LearningRate = 1e-2f;

    /// <summary>Decay of the squared gradient's running mean.</summary>
    public float Alpha
    {
        get;
        init => field = Fraction(value, nameof(Alpha));
    } = 0.99f;

    /// <summary>Keeps the division finite.</summary>
    public float Epsilon
    {
        get;
        init => field = NonNegative(value, nameof(Epsilon));
    } = 1e-8f;

    /// <summary>Share of the last direction that is kept.</summary>
    public float Momentum
    {
        get;
        init => field = NonNegative(value, nameof(Momentum));
    }

    /// <summary>Divides by the estimated deviation in place of the root mean square.</summary>
    public bool Centered { get; init; }

    /// <summary>Pull towards 0, added to the gradient.</summary>
    public float WeightDecay
    {
        get;
        init => field = NonNegative(value, nameof(WeightDecay));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => (Momentum != 0, Centered) switch
    {
        (false, false) => ["square_avg"],
        (true, false) => ["square_avg", "momentum_buffer"],
        (false, true) => ["square_avg", "grad_avg"],
        (true, true) => ["square_avg", "momentum_buffer", "grad_avg"],
    };

    /// <inheritdoc/>
    public override void Update(in OptimizerBlock block)
    {
        Span<float> parameters = block.Parameters;
        ReadOnlySpan<float> gradients = block.Gradients;
        bool hasMomentum = Momentum != 0;
        Span<float> squares = block.State(0);
        Span<float> buffer = hasMomentum ? block.State(1) : default;
        Span<float> means = Centered ? block.State(hasMomentum ? 2 : 1) : default;
        Vector<float> rate = new((float)block.LearningRate);
        Vector<float> decay = new(WeightDecay);
        Vector<float> keep = new(Alpha);
        Vector<float> take = new((float)(1 - (double)Alpha));
        Vector<float> epsilon = new(Epsilon);
        Vector<float> momentum = new(Momentum);
        Vector<float> leastMean = new(LeastMean);
        Vector<float> leastSquare = new(LeastSquareBeside(Epsilon));
        for (int i = 0; i < parameters.Length; i += Vector<float>.Count)
        {
            Vector<float> p = Load(parameters, i);
            Vector<float> g = Load(gradients, i);
            if (WeightDecay != 0)
            {
                g += decay * p;
            }

            Vector<float> v = Settle((Load(squares, i) * keep) + (g * g * take), leastSquare);
            v.CopyTo(squares[i..]);
            if (Centered)
            {
                Vector<float> m = Load(means, i);
                m = Settle(m + ((g - m) * take), leastMean);
                m.CopyTo(means[i..]);

                // Never negative, but for rounding; and for small gradients the squares have settled at 0 before their mean has. NaN stays.
                v = Vector.Max(v - (m * m), Vector<float>.Zero);
            }

            Vector<float> direction = g / (Vector.SquareRoot(v) + epsilon);
            if (hasMomentum)
            {
                direction = Settle(direction + (momentum * Load(buffer, i)), leastMean);
                direction.CopyTo(buffer[i..]);
            }

            (p - (rate * direction)).CopyTo(parameters[i..]);
        }
    }
}
