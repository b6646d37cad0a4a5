using System.Diagnostics.CodeAnalysis;

namespace NetCompiler;

/// <summary>A tensor with a name, seen in PyTorch's layout whatever its layout in memory.</summary>
public abstract class NamedTensor
{
    private protected NamedTensor(ParameterDescription description, AlignedBuffer storage)
    {
        Tensor = description;
        Storage = storage;
        Shape = (int[])description.Shape.Clone();
    }

    /// <summary>PyTorch's name: <c>Stem.0.weight</c>.</summary>
    public string Name => Tensor.Name;

    /// <summary>PyTorch's shape.</summary>
    public int[] Shape { get; }

    /// <summary>Number of elements.</summary>
    public int Length => Tensor.Length;

    internal ParameterDescription Tensor { get; }

    internal AlignedBuffer Storage { get; }

    /// <summary>Copies the elements, in PyTorch's order.</summary>
    /// <param name="destination">Exactly <see cref="Length"/> floats.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void CopyTo(Span<float> destination)
    {
        CheckLength(destination.Length, nameof(destination));
        StridedCopy.ToDense(Storage.Values, Tensor, destination);
    }

    /// <summary>A new array of the elements, in PyTorch's order.</summary>
    public float[] ToArray()
    {
        float[] values = new float[Length];
        CopyTo(values);
        return values;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(", ", Tensor.Shape)}]";

    private protected void CheckLength(int given, string argument)
    {
        if (given != Length)
        {
            ThrowLength(given, argument);
        }
    }

    [DoesNotReturn]
    private void ThrowLength(int given, string argument) => throw new ArgumentException(
        $"'{Name}' has shape [{string.Join(", ", Tensor.Shape)}], {Length} floats; the span given has {given}. Give a span of exactly {Length} floats.", argument);
}

/// <summary>A parameter of a network, or a buffer such as a running mean.</summary>
public sealed class Parameter : NamedTensor
{
    private readonly NetworkState network;

    internal Parameter(ParameterDescription description, AlignedBuffer storage, NetworkState network)
        : base(description, storage) => this.network = network;

    /// <summary>True for running statistics, which are saved but not learned.</summary>
    public bool IsBuffer => Tensor.IsBuffer;

    /// <summary>Replaces the elements.</summary>
    /// <param name="source">Exactly <see cref="NamedTensor.Length"/> floats, in PyTorch's order.</param>
    /// <exception cref="ArgumentException">The source has another length.</exception>
    /// <exception cref="InvalidOperationException">The network is a <c>Pretrained</c> one, which the whole program shares.</exception>
    public void CopyFrom(ReadOnlySpan<float> source)
    {
        CheckLength(source.Length, nameof(source));
        network.CheckWritable();
        StridedCopy.FromDense(source, Tensor, Storage.Span);
        network.Changed();
    }
}

/// <summary>The gradient of the mean loss with respect to one parameter, as of the last step.</summary>
public sealed class Gradient : NamedTensor
{
    internal Gradient(ParameterDescription description, AlignedBuffer storage)
        : base(description, storage)
    {
    }
}
