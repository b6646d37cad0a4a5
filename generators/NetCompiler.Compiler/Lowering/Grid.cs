using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Lowering;

/// <summary>Where channels and positions are in a shape, and what arguments and loops along each axis of positions are called.</summary>
/// <param name="Channel">The dimension of the channels.</param>
/// <param name="Positions">The dimensions of the positions.</param>
/// <param name="Sides">What follows an argument's name when it is for that axis alone: KernelHeight.</param>
/// <param name="Names">Loops along the axes.</param>
internal sealed record Grid(string Text, int Channel, int[] Positions, string[] Sides, string[] Names)
{
    public static readonly Grid Image = new("[C, H, W]", 0, [1, 2], ["Height", "Width"], ["y", "x"]);

    /// <summary>Time first, as everywhere with sequences.</summary>
    public static readonly Grid Sequence = new("[T, C]", 1, [0], [""], ["t"]);

    public int Rank => Positions.Length + 1;

    public bool Fits(LayerContext context)
    {
        var kind = context.Spec.Kind;
        var isNear = Rank == Image.Rank && context.Input.Length == Sequence.Rank && kind.EndsWith("2D", StringComparison.Ordinal);
        return context.HasRank(isNear ? $"{Text} ({kind.Replace("2D", "1D")} takes a sequence {Sequence.Text})" : Text, Rank);
    }

    public int Channels(int[] shape) => shape[Channel];

    /// <summary>The place of a channel at a position.</summary>
    public Affine[] Place(Affine channel, Affine[] positions)
    {
        var place = new Affine[Rank];
        place[Channel] = channel;
        for (var a = 0; a < positions.Length; a++) place[Positions[a]] = positions[a];
        return place;
    }

    /// <summary>The shape of so many channels; a report and null where that is too large.</summary>
    public int[]? Shape(LayerContext context, int channels, IEnumerable<int> lengths)
    {
        var shape = new long[Rank];
        shape[Channel] = channels;
        foreach (var (length, a) in lengths.Select((l, a) => (l, a))) shape[Positions[a]] = length;
        return LayerChecks.Fitting(context, shape);
    }
}
