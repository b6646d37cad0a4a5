using NetCompiler.Benchmarks.Compare;

namespace NetCompiler.Benchmarks.Reporting;

/// <summary>The table in the repository's README, which nobody writes by hand.</summary>
internal static class Readme
{
    private const string Begin = "<!-- benchmarks: written by `dotnet run -c Release --project benchmarks -- readme` -->", End = "<!-- benchmarks: end -->";

    /// <param name="processor">The name of a folder of results; null: the one with the newest.</param>
    public static int Write(string? processor)
    {
        var folder = processor is null ? ResultsFolder.Newest<ResultLine>(Report.Name, l => l.Measured) : ResultsFolder.Of(processor);
        if (folder is null || ResultsFolder.Read<ResultLine>(Report.Name, folder).Count == 0)
        {
            Console.Error.WriteLine($"error: there are no results of `compare` under benchmarks/results{(processor is null ? "" : "/" + processor)}; run it without --quick first.");
            return 1;
        }

        var file = Path.Combine(Checkout.Path, "README.md");
        var text = File.ReadAllText(file);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
        {
            Console.Error.WriteLine($"error: {file} must have the lines\n{Begin}\n{End}\nin this order; the table goes between them.");
            return 1;
        }

        var link = Path.GetRelativePath(Checkout.Path, folder).Replace(Path.DirectorySeparatorChar, '/');
        File.WriteAllText(file, $"{text[..(begin + Begin.Length)]}\n{Report.Summary(ResultsFolder.Read<ResultLine>(Report.Name, folder), link)}{text[end..]}");
        Console.WriteLine($"Wrote the table of {link} into {file}");
        return 0;
    }
}
