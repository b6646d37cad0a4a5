namespace Tiny.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Path { get; } = Find();

    public static string File(string path) => System.IO.Path.Combine(Path, path);

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!System.IO.File.Exists(System.IO.Path.Combine(folder, "NetCompiler.sln"))) folder = System.IO.Path.GetDirectoryName(folder)!;
        return folder;
    }
}
