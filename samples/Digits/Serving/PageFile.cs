using System.Globalization;
using System.Security.Cryptography;

namespace Digits.Serving;

/// <summary>A file of the page, which travels inside the program.</summary>
/// <param name="Path">Its address on the server.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="ETag">Changes when the file does.</param>
/// <param name="Bytes">What is in it.</param>
internal sealed record PageFile(string Path, string ContentType, string ETag, byte[] Bytes)
{
    private const string Prefix = "Page/";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PageFile> ReadAll()
    {
        var assembly = typeof(PageFile).Assembly;
        var files = new List<PageFile>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var name = resource[Prefix.Length..];
            var tag = string.Create(CultureInfo.InvariantCulture, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"");
            files.Add(new PageFile(name == "index.html" ? "/" : "/" + name, TypeOf(name), tag, bytes));
        }
        return files;
    }

    private static string TypeOf(string name) => System.IO.Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"The page's file {name} needs a media type for {other} here."),
    };
}
