using System.Text.Json;

namespace NetCompiler;

/// <summary>Vocabularies as JSON; docs/text.md has the format.</summary>
internal static class VocabularyFile
{
    private const string Format = "netcompiler-vocabulary";
    private const int Version = 1;
    private const string BytePair = "byte-pair";
    private const string Character = "character";

    public static void Write(Vocabulary vocabulary, Stream stream)
    {
        using Utf8JsonWriter writer = new(stream);
        writer.WriteStartObject();
        writer.WriteString("format", Format);
        writer.WriteNumber("version", Version);
        if (vocabulary is BytePairVocabulary pairs)
        {
            writer.WriteString("kind", BytePair);
            writer.WriteStartArray("merges");
            foreach ((int left, int right) in pairs.Merges)
            {
                writer.WriteStartArray();
                writer.WriteNumberValue(left);
                writer.WriteNumberValue(right);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }
        else
        {
            writer.WriteString("kind", Character);
            writer.WriteString("characters", ((CharacterVocabulary)vocabulary).Characters);
        }

        writer.WriteEndObject();
    }

    public static Vocabulary Read(Stream stream, string source)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(stream);
            JsonElement root = document.RootElement;
            string format = Property(root, "format").GetString()!;
            int version = Property(root, "version").GetInt32();
            if (format != Format || version != Version)
            {
                throw new InvalidDataException($"{source}: the format is '{format}' version {version}, expected '{Format}' version {Version}.");
            }

            return Property(root, "kind").GetString() switch
            {
                BytePair => BytePairVocabulary.FromMerges(ReadMerges(Property(root, "merges"), source)),
                Character => ReadCharacters(Property(root, "characters").GetString()!, source),
                var kind => throw new InvalidDataException($"{source}: the kind is '{kind}', expected '{BytePair}' or '{Character}'."),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{source} is not the JSON of a vocabulary: {e.Message}", e);
        }
    }

    private static JsonElement Property(JsonElement root, string name) => root.TryGetProperty(name, out JsonElement value)
        ? value
        : throw new KeyNotFoundException($"it has no '{name}'.");

    private static List<(int Left, int Right)> ReadMerges(JsonElement array, string source)
    {
        const int MaximumMerges = BytePairVocabulary.MaximumCount - BytePairVocabulary.ByteCount;
        int count = array.GetArrayLength();
        if (count > MaximumMerges)
        {
            throw new InvalidDataException($"{source}: there are {count} merges; {MaximumMerges} are allowed.");
        }

        List<(int Left, int Right)> merges = new(count);
        List<int> lengths = [.. Enumerable.Repeat(1, BytePairVocabulary.ByteCount)];
        HashSet<long> known = [];
        foreach (JsonElement merge in array.EnumerateArray())
        {
            string what = $"{source}: merge {merges.Count}";
            if (merge.GetArrayLength() != 2)
            {
                throw new InvalidDataException($"{what} has {merge.GetArrayLength()} tokens, expected 2.");
            }

            (int left, int right) = (merge[0].GetInt32(), merge[1].GetInt32());
            if ((uint)left >= (uint)lengths.Count || (uint)right >= (uint)lengths.Count)
            {
                throw new InvalidDataException($"{what} is of tokens {left} and {right}; it can have those from 0 to {lengths.Count - 1} only.");
            }

            if (!known.Add(BytePairVocabulary.Pair(left, right)))
            {
                throw new InvalidDataException($"{what} is of tokens {left} and {right}, which were merged before.");
            }

            int length = lengths[left] + lengths[right];
            if (length > BytePairVocabulary.MaximumLength)
            {
                throw new InvalidDataException($"{what} makes a token of {length} bytes; {BytePairVocabulary.MaximumLength} are allowed.");
            }

            merges.Add((left, right));
            lengths.Add(length);
        }

        return merges;
    }

    private static CharacterVocabulary ReadCharacters(string characters, string source)
    {
        try
        {
            CharacterVocabulary vocabulary = CharacterVocabulary.FromText(characters);
            return vocabulary.Characters == characters
                ? vocabulary
                : throw new InvalidDataException($"{source}: the characters are not in order, each one once.");
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{source}: the characters are no text: {e.Message}", e);
        }
    }
}
