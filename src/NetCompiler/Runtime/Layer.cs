using System.ComponentModel;

namespace NetCompiler;

/// <summary>A layer (or chain of layers) of a network, as one property declares it.</summary>
public sealed class Layer
{
    private readonly string network;
    private float[]? output;
    private int outputLength = -1;

    /// <summary>For generated code.</summary>
    /// <param name="name">The property's name.</param>
    /// <param name="shape">The output's shape, of one sample.</param>
    /// <param name="state">The network's parameters.</param>
    /// <param name="modulePath">What the layer's parameters begin with, without the last dot; empty: all are the layer's.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Layer(string name, int[] shape, NetworkState state, string modulePath)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(modulePath);
        Name = name;
        Shape = [.. shape];
        network = state.Description.Name;
        string prefix = modulePath + ".";
        Parameters = new ParameterCollection(
            [.. state.Parameters.Where(p => modulePath.Length == 0 || p.Name.StartsWith(prefix, StringComparison.Ordinal))],
            $"Layer {name} of {network}");
    }

    /// <summary>The property's name.</summary>
    public string Name { get; }

    /// <summary>The output's shape, of one sample.</summary>
    public int[] Shape { get; }

    /// <summary>The layer's parameters and buffers.</summary>
    public ParameterCollection Parameters { get; }

    /// <summary>What the layer gave in the last <c>Forward</c>: [batch x its shape].</summary>
    /// <exception cref="InvalidOperationException">The network does not keep outputs, or has not run.</exception>
    public ReadOnlySpan<float> LastOutput => outputLength >= 0 ? output.AsSpan(0, outputLength) : throw new InvalidOperationException(
        $"Layer {Name} of {network} has no last output: the network was not made to keep outputs, or has not run yet. "
        + $"Declare it with [Network(KeepOutputs = true)], set KeepOutputs on the instance, and call Forward first.");

    /// <summary>For generated code: the place to write the output to, which <see cref="LastOutput"/> then gives.</summary>
    /// <param name="length">Batch x elements of the shape.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public Span<float> BeginOutput(int length)
    {
        if (output is null || output.Length < length)
        {
            output = new float[length];
        }

        outputLength = length;
        return output.AsSpan(0, length);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}]";
}
