using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using NetCompiler.Compiler.Model;

namespace NetCompiler.Generators;

/// <summary>Symbols to <see cref="Declaration"/>s: the only way from Roslyn into the compiler.</summary>
internal static class SpecReader
{
    public static Declaration ReadNetwork(INamedTypeSymbol type, AttributeData marker, Compilation compilation, CancellationToken cancellation)
    {
        var faults = new List<DiagnosticInfo>();
        var locations = new SourceLocationList(cancellation);
        var reader = new TypeReader(type, isBlock: false, compilation, faults, locations, cancellation);
        reader.Read();
        var isRejected = reader.IsRejected || AttributeReader.IsRejected(marker, compilation, cancellation);
        if (faults.Count == 0 && IsMarked(type, "BlockAttribute"))
            faults.Add(DiagnosticInfo.Of(Diagnostics.MisplacedLayer.Id, new SourceKey(TypeNames.Full(type), "", -1), "[Block]", "cannot stand beside [Network]: a class is one or the other"));

        var blocks = ReadBlocks(reader.Uses, compilation, faults, locations, ref isRejected, cancellation);
        var spec = faults.Count > 0 || isRejected ? null : new NetworkSpec(
            TypeNames.Namespace(type),
            TypeNames.Containing(type).Select(t => new ContainingType(t.Name, TypeNames.Keyword(t))).ToEquatableArray(),
            type.Name,
            SyntaxFacts.GetText(type.DeclaredAccessibility),
            type.IsSealed ? "sealed" : "",
            LossOf(marker),
            reader.Properties.ToEquatableArray(),
            blocks.ToEquatableArray(),
            reader.Functions.ToEquatableArray())
        {
            StepNames = reader.StepNames.ToEquatableArray(),
            IsForSomeLanguages = Shell.MustDenyCompliance(type, compilation),
            KeepOutputs = Arguments(marker).Any(a => a.Name == "KeepOutputs" && a.Number != 0),
            Weights = Arguments(marker).FirstOrDefault(a => a.Name == "Weights")?.Text,
        };
        locations.Add(SourceKey.WeightsOf(TypeNames.Full(type)), AttributeReader.LocationOf(marker, "Weights", cancellation));
        foreach (var option in Arguments(marker)) locations.Add(SourceKey.OptionOf(TypeNames.Full(type), option.Name), AttributeReader.LocationOf(marker, option.Name, cancellation));
        return new Declaration(new DeclarationModel(spec, Shell.Of(type, isBlock: false, compilation, cancellation), faults.ToEquatableArray()), locations.ToLocations());
    }

    /// <summary>A block for its own sake, so that a wrong one is an error even where nothing uses it. Null for a class that is read as a network.</summary>
    public static Declaration? ReadBlock(INamedTypeSymbol type, Compilation compilation, CancellationToken cancellation)
    {
        if (IsMarked(type, "NetworkAttribute")) return null;
        var faults = new List<DiagnosticInfo>();
        var locations = new SourceLocationList(cancellation);
        var reader = new TypeReader(type, isBlock: true, compilation, faults, locations, cancellation);
        reader.Read();
        var isRejected = reader.IsRejected;
        var blocks = ReadBlocks(reader.Uses, compilation, faults, locations, ref isRejected, cancellation);
        var self = new BlockSpec(TypeNames.Full(type), reader.Properties.ToEquatableArray(), reader.Functions.ToEquatableArray());
        blocks.RemoveAll(b => b.FullName == self.FullName);
        return new Declaration(
            new DeclarationModel(null, Shell.Of(type, isBlock: true, compilation, cancellation), faults.ToEquatableArray())
            {
                Blocks = faults.Count > 0 || isRejected ? EquatableArray<BlockSpec>.Empty : blocks.Prepend(self).ToEquatableArray(),
            },
            locations.ToLocations());
    }

    /// <summary>A declaration that could not be read because this front end failed.</summary>
    public static Declaration Failed(INamedTypeSymbol type, bool isBlock, Exception exception, Compilation compilation, CancellationToken cancellation)
    {
        var key = new SourceKey(TypeNames.Full(type), "", -1);
        var locations = new SourceLocationList(cancellation);
        locations.Add(key, type.Locations.FirstOrDefault());
        var fault = NetworkCompiler.InternalError(key.Type, exception);
        return new Declaration(new DeclarationModel(null, Shell.Of(type, isBlock, compilation, cancellation), new([fault])), locations.ToLocations());
    }

    private static bool IsMarked(INamedTypeSymbol type, string attribute) => type.GetAttributes().Any(a => AttributeReader.IsOurs(a.AttributeClass, attribute));

    /// <summary>The block that is used; null if it is none, which is reported.</summary>
    private static INamedTypeSymbol? CheckBlock(ITypeSymbol type, SourceKey use, List<DiagnosticInfo> faults)
    {
        var block = type as INamedTypeSymbol;
        var isNetwork = block is not null && IsMarked(block, "NetworkAttribute");
        if (block is not null && !isNetwork && IsMarked(block, "BlockAttribute")) return block;
        var isOwnClass = block is { TypeKind: TypeKind.Class } && block.Locations.Any(l => l.IsInSource);
        faults.Add(DiagnosticInfo.Of(
            Diagnostics.NotABlock.Id, use, block is { SpecialType: SpecialType.None, Arity: 0 } ? TypeNames.Full(block) : type.ToDisplayString(),
            isNetwork ? "it is a network, which cannot be used as a layer; a class with [Block] can"
            : isOwnClass ? "give it [Block] and layer properties"
            : "Use<T> takes a class that is declared with [Block] and layers"));
        return null;
    }

    /// <summary>The blocks that the uses reach, each once, also when they use each other in a circle.</summary>
    private static List<BlockSpec> ReadBlocks(
        IEnumerable<(ITypeSymbol Block, SourceKey Key)> uses, Compilation compilation, List<DiagnosticInfo> faults, SourceLocationList locations,
        ref bool isRejected, CancellationToken cancellation)
    {
        var blocks = new List<BlockSpec>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<(ITypeSymbol Block, SourceKey Key)>(uses);
        while (waiting.Count > 0)
        {
            var (type, use) = waiting.Dequeue();
            if (CheckBlock(type, use, faults) is not { } block) continue;
            var name = TypeNames.Full(block);
            if (!seen.Add(name)) continue;
            var reader = new TypeReader(block.OriginalDefinition, isBlock: true, compilation, faults, locations, cancellation);
            reader.Read();
            locations.AddSame(new SourceKey(name, "", -1), use); // For a block of another assembly, which has no place of its own.
            isRejected |= reader.IsRejected;
            blocks.Add(new BlockSpec(name, reader.Properties.ToEquatableArray(), reader.Functions.ToEquatableArray()));
            foreach (var inner in reader.Uses) waiting.Enqueue(inner);
        }

        return blocks;
    }

    private static LossSpec? LossOf(AttributeData marker)
    {
        var arguments = Arguments(marker);
        var kind = arguments.FirstOrDefault(a => a.Name == "Loss")?.Text ?? LossSpec.None;
        var others = arguments.Where(a => a.Name is not ("Loss" or "KeepOutputs" or "Weights")).ToEquatableArray();
        return kind == LossSpec.None && others.Count == 0 ? null : new LossSpec(kind, others);
    }

    private static List<ArgumentSpec> Arguments(AttributeData marker) => marker.AttributeConstructor is null ? [] : [.. AttributeReader.ReadArguments(marker)];
}
