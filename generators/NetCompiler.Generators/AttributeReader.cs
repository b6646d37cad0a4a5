using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>
/// Attributes as plain values. It knows no layer: an attribute's name, its constructor's parameter names and its property names are
/// the names that the compiler reads.
/// </summary>
internal static class AttributeReader
{
    private const string Suffix = "Attribute";

    public static bool IsLayer(AttributeData attribute)
    {
        for (var type = attribute.AttributeClass?.BaseType; type is not null; type = type.BaseType)
            if (IsOurs(type, "LayerAttribute")) return true;
        return false;
    }

    /// <summary>Whether the type is the library's class of that name.</summary>
    public static bool IsOurs(ITypeSymbol? type, string name) =>
        type is INamedTypeSymbol { Arity: 0, ContainingType: null, ContainingNamespace: { Name: "NetCompiler", ContainingNamespace.IsGlobalNamespace: true } } && type.Name == name;

    /// <summary>Whether the C# compiler rejects the attribute, so that nothing can be said about the layer.</summary>
    public static bool IsRejected(AttributeData attribute, Compilation compilation, CancellationToken cancellation)
    {
        if (attribute.AttributeClass is null or { TypeKind: TypeKind.Error } || attribute.AttributeConstructor is null) return true;
        if (attribute.AttributeClass.TypeArguments.Any(t => t.TypeKind == TypeKind.Error)) return true;
        if (attribute.ConstructorArguments.Any(IsError) || attribute.NamedArguments.Any(a => IsError(a.Value))) return true;

        if (attribute.ApplicationSyntaxReference?.GetSyntax(cancellation) is not AttributeSyntax { ArgumentList: { } list }) return false;

        // A named argument that does not exist is simply left out of NamedArguments, and a nameof of nothing still has a value.
        return list.Arguments.Count(a => a.NameEquals is not null) != attribute.NamedArguments.Length
            || list.DescendantNodes().OfType<InvocationExpressionSyntax>().Any(i => NamesNothing(i, compilation, cancellation));
    }

    private static bool NamesNothing(InvocationExpressionSyntax call, Compilation compilation, CancellationToken cancellation)
    {
        if (call is not { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" }, ArgumentList.Arguments: { Count: 1 } arguments }) return false;

        // A property beside it is seen without asking the C# compiler, which would bind the attribute once more for the answer.
        if (arguments[0].Expression is IdentifierNameSyntax name && call.FirstAncestorOrSelf<TypeDeclarationSyntax>() is { } type
            && type.Members.Any(m => m is PropertyDeclarationSyntax { Identifier.ValueText: var beside } && beside == name.Identifier.ValueText)) return false;
        var named = compilation.GetSemanticModel(call.SyntaxTree).GetSymbolInfo(arguments[0].Expression, cancellation);
        return named.Symbol is null && named.CandidateSymbols.IsEmpty;
    }

    /// <summary>Whether the network names a file of weights.</summary>
    public static bool HasWeights(INamedTypeSymbol type) =>
        type.GetAttributes().Any(a => IsOurs(a.AttributeClass, "NetworkAttribute") && a.NamedArguments.Any(n => n is { Key: "Weights", Value.Value: string }));

    /// <summary>Where an argument stands; null if it is not written.</summary>
    public static Location? LocationOf(AttributeData attribute, string argument, CancellationToken cancellation) =>
        (attribute.ApplicationSyntaxReference?.GetSyntax(cancellation) as AttributeSyntax)?.ArgumentList?.Arguments
            .FirstOrDefault(a => a.NameEquals?.Name.Identifier.Text == argument)?.GetLocation();

    public static LayerSpec ReadLayer(AttributeData attribute)
    {
        var arguments = new List<ArgumentSpec>();
        if (BlockOf(attribute) is INamedTypeSymbol block) arguments.Add(ArgumentSpec.Of("Block", TypeNames.Full(block)));
        arguments.AddRange(ReadArguments(attribute));
        return new LayerSpec(KindOf(attribute), arguments.ToEquatableArray());
    }

    /// <summary>What a <c>Use&lt;T&gt;</c> names, which should be a block; null for other layers.</summary>
    public static ITypeSymbol? BlockOf(AttributeData attribute) =>
        attribute.AttributeClass is { Name: "UseAttribute", TypeArguments.Length: 1 } use ? use.TypeArguments[0] : null;

    /// <summary>The arguments that the user wrote.</summary>
    public static IEnumerable<ArgumentSpec> ReadArguments(AttributeData attribute)
    {
        var parameters = attribute.AttributeConstructor!.Parameters;
        for (var i = 0; i < parameters.Length; i++)
            if (Read(Pascal(parameters[i].Name), attribute.ConstructorArguments[i]) is { } argument) yield return argument;
        foreach (var named in attribute.NamedArguments)
            if (Read(named.Key, named.Value) is { } argument) yield return argument;
    }

    private static string KindOf(AttributeData attribute)
    {
        var name = attribute.AttributeClass!.Name;
        return name.EndsWith(Suffix, StringComparison.Ordinal) ? name.Substring(0, name.Length - Suffix.Length) : name;
    }

    private static string Pascal(string name) => char.ToUpperInvariant(name[0]) + name.Substring(1);

    private static bool IsError(TypedConstant constant) =>
        constant.Kind == TypedConstantKind.Error || (constant.Kind == TypedConstantKind.Array && !constant.IsNull && constant.Values.Any(IsError));

    private static ArgumentSpec? Read(string name, TypedConstant constant)
    {
        if (constant.IsNull) return null;
        switch (constant.Kind)
        {
            case TypedConstantKind.Array when constant.Values.Length == 0:
                return null;
            case TypedConstantKind.Array when constant.Type is IArrayTypeSymbol { ElementType.SpecialType: SpecialType.System_String }:
                return ArgumentSpec.Of(name, constant.Values.Select(v => v.Value as string ?? "").ToArray());
            case TypedConstantKind.Array:
                return ArgumentSpec.Of(name, constant.Values.Select(v => Number(v.Value!)).ToArray());
            case TypedConstantKind.Enum:
                return ArgumentSpec.Of(name, MemberName(constant));
            case TypedConstantKind.Type:
                return constant.Value is INamedTypeSymbol type ? ArgumentSpec.Of(name, TypeNames.Full(type)) : null;
            default:
                return constant.Value switch
                {
                    string text => ArgumentSpec.Of(name, text),
                    bool value => ArgumentSpec.Of(name, value),
                    { } value => ArgumentSpec.Of(name, Number(value)),
                    null => null,
                };
        }
    }

    /// <summary>The enum member's name; for a number that is none, the number.</summary>
    private static string MemberName(TypedConstant constant) =>
        constant.Type!.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(f => f.HasConstantValue && Equals(f.ConstantValue, constant.Value))?.Name
        ?? Convert.ToString(constant.Value, CultureInfo.InvariantCulture)!;

    private static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);
}
