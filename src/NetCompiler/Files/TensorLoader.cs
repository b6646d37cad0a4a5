using System.Globalization;
using System.Runtime.InteropServices;

namespace NetCompiler;

/// <summary>
/// Loads tensors in two halves: <see cref="Plan"/> checks and reads everything, and throws if anything is wrong;
/// <see cref="Commit"/> then only copies. So a bad file changes nothing.
/// </summary>
internal sealed class TensorLoader : IDisposable
{
    private readonly Stream stream;
    private readonly bool ownsStream;
    private readonly string source;
    private readonly List<(StoredTensor Tensor, float[] Values)> planned = [];

    private TensorLoader(Stream stream, bool ownsStream, string source)
    {
        this.stream = stream;
        this.ownsStream = ownsStream;
        this.source = source;
        Header = SafetensorsHeader.Read(stream, source);
    }

    public SafetensorsHeader Header { get; }

    public static TensorLoader Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return Open(file, ownsStream: true, Path.GetFileName(path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public static TensorLoader Open(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead)
        {
            throw new ArgumentException("The stream cannot be read: it is closed, or for writing only.", nameof(stream));
        }

        return Open(stream, ownsStream: false, "The stream");
    }

    /// <summary>Tensors are read in the network's order, not the file's: what cannot seek (a connection, or a pipe with a path) is copied.</summary>
    private static TensorLoader Open(Stream stream, bool ownsStream, string source)
    {
        if (stream.CanSeek)
        {
            return new TensorLoader(stream, ownsStream, source);
        }

        MemoryStream copy = new();
        stream.CopyTo(copy);
        copy.Position = 0;
        TensorLoader loader = new(copy, ownsStream: true, source);
        if (ownsStream)
        {
            stream.Dispose();
        }

        return loader;
    }

    /// <summary>Checks a tensor that must be there, and reads it.</summary>
    public void Plan(StoredTensor tensor) => planned.Add((tensor, Read(tensor, tensor.Name)));

    /// <summary>
    /// Checks and reads a tensor of several names: all those that the file has must be equal, unless the first is to be taken. Gives the names that
    /// were looked at.
    /// </summary>
    public IReadOnlyList<string> PlanAny(StoredTensor tensor, bool firstCounts)
    {
        List<string> present = [.. tensor.Layout.OtherNames.Prepend(tensor.Name).Where(Header.Entries.ContainsKey).Take(firstCounts ? 1 : int.MaxValue)];
        if (present.Count == 0)
        {
            present.Add(tensor.Name);
        }

        float[] values = Read(tensor, present[0]);
        foreach (string other in present.Skip(1))
        {
            float[] same = Read(tensor, other);
            int shared = MemoryMarshal.AsBytes(values.AsSpan()).CommonPrefixLength(MemoryMarshal.AsBytes(same.AsSpan())) / sizeof(float);
            if (shared < values.Length)
            {
                throw new SafetensorsException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{source}: tensors '{present[0]}' and '{other}' differ (element {shared} is {values[shared]:R} and {same[shared]:R}), but the network has them as one parameter ([TiedTo]). "
                        + $"Leave [TiedTo] out for this file, or load it with LoadOptions {{ Strict = false }}, which takes '{present[0]}' and ignores the other."));
            }
        }

        planned.Add((tensor, values));
        return present;
    }

    private float[] Read(StoredTensor tensor, string name)
    {
        if (!Header.Entries.TryGetValue(name, out SafetensorsEntry? entry))
        {
            throw new SafetensorsException(
                $"{source}: tensor '{tensor.Name}' of shape {tensor.ShapeText} is expected and not there. "
                    + $"{NearNames.Suggest(tensor.Name, Header.Entries.Keys)}");
        }

        bool sameShape = entry.Shape.Length == tensor.Layout.Shape.Length && entry.Shape.Zip(tensor.Layout.Shape).All(d => d.First == d.Second);
        if (!sameShape)
        {
            throw new SafetensorsException($"{source}: tensor '{entry.ShownName}' has shape {entry.ShapeText}; expected {tensor.ShapeText}.");
        }

        if (!SafetensorsData.IsReadable(entry))
        {
            throw new SafetensorsException($"{source}: tensor '{entry.ShownName}' has dtype {entry.Type}; expected F32, F16, BF16 or F64.");
        }

        try
        {
            return SafetensorsData.Read(stream, Header, entry);
        }
        catch (EndOfStreamException e)
        {
            throw new SafetensorsException(
                $"{source}: the file ended within tensor '{entry.ShownName}' (bytes {entry.Begin} to {entry.End} of the data), though it was longer at first. It was cut off while it was read.", e);
        }
    }

    public void Commit()
    {
        foreach ((StoredTensor tensor, float[] values) in planned)
        {
            StridedCopy.FromDense(values, tensor.Layout, tensor.Storage);
        }
    }

    public SafetensorsException Error(string message) => new($"{source}: {message}");

    public void Dispose()
    {
        if (ownsStream)
        {
            stream.Dispose();
        }
    }
}
