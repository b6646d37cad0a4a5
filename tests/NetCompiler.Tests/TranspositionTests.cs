namespace NetCompiler.Tests;

public sealed class TranspositionTests
{
    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(8, 8, 8, 8)]
    [InlineData(16, 49, 64, 16)]
    [InlineData(7, 9, 9, 7)]
    [InlineData(17, 24, 31, 19)]
    [InlineData(10, 128, 128, 16)]
    public void Every_element_goes_to_its_place_and_none_beside_it(int rows, int columns, int targetStride, int sourceStride)
    {
        var source = Enumerable.Range(0, ((columns - 1) * sourceStride) + rows).Select(i => (float)i).ToArray();
        var target = new float[((rows - 1) * targetStride) + columns + 1];
        target.AsSpan().Fill(-1);
        Transposition.Copy(ref target[0], targetStride, ref source[0], sourceStride, rows, columns);
        for (var i = 0; i < target.Length; i++)
        {
            var (r, c) = (i / targetStride, i % targetStride);
            Assert.Equal(r < rows && c < columns ? source[(c * sourceStride) + r] : -1, target[i]);
        }
    }
}
