using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Weights;

/// <summary>
/// Reads the header of a safetensors file, as strictly as the library does: names are unique, each tensor's bytes are as many as its shape and type say, and
/// the tensors cover the data exactly. The program that has the file inside relies on it and looks at nothing but the numbers.
/// </summary>
internal static class WeightsReader
{
    private const long MaximumHeader = 100_000_000;

    private const int PrefixLength = 8;

    /// <param name="stream">The file, from its first byte; what is behind the header is not read.</param>
    /// <param name="path">Where it is.</param>
    /// <param name="resource">The resource's name.</param>
    public static WeightsFile Read(Stream stream, string path, string resource)
    {
        try
        {
            var json = HeaderBytes(stream);
            var dataStart = PrefixLength + json.Length;
            var (tensors, layout) = Parse(json, dataStart);
            CheckCoverage(tensors, dataStart, stream.Length);
            return new WeightsFile(path, resource, stream.Length, tensors.Select(t => t.Tensor).ToEquatableArray(), layout, "");
        }
        catch (Exception problem) when (problem is FormatException or IOException)
        {
            return WeightsFile.Unreadable(path, resource, problem.Message);
        }
    }

    private static byte[] HeaderBytes(Stream stream)
    {
        var prefix = Bytes(stream, (int)Math.Min(PrefixLength, stream.Length));
        if (prefix.Length < PrefixLength) throw new FormatException($"{prefix.Length} bytes are too few: it begins with 8 bytes that give the header's length");
        ulong length = 0;
        for (var i = PrefixLength - 1; i >= 0; i--) length = (length << 8) | prefix[i];
        var available = stream.Length - PrefixLength;
        if (length > MaximumHeader || (long)length > available)
            throw new FormatException($"the header claims {length} bytes; the file has {available} after the length, and {MaximumHeader} are allowed");
        return Bytes(stream, (int)length);
    }

    private static byte[] Bytes(Stream stream, int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var read = stream.Read(bytes, at, count - at);
            if (read == 0) throw new FormatException("it ends within the header");
            at += read;
        }

        return bytes;
    }

    private static (List<(WeightsTensor Tensor, long End)> Tensors, string Layout) Parse(byte[] text, int dataStart)
    {
        var json = new HeaderJson(text);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var tensors = new List<(WeightsTensor Tensor, long End)>();
        var layout = "";
        json.Object("the header", name =>
        {
            if (!names.Add(name)) throw new FormatException($"'{name}' is there twice");
            if (name == "__metadata__") layout = Metadata(json);
            else tensors.Add(Tensor(json, name, dataStart));
        });
        json.End();
        return (tensors, layout);
    }

    private static string Metadata(HeaderJson json)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var layout = "";
        json.Object("__metadata__", key =>
        {
            if (!keys.Add(key)) throw new FormatException($"__metadata__ has '{key}' twice");
            var value = json.String($"__metadata__ entry '{key}'");
            if (key == WeightsFile.PackedLayout) layout = value;
        });
        return layout;
    }

    private static (WeightsTensor Tensor, long End) Tensor(HeaderJson json, string name, int dataStart)
    {
        var what = $"tensor '{name}'";
        string? type = null;
        List<long>? shape = null, offsets = null;
        json.Object(what, key =>
        {
            if (key switch { "dtype" => type is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false })
                throw new FormatException($"{what} has '{key}' twice");
            if (key == "dtype") type = json.String($"dtype of {what}");
            else if (key == "shape") shape = json.Numbers($"shape of {what}");
            else if (key == "data_offsets") offsets = json.Numbers($"data_offsets of {what}");
            else throw new FormatException($"{what} has '{key}'; only dtype, shape and data_offsets are known");
        });
        if (type is null || shape is null || offsets is null)
            throw new FormatException($"{what} lacks {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}");
        if (offsets.Count != 2 || offsets[0] > offsets[1])
            throw new FormatException($"{what} has data_offsets [{string.Join(", ", offsets)}]; expected a begin and an end that is not before it");
        if (offsets[1] - offsets[0] != Size(shape, type, what))
            throw new FormatException($"{what} of shape [{string.Join(", ", shape)}] and dtype {type} does not fill its data_offsets [{offsets[0]}, {offsets[1]}]");
        if (offsets[1] > long.MaxValue - dataStart) throw new FormatException($"{what} ends behind the end of any file");
        return (new WeightsTensor(name, type, shape.ToEquatableArray(), dataStart + offsets[0]), dataStart + offsets[1]);
    }

    /// <summary>Bytes of a tensor; 0 elements stay 0, whatever the other dimensions.</summary>
    private static long Size(List<long> shape, string type, string what)
    {
        long bytes = type switch
        {
            "F64" or "I64" or "U64" => 8,
            "F32" or "I32" or "U32" => 4,
            "F16" or "BF16" or "I16" or "U16" => 2,
            "I8" or "U8" or "BOOL" => 1,
            _ => throw new FormatException($"{what} has the unknown dtype '{type}'"),
        };
        foreach (var dimension in shape)
        {
            if (dimension != 0 && bytes > long.MaxValue / dimension) throw new FormatException($"{what} has more elements than any file can hold");
            bytes *= dimension;
        }

        return bytes;
    }

    private static void CheckCoverage(List<(WeightsTensor Tensor, long End)> tensors, long dataStart, long length)
    {
        var position = dataStart;
        foreach (var (tensor, end) in tensors.OrderBy(t => t.Tensor.Begin).ThenBy(t => t.End))
        {
            if (tensor.Begin != position) throw new FormatException($"tensor '{tensor.Name}' begins at byte {tensor.Begin} of the file, where byte {position} is next");
            position = end;
        }

        if (position != length) throw new FormatException($"its tensors end at byte {position}, the file at byte {length}: it is cut off or damaged");
    }
}
