namespace NetCompiler.Benchmarks.Reporting;

/// <summary>The checkout that this program was built from, where results are kept.</summary>
internal static class Checkout
{
    public static string Path { get; } = Find();

    /// <summary>Where this processor's results are.</summary>
    public static string Results { get; } = System.IO.Path.Combine(Path, "benchmarks", "results", Processor.Folder);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "NetCompiler.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"NetCompiler.sln is in no folder above {AppContext.BaseDirectory}; run the benchmarks from the repository.");
    }
}
