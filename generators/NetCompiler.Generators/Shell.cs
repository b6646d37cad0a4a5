using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>What a generated file must say to add members to a network or block, however wrong its declaration is.</summary>
/// <param name="FullName">As in the spec.</param>
/// <param name="HintName">The generated file's name.</param>
/// <param name="Namespace">As C# writes it; empty for the global one.</param>
/// <param name="Headers">Each type around it and itself, outermost first: <c>partial class Outer</c>.</param>
/// <param name="Name">Its name with type parameters.</param>
/// <param name="CanExtend">False if nothing can be added: something is not partial.</param>
/// <param name="IsStatic">A static class takes no instance members and implements nothing.</param>
/// <param name="IsForSomeLanguages">As in the spec.</param>
/// <param name="HasWeights">It names a file of weights, and so gets a few members more.</param>
/// <param name="Properties">The partial properties that wait for a body.</param>
/// <param name="Taken">Names that the user has given to members of his own, or to the type.</param>
/// <param name="HasConstructor">The user has the constructor that would be added, or a primary one.</param>
internal sealed record Shell(
    string FullName,
    string HintName,
    string Namespace,
    EquatableArray<string> Headers,
    string Name,
    bool CanExtend,
    bool IsStatic,
    bool IsBlock,
    bool IsForSomeLanguages,
    bool HasWeights,
    EquatableArray<ShellProperty> Properties,
    int Inputs,
    int Outputs,
    EquatableArray<string> Taken,
    bool HasConstructor)
{
    private static readonly SymbolDisplayFormat s_typeFormat =
        SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    public static Shell Of(INamedTypeSymbol type, bool isBlock, Compilation compilation, CancellationToken cancellation)
    {
        var types = TypeNames.Containing(type).Append(type).ToList();
        var properties = type.GetMembers().OfType<IPropertySymbol>().Where(p => p is { IsPartialDefinition: true, IsIndexer: false }).ToList();
        var inputs = properties.Count(p => p.GetAttributes().Any(a => AttributeReader.IsOurs(a.AttributeClass, "InputAttribute")));
        var outputs = properties.Count(p => p.GetAttributes().Any(a => AttributeReader.IsOurs(a.AttributeClass, "OutputAttribute")));
        var fullName = TypeNames.Full(type);
        var hasWeights = !isBlock && AttributeReader.HasWeights(type);
        return new Shell(
            fullName,
            fullName + (type.Arity == 0 ? "" : "-" + type.Arity.ToString(System.Globalization.CultureInfo.InvariantCulture)) + ".g.cs",
            string.Join(".", TypeNames.NamespaceParts(type).Select(TypeNames.Identifier)),
            types.Select(t => $"partial {TypeNames.Keyword(t)} {TypeNames.Declared(t)}").ToEquatableArray(),
            TypeNames.Declared(type),
            !type.IsFileLocal && types.All(t => IsPartial(t, cancellation)),
            type.IsStatic,
            isBlock,
            MustDenyCompliance(type, compilation),
            hasWeights,
            properties.Where(p => p.PartialImplementationPart is null).Select(p => PropertyOf(p, cancellation)).ToEquatableArray(),
            Math.Max(inputs, 1),
            Math.Max(outputs, 1),
            isBlock ? EquatableArray<string>.Empty : type.GetMembers().Where(m => !m.IsImplicitlyDeclared).Select(m => m.Name).Append(type.Name).Where(n => ErrorFace.IsAdded(n, hasWeights)).Distinct(StringComparer.Ordinal).ToEquatableArray(),
            type.InstanceConstructors.Any(c => !c.IsImplicitlyDeclared && (c.DeclaringSyntaxReferences.Any(r => r.GetSyntax(cancellation) is TypeDeclarationSyntax) || TypeReader.TakesSeed(c))));
    }

    /// <summary>
    /// Whether C# would warn that members and layers, whose types and arrays are not in the Common Language Specification, are visible outside an assembly that keeps to it. Of types that
    /// nobody outside sees C# allows no such word, and where the user has said it, it must not be said again.
    /// </summary>
    public static bool MustDenyCompliance(INamedTypeSymbol type, Compilation compilation) =>
        compilation.Assembly.GetAttributes().Any(a => IsCompliance(a) && a.ConstructorArguments.Any(v => v.Value is true))
        && TypeNames.Containing(type).Append(type).All(t => IsVisible(t) && !t.GetAttributes().Any(IsCompliance));

    private static bool IsVisible(INamedTypeSymbol type) => type.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal;

    private static bool IsCompliance(AttributeData attribute) =>
        attribute.AttributeClass is { Name: "CLSCompliantAttribute", ContainingNamespace: { Name: "System", ContainingNamespace.IsGlobalNamespace: true } };

    /// <summary>Whether each declaration of the type is partial.</summary>
    public static bool IsPartial(INamedTypeSymbol type, CancellationToken cancellation) =>
        type.DeclaringSyntaxReferences.All(r => r.GetSyntax(cancellation) is not TypeDeclarationSyntax t || t.Modifiers.Any(SyntaxKind.PartialKeyword));

    // Both halves of a partial property must agree in every modifier, so they are repeated as the user wrote them.
    private static ShellProperty PropertyOf(IPropertySymbol property, CancellationToken cancellation)
    {
        var syntax = (PropertyDeclarationSyntax)property.DeclaringSyntaxReferences[0].GetSyntax(cancellation);
        var modifiers = string.Concat(syntax.Modifiers.Select(m => m.Text + " "));
        var kind = property.RefKind switch { RefKind.Ref => "ref ", RefKind.RefReadOnly => "ref readonly ", _ => "" };
        var accessors = syntax.AccessorList?.Accessors.Where(a => !a.IsKind(SyntaxKind.UnknownAccessorDeclaration)).Select(a => string.Concat(a.Modifiers.Select(m => m.Text + " ")) + a.Keyword.Text) ?? ["get"];
        return new ShellProperty(modifiers + kind + property.Type.ToDisplayString(s_typeFormat) + " " + TypeNames.Identifier(property.Name), accessors.ToEquatableArray());
    }
}

/// <param name="Signature"><c>public partial global::NetCompiler.Layer Stem</c>.</param>
/// <param name="Accessors"><c>get</c>, <c>private set</c>.</param>
internal sealed record ShellProperty(string Signature, EquatableArray<string> Accessors);
