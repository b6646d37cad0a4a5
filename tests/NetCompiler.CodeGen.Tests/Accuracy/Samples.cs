namespace NetCompiler.CodeGen.Tests.Accuracy;

/// <summary>The numbers at which functions are measured.</summary>
internal static class Samples
{
    /// <summary>
    /// Every 4,099th of all bit patterns; closely where functions bend, saturate or underflow; around each number where the code
    /// changes its way; the smallest and the largest numbers. As many as fill whole vectors.
    /// </summary>
    public static float[] All { get; } = Filled([.. Patterns(), .. Evenly(-110, 110, 150_000), .. Evenly(-16, 16, 150_000), .. Evenly(-2, 2, 150_000), .. Around(), .. Ends()]);

    private static float[] Filled(float[] numbers) => [.. numbers, .. Enumerable.Repeat(1f, 16 - (numbers.Length % 16))];

    private static IEnumerable<float> Patterns()
    {
        for (long bits = 0; bits <= uint.MaxValue; bits += 4099)
        {
            var x = BitConverter.UInt32BitsToSingle((uint)bits);
            if (!float.IsNaN(x)) yield return x;
        }
    }

    private static IEnumerable<float> Evenly(double from, double to, int count)
    {
        for (var i = 0; i <= count; i++) yield return (float)(from + ((to - from) * i / count));
    }

    private static IEnumerable<float> Around()
    {
        const int Each = 300;
        float[] places =
        [
            0.35f, 0.625f, 0.927734375f, 0.5f, 1, 1.5f, 2, 2.5f, 0.70710678f, 1.41421356f, 3, 4, 9, 9.02f, 10, 14.5f, 15, 17.33f, 20, 25, 64,
            87.33655f, 88.3762f, 88.72284f, 89, 103.2789f, 103.97208f, 104, 112, 5.9604645e-8f, 1.1920929e-7f, 1.1754944e-38f, 1.3f, 12.9f, 14.15f, 10.1f, 10.7f,
            89.4159851f, 89.6f, 2e-4f,
        ];
        foreach (var place in places)
        {
            for (var step = -Each; step <= Each; step++)
            {
                var x = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(place) + step);
                yield return x;
                yield return -x;
                yield return x - 1; // what log1p turns into such a number
            }
        }

        // Where e^x goes over from one power of two to the next.
        for (var n = -151; n <= 129; n++)
            for (var step = -20; step <= 20; step++)
                yield return BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits((float)((n - 0.5) * Math.Log(2))) + step);
    }

    private static IEnumerable<float> Ends()
    {
        for (var step = 0; step < 3000; step++)
        {
            yield return BitConverter.Int32BitsToSingle(step);
            yield return -BitConverter.Int32BitsToSingle(step);
            yield return BitConverter.Int32BitsToSingle(0x7f7fffff - step);
            yield return -BitConverter.Int32BitsToSingle(0x7f7fffff - step);
        }
    }
}
