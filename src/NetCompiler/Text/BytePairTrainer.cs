using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// Finds the merges of a byte-pair vocabulary. The distinct pieces of the text lie one after the other, each with how often it occurs; for each pair of tokens
/// there is a count and a list of the places where it is or was. A merge touches the places of its pair only.
/// </summary>
internal sealed class BytePairTrainer
{
    private const int None = -1;

    /// <summary>A pair that occurs once is not worth a token.</summary>
    private const long LeastCount = 2;

    // One for each byte of the distinct pieces. Merged tokens are at their first byte; the others' places hold None.
    private readonly int[] tokens;
    private readonly int[] next;
    private readonly int[] previous;
    private readonly int[] pieces;

    // How often each distinct piece occurs.
    private readonly List<long> counts = [];

    // Bytes of each token.
    private readonly List<int> lengths = [.. Enumerable.Repeat(1, BytePairVocabulary.ByteCount)];

    private readonly Dictionary<long, PairPlaces> pairs = [];

    // Counts fall while entries wait; an entry is looked at again when it comes out. Of equal counts the pair of lower tokens comes first.
    private readonly PriorityQueue<long, (long MinusCount, long Pair)> queue = new();

    public BytePairTrainer(ReadOnlySpan<byte> text)
    {
        Dictionary<byte[], int> known = new(new ByteSpanComparer());
        var lookup = known.GetAlternateLookup<ReadOnlySpan<byte>>();
        List<byte> bytes = [];
        List<int> ends = [];
        foreach (ReadOnlySpan<byte> piece in new PieceSplitter(text))
        {
            if (lookup.TryGetValue(piece, out int index))
            {
                counts[index]++;
            }
            else
            {
                lookup[piece] = counts.Count;
                counts.Add(1);
                bytes.AddRange(piece);
                ends.Add(bytes.Count);
            }
        }

        tokens = new int[bytes.Count];
        next = new int[bytes.Count];
        previous = new int[bytes.Count];
        pieces = new int[bytes.Count];
        int start = 0;
        for (int piece = 0; piece < ends.Count; piece++)
        {
            for (int i = start; i < ends[piece]; i++)
            {
                tokens[i] = bytes[i];
                pieces[i] = piece;
                previous[i] = i > start ? i - 1 : None;
                next[i] = i + 1 < ends[piece] ? i + 1 : None;
            }

            start = ends[piece];
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            Add(i);
        }

        foreach ((long pair, PairPlaces places) in pairs)
        {
            queue.Enqueue(pair, (-places.Count, pair));
        }
    }

    /// <summary>The merges, at most so many.</summary>
    public List<(int Left, int Right)> Merge(int most)
    {
        List<(int Left, int Right)> merges = [];
        HashSet<long> created = [];
        while (merges.Count < most && queue.TryDequeue(out long pair, out (long MinusCount, long Pair) priority))
        {
            long count = pairs[pair].Count;
            if (count < LeastCount)
            {
                continue;
            }

            if (count != -priority.MinusCount)
            {
                queue.Enqueue(pair, (-count, pair));
                continue;
            }

            (int left, int right) = ((int)(pair >> 32), (int)pair);
            if (lengths[left] + lengths[right] > BytePairVocabulary.MaximumLength)
            {
                continue;
            }

            int token = BytePairVocabulary.ByteCount + merges.Count;
            merges.Add((left, right));
            lengths.Add(lengths[left] + lengths[right]);
            created.Clear();
            Replace(pair, left, right, token, created);
            foreach (long fresh in created)
            {
                queue.Enqueue(fresh, (-pairs[fresh].Count, fresh));
            }
        }

        return merges;
    }

    /// <summary>Puts the token in place of the pair, from left to right; pairs that come to be are added to the set.</summary>
    private void Replace(long pair, int left, int right, int token, HashSet<long> created)
    {
        foreach (int i in CollectionsMarshal.AsSpan(pairs[pair].Positions))
        {
            if (tokens[i] != left || next[i] == None || tokens[next[i]] != right)
            {
                continue;
            }

            int second = next[i];
            int before = previous[i];
            Remove(before);
            Remove(i);
            Remove(second);
            tokens[i] = token;
            tokens[second] = None;
            next[i] = next[second];
            if (next[i] != None)
            {
                previous[next[i]] = i;
                created.Add(Add(i));
            }

            if (before != None)
            {
                created.Add(Add(before));
            }
        }

        pairs.Remove(pair);
    }

    /// <summary>Counts the pair that begins at a position, if one does.</summary>
    private long Add(int position)
    {
        if (next[position] == None)
        {
            return None;
        }

        long pair = PairAt(position);
        ref PairPlaces? places = ref CollectionsMarshal.GetValueRefOrAddDefault(pairs, pair, out _);
        places ??= new PairPlaces();
        places.Count += counts[pieces[position]];
        places.Positions.Add(position);
        return pair;
    }

    private void Remove(int position)
    {
        if (position != None && next[position] != None)
        {
            pairs[PairAt(position)].Count -= counts[pieces[position]];
        }
    }

    private long PairAt(int position) => BytePairVocabulary.Pair(tokens[position], tokens[next[position]]);

    private sealed class PairPlaces
    {
        public long Count { get; set; }

        public List<int> Positions { get; } = [];
    }
}
