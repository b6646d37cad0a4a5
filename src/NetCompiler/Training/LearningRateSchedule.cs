namespace NetCompiler;

/// <summary>
/// How the learning rate changes with the steps. A schedule is a function of the step's number alone, so a resumed run needs nothing but its step count.
/// </summary>
public abstract class LearningRateSchedule
{
    /// <summary>The learning rate of one step.</summary>
    /// <param name="step">Steps taken before it: 0, 1, ...</param>
    /// <param name="learningRate">The optimiser's <see cref="Optimizer.LearningRate"/>.</param>
    public abstract double Rate(long step, double learningRate);

    /// <summary>Half a cosine wave from one value to another, as <paramref name="progress"/> goes from 0 to 1.</summary>
    private protected static double Anneal(double from, double to, double progress) =>
        to + ((from - to) * 0.5 * (1 + Math.Cos(Math.PI * Math.Clamp(progress, 0, 1))));

    private protected static long Positive(long value, string name) => value > 0
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 1 step.");

    private protected static long NonNegative(long value, string name) => value >= 0
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 0 steps.");

    private protected static double NonNegative(double value, string name) => double.IsFinite(value) && value >= 0
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number of at least 0.");

    private protected static double Share(double value, string name) => value is >= 0 and <= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be from 0 to 1.");

    private protected static double Divisor(double value, string name) => double.IsFinite(value) && value > 0
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number above 0.");
}

/// <summary>The optimiser's learning rate throughout.</summary>
public sealed class ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double Rate(long step, double learningRate) => learningRate;
}

/// <summary>Multiplies the learning rate by <see cref="Factor"/> every so many steps.</summary>
public sealed class StepSchedule : LearningRateSchedule
{
    /// <summary>Steps between two changes.</summary>
    public required long Every
    {
        get;
        init => field = Positive(value, nameof(Every));
    }

    /// <summary>The factor of each change.</summary>
    public double Factor
    {
        get;
        init => field = NonNegative(value, nameof(Factor));
    } = 0.1;

    /// <inheritdoc/>
    public override double Rate(long step, double learningRate) => learningRate * Math.Pow(Factor, step / Every);
}

/// <summary>Warms up along a line, then falls along half a cosine wave.</summary>
public sealed class CosineSchedule : LearningRateSchedule
{
    /// <summary>Steps of the whole run, warm-up included; from then on the rate is <see cref="Minimum"/>.</summary>
    public required long TotalSteps
    {
        get;
        init => field = Positive(value, nameof(TotalSteps));
    }

    /// <summary>Steps of warm-up: the first has 1 / WarmUpSteps of the rate, the last the whole.</summary>
    public long WarmUpSteps
    {
        get;
        init => field = NonNegative(value, nameof(WarmUpSteps));
    }

    /// <summary>The rate at the end.</summary>
    public double Minimum
    {
        get;
        init => field = NonNegative(value, nameof(Minimum));
    }

    /// <inheritdoc/>
    public override double Rate(long step, double learningRate) => step >= TotalSteps
        ? Minimum
        : step < WarmUpSteps
            ? learningRate * (step + 1) / WarmUpSteps
            : Anneal(learningRate, Minimum, (double)(step - WarmUpSteps) / (TotalSteps - WarmUpSteps));
}

/// <summary>
/// Rises to the optimiser's learning rate and falls to almost nothing, both along half a cosine wave: the learning rates of
/// <c>torch.optim.lr_scheduler.OneCycleLR</c> (Smith and Topin, 2017). Momentum stays as it is.
/// </summary>
public sealed class OneCycleSchedule : LearningRateSchedule
{
    /// <summary>Steps of the whole run.</summary>
    public required long TotalSteps
    {
        get;
        init => field = Positive(value, nameof(TotalSteps));
    }

    /// <summary>Share of the steps in which the rate rises.</summary>
    public double RiseFraction
    {
        get;
        init => field = Share(value, nameof(RiseFraction));
    } = 0.3;

    /// <summary>The first rate is the highest divided by this.</summary>
    public double InitialDivisor
    {
        get;
        init => field = Divisor(value, nameof(InitialDivisor));
    } = 25;

    /// <summary>The last rate is the first divided by this.</summary>
    public double FinalDivisor
    {
        get;
        init => field = Divisor(value, nameof(FinalDivisor));
    } = 1e4;

    /// <inheritdoc/>
    public override double Rate(long step, double learningRate)
    {
        double initial = learningRate / InitialDivisor;
        double peak = (RiseFraction * TotalSteps) - 1;
        return step <= peak
            ? Anneal(initial, learningRate, peak <= 0 ? 1 : step / peak)
            : Anneal(learningRate, initial / FinalDivisor, (step - peak) / Math.Max(1e-9, TotalSteps - 1 - peak));
    }
}
