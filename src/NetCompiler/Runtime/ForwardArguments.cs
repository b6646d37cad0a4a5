using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace NetCompiler;

/// <summary>
/// Checks what the user hands to a generated <c>Forward</c>. Inlined by request: compiled ahead of time, three calls would be a tenth of a small network's time.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ForwardArguments
{
    /// <summary>Checks the spans of a network with one input and one output, and gives the number of samples.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="inputLength">Length of the input span.</param>
    /// <param name="inputSize">Elements of one sample's input.</param>
    /// <param name="outputLength">Length of the output span.</param>
    /// <param name="outputSize">Elements of one sample's output.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Check(string network, int inputLength, int inputSize, int outputLength, int outputSize)
    {
        int batch = Batch(network, "input", inputLength, inputSize);
        Check(network, "output", outputLength, outputSize, batch);
        return batch;
    }

    /// <summary>Gives the number of samples that the first span of a network with several inputs holds.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="span">The parameter's name.</param>
    /// <param name="length">Length of the span.</param>
    /// <param name="size">Elements of one sample.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Batch(string network, string span, int length, int size)
    {
        int batch = length / size;
        if (batch == 0 || batch * size != length)
        {
            ThrowBatch(network, span, length, size);
        }

        return batch;
    }

    /// <summary>Checks a further span of a network with several inputs or outputs.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="span">The parameter's name.</param>
    /// <param name="length">Length of the span.</param>
    /// <param name="size">Elements of one sample.</param>
    /// <param name="batch">Number of samples.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check(string network, string span, int length, int size, int batch)
    {
        if (length != (long)size * batch)
        {
            ThrowLength(network, span, length, size, batch);
        }
    }

    /// <summary>Checks a span of one step.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="span">The parameter's name.</param>
    /// <param name="length">Length of the span.</param>
    /// <param name="size">Elements of one step.</param>
    public static void CheckStep(string network, string span, int length, int size)
    {
        if (length != size)
        {
            ThrowStep(network, span, length, size);
        }
    }

    /// <summary>Gives the number of steps that a span with several of them holds.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="span">The parameter's name.</param>
    /// <param name="length">Length of the span.</param>
    /// <param name="size">Elements of one step.</param>
    public static int Steps(string network, string span, int length, int size)
    {
        if (length == 0 || length % size != 0)
        {
            throw new ArgumentException(
                length == 0
                    ? $"{network}: '{span}' is empty; give at least one step, which has {size} elements."
                    : $"{network}: '{span}' holds {length} elements, which is not a whole number of steps of {size} elements. Give steps x {size} elements.",
                span);
        }

        return length / size;
    }

    [DoesNotReturn]
    private static void ThrowStep(string network, string span, int length, int size) => throw new ArgumentException(
        $"{network}: '{span}' holds {length} elements, but a step has exactly {size}. Give a span of that length.", span);

    [DoesNotReturn]
    private static void ThrowBatch(string network, string span, int length, int size) => throw new ArgumentException(
        length == 0
            ? $"{network}: '{span}' is empty; give at least one sample, which is {size} elements."
            : $"{network}: '{span}' holds {length} elements, which is not a whole number of samples of {size} elements. Give batch x {size} elements.",
        span);

    [DoesNotReturn]
    private static void ThrowLength(string network, string span, int length, int size, int batch) => throw new ArgumentException(
        $"{network}: '{span}' holds {length} elements; {batch} samples of {size} elements need exactly {(long)size * batch}. Give a span of that length.",
        span);
}
