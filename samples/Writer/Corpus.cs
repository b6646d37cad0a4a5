using NetCompiler;

namespace Writer;

/// <summary>A text as tokens: the first nine tenths to learn from, the rest to see how well.</summary>
internal sealed class Corpus
{
    private readonly int[] tokens;
    private readonly int split;

    public Corpus(Vocabulary vocabulary, string text)
    {
        Vocabulary = vocabulary;
        tokens = vocabulary.Encode(text);
        split = tokens.Length * 9 / 10;
        if (tokens.Length - split <= Gpt.Context + 1)
        {
            throw new UserErrorException($"The text has {tokens.Length} tokens; to learn from it and to check what was learned, at least {(Gpt.Context + 2) * 10} are needed.");
        }
    }

    public Vocabulary Vocabulary { get; }

    public int Count => tokens.Length;

    /// <summary>Characters of the checked part for each of its tokens, so that losses of different vocabularies can be compared.</summary>
    public double CharactersPerToken(string text) => (double)text.Length / tokens.Length;

    /// <summary>Windows from random places, and what follows each of their tokens.</summary>
    public void Draw(Random random, bool learning, Span<int> inputs, Span<int> labels)
    {
        var (from, to) = learning ? (0, split) : (split, tokens.Length);
        for (int at = 0; at < inputs.Length; at += Gpt.Context)
        {
            int start = random.Next(from, to - Gpt.Context);
            tokens.AsSpan(start, Gpt.Context).CopyTo(inputs[at..]);
            tokens.AsSpan(start + 1, Gpt.Context).CopyTo(labels[at..]);
        }
    }

    /// <summary>A vocabulary for a text: its characters, or pairs of bytes that are often together.</summary>
    public static Vocabulary Choose(string kind, string text)
    {
        if (kind == "pairs") return BytePairVocabulary.Train(text, Gpt.Vocabulary);
        CharacterVocabulary characters = CharacterVocabulary.FromText(text);
        return characters.Count <= Gpt.Vocabulary ? characters : throw new UserErrorException(
            $"The text has {characters.Count} different characters, the network takes {Gpt.Vocabulary}. Use --vocabulary pairs.");
    }
}
