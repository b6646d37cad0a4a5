using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>A place in a file as plain values: a <see cref="Location"/> would keep the whole syntax tree alive and never compare equal.</summary>
/// <param name="Key">What stands there.</param>
/// <param name="Path">The file.</param>
/// <param name="Span">Where in the file.</param>
/// <param name="Lines">The same in lines and columns.</param>
/// <param name="Silenced">Warnings that <c>#pragma warning disable</c> turns off there: Roslyn itself sees to that only for locations with a syntax tree.</param>
internal sealed record SourceLocation(SourceKey Key, string Path, TextSpan Span, LinePositionSpan Lines, EquatableArray<string> Silenced)
{
    public Location ToLocation() => Location.Create(Path, Span, Lines);

    public static SourceLocation Of(SourceKey key, Location location, CancellationToken cancellation) =>
        new(key, location.SourceTree?.FilePath ?? "", location.SourceSpan, location.GetLineSpan().Span, SilencedAt(location, cancellation));

    private static EquatableArray<string> SilencedAt(Location location, CancellationToken cancellation)
    {
        if (location.SourceTree?.GetRoot(cancellation) is not { ContainsDirectives: true } root) return EquatableArray<string>.Empty;
        var silenced = new SortedSet<string>(StringComparer.Ordinal);
        for (var each = root.GetFirstDirective(IsOfWarnings); each is not null && each.SpanStart < location.SourceSpan.Start; each = each.GetNextDirective(IsOfWarnings))
        {
            var pragma = (PragmaWarningDirectiveTriviaSyntax)each;
            var ids = pragma.ErrorCodes.Count == 0 ? Diagnostics.Warnings : pragma.ErrorCodes.Select(c => c.ToString()).Where(Diagnostics.IsWarning);
            if (pragma.DisableOrRestoreKeyword.IsKind(SyntaxKind.DisableKeyword)) silenced.UnionWith(ids);
            else silenced.ExceptWith(ids);
        }

        return silenced.ToEquatableArray();
    }

    private static bool IsOfWarnings(DirectiveTriviaSyntax directive) => directive is PragmaWarningDirectiveTriviaSyntax { IsActive: true };
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
internal sealed class SourceLocationList(CancellationToken cancellation)
{
    private readonly Dictionary<SourceKey, SourceLocation> _items = [];

    public void Add(SourceKey key, Location? location)
    {
        if (location is { IsInSource: true } && !_items.ContainsKey(key)) _items.Add(key, SourceLocation.Of(key, location, cancellation));
    }

    /// <summary>Gives a place the location of another.</summary>
    public void AddSame(SourceKey key, SourceKey other)
    {
        if (_items.TryGetValue(other, out var item) && !_items.ContainsKey(key)) _items.Add(key, item with { Key = key });
    }

    public SourceLocations ToLocations() => new(_items.Values.ToEquatableArray());
}
