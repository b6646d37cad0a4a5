namespace Digits.Data;

/// <summary>Images of 28x28 pixels (0: paper, 255: full ink), one after the other, and the digit each of them shows.</summary>
internal sealed class DigitSet
{
    public const int Side = 28;
    public const int PixelsPerImage = Side * Side;

    /// <summary>Where MNIST has a digit's centre of mass, measured from the upper left corner: the middle of pixel 14.</summary>
    public const float Middle = 14.5f;

    private readonly byte[] _pixels;
    private readonly byte[] _labels;

    public DigitSet(byte[] pixels, byte[] labels)
    {
        if (pixels.Length != labels.Length * PixelsPerImage)
            throw new ArgumentException($"{labels.Length} labels need {labels.Length * PixelsPerImage} pixels, not {pixels.Length}.", nameof(pixels));
        _pixels = pixels;
        _labels = labels;
    }

    public int Count => _labels.Length;

    public ReadOnlySpan<byte> Image(int index) => _pixels.AsSpan(index * PixelsPerImage, PixelsPerImage);

    public int Label(int index) => _labels[index];

    /// <summary>All images as the network reads them: ink from 0 to 1.</summary>
    public float[] ToInputs() => ToInputs(_pixels);

    /// <summary>The images from one index up to another, as the network reads them.</summary>
    public float[] ToInputs(int begin, int end) => ToInputs(_pixels.AsSpan(begin * PixelsPerImage, (end - begin) * PixelsPerImage));

    public int[] ToLabels() => Array.ConvertAll(_labels, label => (int)label);

    /// <summary>Any number of pixels as the network reads them: ink from 0 to 1.</summary>
    public static float[] ToInputs(ReadOnlySpan<byte> pixels)
    {
        var inputs = new float[pixels.Length];
        ToInputs(pixels, inputs);
        return inputs;
    }

    /// <summary>The same into memory that is there already.</summary>
    public static void ToInputs(ReadOnlySpan<byte> pixels, Span<float> inputs)
    {
        for (var i = 0; i < pixels.Length; i++)
            inputs[i] = pixels[i] * (1f / 255);
    }
}

/// <summary>What a run trains and tests on.</summary>
/// <param name="Source">Where the digits come from, in words for the user.</param>
internal sealed record DigitData(DigitSet Train, DigitSet Test, string Source);
