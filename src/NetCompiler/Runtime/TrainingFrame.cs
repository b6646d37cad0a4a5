using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>
/// The memory that a phase of the training step works on. Each block is followed by at least 64 floats that may be read
/// (never written) past its end.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Never compared.")]
public readonly unsafe ref struct TrainingFrame
{
    internal readonly float* ParameterPointer { get; init; }

    internal readonly float* GradientPointer { get; init; }

    internal readonly float* StaticPointer { get; init; }

    internal readonly float* SamplePointer { get; init; }

    internal readonly float* ChunkPointer { get; init; }

    internal readonly float* ScratchPointer { get; init; }

    internal readonly float* InputPointer { get; init; }

    internal readonly float* LabelPointer { get; init; }

    internal readonly float* StatePointer { get; init; }

    internal readonly float* NextStatePointer { get; init; }

    /// <summary>Samples in the minibatch.</summary>
    public int Batch { get; init; }

    /// <summary>Changes with every step; random streams (dropout) derive from it.</summary>
    public uint Seed { get; init; }

    /// <summary>The parameter storage.</summary>
    public ref float Parameters => ref Unsafe.AsRef<float>(ParameterPointer);

    /// <summary>Gradients, at the parameters' offsets.</summary>
    public ref float Gradients => ref Unsafe.AsRef<float>(GradientPointer);

    /// <summary>Memory that does not depend on the batch.</summary>
    public ref float Static => ref Unsafe.AsRef<float>(StaticPointer);

    /// <summary>Memory for each sample: a value at offset o begins at float o * Batch.</summary>
    public ref float Samples => ref Unsafe.AsRef<float>(SamplePointer);

    /// <summary>Memory for each chunk: a value at offset o begins at float o * (number of chunks).</summary>
    public ref float Chunks => ref Unsafe.AsRef<float>(ChunkPointer);

    /// <summary>This thread's own memory.</summary>
    public ref float Scratch => ref Unsafe.AsRef<float>(ScratchPointer);

    /// <summary>What recurrent layers begin with: a state at offset o begins at float o * Batch.</summary>
    public ref float States => ref Unsafe.AsRef<float>(StatePointer);

    /// <summary>What they end with, at the same places.</summary>
    public ref float NextStates => ref Unsafe.AsRef<float>(NextStatePointer);

    /// <summary>The inputs of the minibatch: for each input [batch x its size], one after the other.</summary>
    public ref float Inputs => ref Unsafe.AsRef<float>(InputPointer);

    /// <summary>The labels of the minibatch as floats: for each output [batch x its labels], one after the other.</summary>
    public ref float Labels => ref Unsafe.AsRef<float>(LabelPointer);
}
