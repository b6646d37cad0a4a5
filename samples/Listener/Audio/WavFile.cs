using System.Buffers.Binary;
using System.Text;

namespace Listener.Audio;

/// <summary>A sound.</summary>
/// <param name="Samples">Mono, from -1 to 1.</param>
/// <param name="SampleRate">Samples for each second.</param>
internal sealed record Sound(float[] Samples, int SampleRate)
{
    /// <summary>The sound as the network takes it.</summary>
    public float[] ForEar() => Resampler.Resample(Samples, SampleRate, Ear.SampleRate);
}

/// <summary>
/// WAV files: RIFF with PCM of 8, 16, 24 or 32 bits or floats of 32, plain or WAVE_FORMAT_EXTENSIBLE, at any rate; channels are mixed to one. What is
/// no such file is an <see cref="InvalidDataException"/> that says what was found where.
/// </summary>
internal static class WavFile
{
    private const int Pcm = 1;
    private const int Float = 3;
    private const int Extensible = 0xFFFE;
    private const uint UnknownSize = 0xFFFFFFFF;

    /// <summary>The last 14 bytes of the formats' GUIDs; the first two are the format's number.</summary>
    private static readonly byte[] s_guid = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    /// <summary>Reads a file.</summary>
    public static Sound Read(string path)
    {
        if (!File.Exists(path)) throw new UserErrorException($"There is no file '{path}'.");
        return Read(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a file's bytes; <paramref name="name"/> is for messages.</summary>
    public static Sound Read(ReadOnlySpan<byte> file, string name)
    {
        if (file.Length < 12) throw Bad(name, 0, $"a RIFF header has 12 bytes, and the file has {file.Length}");
        if (Text(file, 0) != "RIFF") throw Bad(name, 0, $"'RIFF' must be here, not '{Text(file, 0)}'{(Text(file, 0) is "RIFX" or "RF64" ? ", a relative of WAV that is not read" : "")}");
        if (Text(file, 8) != "WAVE") throw Bad(name, 8, $"'WAVE' must be here, not '{Text(file, 8)}'");

        Format? format = null;
        for (var at = 12; ;)
        {
            if (file.Length - at < 8) throw Bad(name, at, $"the file ends without a 'data' chunk{(format is null ? " and without a 'fmt ' chunk" : "")}");
            var (chunk, size, start) = (Text(file, at), BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]), at + 8);
            var left = file.Length - start;

            // Programs that write to a pipe do not know how long it gets.
            if (chunk == "data" && size == UnknownSize) size = (uint)left;
            if (size > left) throw Bad(name, at, $"the '{chunk}' chunk says that it has {size} bytes, but the file has only {left} more");
            var content = file.Slice(start, (int)size);
            if (chunk == "fmt ") format = ReadFormat(content, name, start);
            if (chunk == "data") return Decode(content, format ?? throw Bad(name, at, "the 'data' chunk comes before any 'fmt ' chunk"), name, start);

            // Chunks begin at even places.
            at = (int)Math.Min(start + size + (size & 1), file.Length);
        }
    }

    /// <summary>Writes mono sound with 16 bits.</summary>
    public static void Write(string path, ReadOnlySpan<float> samples, int sampleRate)
    {
        var file = new byte[44 + (samples.Length * 2)];
        "RIFF"u8.CopyTo(file);
        Put32(4, file.Length - 8);
        "WAVEfmt "u8.CopyTo(file.AsSpan(8));
        Put32(16, 16);
        Put16(20, Pcm);
        Put16(22, 1);
        Put32(24, sampleRate);
        Put32(28, sampleRate * 2);
        Put16(32, 2);
        Put16(34, 16);
        "data"u8.CopyTo(file.AsSpan(36));
        Put32(40, samples.Length * 2);
        for (var i = 0; i < samples.Length; i++) Put16(44 + (2 * i), (short)Math.Clamp(MathF.Round(samples[i] * 32768), -32768, 32767));
        File.WriteAllBytes(path, file);

        void Put16(int at, short value) => BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(at), value);

        void Put32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
    }

    private static Format ReadFormat(ReadOnlySpan<byte> chunk, string name, int start)
    {
        if (chunk.Length < 16) throw Bad(name, start, $"a 'fmt ' chunk has at least 16 bytes, this one {chunk.Length}");
        int kind = UInt16(chunk, 0), channels = UInt16(chunk, 2), block = UInt16(chunk, 12), bits = UInt16(chunk, 14);
        var rate = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
        if (kind == Extensible)
        {
            if (chunk.Length < 40) throw Bad(name, start, $"the 'fmt ' chunk of an extensible format has at least 40 bytes, this one {chunk.Length}");
            if (!chunk[26..40].SequenceEqual(s_guid)) throw Bad(name, start + 24, $"the extensible format {new Guid(chunk[24..40])} is not known");
            kind = UInt16(chunk, 24);
        }

        if (kind is not (Pcm or Float)) throw Bad(name, start, $"samples are {NameOf(kind)}; PCM and floats are read");
        if (kind == Pcm ? bits is not (8 or 16 or 24 or 32) : bits != 32)
            throw Bad(name, start + 14, $"samples have {bits} bits; {(kind == Pcm ? "PCM with 8, 16, 24 and 32 bits is" : "floats with 32 bits are")} read");
        if (channels == 0) throw Bad(name, start + 2, "there are 0 channels");
        if (block != channels * bits / 8) throw Bad(name, start + 12, $"samples of {channels} channels with {bits} bits have {channels * bits / 8} bytes, not {block}");
        if (rate is < 1000 or > 1_000_000) throw Bad(name, start + 4, $"there are {rate} samples a second; from 1000 to 1000000 can be read");
        return new(kind == Float, channels, (int)rate, bits / 8);
    }

    private static Sound Decode(ReadOnlySpan<byte> data, Format format, string name, int start)
    {
        var (isFloat, channels, rate, bytes) = format;
        var samples = new float[data.Length / (channels * bytes)];
        if (samples.Length == 0) throw Bad(name, start, "there are no samples");
        if (data.Length % (channels * bytes) != 0) throw Bad(name, start, $"{data.Length} bytes are no whole number of samples of {channels * bytes} bytes");
        for (var i = 0; i < samples.Length; i++)
        {
            var sum = 0f;
            for (var c = 0; c < channels; c++)
            {
                var at = ((i * channels) + c) * bytes;
                sum += isFloat ? BinaryPrimitives.ReadSingleLittleEndian(data[at..]) : bytes switch
                {
                    1 => (data[at] - 128) / 128f,
                    2 => BinaryPrimitives.ReadInt16LittleEndian(data[at..]) / 32768f,
                    3 => ((data[at] << 8) | (data[at + 1] << 16) | (data[at + 2] << 24)) / 2147483648f,
                    _ => BinaryPrimitives.ReadInt32LittleEndian(data[at..]) / 2147483648f,
                };
            }

            if (!float.IsFinite(sum)) throw Bad(name, start + (i * channels * bytes), $"sample {i} is no finite number");
            samples[i] = sum / channels;
        }

        return new(samples, rate);
    }

    private static string NameOf(int format) => format switch
    {
        2 => "ADPCM",
        6 => "A-law",
        7 => "mu-law",
        0x11 => "IMA ADPCM",
        0x55 => "MP3",
        _ => $"of format {format}",
    };

    /// <summary>Four characters; those that cannot be shown as their numbers.</summary>
    private static string Text(ReadOnlySpan<byte> file, int at)
    {
        var text = new StringBuilder();
        foreach (var b in file.Slice(at, 4)) text.Append(b is >= 32 and < 127 ? ((char)b).ToString() : $"\\x{b:x2}");
        return text.ToString();
    }

    private static int UInt16(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt16LittleEndian(from[at..]);

    private static InvalidDataException Bad(string name, int at, string what) => new($"'{name}' cannot be read as WAV: at byte {at}, {what}.");

    private sealed record Format(bool IsFloat, int Channels, int SampleRate, int Bytes);
}
