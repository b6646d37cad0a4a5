using System.Text;
using System.Text.RegularExpressions;
using CsCheck;

namespace NetCompiler.Tests;

public sealed partial class VocabularyTests
{
    private const string Tale =
        "It was a dark and stormy night; the rain fell in torrents, except at occasional intervals, when it was checked by a violent gust of wind "
        + "which swept up the streets. It's 1830 and the lamps don't burn.\n\n    They'll rattle   along the housetops, the wind and the rain; the wind, the rain!\n";

    /// <summary>Texts of few symbols, so that pairs occur often: letters, digits, blanks, contractions, other scripts, symbols beyond the first plane.</summary>
    private static readonly Gen<string> Texts = Gen.Frequency(
            (8, Gen.Char["abcab d"].Select(c => c.ToString())),
            (2, Gen.Char["01² ½"].Select(c => c.ToString())),
            (2, Gen.Char[" \n\t\u00a0\u2003\u0085"].Select(c => c.ToString())),
            (2, Gen.Char["'.,!-_$"].Select(c => c.ToString())),
            (1, Gen.OneOf(Gen.Const("'s"), Gen.Const("'re"), Gen.Const("'ll"), Gen.Const("n't"), Gen.Const("'S"), Gen.Const("'l"), Gen.Const(" '"))),
            (2, Gen.Char["äßЖ漢กाⅣ٣"].Select(c => c.ToString())))
        .Array[0, 120].Select(string.Concat);

    private static readonly Gen<byte[]> AnyBytes = Gen.OneOf(
        Gen.Byte.Array[0, 200],
        Gen.Byte[97, 99].Array[0, 400],
        Texts.Select(Encoding.UTF8.GetBytes),
        Gen.Select(Texts, Gen.Byte.Array[0, 4], (text, noise) => (byte[])[.. Encoding.UTF8.GetBytes(text), .. noise, .. Encoding.UTF8.GetBytes(text)]));

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Pieces();

    private static List<byte[]> Split(ReadOnlySpan<byte> text)
    {
        List<byte[]> pieces = [];
        foreach (ReadOnlySpan<byte> piece in new PieceSplitter(text))
        {
            pieces.Add(piece.ToArray());
        }

        return pieces;
    }

    [Fact]
    public void Pieces_are_those_of_GPT_2s_regular_expression() => Texts.Sample(
        text => Assert.Equal(Pieces().Matches(text).Select(m => m.Value), Split(Encoding.UTF8.GetBytes(text)).Select(Encoding.UTF8.GetString)),
        iter: 20_000);

    [Fact]
    public void Pieces_of_any_bytes_make_up_the_bytes() => AnyBytes.Sample(
        bytes =>
        {
            List<byte[]> pieces = Split(bytes);
            Assert.All(pieces, Assert.NotEmpty);
            Assert.Equal(bytes, pieces.SelectMany(p => p));
        },
        iter: 5_000);

    [Fact]
    public void Letters_beyond_the_first_plane_and_broken_bytes_have_their_kinds()
    {
        Assert.Equal(["a𝒜b", " 𝟙2", "😀"], Split("a𝒜b 𝟙2😀"u8).Select(Encoding.UTF8.GetString));
        Assert.Equal([[97], [0xff, 0xc3], [98]], Split([97, 0xff, 0xc3, 98]));
    }

    /// <summary>Counts all pairs anew for each merge.</summary>
    private static List<(int, int)> Train(ReadOnlySpan<byte> text, int merges)
    {
        List<List<int>> pieces = [.. Split(text).Select(p => p.Select(b => (int)b).ToList())];
        List<(int, int)> result = [];
        while (result.Count < merges)
        {
            Dictionary<(int Left, int Right), int> counts = [];
            foreach (List<int> piece in pieces)
            {
                for (int i = 0; i + 1 < piece.Count; i++)
                {
                    counts[(piece[i], piece[i + 1])] = counts.GetValueOrDefault((piece[i], piece[i + 1])) + 1;
                }
            }

            var best = counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).FirstOrDefault();
            if (best.Value < 2)
            {
                break;
            }

            foreach (List<int> piece in pieces)
            {
                Replace(piece, best.Key, 256 + result.Count);
            }

            result.Add(best.Key);
        }

        return result;
    }

    private static void Replace(List<int> piece, (int Left, int Right) pair, int token)
    {
        for (int i = 0; i + 1 < piece.Count; i++)
        {
            if (piece[i] == pair.Left && piece[i + 1] == pair.Right)
            {
                piece[i] = token;
                piece.RemoveAt(i + 1);
            }
        }
    }

    [Fact]
    public void Merges_are_those_of_counting_all_pairs_each_time() => Gen.Select(AnyBytes, Gen.Int[0, 40]).Sample(
        (bytes, merges) => Assert.Equal(Train(bytes, merges), BytePairVocabulary.Train(bytes, 256 + merges).Merges),
        iter: 2_000);

    [Fact]
    public void Encoding_makes_the_merges_in_their_order() => Gen.Select(AnyBytes, AnyBytes, Gen.Int[0, 60]).Sample(
        (training, text, merges) =>
        {
            BytePairVocabulary vocabulary = BytePairVocabulary.Train(training, 256 + merges);
            List<int> expected = [];
            foreach (byte[] piece in Split(text))
            {
                List<int> tokens = [.. piece.Select(b => (int)b)];
                for (int i = 0; i < vocabulary.Merges.Count; i++)
                {
                    Replace(tokens, vocabulary.Merges[i], 256 + i);
                }

                expected.AddRange(tokens);
            }

            Assert.Equal(expected, vocabulary.Encode(text));
        },
        iter: 2_000);

    [Fact]
    public void Any_bytes_come_back() => Gen.Select(AnyBytes, AnyBytes, Gen.Int[0, 60]).Sample(
        (training, bytes, merges) =>
        {
            BytePairVocabulary vocabulary = BytePairVocabulary.Train(training, 256 + merges);
            Assert.Equal(bytes, vocabulary.DecodeBytes(vocabulary.Encode(bytes)));
        },
        iter: 2_000);

    [Fact]
    public void Any_text_comes_back_from_both_kinds() => Texts.Where(t => t.Length > 0).Sample(
        text =>
        {
            foreach (Vocabulary vocabulary in new Vocabulary[] { CharacterVocabulary.FromText(text), BytePairVocabulary.Train(text, 280) })
            {
                int[] tokens = vocabulary.Encode(text);
                Assert.Equal(text, vocabulary.Decode(tokens));
                Assert.Equal(tokens, vocabulary.Encode(Encoding.UTF8.GetBytes(text)));
                Assert.InRange(tokens.Max(), 0, vocabulary.Count - 1);
            }
        },
        iter: 2_000);

    [Fact]
    public void Both_kinds_come_back_from_their_files() => Gen.Select(Texts.Where(t => t.Length > 0), Gen.Int[0, 60]).Sample(
        (text, merges) =>
        {
            foreach (Vocabulary vocabulary in new Vocabulary[] { CharacterVocabulary.FromText(text), BytePairVocabulary.Train(text, 256 + merges) })
            {
                MemoryStream stream = new();
                vocabulary.Save(stream);
                stream.Position = 0;
                Vocabulary again = Vocabulary.Load(stream);
                Assert.Equal(vocabulary.GetType(), again.GetType());
                Assert.Equal(vocabulary.Count, again.Count);
                for (int token = 0; token < vocabulary.Count; token++)
                {
                    Assert.Equal(vocabulary.Bytes(token), again.Bytes(token));
                }

                Assert.Equal(vocabulary.Encode(text), again.Encode(text));
            }
        },
        iter: 300);

    [Fact]
    public void Training_shortens_a_text_by_whole_words()
    {
        BytePairVocabulary vocabulary = BytePairVocabulary.Train(Tale, 400);
        string[] tokens = [.. vocabulary.Encode(" the wind and the rain").Select(t => vocabulary.Decode([t]))];
        Assert.Equal([" the", " wind", " and", " the", " rain"], tokens);

        // Nothing that occurs twice is left to merge.
        Assert.InRange(vocabulary.Count, 257, 399);
        Assert.Equal(vocabulary.Merges, BytePairVocabulary.Train(Tale, 1000).Merges);
    }

    [Fact]
    public void A_piece_without_end_is_no_trouble()
    {
        byte[] bytes = new byte[1 << 20];
        Array.Fill(bytes, (byte)'a');
        BytePairVocabulary vocabulary = BytePairVocabulary.Train(bytes, 1000);
        Assert.Equal(256, Enumerable.Range(0, vocabulary.Count).Max(t => vocabulary.Bytes(t).Length));
        int[] tokens = vocabulary.Encode(bytes);
        Assert.Equal((1 << 20) / 256, tokens.Length);
        Assert.Equal(bytes, vocabulary.DecodeBytes(tokens));
    }

    [Fact]
    public void Characters_are_in_the_order_of_their_numbers()
    {
        CharacterVocabulary vocabulary = CharacterVocabulary.FromText("zeitgeist 😀é\n");
        Assert.Equal("\n egistzé😀", vocabulary.Characters);
        Assert.Equal(10, vocabulary.Count);
        Assert.Equal([2, 9, 0], vocabulary.Encode("e😀\n"));
        Assert.True(vocabulary.Contains(new Rune('é')));
        Assert.False(vocabulary.Contains(new Rune('E')));
    }

    [Fact]
    public void What_cannot_be_written_is_refused_with_its_place()
    {
        static void Refused<T>(Action action, params string[] parts)
            where T : Exception
        {
            string message = Assert.Throws<T>(action).Message;
            Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        }

        CharacterVocabulary characters = CharacterVocabulary.FromText("abc");
        BytePairVocabulary pairs = BytePairVocabulary.Train("abc", 256);
        Refused<ArgumentException>(() => characters.Encode("abx"), "Character 2", "'x' (U+0078)", "3 characters");
        Refused<ArgumentException>(() => characters.Encode("\n"), "Character 0", "U+000A");
        Refused<ArgumentException>(() => characters.Encode([97, 0xff]), "Byte 1", nameof(BytePairVocabulary));
        Refused<ArgumentException>(() => characters.Encode("a\ud800b"), "text[1]", "surrogate");
        Refused<ArgumentException>(() => pairs.Encode("a\udc00b"), "text[1]", "surrogate");
        Refused<ArgumentException>(() => BytePairVocabulary.Train("\ud800", 300), "text[0]");
        Refused<ArgumentException>(() => CharacterVocabulary.FromText(""), "empty");
        Refused<ArgumentException>(() => characters.Decode([0, 3]), "tokens[1] is 3", "0 to 2");
        Refused<ArgumentException>(() => pairs.DecodeBytes([-1]), "tokens[0] is -1", "0 to 255");
        Refused<ArgumentOutOfRangeException>(() => characters.Bytes(3), "0 to 2");
        Refused<ArgumentOutOfRangeException>(() => BytePairVocabulary.Train("abc", 255), "256");
        Refused<ArgumentOutOfRangeException>(() => BytePairVocabulary.Train("abc", 1_000_001), "1000000");
    }

    [Fact]
    public void An_empty_text_has_no_tokens()
    {
        Assert.Empty(BytePairVocabulary.Train("", 1000).Encode(""));
        Assert.Empty(CharacterVocabulary.FromText("a").Encode(""));
        Assert.Equal("", CharacterVocabulary.FromText("a").Decode([]));
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[]", "JSON")]
    [InlineData("{}", "'format'")]
    [InlineData("""{"format":"other","version":1}""", "'other'")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":2}""", "version 2")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1}""", "'kind'")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"word"}""", "'word'")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair"}""", "'merges'")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair","merges":[[1,2,3]]}""", "merge 0 has 3")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair","merges":[[1,2],[257,2]]}""", "merge 1 is of tokens 257 and 2", "0 to 256")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair","merges":[[-1,2]]}""", "merge 0 is of tokens -1")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair","merges":[[1,2],[1,2]]}""", "merge 1", "before")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair","merges":[[1,"2"]]}""", "JSON")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair","merges":[[1,2.5]]}""", "JSON")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair","merges":[[1,2]]}x""", "JSON")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"character","characters":""}""", "empty")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"character","characters":"ba"}""", "order")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"character","characters":"aa"}""", "once")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"character","characters":"\ud800"}""", "JSON")]
    [InlineData("""{"format":"netcompiler-vocabulary","version":1,"kind":"character","characters":7}""", "JSON")]
    public void Damaged_files_are_refused_by_name(string json, params string[] parts)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("v.json"), json);
        string message = Assert.Throws<InvalidDataException>(() => Vocabulary.Load(folder.File("v.json"))).Message;
        Assert.All([.. parts, folder.File("v.json")], part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_whose_tokens_double_without_end_is_refused()
    {
        string merges = string.Join(',', Enumerable.Range(0, 40).Select(i => i == 0 ? "[97,97]" : $"[{255 + i},{255 + i}]"));
        MemoryStream stream = new(Encoding.UTF8.GetBytes($$"""{"format":"netcompiler-vocabulary","version":1,"kind":"byte-pair","merges":[{{merges}}]}"""));
        Assert.Contains("merge 8 makes a token of 512 bytes", Assert.Throws<InvalidDataException>(() => Vocabulary.Load(stream)).Message, StringComparison.Ordinal);
    }

    /// <summary>Half of a file is never a vocabulary.</summary>
    [Fact]
    public void Every_truncation_is_refused()
    {
        MemoryStream stream = new();
        BytePairVocabulary.Train(Tale, 270).Save(stream);
        byte[] file = stream.ToArray();
        for (int length = 0; length < file.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => Vocabulary.Load(new MemoryStream(file[..length])));
        }
    }

    [SkippableFact]
    public void Shakespeare_has_65_characters_and_becomes_less_than_half_with_a_thousand_merges()
    {
        string text = File.ReadAllText(Repository.RequireData("text/tinyshakespeare.txt"));
        Assert.Equal(65, CharacterVocabulary.FromText(text).Count);
        BytePairVocabulary vocabulary = BytePairVocabulary.Train(text, 1256);
        Assert.Equal(1256, vocabulary.Count);
        int[] tokens = vocabulary.Encode(text);
        Assert.InRange(tokens.Length, text.Length / 4, text.Length / 2);
        Assert.Equal(text, vocabulary.Decode(tokens));
    }
}
