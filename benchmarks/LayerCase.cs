namespace NetCompiler.Benchmarks;

/// <summary>A network of one kind of layer and what is measured of it, on one thread. Nothing is made before it is first run.</summary>
/// <param name="name">What tables call it.</param>
public abstract class LayerCase(string name) : IDisposable
{
    /// <summary>Rows of a sequence, and steps of a run of <see cref="Step"/>.</summary>
    internal const int Steps = 64;

    internal const int Batch = 32;

    /// <summary>Whether it can be run row by row.</summary>
    internal abstract bool HasSteps { get; }

    /// <summary>Predicts one sample.</summary>
    public abstract void Predict();

    /// <summary>One training step of 32 samples.</summary>
    public abstract float Train();

    /// <summary>A sequence from its first row to its last.</summary>
    public abstract void Step();

    public override string ToString() => name;

    public abstract void Dispose();
}

/// <inheritdoc/>
/// <typeparam name="TNetwork">The network.</typeparam>
/// <param name="name">What tables call it.</param>
/// <param name="tokens">Its inputs are whole numbers below this; 0: any numbers.</param>
/// <param name="sequence">Makes what runs a sequence step by step; null: it has no steps.</param>
internal sealed class LayerCase<TNetwork>(string name, int tokens = 0, Func<TNetwork, Action>? sequence = null) : LayerCase(name)
    where TNetwork : class, INetwork<TNetwork>
{
    private static readonly int InputSize = TNetwork.Description.Inputs.Sum(i => i.Length);
    private static readonly int OutputSize = TNetwork.Description.Outputs.Sum(o => o.Length);

    private readonly float[] input = [.. tokens > 0 ? Samples.Tokens(InputSize, tokens).Select(t => (float)t) : Samples.Inputs(InputSize)];
    private readonly float[] output = new float[OutputSize];
    private TNetwork? network;
    private Trainer<TNetwork>? trainer;
    private float[] inputs = [], targets = [];
    private int[] numbers = [];
    private Action? steps;

    internal override bool HasSteps => sequence is not null;

    private TNetwork Network => network ??= TNetwork.Create(1);

    public override void Predict() => Network.ForwardAll(input, output);

    public override float Train()
    {
        if (trainer is null)
        {
            trainer = new(Network, new AdamW { LearningRate = 1e-3f }, threads: 1);
            targets = Samples.Inputs(Batch * OutputSize);
            if (tokens > 0) numbers = Samples.Tokens(Batch * InputSize, tokens);
            else inputs = Samples.Inputs(Batch * InputSize);
        }

        return tokens > 0 ? trainer.Step(numbers, targets) : trainer.Step(inputs, targets);
    }

    public override void Step() => (steps ??= sequence!(Network))();

    public override void Dispose() => trainer?.Dispose();
}
