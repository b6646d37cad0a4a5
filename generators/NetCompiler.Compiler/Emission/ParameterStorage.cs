using System.Globalization;
using System.Runtime.CompilerServices;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Weights;

namespace NetCompiler.Compiler.Emission;

/// <summary>Where each parameter lies in the parameter storage.</summary>
internal sealed class ParameterStorage
{
    private readonly ILookup<string, string> _others;
    private string? _fingerprint;

    public ParameterStorage(NetworkGraph graph, Program predict, IReadOnlyList<Program> all)
    {
        Layouts = LayoutPlanner.Parameters(predict, all);
        _others = graph.Nodes.Where(n => n.TiedWeight is not null).ToLookup(n => n.TiedWeight!.Name, n => n.NameOf(LayerNode.Weight), StringComparer.Ordinal);
        Declarations = graph.Nodes.SelectMany(n => n.Parameters).GroupBy(p => p.Name, StringComparer.Ordinal).Select(g => g.First()).ToList();
        foreach (var declaration in Declarations)
            if (!Layouts.ContainsKey(declaration.Name)) Layouts[declaration.Name] = Layout.RowMajor([.. declaration.Shape]);
        foreach (var declaration in Declarations.OrderBy(d => d.IsBuffer ? 1 : 0))
        {
            if (declaration.IsBuffer && TrainableLength < 0) TrainableLength = Length;
            Offsets[declaration.Name] = Length;
            Length = checked(Length + Memory.Round(Layouts[declaration.Name].Length));
        }

        if (TrainableLength < 0) TrainableLength = Length;
    }

    /// <summary>Parameters and buffers in order of declaration, each once.</summary>
    public IReadOnlyList<ParameterDeclaration> Declarations { get; }

    public Dictionary<string, Layout> Layouts { get; }

    public Dictionary<string, int> Offsets { get; } = new(StringComparer.Ordinal);

    public int Length { get; }

    public int TrainableLength { get; } = -1;

    /// <summary>What the order of the storage is known by: two networks of one fingerprint have the same parameters at the same places.</summary>
    public string Fingerprint => _fingerprint ??= Hash();

    /// <summary>A parameter's first float, and its strides and the shape that they are for: the parameter's, or one dimension in two if it is kept in blocks.</summary>
    public (int Offset, int[] Strides, int[] Shape) PlaceOf(ParameterDeclaration parameter)
    {
        var layout = Layouts[parameter.Name];
        var offset = Offsets[parameter.Name] + layout.Origin;
        if (layout.Block is not { } block) return (offset, layout.Strides, [.. parameter.Shape]);
        return (
            offset,
            [.. layout.Strides.SelectMany<int, int>((s, d) => d == block.Dimension ? [block.Stride, s] : [s])],
            [.. parameter.Shape.SelectMany<int, int>((n, d) => d == block.Dimension ? [n / block.Size, block.Size] : [n])]);
    }

    /// <summary>The names that a parameter would have in the layers whose weight it is too.</summary>
    public IReadOnlyList<string> OtherNames(ParameterDeclaration parameter) => [.. _others[parameter.Name]];

    public WeightsRequest RequestWeights(NetworkSpec spec) => new(
        spec, Declarations.Select(p => new WeightsParameter(p.Name, p.Shape) { OtherNames = OtherNames(p).ToEquatableArray() }).ToEquatableArray(), Fingerprint, Length);

    private string Hash() => Emission.Fingerprint.Of(Declarations.Select(parameter =>
    {
        var (offset, strides, shape) = PlaceOf(parameter);
        return Emission.Fingerprint.Line(parameter.Name, offset, strides, shape);
    }));
}

/// <summary>Of names and places.</summary>
internal static class Fingerprint
{
    public static string Line(string name, int offset, int[] strides, int[] shape) => $"{name} {CodeWriter.Number(offset)} {string.Join(",", strides)} {string.Join(",", shape)}\n";

    /// <summary>FNV-1a: the same on every machine.</summary>
    [MethodImpl(HotPath.Optimized)]
    public static string Of(IEnumerable<string> lines)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var line in lines)
            foreach (var c in line) hash = unchecked((hash ^ c) * 0x100000001B3UL);
        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }
}
