using System.Numerics;

namespace NetCompiler;

/// <summary>
/// How parameters follow their gradients. An optimiser holds settings only; what it remembers of each parameter is in the trainer,
/// so one optimiser may serve several trainers.
/// </summary>
public abstract class Optimizer
{
    /// <summary>The step's size, before a <see cref="Trainer{TNetwork}.Schedule"/>. May be changed between steps.</summary>
    public float LearningRate
    {
        get;
        set => field = NonNegative(value, nameof(LearningRate));
    }

    /// <summary>2^-100: a mean of gradients below it moves no parameter, and no factor that it meets makes it subnormal (below 2^-126) at once.</summary>
    private protected const float LeastMean = 7.888609e-31f;

    /// <summary>2^-120: the same of a mean of squares.</summary>
    private const float LeastSquare = 7.5231638e-37f;

    /// <summary>2^-24: so small a part of a sum is lost in rounding.</summary>
    private const float Lost = 5.9604645e-8f;

    /// <summary>
    /// Names of the values that are remembered for each parameter (PyTorch's names, where it has them). Must not change. In a checkpoint they stand before the parameters' names, so each
    /// comes once, has no dot, and is neither <c>best</c> nor <c>carried</c>.
    /// </summary>
    public abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>Whether Update also keeps the parameters as they were, in the same pass.</summary>
    internal virtual bool KeepsPrevious => false;

    /// <summary>Updates the parameters of a block. Each element must depend on its own values only.</summary>
    /// <param name="block">Parameters, gradients and state.</param>
    /// <remarks>
    /// An exception ends the step and reaches its caller. It is not counted, and running statistics are as before it; but parameters and state of the blocks that were updated by then
    /// stay so. To go on as if nothing had been, load a checkpoint.
    /// </remarks>
    public abstract void Update(in OptimizerBlock block);

    /// <summary>Checks a setting that must be a number of at least 0.</summary>
    /// <param name="value">The value given.</param>
    /// <param name="name">The setting's name.</param>
    protected static float NonNegative(float value, string name) => float.IsFinite(value) && value >= 0
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number of at least 0.");

    /// <summary>Checks a setting that must be in [0, 1).</summary>
    /// <param name="value">The value given.</param>
    /// <param name="name">The setting's name.</param>
    protected static float Fraction(float value, string name) => value is >= 0 and < 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 0 and below 1.");

    /// <summary>
    /// What is remembered of a gradient that stays 0 (of a unit that is never active) would decay to subnormal numbers and stay there by rounding, which slows many processors
    /// down in every step. It ends at 0 instead: what is nearer to 0 than <paramref name="least"/> becomes 0; NaN stays.
    /// </summary>
    private protected static Vector<float> Settle(Vector<float> state, Vector<float> least) => Vector.AndNot(state, Vector.LessThan(Vector.Abs(state), least).As<int, float>());

    /// <summary>What a mean of gradients that is divided by at least <paramref name="epsilon"/> settles below. Without an epsilon a step may be the quotient of two small numbers: then they stay as they are.</summary>
    private protected static float LeastMeanBeside(float epsilon) => MathF.Min(LeastMean, epsilon * Lost);

    /// <summary>What a mean of squares settles below, to whose root <paramref name="epsilon"/> is added: the sum stays what it is.</summary>
    private protected static float LeastSquareBeside(float epsilon) => MathF.Min(LeastSquare, epsilon * Lost * (epsilon * Lost));

    private protected static Vector<float> Load(ReadOnlySpan<float> span, int index) => new(span[index..]);
}
