namespace NetCompiler.Testing;

/// <summary>The checkout that the tests were built from, and the data beside it.</summary>
internal static class Repository
{
    public static string Path { get; } = Folders().First(f => System.IO.File.Exists(System.IO.Path.Combine(f, "NetCompiler.sln")));

    public static string File(string path) => System.IO.Path.Combine(Path, path);

    /// <summary>A file or folder in <c>shared/data</c>, beside the checkout or further up; null where it is not there, and a test that needs it is skipped.</summary>
    public static string? Data(string path) =>
        Folders().Select(f => System.IO.Path.Combine(f, "shared", "data", path)).FirstOrDefault(System.IO.Path.Exists);

    /// <summary>The path of a file or folder in <c>shared/data</c>; skips the test, with a message, where there is none.</summary>
    public static string RequireData(string path)
    {
        var found = Data(path);
        Skip.If(found is null, $"There is no shared/data/{path} beside the checkout.");
        return found!;
    }

    private static IEnumerable<string> Folders()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent) yield return folder.FullName;
    }
}
