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

    /// <summary>A column of numbers, one a line.</summary>
    public static double[] Numbers(string file) =>
        [.. File.ReadLines(Path.Combine(s_folder!, "test_data", file)).Where(l => l.Length > 0).Select(l => double.Parse(l, CultureInfo.InvariantCulture))];

    /// <summary>All numbers of nested arrays, in order.</summary>
    public static float[] Flat(JsonElement array) => array.ValueKind == JsonValueKind.Array ? [.. array.EnumerateArray().SelectMany(Flat)] : [array.GetSingle()];

    /// <summary>A matrix, with rows and columns exchanged.</summary>
    public static float[] Transposed(JsonElement matrix)
    {
        var rows = matrix.EnumerateArray().Select(Flat).ToArray();
        return [.. Enumerable.Range(0, rows[0].Length).SelectMany(c => rows.Select(r => r[c]))];
    }
}
