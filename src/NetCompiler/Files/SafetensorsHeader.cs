using System.Buffers.Binary;
using System.Text.Json;

namespace NetCompiler;

/// <summary>One tensor of a file: where its bytes are, counted from the end of the header.</summary>
internal sealed record SafetensorsEntry(string Name, string Type, int ElementSize, long[] Shape, long Begin, long End)
{
    public string ShownName => Shown.Short(Name);

    public string ShapeText => Shown.Shape(Shape);
}

/// <summary>
/// The header of a safetensors file, trusted only once everything in it agrees: names are unique, each tensor's bytes are as many as
/// its shape and type say, and the tensors cover the data exactly, without overlap or hole.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The limit that the format's own implementation sets; a longer header is an attack or no safetensors file.</summary>
    public const long MaximumLength = 100_000_000;

    private const string MetadataKey = "__metadata__";

    private readonly string source;

    private SafetensorsHeader(string source) => this.source = source;

    public Dictionary<string, SafetensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Position in the stream of the first tensor's first byte.</summary>
    public long DataStart { get; private init; }

    /// <summary>Reads and checks the header of the file that is the rest of a seekable stream.</summary>
    public static SafetensorsHeader Read(Stream stream, string source)
    {
        long start = stream.Position;
        long available = stream.Length - start;
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        if (available < prefix.Length)
        {
            throw new SafetensorsException($"{source}: {available} bytes are too few for a safetensors file, which begins with 8 bytes that give the "
                + $"header's length.");
        }

        ReadExactly(stream, prefix, source);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaximumLength || (long)length > available - prefix.Length)
        {
            throw new SafetensorsException(
                $"{source}: the header claims {length} bytes; the file has {available - prefix.Length} after the length, and {MaximumLength} are "
                    + $"allowed. It is cut off, or no safetensors file.");
        }

        byte[] json = new byte[(int)length];
        ReadExactly(stream, json, source);
        SafetensorsHeader header = new(source) { DataStart = start + prefix.Length + (long)length };
        try
        {
            header.Parse(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new SafetensorsException($"{source}: the header is not the JSON of a safetensors file: {e.Message}", e);
        }

        header.CheckCoverage(available - prefix.Length - (long)length);
        return header;
    }

    private static void ReadExactly(Stream stream, Span<byte> bytes, string source)
    {
        try
        {
            stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException e)
        {
            throw new SafetensorsException($"{source}: the file ended within the header, before the length that it had at first. It was cut off while it was read.", e);
        }
    }

    private void Parse(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        bool hasMetadata = false;
        while (NextProperty(ref reader, "the header") is { } name)
        {
            if (name == MetadataKey)
            {
                if (hasMetadata)
                {
                    throw new SafetensorsException($"{source}: {MetadataKey} is there twice.");
                }

                hasMetadata = true;
                ParseMetadata(ref reader);
            }
            else if (!Entries.TryAdd(name, ParseEntry(ref reader, name)))
            {
                throw new SafetensorsException($"{source}: tensor '{Shown.Short(name)}' is there twice.");
            }
        }

        // Read once more: anything behind the object but white space is an error that the JSON reader reports itself.
        reader.Read();
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, MetadataKey);
        while (NextProperty(ref reader, MetadataKey) is { } key)
        {
            Expect(ref reader, JsonTokenType.String, $"{MetadataKey} entry '{Shown.Short(key)}'");
            if (!Metadata.TryAdd(key, reader.GetString()!))
            {
                throw new SafetensorsException($"{source}: {MetadataKey} has '{Shown.Short(key)}' twice.");
            }
        }
    }

    private SafetensorsEntry ParseEntry(ref Utf8JsonReader reader, string name)
    {
        string what = $"tensor '{Shown.Short(name)}'";
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, what);
        while (NextProperty(ref reader, what) is { } key)
        {
            bool again = key switch
            {
                "dtype" => type is not null,
                "shape" => shape is not null,
                "data_offsets" => offsets is not null,
                _ => throw new SafetensorsException($"{source}: {what} has '{Shown.Short(key)}'; only dtype, shape and data_offsets are known."),
            };
            if (again)
            {
                throw new SafetensorsException($"{source}: {what} has '{key}' twice.");
            }

            if (key == "dtype")
            {
                Expect(ref reader, JsonTokenType.String, $"dtype of {what}");
                type = reader.GetString();
            }
            else if (key == "shape")
            {
                shape = ParseNumbers(ref reader, $"shape of {what}");
            }
            else
            {
                offsets = ParseNumbers(ref reader, $"data_offsets of {what}");
            }
        }

        if (type is null || shape is null || offsets is null)
        {
            throw new SafetensorsException($"{source}: {what} lacks {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}.");
        }

        if (offsets.Length != 2 || offsets[0] > offsets[1])
        {
            throw new SafetensorsException($"{source}: {what} has data_offsets {Shown.Shape(offsets)}; "
                + $"expected a begin and an end that is not before it.");
        }

        int size = ElementSize(type);
        if (size == 0)
        {
            throw new SafetensorsException($"{source}: {what} has the unknown dtype '{Shown.Short(type)}'; "
                + $"known are F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL.");
        }

        SafetensorsEntry entry = new(name, type, size, shape, offsets[0], offsets[1]);
        CheckSize(entry);
        return entry;
    }

    private void CheckSize(SafetensorsEntry entry)
    {
        long bytes = entry.ElementSize;
        foreach (long dimension in entry.Shape)
        {
            // A product that leaves 64 bits is larger than any file; 0 elements stay 0.
            Int128 product = (Int128)bytes * dimension;
            if (product > long.MaxValue)
            {
                throw new SafetensorsException($"{source}: tensor '{entry.ShownName}' has shape {entry.ShapeText}, more elements than any file can hold.");
            }

            bytes = (long)product;
        }

        if (bytes != entry.End - entry.Begin)
        {
            throw new SafetensorsException(
                $"{source}: tensor '{entry.ShownName}' of shape {entry.ShapeText} and dtype {entry.Type} needs {bytes} bytes; "
                    + $"its data_offsets [{entry.Begin}, {entry.End}] give {entry.End - entry.Begin}.");
        }
    }

    private void CheckCoverage(long dataLength)
    {
        long position = 0;
        SafetensorsEntry? previous = null;
        foreach (SafetensorsEntry entry in Entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.End > dataLength)
            {
                throw new SafetensorsException(
                    $"{source}: tensor '{entry.ShownName}' ends at byte {entry.End} of the data, of which the file has {dataLength}. "
                        + $"The file is cut off or damaged.");
            }

            if (entry.Begin != position)
            {
                throw new SafetensorsException(entry.Begin < position
                    ? $"{source}: tensors '{previous!.ShownName}' and '{entry.ShownName}' overlap: the first ends at byte {position}, the second begins at {entry.Begin}."
                    : $"{source}: bytes {position} to {entry.Begin} of the data, before tensor '{entry.ShownName}', belong to no tensor.");
            }

            position = entry.End;
            previous = entry;
        }

        if (position != dataLength)
        {
            throw new SafetensorsException($"{source}: the file has {dataLength} bytes of data; its tensors are {position}. The rest belongs to no tensor.");
        }
    }

    private long[] ParseNumbers(ref Utf8JsonReader reader, string what)
    {
        List<long> numbers = [];
        Expect(ref reader, JsonTokenType.StartArray, what);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw new SafetensorsException($"{source}: {what} must be whole numbers from 0 to {long.MaxValue}.");
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw new SafetensorsException($"{source}: {what} is {reader.TokenType} in the header's JSON; expected {type}.");
        }
    }

    /// <summary>The next property's name; null at the object's end.</summary>
    private string? NextProperty(ref Utf8JsonReader reader, string what)
    {
        if (!reader.Read())
        {
            throw new SafetensorsException($"{source}: the header's JSON ends within {what}.");
        }

        return reader.TokenType == JsonTokenType.EndObject ? null : reader.GetString();
    }

    public static int ElementSize(string type) => type switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" => 1,
        _ => 0,
    };
}
