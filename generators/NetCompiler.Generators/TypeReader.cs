using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>Reads one network or block: its layers, its functions, and what is wrong with the class itself.</summary>
internal sealed class TypeReader(
    INamedTypeSymbol type, bool isBlock, Compilation compilation, List<DiagnosticInfo> faults, SourceLocationList locations, CancellationToken cancellation)
{
    private readonly string _name = TypeNames.Full(type);
    private readonly List<(SourceKey Key, SyntaxNode Syntax)> _layerSyntax = [];
    private readonly Dictionary<string, FunctionSpec> _functions = new(StringComparer.Ordinal);

    public List<PropertySpec> Properties { get; } = [];

    public IEnumerable<FunctionSpec> Functions => _functions.Values;

    /// <summary>Members whose names only a network has for itself that runs step by step.</summary>
    public List<string> StepNames { get; } = [];

    /// <summary>The types named by <c>Use&lt;T&gt;</c>, and where.</summary>
    public List<(ITypeSymbol Block, SourceKey Key)> Uses { get; } = [];

    /// <summary>The C# compiler has something to say about this declaration: nothing need be said here.</summary>
    public bool IsRejected { get; private set; }

    private SourceKey Whole => new(_name, "", -1);

    public void Read()
    {
        locations.Add(Whole, IdentifierOf(type));
        if (!CheckType()) return;

        var before = faults.Count;
        ReadLayers("", "", isOutput: false, type.GetAttributes(), isProperty: false);
        foreach (var property in type.GetMembers().OfType<IPropertySymbol>()) ReadProperty(property);
        if (faults.Count > before || IsRejected) return;
        if (!CheckForm() || isBlock) return;
        CheckNames();
    }

    private void Report(DiagnosticKind kind, SourceKey key, params string[] arguments) => faults.Add(DiagnosticInfo.Of(kind.Id, key, arguments));

    private Location? IdentifierOf(INamedTypeSymbol symbol)
    {
        // Of several declarations the one with [Network] or [Block] speaks for the type.
        var marker = symbol.GetAttributes().FirstOrDefault(a => AttributeReader.IsOurs(a.AttributeClass, isBlock ? "BlockAttribute" : "NetworkAttribute"));
        var declaration = DeclarationOf(marker?.ApplicationSyntaxReference?.GetSyntax(cancellation))
            ?? symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation) as BaseTypeDeclarationSyntax;
        return declaration?.Identifier.GetLocation();
    }

    private static BaseTypeDeclarationSyntax? DeclarationOf(SyntaxNode? node) => node?.FirstAncestorOrSelf<BaseTypeDeclarationSyntax>();

    private bool CheckType()
    {
        foreach (var each in TypeNames.Containing(type).Append(type))
        {
            if (Shell.IsPartial(each, cancellation)) continue;
            if (each.DeclaringSyntaxReferences.Length > 1)
            {
                IsRejected = true; // Some declarations are partial and one is not: a C# error.
                return false;
            }

            var key = new SourceKey(TypeNames.Full(each), "", -1);
            locations.Add(key, IdentifierOf(each));
            Report(Diagnostics.ClassNotPartial, key, TypeNames.Full(each));
            return false;
        }

        var isGeneric = TypeNames.Containing(type).Append(type).Any(t => t.Arity > 0);
        if (!isGeneric && type is { IsAbstract: false, IsStatic: false, IsRecord: false, IsFileLocal: false }) return true;
        Report(Diagnostics.GenericType, Whole, _name);
        return false;
    }

    private void ReadProperty(IPropertySymbol property)
    {
        var attributes = property.GetAttributes();
        var isOutput = attributes.Any(a => AttributeReader.IsOurs(a.AttributeClass, "OutputAttribute"));
        var waitsForBody = property is { IsPartialDefinition: true, PartialImplementationPart: null };
        var isLayer = AttributeReader.IsOurs(property.Type, "Layer");
        if (!isOutput && !(waitsForBody && isLayer) && !attributes.Any(a => AttributeReader.IsLayer(a) || IsUnknown(a))) return;

        var key = new SourceKey(_name, property.Name, -1);
        var syntax = property.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation) as BasePropertyDeclarationSyntax;
        locations.Add(key, property.Locations.FirstOrDefault());
        if (syntax is not null && property.Type.TypeKind == TypeKind.Error)
        {
            IsRejected = true;
        }
        else if (syntax is not null && !(waitsForBody && isLayer && IsPlain(property, syntax)))
        {
            Report(Diagnostics.PropertyNotPartial, key, property.Name);
            return;
        }

        var access = syntax is null ? "public" : string.Join(" ", syntax.Modifiers.Where(m => !m.IsKind(SyntaxKind.PartialKeyword)).Select(m => m.Text));
        ReadLayers(property.Name, access, isOutput, attributes, isProperty: true);
    }

    /// <summary>No modifier but its accessibility, one getter, not nullable: what the generated half repeats.</summary>
    private static bool IsPlain(IPropertySymbol property, BasePropertyDeclarationSyntax syntax) =>
        syntax is PropertyDeclarationSyntax { AccessorList.Accessors: { Count: 1 } accessors }
        && accessors[0].IsKind(SyntaxKind.GetAccessorDeclaration) && accessors[0].Modifiers.Count == 0
        && property is { RefKind: RefKind.None, NullableAnnotation: not NullableAnnotation.Annotated }
        && syntax.Modifiers.All(m => (SyntaxKind)m.RawKind is SyntaxKind.PartialKeyword or SyntaxKind.PublicKeyword or SyntaxKind.InternalKeyword
            or SyntaxKind.ProtectedKeyword or SyntaxKind.PrivateKeyword);

    private static bool IsUnknown(AttributeData attribute) => attribute.AttributeClass is null or { TypeKind: TypeKind.Error };

    private void ReadLayers(string property, string access, bool isOutput, IEnumerable<AttributeData> attributes, bool isProperty)
    {
        var layers = new List<LayerSpec>();
        foreach (var attribute in attributes)
        {
            // An attribute that C# cannot find may be a layer whose name is mistyped.
            if (IsUnknown(attribute)) IsRejected = true;
            if (!AttributeReader.IsLayer(attribute)) continue;
            var key = new SourceKey(_name, property, layers.Count);
            var syntax = attribute.ApplicationSyntaxReference?.GetSyntax(cancellation);
            if (syntax is not null)
            {
                locations.Add(key, syntax.GetLocation());
                _layerSyntax.Add((key, syntax));
            }

            if (AttributeReader.IsRejected(attribute, compilation, cancellation))
            {
                IsRejected = true;
                continue;
            }

            var layer = AttributeReader.ReadLayer(attribute);
            layers.Add(layer);
            if (AttributeReader.BlockOf(attribute) is { } block) Uses.Add((block, key));
            if (layer.Kind == "Map" && layer.Text("Function") is { } function) ReadFunction(function);
        }

        if (isProperty || layers.Count > 0) Properties.Add(new PropertySpec(property, access, isOutput, layers.ToEquatableArray()));
    }

    private void ReadFunction(string name)
    {
        var key = new SourceKey(_name, name, -1);
        if (_functions.ContainsKey(name) || faults.Any(f => f.Source == key)) return;
        var methods = type.GetMembers(name).OfType<IMethodSymbol>().Where(m => m.MethodKind == MethodKind.Ordinary).ToList();
        if (methods.Count == 0) return; // The layer that names it says so.

        locations.Add(key, methods[0].Locations.FirstOrDefault());
        if (methods.Count > 1)
        {
            Report(Diagnostics.FunctionUnreadable, key, name, "there are several methods of that name");
            return;
        }

        try
        {
            _functions.Add(name, new FunctionReader(compilation, cancellation).Read(methods[0]));
        }
        catch (UnreadableFunctionException problem)
        {
            if (problem.IsInvalid) IsRejected = true;
            else Report(Diagnostics.FunctionUnreadable, key, name, problem.Message);
        }
    }

    /// <summary>Layers in one declaration, in one form, beginning with an input.</summary>
    private bool CheckForm()
    {
        var onProperties = Properties.FirstOrDefault(p => p.Name.Length > 0);
        if (onProperties is not null && Properties.Any(p => p.Name.Length == 0))
        {
            Report(Diagnostics.MixedDeclaration, Whole, _name);
            return false;
        }

        var home = _layerSyntax.Select(l => DeclarationOf(l.Syntax)).FirstOrDefault();
        foreach (var (key, syntax) in _layerSyntax)
        {
            if (DeclarationOf(syntax) == home) continue;
            Report(Diagnostics.SeveralDeclarations, key, _name);
            return false;
        }

        if (Properties.Any(p => p.Layers.Any(l => l.Kind == "Input"))) return true;
        Report(Diagnostics.NoInput, Whole, _name);
        return false;
    }

    /// <summary>
    /// The generated code repeats names as they are, so none is a keyword; and none is the name of a member that is added to the class (more
    /// methods of such a name do no harm).
    /// </summary>
    private void CheckNames()
    {
        var types = TypeNames.Containing(type).Append(type).Select(t => t.Name);
        foreach (var name in TypeNames.NamespaceParts(type).Where(TypeNames.IsKeyword).Concat(types.Where(TypeNames.IsTypeKeyword)))
        {
            Report(Diagnostics.KeywordName, Whole, name);
            return;
        }

        foreach (var property in Properties.Where(p => TypeNames.IsPropertyKeyword(p.Name)))
        {
            Report(Diagnostics.KeywordName, new SourceKey(_name, property.Name, -1), property.Name);
            return;
        }

        var hasWeights = AttributeReader.HasWeights(type);
        if (ErrorFace.IsPublic(type.Name, hasWeights))
        {
            Report(Diagnostics.NameTaken, Whole, type.Name, _name);
            return;
        }

        foreach (var member in type.GetMembers().Where(m => !m.IsImplicitlyDeclared))
        {
            var key = new SourceKey(_name, member.Name, -1);
            if (ErrorFace.IsAdded(member.Name, hasWeights) && !(member is IMethodSymbol && ErrorFace.IsAddedMethod(member.Name, hasWeights)))
            {
                locations.Add(key, member.Locations.FirstOrDefault());
                Report(Diagnostics.NameTaken, key, member.Name, _name);
                return;
            }

            if (!TakesStepName(member)) continue;
            locations.Add(key, member.Locations.FirstOrDefault());
            StepNames.Add(member.Name);
        }

        if (ErrorFace.IsStepName(type.Name)) StepNames.Add(type.Name);
        CheckInherited(hasWeights);
        CheckConstructors();
    }

    private static bool TakesStepName(ISymbol member) => ErrorFace.IsStepName(member.Name) && member is not IMethodSymbol { Name: "Step" or "Prefill" };

    /// <summary>What a base class has under the name of an added member would be hidden.</summary>
    private void CheckInherited(bool hasWeights)
    {
        foreach (var inherited in Bases())
        {
            var members = inherited.GetMembers().Where(m => m.DeclaredAccessibility != Accessibility.Private && !m.IsImplicitlyDeclared).ToList();
            if (members.Find(m => ErrorFace.IsPublic(m.Name, hasWeights) || (ErrorFace.IsAdded(m.Name, hasWeights) && m is not IMethodSymbol)) is { } hidden)
            {
                Report(Diagnostics.NameTaken, Whole, hidden.Name, _name);
                return;
            }

            StepNames.AddRange(members.Where(TakesStepName).Select(m => m.Name));
        }
    }

    /// <summary>The constructor that the compiler adds makes the parameters, and nothing else: each other one must go through it, and it must be enough.</summary>
    private void CheckConstructors()
    {
        var problem = OwnConstructor();
        if (problem is null && Bases().Prepend(type).Any(t => t.GetMembers().Any(m => m is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true })))
            problem = "required members, which that constructor does not set";
        if (problem is null && type.BaseType is { SpecialType: not SpecialType.System_Object, TypeKind: TypeKind.Class } parent
            && !parent.InstanceConstructors.Any(c => c.DeclaredAccessibility != Accessibility.Private && c.Parameters.All(p => p.IsOptional)))
            problem = "a base class without a constructor that needs no arguments";
        if (problem is not null) Report(Diagnostics.Constructor, Whole, _name, problem, type.Name);
    }

    private IEnumerable<INamedTypeSymbol> Bases()
    {
        for (var inherited = type.BaseType; inherited is not (null or { SpecialType: SpecialType.System_Object }); inherited = inherited.BaseType) yield return inherited;
    }

    /// <summary>Whether a constructor has the parameters of the one that the compiler adds.</summary>
    public static bool TakesSeed(IMethodSymbol constructor) => constructor.Parameters.Length == 1 && constructor.Parameters[0].Type.SpecialType == SpecialType.System_Int64;

    private string? OwnConstructor()
    {
        foreach (var constructor in type.InstanceConstructors.Where(c => !c.IsImplicitlyDeclared))
        {
            var syntax = constructor.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellation);
            if (syntax is TypeDeclarationSyntax) return "a primary constructor";
            if (TakesSeed(constructor)) return "another constructor with a long";
            if (syntax is ConstructorDeclarationSyntax { Initializer: not { RawKind: (int)SyntaxKind.ThisConstructorInitializer } }) return "a constructor that does not begin with ': this(seed)'";
        }

        return null;
    }
}
