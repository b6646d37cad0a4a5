using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace NetCompiler;

/// <summary>
/// Inputs of whole numbers (tokens, lengths): kernels take them as floats, which hold every whole number up to 2^24, and look up rows of tables by
/// them without a further test. So each is checked where it comes in.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class WholeNumbers
{
    /// <summary>Whole numbers from 0 to this are exact in a float.</summary>
    public const int Largest = 1 << 24;

    [ThreadStatic]
    private static AlignedBuffer?[]? buffers;

    /// <summary>Checks an input and gives it as floats, in memory of this thread that lasts until it next asks for that input's number.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="input">The input's name.</param>
    /// <param name="position">The input's number among all.</param>
    /// <param name="values">The numbers.</param>
    /// <param name="limit">They are from 0 up to, not including, this.</param>
    /// <param name="size">Numbers of one sample.</param>
    /// <exception cref="ArgumentException">A number is out of range; the message says where.</exception>
    public static ReadOnlySpan<float> Convert(string network, string input, int position, ReadOnlySpan<int> values, int limit, int size)
    {
        Check(network, input, values, limit, size);
        Span<float> result = Rent(position, values.Length);
        LabelWriter.Write(values, result);
        return result;
    }

    /// <summary>Checks numbers that are floats already, where inputs of several kinds are given together.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="input">The input's name.</param>
    /// <param name="values">The numbers.</param>
    /// <param name="limit">They are from 0 up to, not including, this.</param>
    /// <param name="size">Numbers of one sample.</param>
    /// <exception cref="ArgumentException">A number is out of range or not whole; the message says where.</exception>
    public static void Check(string network, string input, ReadOnlySpan<float> values, int limit, int size) => Check(network, input, values, limit, size, first: 0);

    /// <param name="network">The network's name.</param>
    /// <param name="input">The input's name.</param>
    /// <param name="values">The numbers.</param>
    /// <param name="limit">They are from 0 up to, not including, this.</param>
    /// <param name="size">Numbers of one sample.</param>
    /// <param name="first">Which sample is the first of these.</param>
    internal static void Check(string network, string input, ReadOnlySpan<float> values, int limit, int size, int first)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!(values[i] >= 0 && values[i] < limit && MathF.Floor(values[i]) == values[i]))
            {
                Throw(network, input, ((long)first * size) + i, size, values[i].ToString("R", System.Globalization.CultureInfo.InvariantCulture), limit);
            }
        }
    }

    /// <summary>Checks numbers.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="input">The input's name.</param>
    /// <param name="values">The numbers.</param>
    /// <param name="limit">They are from 0 up to, not including, this.</param>
    /// <param name="size">Numbers of one sample.</param>
    /// <exception cref="ArgumentException">A number is out of range; the message says where.</exception>
    public static void Check(string network, string input, ReadOnlySpan<int> values, int limit, int size)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] >= (uint)limit)
            {
                Throw(network, input, i, size, values[i].ToString(System.Globalization.CultureInfo.InvariantCulture), limit);
            }
        }
    }

    private static Span<float> Rent(int position, int length)
    {
        AlignedBuffer?[] mine = buffers ??= new AlignedBuffer?[ForwardTensors.Most];
        if (position >= mine.Length)
        {
            Array.Resize(ref buffers, position + 1);
            mine = buffers;
        }

        AlignedBuffer? buffer = mine[position];
        if (buffer is null || buffer.Length < length)
        {
            mine[position] = buffer = new AlignedBuffer(length, "Whole numbers of one input");
        }

        return buffer.Span[..length];
    }

    [DoesNotReturn]
    private static void Throw(string network, string input, long at, int size, string value, int limit) => throw new ArgumentException(
        $"{network}: '{input}'[{at}] is {value} (sample {at / size}, position {at % size}), but must be a whole number from 0 to {limit - 1}.", input);
}
