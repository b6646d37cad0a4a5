using System.Text;
using NetCompiler.Compiler.Weights;

namespace NetCompiler.Compiler.Tests.Weights;

public sealed class WeightsReaderTests
{
    [Fact]
    public void Header_gives_the_places_of_the_tensors()
    {
        var bytes = SafetensorsBytes.Zeros(("0.weight", "F32", [3, 2]), ("0.bias", "F16", [3]));
        var file = Read(bytes);
        Assert.Equal("", file.Problem);
        Assert.Equal(bytes.Length, file.Length);
        Assert.Equal(["0.weight F32 [3, 2]", "0.bias F16 [3]"], file.Tensors.Select(t => $"{t.Name} {t.Type} {t.ShapeText}"));
        Assert.Equal([bytes.Length - 30, bytes.Length - 6], file.Tensors.Select(t => t.Begin));
        Assert.False(file.IsPacked);
    }

    [Fact]
    public void Packed_file_says_its_layout()
    {
        var file = Read(SafetensorsBytes.Of([("network", "Net"), ("layout", "0123")], ("@storage", "F32", [65], new byte[260])));
        Assert.True(file.IsPacked);
        Assert.Equal("0123", file.Layout);
    }

    [Theory]
    [InlineData("""{ "a" : { "shape" : [ ] , "data_offsets" : [ 0 , 4 ] , "dtype" : "F32" } }  """, "a")]
    [InlineData("""{"\u0061\\\"\/\t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{}}""", "a\\\"/\t")]
    [InlineData("""{"\ud83d\ude00":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "\U0001F600")]
    [InlineData("{\"\u00C3\u00A9\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "\u00E9")] // UTF-8, byte by byte.
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]}}""", "a b")]
    public void Any_way_to_write_the_JSON(string header, string names)
    {
        var file = Read(SafetensorsBytes.WithHeader(header, new byte[4]));
        Assert.Equal("", file.Problem);
        Assert.Equal(names, string.Join(' ', file.Tensors.Select(t => t.Name)));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "ends within")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}x""", "follows its last brace")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}""", "'\"' is expected")]
    [InlineData("""["a"]""", "'{' is expected")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"dtype":"F32"}}""", "has 'dtype' twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", "has 'x'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", "lacks data_offsets")]
    [InlineData("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", "unknown dtype 'F33'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", "']' is expected")]
    [InlineData("""{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,4]}}""", "more elements than any file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "not before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", "not before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "does not fill")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}""", "behind the end")]
    [InlineData("""{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}""", "cut off or damaged")]
    [InlineData("""{"a":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}}""", "begins at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "begins at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "'a' is there twice")]
    [InlineData("""{"__metadata__":{"a":"b","a":"c"}}""", "has 'a' twice")]
    [InlineData("""{"__metadata__":{"a":1}}""", "'\"' is expected")]
    [InlineData("""{"\x":{}}""", "unknown escape")]
    [InlineData("""{"\u00g0":{}}""", "unknown escape")]
    [InlineData("""{"\ud83d":{}}""", "half a character")]
    [InlineData("{\"a\nb\":{}}", "control character")]
    [InlineData("{\"\u00E9\":{}}", "not UTF-8")]
    [InlineData("", "ends within")]
    public void Damaged_header(string header, string problem) => Assert.Contains(problem, Read(SafetensorsBytes.WithHeader(header, new byte[4])).Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData(new byte[0], "0 bytes are too few")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0 }, "7 bytes are too few")]
    [InlineData(new byte[] { 9, 0, 0, 0, 0, 0, 0, 0, 123, 125 }, "claims 9 bytes")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 128, 123, 125 }, "claims 9223372036854775808 bytes")]
    public void Damaged_beginning(byte[] bytes, string problem) => Assert.Contains(problem, Read(bytes).Problem, StringComparison.Ordinal);

    [Fact]
    public void Text_is_no_weights() => Assert.Contains("the header claims", Read(Encoding.UTF8.GetBytes("version https://git-lfs.github.com/spec/v1")).Problem, StringComparison.Ordinal);

    private static WeightsFile Read(byte[] bytes) => WeightsReader.Read(new MemoryStream(bytes), "/project/net.safetensors", "NetCompiler.Weights/net.safetensors");
}
