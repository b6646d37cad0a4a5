using System.Globalization;
using System.Text;

namespace NetCompiler;

/// <summary>
/// Cuts text into the pieces within which bytes may be merged: words, numbers, punctuation and white space, a blank going with what follows it. The pieces are
/// those of GPT-2's regular expression <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>. Bytes that are no UTF-8 count as
/// punctuation. Together the pieces are the text.
/// </summary>
internal ref struct PieceSplitter(ReadOnlySpan<byte> text)
{
    private static readonly Kind[] Ascii = [.. Enumerable.Range(0, 128).Select(i => KindOf(new Rune(i)))];

    private readonly ReadOnlySpan<byte> text = text;
    private int end;

    private enum Kind : byte
    {
        Other,
        Letter,
        Number,
        Space,
    }

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly PieceSplitter GetEnumerator() => this;

    public bool MoveNext()
    {
        if (end == text.Length)
        {
            return false;
        }

        int start = end;
        end = Contraction(start);
        if (end == start)
        {
            end = Run(start);
        }

        Current = text[start..end];
        return true;
    }

    /// <summary>The end of an English contraction that begins here; else the same place.</summary>
    private readonly int Contraction(int start) => text[start..] switch
    {
    [(byte)'\'', (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d', ..] => start + 2,
    [(byte)'\'', (byte)'r' or (byte)'v', (byte)'e', ..] or [(byte)'\'', (byte)'l', (byte)'l', ..] => start + 3,
        _ => start,
    };

    /// <summary>The end of what is of one kind, with a blank before it; or of white space.</summary>
    private readonly int Run(int start)
    {
        Kind kind = KindAt(start, out int length);
        int next = start + length;
        if (kind == Kind.Space && text[start] == ' ' && next < text.Length && KindAt(next, out length) is var following and not Kind.Space)
        {
            kind = following;
            next += length;
        }

        int last = start;
        while (next < text.Length && KindAt(next, out length) == kind)
        {
            last = next;
            next += length;
        }

        // White space leaves its last character to what follows, unless it is all there is.
        return kind == Kind.Space && next < text.Length && last > start ? last : next;
    }

    private readonly Kind KindAt(int index, out int length)
    {
        byte first = text[index];
        if (first < 128)
        {
            length = 1;
            return Ascii[first];
        }

        // The replacement character, which stands for what is no UTF-8, is a symbol.
        Rune.DecodeFromUtf8(text[index..], out Rune rune, out length);
        return KindOf(rune);
    }

    private static Kind KindOf(Rune rune) => Rune.IsWhiteSpace(rune) ? Kind.Space : Rune.GetUnicodeCategory(rune) switch
    {
        <= UnicodeCategory.OtherLetter => Kind.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
        _ => Kind.Other,
    };
}
