using System.Buffers.Binary;
using System.Text;

namespace NetCompiler.Torch;

/// <summary>
/// Makes TorchSharp's Linux library load beside the libstdc++ of GCC 12 and older (Debian 12). It was linked against GCC 13's, where streams
/// are initialised by one function, std::ios_base_library_init() of version GLIBCXX_3.4.32, which an older libstdc++ does not have. There the
/// constructor std::ios_base::Init::Init() does the same work; it uses nothing of its object, so it may stand for a function without arguments.
/// In a copy of the file, the function's name is replaced by the constructor's and the version by the one that has the constructor.
/// </summary>
internal static class OlderLibrary
{
    public const string MissingVersion = "GLIBCXX_3.4.32";
    private const string PresentVersion = "GLIBCXX_3.4";
    private const string MissingFunction = "_ZSt21ios_base_library_initv";
    private const string PresentFunction = "_ZNSt8ios_base4InitC1Ev";

    /// <summary>The adapted copy's path; it is made once for each version of the original.</summary>
    public static string Adapt(string original, string folder)
    {
        var stamp = File.GetLastWriteTimeUtc(original).Ticks.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
        var adapted = Path.Combine(folder, $"adapted-{stamp}-{Path.GetFileName(original)}");
        if (File.Exists(adapted)) return adapted;
        var temporary = Path.Combine(folder, Path.GetRandomFileName());
        File.WriteAllBytes(temporary, Adapt(File.ReadAllBytes(original)));
        File.Move(temporary, adapted, overwrite: true);
        return adapted;
    }

    /// <summary>The file with both replacements.</summary>
    internal static byte[] Adapt(byte[] file)
    {
        var missing = VersionEntry(file, MissingVersion);
        var present = VersionEntry(file, PresentVersion);

        // Elf64_Vernaux: hash (4 bytes), flags (2), index (2), offset of the name (4), offset of the next (4).
        file.AsSpan(present, 4).CopyTo(file.AsSpan(missing));
        file.AsSpan(present + 8, 4).CopyTo(file.AsSpan(missing + 8));

        var name = Encoding.ASCII.GetBytes("\0" + MissingFunction + "\0");
        var at = file.AsSpan().IndexOf(name);
        if (at < 0) throw new InvalidDataException($"The library does not name {MissingFunction}.");
        var replacement = new byte[name.Length];
        Encoding.ASCII.GetBytes(PresentFunction, replacement.AsSpan(1));
        replacement.CopyTo(file, at);
        return file;
    }

    /// <summary>Where the file requires a version of another library's symbols; such an entry begins with the hash of the version's name.</summary>
    private static int VersionEntry(ReadOnlySpan<byte> file, string version)
    {
        uint hash = 0;
        foreach (var c in version)
        {
            hash = (hash << 4) + c;
            var high = hash & 0xF0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        Span<byte> entry = stackalloc byte[6];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, hash);
        var at = file.IndexOf(entry);
        return at >= 0 ? at : throw new InvalidDataException($"The library does not ask for {version}.");
    }
}
