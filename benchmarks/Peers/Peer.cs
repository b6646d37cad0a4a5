namespace NetCompiler.Benchmarks.Peers;

/// <summary>One system at one task, ready to run it again and again.</summary>
internal abstract class Peer(string system) : IDisposable
{
    /// <summary>Names of results that are no gradients.</summary>
    public const string Output = "output", Loss = "loss";

    public string System { get; } = system;

    /// <summary>Sets what holds for the whole process (libtorch's number of threads), before this system's turn; not timed.</summary>
    public virtual void Enter()
    {
    }

    public virtual void Leave()
    {
    }

    /// <summary>One prediction, or one training step.</summary>
    public abstract void Run();

    /// <summary>What the last run computed: <see cref="Output"/>; or <see cref="Loss"/>, and the gradients by the parameters' names.</summary>
    public abstract Dictionary<string, double[]> Results();

    /// <summary>What does only what a prediction of one sample cannot do without, in the same memory; null where there is no such thing.</summary>
    public virtual Peer? Least() => null;

    protected static double[] Numbers(float[] values) => Array.ConvertAll(values, v => (double)v);

    public abstract void Dispose();
}

/// <summary>What all systems are given.</summary>
/// <param name="Input">Shape of one sample.</param>
/// <param name="Output">Numbers that come of one sample.</param>
/// <param name="Batch">Samples of one call.</param>
/// <param name="Threads">Threads that the system may use.</param>
/// <param name="Steps">The network.</param>
/// <param name="Parameters">Its parameters, in PyTorch's layout.</param>
internal sealed record Assignment(int[] Input, int Output, int Batch, int Threads, Compare.Step[] Steps, IReadOnlyDictionary<string, (int[] Shape, float[] Values)> Parameters)
{
    public const float LearningRate = 1e-3f;

    /// <summary>Numbers that a classifier chooses from; fewer than its output has where it does so at each position of a sequence.</summary>
    public int Classes { get; init; } = Output;

    /// <summary>Inputs are whole numbers below this; 0: any numbers.</summary>
    public int Vocabulary { get; init; }

    public float[] Inputs => field ??= Vocabulary > 0 ? Array.ConvertAll(Tokens, t => (float)t) : Samples.Inputs(Batch * InputLength);

    /// <summary>The same, for a network of whole numbers.</summary>
    public int[] Tokens => field ??= Samples.Tokens(Batch * InputLength, Vocabulary);

    /// <summary>Class numbers, for a classifier.</summary>
    public int[] Labels => field ??= Samples.Labels(Batch * Output / Classes, Classes);

    /// <summary>What the outputs are compared with, otherwise.</summary>
    public float[] Targets { get; } = Samples.Inputs(Batch * Output);

    private int InputLength => Input.Aggregate(1, (a, b) => a * b);

    public long[] InputShape => [Batch, .. Input.Select(d => (long)d)];
}
