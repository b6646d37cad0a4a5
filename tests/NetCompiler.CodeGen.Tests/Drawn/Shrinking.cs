using System.Diagnostics;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;

namespace NetCompiler.CodeGen.Tests.Drawn;

/// <summary>Takes away from a network that fails whatever can go while it still fails.</summary>
public static class Shrinking
{
    /// <param name="spec">It fails.</param>
    /// <param name="fails">Whether a network fails in the same way.</param>
    /// <param name="limit">How long to go on.</param>
    public static NetworkSpec Run(NetworkSpec spec, Func<NetworkSpec, bool> fails, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        for (var smaller = spec; smaller is not null;)
        {
            spec = smaller;
            smaller = Smaller(spec).Where(s => GraphBuilder.Build(s, []) is not null).TakeWhile(_ => watch.Elapsed < limit).FirstOrDefault(fails);
        }

        return spec;
    }

    /// <summary>First what takes most away.</summary>
    private static IEnumerable<NetworkSpec> Smaller(NetworkSpec spec)
    {
        foreach (var properties in Smaller(spec.Properties)) yield return spec with { Properties = properties };
        for (var b = 0; b < spec.Blocks.Count; b++)
        {
            if (!Uses(spec, spec.Blocks[b].FullName))
            {
                yield return spec with { Blocks = new([.. spec.Blocks.Where((_, i) => i != b)]) };
                continue;
            }

            foreach (var properties in Smaller(spec.Blocks[b].Properties)) yield return spec with { Blocks = With(spec.Blocks, b, spec.Blocks[b] with { Properties = properties }) };
        }

        if (spec.KeepOutputs) yield return spec with { KeepOutputs = false };
        if (spec.Loss is { Arguments.Count: > 0 } loss) yield return spec with { Loss = loss with { Arguments = EquatableArray<ArgumentSpec>.Empty } };
        if (spec.Loss is not null) yield return spec with { Loss = null };
    }

    private static bool Uses(NetworkSpec spec, string block) =>
        spec.Properties.Concat(spec.Blocks.SelectMany(b => b.Properties)).SelectMany(p => p.Layers).Any(l => l.Text("Block") == block);

    private static IEnumerable<EquatableArray<PropertySpec>> Smaller(EquatableArray<PropertySpec> properties)
    {
        for (var p = properties.Count - 1; p >= 0; p--) yield return new([.. properties.Where((_, i) => i != p)]);
        for (var p = 0; p < properties.Count; p++)
        {
            var property = properties[p];
            for (var l = property.Layers.Count - 1; l >= 0 && property.Layers.Count > 1; l--) yield return With(properties, p, property with { Layers = new([.. property.Layers.Where((_, i) => i != l)]) });
            if (property.IsOutput) yield return With(properties, p, property with { IsOutput = false });
            for (var l = 0; l < property.Layers.Count; l++)
            {
                var layer = property.Layers[l];
                for (var a = 0; a < layer.Arguments.Count; a++)
                    yield return With(properties, p, property with { Layers = With(property.Layers, l, layer with { Arguments = new([.. layer.Arguments.Where((_, i) => i != a)]) }) });
                if (layer is { Kind: "Concat" or "Add" or "Multiply" } && layer.Texts("Names") is { Length: > 2 } names)
                    yield return With(properties, p, property with { Layers = With(property.Layers, l, layer with { Arguments = new([ArgumentSpec.Of("Names", names[..^1]), .. layer.Arguments.Where(a => a.Name != "Names")]) }) });
            }
        }
    }

    private static EquatableArray<T> With<T>(EquatableArray<T> all, int at, T item)
        where T : IEquatable<T> => new([.. all.Select((x, i) => i == at ? item : x)]);
}
