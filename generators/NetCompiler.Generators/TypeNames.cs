using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace NetCompiler.Generators;

/// <summary>Names of types, as the spec has them and as C# writes them.</summary>
internal static class TypeNames
{
    /// <summary>The full name with dots throughout, without type parameters: <c>NetworkSpec.FullName</c>.</summary>
    public static string Full(INamedTypeSymbol type) =>
        string.Join(".", new[] { Namespace(type) }.Concat(Containing(type).Select(t => t.Name)).Append(type.Name).Where(s => s.Length > 0));

    /// <summary>Empty for the global namespace.</summary>
    public static string Namespace(INamedTypeSymbol type) =>
        string.Join(".", NamespaceParts(type));

    public static IReadOnlyList<string> NamespaceParts(INamedTypeSymbol type)
    {
        var parts = new List<string>();
        for (var ns = type.ContainingNamespace; ns is { IsGlobalNamespace: false }; ns = ns.ContainingNamespace) parts.Insert(0, ns.Name);
        return parts;
    }

    /// <summary>The types around a nested type, outermost first.</summary>
    public static IReadOnlyList<INamedTypeSymbol> Containing(INamedTypeSymbol type)
    {
        var containing = new List<INamedTypeSymbol>();
        for (var outer = type.ContainingType; outer is not null; outer = outer.ContainingType) containing.Insert(0, outer);
        return containing;
    }

    /// <summary>What stands after <c>partial</c>: <c>class</c>, <c>record struct</c>.</summary>
    public static string Keyword(INamedTypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Interface } => "interface",
        { IsRecord: true, IsValueType: true } => "record struct",
        { IsRecord: true } => "record",
        { IsValueType: true } => "struct",
        _ => "class",
    };

    /// <summary>The name as C# writes it where the type is declared: <c>Pair&lt;A, B&gt;</c>.</summary>
    public static string Declared(INamedTypeSymbol type) =>
        Identifier(type.Name) + (type.Arity == 0 ? "" : "<" + string.Join(", ", type.TypeParameters.Select(p => Identifier(p.Name))) + ">");

    /// <summary>The name, with an @ if it is a keyword.</summary>
    public static string Identifier(string name) => IsTypeKeyword(name) ? "@" + name : name;

    public static bool IsKeyword(string name) => SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None;

    /// <summary>Words that are keywords where a type is named or used.</summary>
    private static readonly HashSet<string> s_typeKeywords = new(StringComparer.Ordinal)
    {
        "await", "dynamic", "extension", "field", "file", "global", "managed", "nint", "notnull", "nuint", "partial", "record", "required", "scoped", "unmanaged", "var", "where", "yield",
    };

    /// <summary>Whether the name is no name for a type, or none where the generated code mentions it.</summary>
    public static bool IsTypeKeyword(string name) => IsKeyword(name) || s_typeKeywords.Contains(name);

    /// <summary>Whether the name is no name for a property: of <c>field</c> the generated getters have another.</summary>
    public static bool IsPropertyKeyword(string name) => IsKeyword(name) || name == "field";
}
