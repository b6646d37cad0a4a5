using System.Diagnostics.CodeAnalysis;

namespace NetCompiler;

/// <summary>A stretch of one parameter that an optimiser updates. Blocks are updated in any order, on any thread.</summary>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Never compared.")]
public readonly unsafe ref struct OptimizerBlock
{
    private readonly float* states;
    private readonly nint stateStride;

    internal OptimizerBlock(
        float* parameters, float* gradients, float* states, nint stateStride, int length, long step, double learningRate, float* previous = null)
    {
        Previous = previous;
        Parameters = new Span<float>(parameters, length);
        Gradients = new ReadOnlySpan<float>(gradients, length);
        this.states = states;
        this.stateStride = stateStride;
        Step = step;
        LearningRate = learningRate;
    }

    /// <summary>The parameters to update. The length of a block is always a multiple of 16, so that vector code needs no remainder.</summary>
    public Span<float> Parameters { get; }

    /// <summary>Where the parameters before the update are kept; null: nobody wants them. For an optimiser that <see cref="Optimizer.KeepsPrevious"/>.</summary>
    internal float* Previous { get; }

    /// <summary>The gradients, as long as the parameters.</summary>
    public ReadOnlySpan<float> Gradients { get; }

    /// <summary>How many times this parameter has been updated, this time included: 1, 2, ...</summary>
    public long Step { get; }

    /// <summary>The learning rate of this step, after the schedule.</summary>
    public double LearningRate { get; }

    /// <summary>What the optimiser remembers of each parameter; zeros at first.</summary>
    /// <param name="index">Which of <see cref="Optimizer.StateNames"/>.</param>
    public Span<float> State(int index) => new(states + (index * stateStride), Parameters.Length);
}
