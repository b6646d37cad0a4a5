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

    /// <summary>Names of the values that are remembered for each parameter (PyTorch's names, where it has them). Must not change.</summary>
    public abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>Whether Update also keeps the parameters as they were, in the same pass.</summary>
    internal virtual bool KeepsPrevious => false;

    /// <summary>Updates the parameters of a block. Each element must depend on its own values only.</summary>
    /// <param name="block">Parameters, gradients and state.</param>
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

    private protected static Vector<float> Load(ReadOnlySpan<float> span, int index) => new(span[index..]);
}
