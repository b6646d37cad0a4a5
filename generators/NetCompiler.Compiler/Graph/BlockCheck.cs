using NetCompiler.Compiler.Model;

namespace NetCompiler.Compiler.Graph;

/// <summary>
/// Faults of a block that hold whatever it is used on, so that they are known before a network uses it. It is tried on inputs of several shapes: where one does, the block is sound; else what is
/// reported are faults that no shape plays a part in.
/// </summary>
public static class BlockCheck
{
    /// <summary>Sizes that common numbers of heads and groups, and scales, divide.</summary>
    private static readonly int[][] s_shapes = [[96], [48, 96], [96, 48, 48]];

    private static readonly HashSet<string> s_ofAnyShape = new(
        new[]
        {
            Diagnostics.NoInput, Diagnostics.UnknownName, Diagnostics.LaterName, Diagnostics.SizeNotPositive, Diagnostics.RecursiveBlock, Diagnostics.NoSize, Diagnostics.MisplacedLayer,
            Diagnostics.TooFewInputs, Diagnostics.BlockInputs,
        }.Select(k => k.Id), StringComparer.Ordinal);

    /// <param name="blocks">The block, and those that it uses.</param>
    public static IReadOnlyList<DiagnosticInfo> Run(EquatableArray<BlockSpec> blocks)
    {
        if (blocks.Count == 0) return [];
        var faults = new List<DiagnosticInfo>();
        foreach (var shape in s_shapes)
        {
            var found = new List<DiagnosticInfo>();
            if (GraphBuilder.Build(Around(blocks, shape), found) is not null) return [];
            faults.AddRange(found.Where(f => s_ofAnyShape.Contains(f.Id)));
        }

        return [.. faults.Distinct()];
    }

    /// <summary>A network that is the block on an input of that shape. All its further inputs are such inputs too, or one whole number.</summary>
    private static NetworkSpec Around(EquatableArray<BlockSpec> blocks, int[] shape)
    {
        var inputs = blocks[0].Properties.Where(p => p.Layers.Count > 0 && p.Layers[0].Kind == "Input")
            .Select((p, i) => Property("Input" + ShapeText.Of(i), InputLike(p.Layers[0], shape, isFirst: i == 0))).ToList();
        var use = new LayerSpec("Use", new([
            ArgumentSpec.Of("Block", blocks[0].FullName),
            .. inputs.Count > 1 ? [ArgumentSpec.Of("Inputs", inputs.Skip(1).Select(p => p.Name).ToArray())] : Array.Empty<ArgumentSpec>(),
        ]));
        var from = new LayerSpec("From", new([ArgumentSpec.Of("Name", "Input0")]));
        return new NetworkSpec(
            "", EquatableArray<ContainingType>.Empty, "<block>", "public", "sealed", null, new([.. inputs, Property("Output", from, use)]), blocks, EquatableArray<FunctionSpec>.Empty);
    }

    private static LayerSpec InputLike(LayerSpec input, int[] shape, bool isFirst) => input.Text("Type") is { } type
        ? new("Input", new([ArgumentSpec.Of("Shape", isFirst ? [shape[0]] : [1.0]), ArgumentSpec.Of("Type", type)]))
        : new("Input", new([ArgumentSpec.Of("Shape", [.. shape.Select(s => (double)s)])]));

    private static PropertySpec Property(string name, params LayerSpec[] layers) => new(name, "public", false, new(layers));
}
