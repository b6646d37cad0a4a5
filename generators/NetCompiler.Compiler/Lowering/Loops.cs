using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>The loop indices of a nest as it is written.</summary>
internal sealed class Loops
{
    private readonly List<LoopIndex> _indices = [];

    public LoopIndex[] Indices => [.. _indices];

    /// <summary>An index that always is one, also when it runs over a single point: those that number the output's elements.</summary>
    public LoopIndex Add(string name, int extent)
    {
        var index = ProgramBuilder.Index(name, extent);
        _indices.Add(index);
        return index;
    }

    /// <summary>An index, or 0 when it would run over a single point: fewer loops make simpler nests for all that follows.</summary>
    public Affine AddUnlessSingle(string name, int extent) => extent == 1 ? 0 : Add(name, extent);

    /// <summary>What a nest of this layer is called: <c>Stem.0 Conv2D</c>.</summary>
    public static string Title(LayerNode node) => node.Title;
}
