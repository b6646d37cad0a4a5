using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace NetCompiler;

/// <summary>What the generator implements on every network; <see cref="Trainer{TNetwork}"/> and the file formats work through it.</summary>
/// <typeparam name="TSelf">The network's own type.</typeparam>
[SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "Static abstract members are the point.")]
public interface INetwork<TSelf>
    where TSelf : class, INetwork<TSelf>
{
    /// <summary>Names, shapes, memory layout and training plan, fixed at build time.</summary>
    static abstract NetworkDescription Description { get; }

    /// <summary>Makes a network whose parameters are allocated and initialised.</summary>
    static abstract TSelf Create(long seed);

    /// <summary>The parameters and their storage.</summary>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    NetworkState State { get; }

    /// <summary>Parameters and running statistics, by PyTorch's names and in its layouts.</summary>
    ParameterCollection Parameters { get; }

    /// <summary>Which of the compiled instruction paths this instance runs.</summary>
    InstructionPath InstructionPath { get; set; }

    /// <summary>Predicts; inputs and outputs of several are concatenated, each as [batch x its size].</summary>
    [EditorBrowsable(EditorBrowsableState.Advanced)]
    void ForwardAll(ReadOnlySpan<float> inputs, Span<float> outputs);

    /// <summary>Does one thread's part of a prediction of the samples [begin, end).</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    static abstract void RunForward(InstructionPath path, in ForwardFrame frame, nint begin, nint end);

    /// <summary>Runs the items [begin, end) of one phase of the training step.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    static abstract void RunTraining(InstructionPath path, int phase, in TrainingFrame frame, int begin, int end);
}

/// <summary>
/// The compiled instruction paths. All three are in every assembly; one is chosen when a network is made. A program that was compiled ahead of time has only
/// those that its processors run at full speed, and takes the widest of them for a wider one.
/// </summary>
public enum InstructionPath
{
    /// <summary>Portable 128-bit vectors: SSE on x86, NEON on ARM64.</summary>
    Vector128 = 128,

    /// <summary>256-bit vectors with fused multiply-add: AVX2 and FMA.</summary>
    Vector256 = 256,

    /// <summary>512-bit vectors: AVX-512.</summary>
    Vector512 = 512,
}
