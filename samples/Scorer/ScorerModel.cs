using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using NetCompiler;
using Scorer.Data;

namespace Scorer;

/// <summary>A network and the schema that its features follow, in two files of one folder.</summary>
internal sealed record ScorerModel(Schema Schema, RiskNet Network)
{
    private const string WeightsFile = "scorer.safetensors";
    private const string SchemaFile = "scorer.json";

    /// <summary>
    /// Writes both files, each atomically. The schema goes last and holds the hash of the weights: whoever is stopped between the two leaves a pair
    /// that <see cref="Load"/> refuses. What cannot be written down fails before the first.
    /// </summary>
    public void Save(string folder)
    {
        using var weights = new MemoryStream();
        Network.Save(weights);
        var json = JsonSerializer.SerializeToUtf8Bytes(new SavedSchema(Hash(weights.ToArray()), Schema), ModelJson.Default.SavedSchema);
        Directory.CreateDirectory(folder);
        var schema = Path.Combine(folder, SchemaFile);
        var draft = $"{schema}.{Guid.NewGuid():N}.tmp";
        File.WriteAllBytes(draft, json);
        Network.Save(Path.Combine(folder, WeightsFile));
        File.Move(draft, schema, overwrite: true);
    }

    /// <exception cref="UserErrorException">The files are missing, damaged, or not a pair.</exception>
    public static ScorerModel Load(string folder)
    {
        var (weights, schema) = (Path.Combine(folder, WeightsFile), Path.Combine(folder, SchemaFile));
        if (!File.Exists(weights) || !File.Exists(schema))
            throw new UserErrorException($"There is no {SchemaFile} with {WeightsFile} in {Path.GetFullPath(folder)}: train a network first, or say with --model where it is.");
        try
        {
            var saved = JsonSerializer.Deserialize(File.ReadAllBytes(schema), ModelJson.Default.SavedSchema)
                ?? throw new UserErrorException($"{schema} is empty; train the network again.");
            if (saved.Schema.Fault() is { } fault)
                throw new UserErrorException($"{schema} cannot be used: {fault}. Train the network again.");
            if (saved.WeightsSha256 != Hash(File.ReadAllBytes(weights)))
                throw new UserErrorException($"{schema} and {WeightsFile} are not of one training run, or one of them is damaged; train the network again.");
            return new ScorerModel(saved.Schema, RiskNet.Load(weights));
        }
        catch (Exception e) when (e is JsonException or SafetensorsException)
        {
            throw new UserErrorException($"The model in {Path.GetFullPath(folder)} cannot be read: {e.Message}");
        }
    }

    private static string Hash(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file));
}

/// <summary>The schema's file.</summary>
internal sealed record SavedSchema(string WeightsSha256, Schema Schema);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SavedSchema))]
internal sealed partial class ModelJson : JsonSerializerContext;
