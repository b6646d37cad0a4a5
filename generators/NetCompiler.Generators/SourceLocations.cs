using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>A place in a file as plain values: a <see cref="Location"/> would keep the whole syntax tree alive and never compare equal.</summary>
internal sealed record SourceLocation(SourceKey Key, string Path, TextSpan Span, LinePositionSpan Lines)
{
    public Location ToLocation() => Location.Create(Path, Span, Lines);

    public static SourceLocation Of(SourceKey key, Location location) =>
        new(key, location.SourceTree?.FilePath ?? "", location.SourceSpan, location.GetLineSpan().Span);
}

/// <summary>Where the parts of a declaration, and of the blocks that it uses, are.</summary>
internal sealed record SourceLocations(EquatableArray<SourceLocation> Items)
{
    /// <summary>
    /// The place itself; else what is around it (the property, the class): a block from another assembly has no files, so it stands where
    /// it is used. Null if nothing of it is here.
    /// </summary>
    public SourceLocation? Find(SourceKey key) =>
        FindExactly(key)
        ?? FindExactly(key with { Layer = -1 })
        ?? FindExactly(new SourceKey(key.Type, "", -1));

    private SourceLocation? FindExactly(SourceKey key) => Items.FirstOrDefault(i => i.Key == key);
}

/// <summary>Collects locations while a declaration is read; the first for a place counts.</summary>
internal sealed class SourceLocationList
{
    private readonly Dictionary<SourceKey, SourceLocation> _items = [];

    public void Add(SourceKey key, Location? location)
    {
        if (location is { IsInSource: true } && !_items.ContainsKey(key)) _items.Add(key, SourceLocation.Of(key, location));
    }

    /// <summary>Gives a place the location of another.</summary>
    public void AddSame(SourceKey key, SourceKey other)
    {
        if (_items.TryGetValue(other, out var item) && !_items.ContainsKey(key)) _items.Add(key, item with { Key = key });
    }

    public SourceLocations ToLocations() => new(_items.Values.ToEquatableArray());
}
