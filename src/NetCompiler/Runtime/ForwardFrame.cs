using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>For generated code: what a thread needs to do its part of a prediction.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Never compared.")]
public readonly unsafe ref struct ForwardFrame
{
    internal readonly float* ParameterPointer { get; init; }

    internal readonly float* PreparedPointer { get; init; }

    internal readonly float* ScratchPointer { get; init; }

    internal readonly float** TensorPointers { get; init; }

    internal readonly TeamBarrier? Barrier { get; init; }

    /// <summary>The number of this thread among those that share the layers.</summary>
    public int Worker { get; init; }

    /// <summary>How many threads share the layers.</summary>
    public int Workers { get; init; }

    /// <summary>Whether it is a step of one sequence, of which all threads do a part.</summary>
    public bool IsStep { get; init; }

    /// <summary>Whether all threads work on the same samples, each on a part of every large layer; otherwise each has samples of its own.</summary>
    public bool SharesLayers => Barrier is not null;

    /// <summary>The parameter storage.</summary>
    public ref float Parameters => ref Unsafe.AsRef<float>(ParameterPointer);

    /// <summary>What was computed from the parameters before.</summary>
    public ref float Prepared => ref Unsafe.AsRef<float>(PreparedPointer);

    /// <summary>The memory between layers, of all threads together.</summary>
    public ref float Scratch => ref Unsafe.AsRef<float>(ScratchPointer);

    /// <summary>The inputs, then the outputs, each as [batch x its size].</summary>
    /// <param name="index">Which of them.</param>
    public ref float Tensor(int index) => ref Unsafe.AsRef<float>(TensorPointers[index]);

    /// <summary>This thread's part of a layer: [lo, hi) of [0, <paramref name="extent"/>), in whole multiples of <paramref name="grain"/>.</summary>
    /// <param name="extent">Size of the layer along the index that is split.</param>
    /// <param name="grain">What is computed at once.</param>
    /// <param name="lo">Where the part begins.</param>
    /// <param name="hi">Where it ends.</param>
    public void Part(nint extent, nint grain, out nint lo, out nint hi)
    {
        nint blocks = (extent + grain - 1) / grain;
        lo = Math.Min(extent, ((blocks * Worker) + Workers - 1) / Workers * grain);
        hi = Math.Min(extent, ((blocks * (Worker + 1)) + Workers - 1) / Workers * grain);
    }

    /// <summary>Waits until all threads are here.</summary>
    public void Wait() => Barrier!.Wait(Worker);
}
