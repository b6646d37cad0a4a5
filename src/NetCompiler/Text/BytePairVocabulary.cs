using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// Byte-pair encoding (Sennrich, Haddow and Birch, 2016) over bytes, as in GPT-2: tokens 0 to 255 are the bytes, and each further one is two earlier tokens
/// side by side, the pair that was most frequent in the text it was trained on. Merging stays within pieces that GPT-2's rule cuts the text into (words with the blank
/// before them, numbers, punctuation, white space). Writes any bytes.
/// </summary>
public sealed class BytePairVocabulary : Vocabulary
{
    /// <summary>Tokens for single bytes: the least that a vocabulary has.</summary>
    internal const int ByteCount = 256;

    /// <summary>The most tokens that a vocabulary may have.</summary>
    internal const int MaximumCount = 1_000_000;

    /// <summary>No token stands for more bytes.</summary>
    internal const int MaximumLength = 256;

    private readonly Dictionary<long, int> merged;

    private BytePairVocabulary(List<(int Left, int Right)> merges, byte[] bytes, int[] starts)
        : base(bytes, starts)
    {
        Merges = merges.AsReadOnly();
        merged = new Dictionary<long, int>(merges.Count);
        foreach ((int left, int right) in merges)
        {
            merged.Add(Pair(left, right), ByteCount + merged.Count);
        }
    }

    /// <summary>The pairs of tokens that were merged, in order; the first is token 256.</summary>
    public IReadOnlyList<(int Left, int Right)> Merges { get; }

    /// <summary>Trains a vocabulary on a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="size">Tokens that the vocabulary shall have, from 256 to 1,000,000. It has fewer when no pair is left that occurs twice.</param>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair.</exception>
    public static BytePairVocabulary Train(ReadOnlySpan<char> text, int size) => Train(ToUtf8(text), size);

    /// <summary>Trains a vocabulary on bytes. The same ones give the same vocabulary on every machine.</summary>
    /// <param name="utf8">Text as UTF-8, or any other bytes.</param>
    /// <param name="size">Tokens that the vocabulary shall have, from 256 to 1,000,000. It has fewer when no pair is left that occurs twice.</param>
    public static BytePairVocabulary Train(ReadOnlySpan<byte> utf8, int size)
    {
        if (size is < ByteCount or > MaximumCount)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size,
                $"size must be from {ByteCount} (one token for each byte) to {MaximumCount}.");
        }

        return FromMerges(new BytePairTrainer(utf8).Merge(size - ByteCount));
    }

    /// <summary>The vocabulary of a list of merges that is right: each of two earlier tokens, none twice, none too long.</summary>
    internal static BytePairVocabulary FromMerges(List<(int Left, int Right)> merges)
    {
        List<byte> bytes = [.. Enumerable.Range(0, ByteCount).Select(i => (byte)i)];
        int[] starts = new int[ByteCount + merges.Count + 1];
        for (int i = 0; i <= ByteCount; i++)
        {
            starts[i] = i;
        }

        for (int i = 0; i < merges.Count; i++)
        {
            (int left, int right) = merges[i];
            bytes.AddRange(CollectionsMarshal.AsSpan(bytes)[starts[left]..starts[left + 1]].ToArray());
            bytes.AddRange(CollectionsMarshal.AsSpan(bytes)[starts[right]..starts[right + 1]].ToArray());
            starts[ByteCount + i + 1] = bytes.Count;
        }

        return new BytePairVocabulary(merges, [.. bytes], starts);
    }

    /// <inheritdoc/>
    public override int[] Encode(ReadOnlySpan<char> text) => Encode(ToUtf8(text));

    /// <inheritdoc/>
    public override int[] Encode(ReadOnlySpan<byte> utf8)
    {
        List<int> result = new(utf8.Length / 2);

        // Most pieces of a text are ones that it had before.
        Dictionary<byte[], (int Start, int Count)> known = new(new ByteSpanComparer());
        var lookup = known.GetAlternateLookup<ReadOnlySpan<byte>>();
        PieceMerger merger = new(merged);
        foreach (ReadOnlySpan<byte> piece in new PieceSplitter(utf8))
        {
            if (lookup.TryGetValue(piece, out (int Start, int Count) place))
            {
                int start = result.Count;
                CollectionsMarshal.SetCount(result, start + place.Count);
                Span<int> all = CollectionsMarshal.AsSpan(result);
                all.Slice(place.Start, place.Count).CopyTo(all[start..]);
            }
            else
            {
                int start = result.Count;
                merger.Encode(piece, result);
                lookup[piece] = (start, result.Count - start);
            }
        }

        return [.. result];
    }

    /// <summary>A pair as one number.</summary>
    internal static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>Merges the bytes of one piece: always the pair that was merged first in training, of equals the leftmost.</summary>
    private sealed class PieceMerger(Dictionary<long, int> merged)
    {
        private const int None = -1;

        private readonly PriorityQueue<int, (int Token, int Position)> queue = new();

        // The tokens that are left, as a list: each is at the position of its first byte.
        private int[] tokens = [];
        private int[] next = [];
        private int[] previous = [];

        public void Encode(ReadOnlySpan<byte> piece, List<int> result)
        {
            if (tokens.Length < piece.Length)
            {
                int size = Math.Max(64, Math.Max(piece.Length, 2 * tokens.Length));
                (tokens, next, previous) = (new int[size], new int[size], new int[size]);
            }

            for (int i = 0; i < piece.Length; i++)
            {
                tokens[i] = piece[i];
                previous[i] = i - 1;
                next[i] = i + 1 < piece.Length ? i + 1 : None;
            }

            for (int i = 0; i + 1 < piece.Length; i++)
            {
                Consider(i);
            }

            while (queue.TryDequeue(out int position, out (int Token, int Position) priority))
            {
                // What was considered may have been merged otherwise since.
                if (TokenOfPair(position) == priority.Token)
                {
                    Merge(position, priority.Token);
                }
            }

            for (int i = 0; i != None; i = next[i])
            {
                result.Add(tokens[i]);
            }
        }

        private void Merge(int position, int token)
        {
            int right = next[position];
            tokens[position] = token;
            tokens[right] = None;
            next[position] = next[right];
            if (next[right] != None)
            {
                previous[next[right]] = position;
                Consider(position);
            }

            if (previous[position] != None)
            {
                Consider(previous[position]);
            }
        }

        private void Consider(int position)
        {
            if (TokenOfPair(position) is var token and not None)
            {
                queue.Enqueue(position, (token, position));
            }
        }

        private int TokenOfPair(int position) =>
            tokens[position] != None && next[position] != None && merged.TryGetValue(Pair(tokens[position], tokens[next[position]]), out int token) ? token : None;
    }
}
