using System.Text;

namespace NetCompiler;

/// <summary>
/// One token for each of certain characters (Unicode scalar values), in the order of their numbers. It knows no other characters; <see cref="Contains"/> tells.
/// </summary>
public sealed class CharacterVocabulary : Vocabulary
{
    private readonly Dictionary<int, int> tokens;

    private CharacterVocabulary(SortedSet<int> characters, byte[] bytes, int[] starts)
        : base(bytes, starts)
    {
        tokens = new Dictionary<int, int>(characters.Count);
        foreach (int character in characters)
        {
            tokens.Add(character, tokens.Count);
        }

        Characters = Strict.GetString(bytes);
    }

    /// <summary>All characters, in order of their tokens.</summary>
    public string Characters { get; }

    /// <summary>Makes the vocabulary of all the characters that a text has.</summary>
    /// <param name="text">At least one character.</param>
    /// <exception cref="ArgumentException">The text is empty, or has half of a surrogate pair.</exception>
    public static CharacterVocabulary FromText(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            throw new ArgumentException("The text is empty. A vocabulary needs at least one character.", nameof(text));
        }

        SortedSet<int> characters = [];
        for (int i = 0; i < text.Length;)
        {
            characters.Add(RuneAt(text, i, out int length).Value);
            i += length;
        }

        List<byte> bytes = [];
        int[] starts = new int[characters.Count + 1];
        int count = 0;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (int character in characters)
        {
            bytes.AddRange(utf8[..new Rune(character).EncodeToUtf8(utf8)]);
            starts[++count] = bytes.Count;
        }

        return new CharacterVocabulary(characters, [.. bytes], starts);
    }

    /// <summary>Whether the vocabulary has a character.</summary>
    /// <param name="character">Any.</param>
    public bool Contains(Rune character) => tokens.ContainsKey(character.Value);

    /// <inheritdoc/>
    public override int[] Encode(ReadOnlySpan<char> text)
    {
        int[] result = new int[text.Length];
        int count = 0;
        for (int i = 0; i < text.Length;)
        {
            Rune rune = RuneAt(text, i, out int length);
            if (!tokens.TryGetValue(rune.Value, out result[count++]))
            {
                throw new ArgumentException($"Character {i} of the text is {Name(rune)}, which is not among the {Count} characters of this vocabulary. "
                    + $"Remove it, or make the vocabulary from a text that has it.", nameof(text));
            }

            i += length;
        }

        return count == result.Length ? result : result[..count];
    }

    /// <inheritdoc/>
    public override int[] Encode(ReadOnlySpan<byte> utf8)
    {
        string text;
        try
        {
            text = Strict.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw new ArgumentException($"Byte {Math.Max(e.Index, 0)} is not UTF-8, and a vocabulary of characters can write text only. "
                + $"Use a {nameof(BytePairVocabulary)} for any bytes.", nameof(utf8), e);
        }

        return Encode(text);
    }

    private static string Name(Rune rune) => Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) ? $"U+{rune.Value:X4}" : $"'{rune}' (U+{rune.Value:X4})";

    private static Rune RuneAt(ReadOnlySpan<char> text, int index, out int length) =>
        Rune.DecodeFromUtf16(text[index..], out Rune rune, out length) == System.Buffers.OperationStatus.Done
            ? rune
            : throw HalfPair(index, nameof(text));
}
