using System.Text;

namespace Writer;

/// <summary>The text to learn: a file, or the sources and documents of this repository.</summary>
internal sealed record TextSource(string Text, string Name)
{
    private static readonly string[] s_kinds = [".cs", ".md"];

    /// <summary>
    /// Reads a file: UTF-8, or UTF-16 that says so with its first bytes. What is neither is taken for Latin-1, in which every byte is a character: so are many older texts.
    /// </summary>
    public static TextSource Read(string path)
    {
        if (!File.Exists(path)) throw new UserErrorException($"There is no file '{path}'. Give --text a text file.");
        byte[] bytes = File.ReadAllBytes(path);
        using var reader = new StreamReader(new MemoryStream(bytes), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        var (text, name) = ("", path);
        try
        {
            text = reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            (text, name) = (Encoding.Latin1.GetString(bytes), $"{path} (not UTF-8, so taken for Latin-1)");
        }

        if (text.Length == 0) throw new UserErrorException($"'{path}' is empty. Give --text a text file.");
        if (text.Contains('\0')) throw new UserErrorException($"'{path}' is no text: it holds zero bytes.");
        return new(text, name);
    }

    /// <summary>The repository that the program was built in, found upwards from where it lies.</summary>
    public static TextSource Repository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NetCompiler.sln"))) return Collect(folder.FullName);
        }

        throw new UserErrorException("The program does not lie in its repository, whose sources it learns from unless told otherwise. Give --text a text file.");
    }

    private static TextSource Collect(string root)
    {
        var text = new StringBuilder();
        string[] folders = ["src", "generators", "samples", "docs"];
        foreach (string file in folders.Select(f => Path.Combine(root, f)).Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))
            .Where(f => s_kinds.Contains(Path.GetExtension(f)) && !IsBuilt(Path.GetRelativePath(root, f)))
            .Order(StringComparer.Ordinal))
        {
            text.Append(File.ReadAllText(file)).Append('\n');
        }

        return new(text.ToString(), "the sources and documents of this repository");
    }

    private static bool IsBuilt(string path) => path.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj");
}
