using Listener.Audio;
using static Listener.Tests.WavBytes;

namespace Listener.Tests;

/// <summary>Which files are read, as what, and what is said of others.</summary>
public sealed class WavFileTests
{
    private static readonly double[] s_left = [0, 0.5, -0.25, -1, 0.75];
    private static readonly double[] s_right = [0.5, 0.5, 0.25, -0.5, -0.75];

    [Theory]
    [InlineData(1, 8)]
    [InlineData(1, 16)]
    [InlineData(1, 24)]
    [InlineData(1, 32)]
    [InlineData(3, 32)]
    public void Every_format_plain_and_extensible_mono_and_stereo(int kind, int bits)
    {
        foreach (var guid in new[] { null, WavBytes.Guid })
        {
            var mono = WavFile.Read(Riff(Format(kind, 1, 8000, bits, guid: guid), Chunk("data", Samples(kind, bits, s_left))), "mono");
            Assert.Equal(8000, mono.SampleRate);
            Assert.Equal(s_left.Select(s => (float)s), mono.Samples);

            var stereo = WavFile.Read(Riff(Format(kind, 2, 44100, bits, guid: guid), Chunk("data", Samples(kind, bits, [.. s_left.Zip(s_right).SelectMany(p => (double[])[p.First, p.Second])]))), "stereo");
            Assert.Equal(44100, stereo.SampleRate);
            Assert.Equal(s_left.Zip(s_right).Select(p => (float)((p.First + p.Second) / 2)), stereo.Samples);
        }
    }

    [Fact]
    public void Other_chunks_are_passed_over_and_a_pipe_has_no_length()
    {
        var data = Samples(1, 16, s_left);
        var file = Riff(Chunk("LIST", [1, 2, 3]), Format(1, 1, 22050, 16), Chunk("fact", [1, 0, 0, 0]), Chunk("data", data), Chunk("LIST", [4]));
        Assert.Equal(s_left.Select(s => (float)s), WavFile.Read(file, "chunks").Samples);
        Assert.Equal(s_left.Select(s => (float)s), WavFile.Read(Riff(Format(1, 1, 22050, 16), Chunk("data", data, uint.MaxValue)), "pipe").Samples);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var path = Path.GetTempFileName();
        try
        {
            WavFile.Write(path, [0, 0.5f, -1, 2], 11025);
            var sound = WavFile.Read(path);
            Assert.Equal(11025, sound.SampleRate);
            Assert.Equal([0, 0.5f, -1, 32767 / 32768f], sound.Samples);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static TheoryData<string, byte[], string> BadFiles
    {
        get
        {
            var (format, data) = (Format(1, 1, 8000, 16), Chunk("data", Samples(1, 16, s_left)));
            var other = WavBytes.Guid;
            other[5] = 9;
            return new()
            {
                { "empty", [], "at byte 0, a RIFF header has 12 bytes, and the file has 0" },
                { "text", [.. "Hello, this is a text."u8], "at byte 0, 'RIFF' must be here, not 'Hell'" },
                { "zeros", new byte[64], @"at byte 0, 'RIFF' must be here, not '\x00\x00\x00\x00'" },
                { "big end first", [.. "RIFX"u8, .. new byte[20]], "'RIFX', a relative of WAV that is not read" },
                { "pictures", [.. "RIFF"u8, 4, 0, 0, 0, .. "AVI "u8], "at byte 8, 'WAVE' must be here, not 'AVI '" },
                { "nothing in it", Riff(), "at byte 12, the file ends without a 'data' chunk and without a 'fmt ' chunk" },
                { "no data", Riff(format), "at byte 36, the file ends without a 'data' chunk." },
                { "no format", Riff(data), "at byte 12, the 'data' chunk comes before any 'fmt ' chunk" },
                { "cut off", Riff(format, data)[..^4], "at byte 36, the 'data' chunk says that it has 10 bytes, but the file has only 6 more" },
                { "chunk too long", Riff(Chunk("LIST", [1, 2], 4_000_000_000)), "the 'LIST' chunk says that it has 4000000000 bytes, but the file has only 2 more" },
                { "short format", Riff(Chunk("fmt ", new byte[14]), data), "at byte 20, a 'fmt ' chunk has at least 16 bytes, this one 14" },
                { "short extension", Riff(Chunk("fmt ", [0xFE, 0xFF, .. new byte[16]]), data), "of an extensible format has at least 40 bytes, this one 18" },
                { "unknown extension", Riff(Format(1, 1, 8000, 16, guid: other), data), "at byte 44, the extensible format 00000001-0000-0910-8000-00aa00389b71 is not known" },
                { "law", Riff(Format(7, 1, 8000, 8), data), "at byte 20, samples are mu-law; PCM and floats are read" },
                { "odd format", Riff(Format(999, 1, 8000, 8), data), "samples are of format 999" },
                { "doubles", Riff(Format(3, 1, 8000, 64), data), "at byte 34, samples have 64 bits; floats with 32 bits are read" },
                { "twelve bits", Riff(Format(1, 1, 8000, 12), data), "samples have 12 bits; PCM with 8, 16, 24 and 32 bits is read" },
                { "no channels", Riff(Format(1, 0, 8000, 16), data), "at byte 22, there are 0 channels" },
                { "block", Riff(Format(1, 2, 8000, 16, block: 3), data), "at byte 32, samples of 2 channels with 16 bits have 4 bytes, not 3" },
                { "no rate", Riff(Format(1, 1, 0, 16), data), "at byte 24, there are 0 samples a second" },
                { "no samples", Riff(format, Chunk("data", [])), "at byte 44, there are no samples" },
                { "half a sample", Riff(format, Chunk("data", [1, 2, 3])), "at byte 44, 3 bytes are no whole number of samples of 2 bytes" },
                { "no number", Riff(Format(3, 1, 8000, 32), Chunk("data", Samples(3, 32, 0, double.NaN))), "at byte 48, sample 1 is no finite number" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(BadFiles))]
    public void A_bad_file_is_said_to_be_what_it_is(string name, byte[] file, string message)
    {
        var error = Assert.Throws<InvalidDataException>(() => WavFile.Read(file, name));
        Assert.StartsWith($"'{name}' cannot be read as WAV: at byte ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever the bytes, there is a sound or an explanation.</summary>
    [Fact]
    public void Damaged_files_never_fail_otherwise()
    {
        var random = new Random(1);
        var good = Riff(Chunk("LIST", [1, 2, 3]), Format(1, 2, 8000, 24, guid: WavBytes.Guid), Chunk("data", Samples(1, 24, [.. s_left, .. s_right])));
        for (var i = 0; i < 3000; i++)
        {
            byte[] file = [.. good.AsSpan(0, random.Next(4) == 0 ? random.Next(good.Length) : good.Length)];
            for (var n = random.Next(1, 4); n > 0 && file.Length > 0; n--) file[random.Next(file.Length)] = (byte)random.Next(256);
            try
            {
                Assert.NotEmpty(WavFile.Read(file, "damaged").Samples);
            }
            catch (InvalidDataException)
            {
            }
        }
    }
}
