namespace NetCompiler;

/// <summary>What messages show of texts that come from files, which may be of any length.</summary>
internal static class Shown
{
    /// <summary>Longer than any name that somebody gave to a tensor.</summary>
    public const int Most = 200;

    /// <summary>The text, or its beginning and "...".</summary>
    public static string Short(string? text) => text is null ? "" : text.Length <= Most ? text : string.Concat(text.AsSpan(0, Most), "...");

    /// <summary>A shape as [2, 3], or the beginning of it. Only as many dimensions are written out as can be shown.</summary>
    public static string Shape(IEnumerable<long> dimensions) => Short($"[{string.Join(", ", dimensions.Take(Most))}]");
}
