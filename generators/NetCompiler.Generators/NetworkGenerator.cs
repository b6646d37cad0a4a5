using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using NetCompiler.Compiler;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Weights;

namespace NetCompiler.Generators;

/// <summary>
/// The source generator: how the steps hang together, and nothing else. What code comes of a declaration depends on its
/// <see cref="DeclarationModel"/> alone; locations meet diagnostics at the very end.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class NetworkGenerator : IIncrementalGenerator
{
    /// <summary>The names of the steps, for tests of what runs again after an edit.</summary>
    public static class Steps
    {
        public const string Networks = nameof(Networks);
        public const string Blocks = nameof(Blocks);
        public const string Models = nameof(Models);
        public const string Compiled = nameof(Compiled);
        public const string Faces = nameof(Faces);
        public const string Kernels = nameof(Kernels);
        public const string WeightsFiles = nameof(WeightsFiles);
        public const string Weights = nameof(Weights);
        public const string Reported = nameof(Reported);
    }

    private const string FaceExtension = ".g.cs";

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var networks = Declarations(context, "NetCompiler.NetworkAttribute", isBlock: false).WithTrackingName(Steps.Networks);
        var blocks = Declarations(context, "NetCompiler.BlockAttribute", isBlock: true).WithTrackingName(Steps.Blocks);

        var models = networks.Select((d, _) => d.Model).WithTrackingName(Steps.Models);
        var compiled = models.Select((m, _) => NetworkCompiler.Compile(m)).WithTrackingName(Steps.Compiled);
        var patterns = blocks.Select((d, _) => d.Model).Select((m, _) => NetworkCompiler.Compile(m));

        var faces = compiled.SelectMany((r, _) => r.Files.Where(f => f.IsFace)).WithTrackingName(Steps.Faces);
        var kernels = compiled.SelectMany((r, _) => r.Files.Where(f => !f.IsFace)).WithTrackingName(Steps.Kernels);
        var alike = Join(List(networks.Select((d, _) => d.Model.Shell.HintName)), List(blocks.Select((d, _) => d.Model.Shell.HintName))).Select((names, _) => Alike(names));
        context.RegisterSourceOutput(faces.Combine(alike), Add);
        context.RegisterSourceOutput(patterns.SelectMany((r, _) => r.Files).Combine(alike), Add);
        context.RegisterImplementationSourceOutput(kernels.Combine(alike), Add);

        // An edit of a file of weights comes no further than here.
        var files = AdditionalWeights.Read(context).WithTrackingName(Steps.WeightsFiles);
        var weights = compiled.SelectMany((r, _) => r.Weights is { } wanted ? ImmutableArray.Create(wanted) : []).Combine(List(files))
            .Select((p, _) => WeightsStage.Run(p.Left, p.Right.Items)).WithTrackingName(Steps.Weights);
        context.RegisterImplementationSourceOutput(weights.Select((w, _) => w.File).Combine(alike), Add);

        var ownFaults = Join(List(compiled.SelectMany((r, _) => r.Diagnostics.Concat(r.Warnings))), List(weights.SelectMany((w, _) => w.Diagnostics)));
        var faults = Join(ownFaults, List(patterns.SelectMany((r, _) => r.Diagnostics)));
        var locations = Join(List(networks.Select((d, _) => d.Locations)), List(blocks.Select((d, _) => d.Locations)));
        var reported = faults.Combine(locations).SelectMany((p, _) => Locate(p.Left.Items, p.Right.Items)).WithTrackingName(Steps.Reported);
        context.RegisterSourceOutput(reported, static (output, d) => output.ReportDiagnostic(Descriptors.ToDiagnostic(d.Id, d.Arguments, d.Location?.ToLocation() ?? Location.None)));
    }

    /// <summary>
    /// All values as one. Everything between two steps is a class, or a pair of two: for each other type the JIT compiles some two hundred methods of Roslyn's before the
    /// first network of a build can be compiled.
    /// </summary>
    private static IncrementalValueProvider<Listed<T>> List<T>(IncrementalValuesProvider<T> values)
        where T : class, IEquatable<T> => values.Collect().Select((v, _) => new Listed<T>(v.ToEquatableArray()));

    private static IncrementalValueProvider<Listed<T>> Join<T>(IncrementalValueProvider<Listed<T>> one, IncrementalValueProvider<Listed<T>> other)
        where T : class, IEquatable<T> => one.Combine(other).Select((p, _) => new Listed<T>(p.Left.Items.Concat(p.Right.Items).ToEquatableArray()));

    private static IncrementalValuesProvider<Declaration> Declarations(IncrementalGeneratorInitializationContext context, string attribute, bool isBlock) =>
        context.SyntaxProvider.ForAttributeWithMetadataName(attribute, static (node, _) => IsDeclaration(node), (c, cancellation) => Read(c, isBlock, cancellation))
            .Where(d => d is not null)!;

    private static bool IsDeclaration(SyntaxNode node)
    {
        HeadStart.Begin(); // By now there is a network to be compiled, and much to do for Roslyn before its declaration can be read.
        return node is ClassDeclarationSyntax or RecordDeclarationSyntax;
    }

    private static Declaration? Read(GeneratorAttributeSyntaxContext context, bool isBlock, CancellationToken cancellation)
    {
        if (context.TargetSymbol is not INamedTypeSymbol type || !IsFirst(context, type, cancellation)) return null;
        var compilation = context.SemanticModel.Compilation;
        try
        {
            return isBlock
                ? SpecReader.ReadBlock(type, compilation, cancellation)
                : SpecReader.ReadNetwork(type, context.Attributes[0], compilation, cancellation);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return SpecReader.Failed(type, isBlock, exception, compilation, cancellation);
        }
    }

    /// <summary>Of several declarations of one type with the attribute, which C# rejects, the first is read.</summary>
    private static bool IsFirst(GeneratorAttributeSyntaxContext context, INamedTypeSymbol type, CancellationToken cancellation)
    {
        if (type.DeclaringSyntaxReferences.Length == 1) return true;
        var marker = type.GetAttributes().First(a => SymbolEqualityComparer.Default.Equals(a.AttributeClass, context.Attributes[0].AttributeClass));
        return marker.ApplicationSyntaxReference?.GetSyntax(cancellation).FirstAncestorOrSelf<TypeDeclarationSyntax>() == context.TargetNode;
    }

    /// <summary>
    /// The first files of types that have a file of one name, or of names that differ in upper and lower case only, which Roslyn takes for one: Net and NET, or Net with its kernels and a
    /// Kernels within Net.
    /// </summary>
    private static Listed<string> Alike(Listed<string> names) => new(names.Items
        .SelectMany(n => new[] { FaceExtension, ".Kernels" + FaceExtension, ".Weights" + FaceExtension }.Select(end => (Name: n, File: TypeOf(n) + end)))
        .GroupBy(f => f.File, f => f.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1)
        .SelectMany(g => g).Distinct(StringComparer.Ordinal).OrderBy(n => n, StringComparer.OrdinalIgnoreCase).ThenBy(n => n, StringComparer.Ordinal).ToEquatableArray());

    private static string TypeOf(string face) => face.Substring(0, face.Length - FaceExtension.Length);

    private static void Add(SourceProductionContext output, (GeneratedFile File, Listed<string> Alike) source)
    {
        var name = source.File.HintName;
        for (var i = 0; i < source.Alike.Items.Count; i++)
        {
            var type = TypeOf(source.Alike.Items[i]);
            if (source.File.IsFace ? name != type + FaceExtension : name != type + ".Kernels" + FaceExtension && name != type + ".Weights" + FaceExtension) continue;
            name = $"{type}({i.ToString(System.Globalization.CultureInfo.InvariantCulture)}){name.Substring(type.Length)}";
            break;
        }

        output.AddSource(name, SourceText.From(source.File.Text, Encoding.UTF8));
    }

    /// <summary>Each fault once, also when several networks use the block that has it.</summary>
    private static IEnumerable<LocatedDiagnostic> Locate(EquatableArray<DiagnosticInfo> faults, EquatableArray<SourceLocations> locations) =>
        faults.Select(f => new LocatedDiagnostic(f.Id, f.Arguments, locations.Select(l => l.Find(f.Source)).FirstOrDefault(l => l is not null))).Where(d => !d.IsSilenced).Distinct();

    private sealed record Listed<T>(EquatableArray<T> Items)
        where T : IEquatable<T>;

    private sealed record LocatedDiagnostic(string Id, EquatableArray<string> Arguments, SourceLocation? Location)
    {
        public bool IsSilenced => Location?.Silenced.Contains(Id, StringComparer.Ordinal) == true;
    }
}
