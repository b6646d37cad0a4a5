using System.Numerics;

namespace NetCompiler;

/// <summary>What <see cref="Adam"/> and <see cref="AdamW"/> have in common.</summary>
public abstract class AdamBase : Optimizer
{
    private static readonly string[] Moments = ["exp_avg", "exp_avg_sq"];

    private protected AdamBase() => LearningRate = 1e-3f;

    /// <summary>Decay of the gradient's running mean.</summary>
    public float Beta1
    {
        get;
        init => field = Fraction(value, nameof(Beta1));
    } = 0.9f;

    /// <summary>Decay of the squared gradient's running mean.</summary>
    public float Beta2
    {
        get;
        init => field = Fraction(value, nameof(Beta2));
    } = 0.999f;

    /// <summary>Keeps the division finite.</summary>
    public float Epsilon
    {
        get;
        init => field = NonNegative(value, nameof(Epsilon));
    } = 1e-8f;

    /// <inheritdoc/>
    public sealed override IReadOnlyList<string> StateNames => Moments;

    /// <param name="block">Parameters, gradients and state.</param>
    /// <param name="decay">Added to the gradient, times the parameter.</param>
    /// <param name="shrink">Factor of the parameter before the step.</param>
    private protected void Update(in OptimizerBlock block, float decay, float shrink)
    {
        Span<float> parameters = block.Parameters;
        ReadOnlySpan<float> gradients = block.Gradients;
        Span<float> means = block.State(0);
        Span<float> squares = block.State(1);

        // Corrections for moments that began as 0, in double as PyTorch computes them.
        double correction1 = 1 - Math.Pow(Beta1, block.Step);
        double correction2 = 1 - Math.Pow(Beta2, block.Step);
        Vector<float> stepSize = new((float)(block.LearningRate / correction1));
        Vector<float> root = new((float)Math.Sqrt(correction2));
        Vector<float> take1 = new((float)(1 - (double)Beta1));
        Vector<float> keep2 = new(Beta2);
        Vector<float> take2 = new((float)(1 - (double)Beta2));
        Vector<float> epsilon = new(Epsilon);
        Vector<float> decays = new(decay);
        Vector<float> shrinks = new(shrink);
        for (int i = 0; i < parameters.Length; i += Vector<float>.Count)
        {
            Vector<float> p = Load(parameters, i);
            Vector<float> g = Load(gradients, i);
            if (decay != 0)
            {
                g += decays * p;
            }

            Vector<float> m = Load(means, i);
            m += (g - m) * take1;
            m.CopyTo(means[i..]);
            Vector<float> v = (Load(squares, i) * keep2) + (g * g * take2);
            v.CopyTo(squares[i..]);
            Vector<float> denominator = (Vector.SquareRoot(v) / root) + epsilon;
            ((p * shrinks) - (stepSize * m / denominator)).CopyTo(parameters[i..]);
        }
    }
}

/// <summary>Adam (Kingma and Ba, 2014), as <c>torch.optim.Adam</c>.</summary>
public sealed class Adam : AdamBase
{
    /// <summary>Pull towards 0, added to the gradient.</summary>
    public float WeightDecay
    {
        get;
        init => field = NonNegative(value, nameof(WeightDecay));
    }

    /// <inheritdoc/>
    public override void Update(in OptimizerBlock block) => Update(block, WeightDecay, shrink: 1);
}

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, 2017), as <c>torch.optim.AdamW</c>.</summary>
public sealed class AdamW : AdamBase
{
    /// <summary>Pull towards 0, apart from the gradient.</summary>
    public float WeightDecay
    {
        get;
        init => field = NonNegative(value, nameof(WeightDecay));
    } = 0.01f;

    /// <inheritdoc/>
    public override void Update(in OptimizerBlock block) => Update(block, decay: 0, shrink: (float)(1 - (block.LearningRate * WeightDecay)));
}
