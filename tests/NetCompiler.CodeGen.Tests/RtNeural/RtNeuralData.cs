using System.Globalization;
using System.Text.Json;

namespace NetCompiler.CodeGen.Tests.RtNeural;

/// <summary>The models of RTNeural's own tests and what they give, in the folder <c>shared/data/rtneural</c> beside the repository or above it.</summary>
internal static class RtNeuralData
{
    private static readonly string? s_folder = Repository.Data("rtneural");

    public static void Require() => Repository.RequireData("rtneural");

    /// <summary>A model's JSON.</summary>
    public static JsonElement Model(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder!, "models", name + ".json")));
        return document.RootElement.Clone();
    }

    /// <summary>The numbers of a file, line by line.</summary>
    public static double[] Numbers(string file) => [.. Lines(file).SelectMany(l => l)];

    /// <summary>The numbers of a file that has a line for each channel, with all channels of a time after each other.</summary>
    public static double[] Turned(string file)
    {
        var lines = Lines(file);
        return [.. Enumerable.Range(0, lines[0].Length).SelectMany(t => lines.Select(l => l[t]))];
    }

    private static double[][] Lines(string file) =>
        [.. File.ReadLines(Path.Combine(s_folder!, "test_data", file)).Where(l => l.Length > 0)
            .Select(l => l.Split(',').Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray())];

    /// <summary>All numbers of nested arrays, in order.</summary>
    public static float[] Flat(JsonElement array) => array.ValueKind == JsonValueKind.Array ? [.. array.EnumerateArray().SelectMany(Flat)] : [array.GetSingle()];

    /// <summary>The kernels of a convolution, [taps, in, out], as [out, in, taps]; there may be taps along two axes.</summary>
    public static float[] Kernels(JsonElement kernels)
    {
        var (all, outer) = (Flat(kernels), kernels);
        while (outer[0][0].ValueKind == JsonValueKind.Array) outer = outer[0];
        var (ins, outs) = (outer.GetArrayLength(), outer[0].GetArrayLength());
        return [.. from o in Enumerable.Range(0, outs) from i in Enumerable.Range(0, ins) from k in Enumerable.Range(0, all.Length / ins / outs) select all[(((k * ins) + i) * outs) + o]];
    }

    /// <summary>A matrix, with rows and columns exchanged.</summary>
    public static float[] Transposed(JsonElement matrix)
    {
        var rows = matrix.EnumerateArray().Select(Flat).ToArray();
        return [.. Enumerable.Range(0, rows[0].Length).SelectMany(c => rows.Select(r => r[c]))];
    }
}
