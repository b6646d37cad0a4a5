using System.Buffers;
using System.Text;

namespace NetCompiler;

/// <summary>
/// Turns text into tokens, numbers from 0 to <see cref="Count"/> - 1, and back. Each token stands for certain bytes, of text as UTF-8. Safe from many
/// threads at once; nothing in it changes.
/// </summary>
public abstract class Vocabulary
{
    private protected static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] bytes;
    private readonly int[] starts;

    /// <param name="bytes">The bytes of all tokens, one after the other.</param>
    /// <param name="starts">Where each token's begin, and behind the last one the length.</param>
    private protected Vocabulary(byte[] bytes, int[] starts)
    {
        this.bytes = bytes;
        this.starts = starts;
    }

    /// <summary>Number of tokens.</summary>
    public int Count => starts.Length - 1;

    /// <summary>
    /// The bytes that a token stands for. They may be a part of a character only: who shows text as it comes gives them to a <see cref="Decoder"/> of
    /// <see cref="Encoding.UTF8"/>, which keeps what is not whole yet.
    /// </summary>
    /// <param name="token">From 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public ReadOnlySpan<byte> Bytes(int token) => (uint)token < (uint)Count
        ? bytes.AsSpan(starts[token], starts[token + 1] - starts[token])
        : throw new ArgumentOutOfRangeException(nameof(token), token, $"Tokens of this vocabulary are from 0 to {Count - 1}.");

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair, or a character that this vocabulary cannot write; the message has the place.</exception>
    public abstract int[] Encode(ReadOnlySpan<char> text);

    /// <summary>The tokens of bytes.</summary>
    /// <param name="utf8">UTF-8; a <see cref="BytePairVocabulary"/> takes any bytes.</param>
    /// <exception cref="ArgumentException">There are bytes that this vocabulary cannot write; the message has the place.</exception>
    public abstract int[] Encode(ReadOnlySpan<byte> utf8);

    /// <summary>The text that tokens stand for; bytes that are no UTF-8 (tokens of any model may be) show as U+FFFD.</summary>
    /// <param name="tokens">From 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentException">One is no token of this vocabulary; the message has the place.</exception>
    public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString(DecodeBytes(tokens));

    /// <summary>The bytes that tokens stand for: exactly those that were encoded.</summary>
    /// <param name="tokens">From 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentException">One is no token of this vocabulary; the message has the place.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens)
    {
        ArrayBufferWriter<byte> result = new(Math.Max(tokens.Length, 1));
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)Count)
            {
                throw new ArgumentException($"tokens[{i}] is {tokens[i]}; tokens of this vocabulary are from 0 to {Count - 1}.", nameof(tokens));
            }

            result.Write(Bytes(tokens[i]));
        }

        return result.WrittenSpan.ToArray();
    }

    /// <summary>Writes the vocabulary as JSON (the format is in docs/text.md). A crash leaves the old file or the new one.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path) => AtomicFile.Write(path, Save);

    /// <summary>Writes the vocabulary as JSON.</summary>
    /// <param name="stream">Where to; it stays open.</param>
    public void Save(Stream stream) => VocabularyFile.Write(this, stream);

    /// <summary>Reads a vocabulary of either kind.</summary>
    /// <param name="path">A file that <see cref="Save(string)"/> wrote.</param>
    /// <exception cref="InvalidDataException">The file is damaged or no vocabulary.</exception>
    public static Vocabulary Load(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return VocabularyFile.Read(stream, path);
    }

    /// <summary>Reads a vocabulary of either kind.</summary>
    /// <param name="stream">What <see cref="Save(Stream)"/> wrote, and nothing behind it; it stays open.</param>
    /// <exception cref="InvalidDataException">The data is damaged or no vocabulary.</exception>
    public static Vocabulary Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return VocabularyFile.Read(stream, "vocabulary");
    }

    /// <summary>UTF-8 of a text that must be whole.</summary>
    private protected static byte[] ToUtf8(ReadOnlySpan<char> text)
    {
        try
        {
            byte[] utf8 = new byte[Strict.GetByteCount(text)];
            Strict.GetBytes(text, utf8);
            return utf8;
        }
        catch (EncoderFallbackException e)
        {
            throw HalfPair(e.Index, nameof(text));
        }
    }

    private protected static ArgumentException HalfPair(int index, string name) => new(
        $"text[{index}] is half of a surrogate pair, which no UTF-8 can write. Remove it, or give bytes.", name);
}
