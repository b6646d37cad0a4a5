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

    internal sealed override bool KeepsPrevious => true;

    /// <param name="block">Parameters, gradients and state.</param>
    /// <param name="decay">Added to the gradient, times the parameter.</param>
    /// <param name="shrink">Factor of the parameter before the step.</param>
    private protected unsafe void Update(in OptimizerBlock block, float decay, float shrink)
    {
        // One pass, bound by square roots and divisions (one of each) as long as the memory keeps up. Blocks have no remainder.
        int length = block.Parameters.Length;
        fixed (float* parameters = block.Parameters, gradients = block.Gradients, means = block.State(0), squares = block.State(1))
        {
            float* previous = block.Previous;

            // Corrections for moments that began as 0, in double as PyTorch computes them. step * m / (sqrt(v) / root + epsilon), without the inner division.
            double correction1 = 1 - Math.Pow(Beta1, block.Step);
            double root = Math.Sqrt(1 - Math.Pow(Beta2, block.Step));
            Vector<float> stepSize = new((float)(block.LearningRate / correction1 * root));
            float besideRoot = (float)(Epsilon * root);
            Vector<float> epsilon = new(besideRoot);
            Vector<float> take1 = new((float)(1 - (double)Beta1));
            Vector<float> keep2 = new(Beta2);
            Vector<float> take2 = new((float)(1 - (double)Beta2));
            Vector<float> decays = new(decay);
            Vector<float> shrinks = new(shrink);

            Vector<float> leastMean = new(LeastMeanBeside(besideRoot));
            Vector<float> leastSquare = new(LeastSquareBeside(besideRoot));
            for (int i = 0; i < length; i += Vector<float>.Count)
            {
                Vector<float> p = Vector.Load(parameters + i);
                Vector<float> g = Vector.Load(gradients + i);
                if (previous is not null)
                {
                    p.Store(previous + i);
                }

                if (decay != 0)
                {
                    g += decays * p;
                }

                Vector<float> m = Vector.Load(means + i);
                m += (g - m) * take1;
                m = Settle(m, leastMean);
                m.Store(means + i);
                Vector<float> v = Settle((Vector.Load(squares + i) * keep2) + (g * g * take2), leastSquare);
                v.Store(squares + i);
                ((p * shrinks) - (stepSize * m / (Vector.SquareRoot(v) + epsilon))).Store(parameters + i);
            }
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
