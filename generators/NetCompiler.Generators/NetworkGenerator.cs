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

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var networks = Declarations(context, "NetCompiler.NetworkAttribute", isBlock: false).WithTrackingName(Steps.Networks);
        var blocks = Declarations(context, "NetCompiler.BlockAttribute", isBlock: true).WithTrackingName(Steps.Blocks);

        var models = networks.Select((d, _) => d.Model).WithTrackingName(Steps.Models);
        var compiled = models.Select((m, _) => NetworkCompiler.Compile(m)).WithTrackingName(Steps.Compiled);
        var patterns = blocks.Select((d, _) => d.Model).Select((m, _) => NetworkCompiler.Compile(m));

        var faces = compiled.SelectMany((r, _) => r.Files.Where(f => f.IsFace)).WithTrackingName(Steps.Faces);
        var kernels = compiled.SelectMany((r, _) => r.Files.Where(f => !f.IsFace)).WithTrackingName(Steps.Kernels);
        var alike = networks.Select((d, _) => d.Model.Shell.HintName).Collect().Combine(blocks.Select((d, _) => d.Model.Shell.HintName).Collect())
            .Select((names, _) => Alike(names.Left.AddRange(names.Right)));
        context.RegisterSourceOutput(faces.Combine(alike), Add);
        context.RegisterSourceOutput(patterns.SelectMany((r, _) => r.Files).Combine(alike), Add);
        context.RegisterImplementationSourceOutput(kernels.Combine(alike), Add);

        // An edit of a file of weights comes no further than here.
        var files = AdditionalWeights.Read(context).WithTrackingName(Steps.WeightsFiles);
        var weights = compiled.SelectMany((r, _) => r.Weights is { } wanted ? ImmutableArray.Create(wanted) : []).Combine(files.Collect())
            .Select((p, _) => WeightsStage.Run(p.Left, p.Right)).WithTrackingName(Steps.Weights);
        context.RegisterImplementationSourceOutput(weights.Select((w, _) => w.File).Combine(alike), Add);

        var ownFaults = compiled.SelectMany((r, _) => r.Diagnostics).Collect().Combine(weights.SelectMany((w, _) => w.Diagnostics).Collect()).Select((p, _) => p.Left.AddRange(p.Right));
        var faults = ownFaults.Combine(patterns.SelectMany((r, _) => r.Diagnostics).Collect());
        var locations = networks.Select((d, _) => d.Locations).Collect().Combine(blocks.Select((d, _) => d.Locations).Collect());
        var reported = faults.Combine(locations)
            .SelectMany((p, _) => Locate(p.Left.Left.AddRange(p.Left.Right), p.Right.Left.AddRange(p.Right.Right)))
            .WithTrackingName(Steps.Reported);
        context.RegisterSourceOutput(reported, static (output, d) => output.ReportDiagnostic(Descriptors.ToDiagnostic(d.Id, d.Arguments, d.Location?.ToLocation() ?? Location.None)));
    }

    private static IncrementalValuesProvider<Declaration> Declarations(IncrementalGeneratorInitializationContext context, string attribute, bool isBlock) =>
        context.SyntaxProvider.ForAttributeWithMetadataName(attribute, static (node, _) => node is ClassDeclarationSyntax or RecordDeclarationSyntax, (c, cancellation) => Read(c, isBlock, cancellation))
            .Where(d => d is not null)!;

    private static Declaration? Read(GeneratorAttributeSyntaxContext context, bool isBlock, CancellationToken cancellation)
    {
        if (context.TargetSymbol is not INamedTypeSymbol type) return null;
        try
        {
            var compilation = context.SemanticModel.Compilation;
            return isBlock
                ? SpecReader.ReadBlock(type, compilation, cancellation)
                : SpecReader.ReadNetwork(type, context.Attributes[0], compilation, cancellation);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return SpecReader.Failed(type, isBlock, exception, cancellation);
        }
    }

    /// <summary>Files whose names differ in upper and lower case only, which Roslyn takes for one.</summary>
    private static EquatableArray<string> Alike(ImmutableArray<string> names) =>
        names.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).SelectMany(g => g.OrderBy(n => n, StringComparer.Ordinal)).ToEquatableArray();

    private static void Add(SourceProductionContext output, (GeneratedFile File, EquatableArray<string> Alike) source)
    {
        const string Extension = ".g.cs";
        var name = source.File.HintName;
        for (var i = 0; i < source.Alike.Count; i++)
        {
            var type = source.Alike[i].Substring(0, source.Alike[i].Length - Extension.Length);
            if (name != type + Extension && name != type + ".Kernels" + Extension && name != type + ".Weights" + Extension) continue;
            name = $"{type}({i.ToString(System.Globalization.CultureInfo.InvariantCulture)}){name.Substring(type.Length)}";
            break;
        }

        output.AddSource(name, SourceText.From(source.File.Text, Encoding.UTF8));
    }

    /// <summary>Each fault once, also when several networks use the block that has it.</summary>
    private static IEnumerable<LocatedDiagnostic> Locate(ImmutableArray<DiagnosticInfo> faults, ImmutableArray<SourceLocations> locations) =>
        faults.Select(f => new LocatedDiagnostic(f.Id, f.Arguments, locations.Select(l => l.Find(f.Source)).FirstOrDefault(l => l is not null))).Distinct();

    private sealed record LocatedDiagnostic(string Id, EquatableArray<string> Arguments, SourceLocation? Location);
}
