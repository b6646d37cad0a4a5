using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// A Sum nest that is a 3x3 convolution of stride 1: <c>out[o, y, x] += weight[...o, c, p, q...] * in[c, y + p - top, x + q - left]</c>, or with the taps in
/// reverse order, as in the gradient of the input.
/// </summary>
internal sealed class Convolution3x3
{
    /// <summary>Along each axis.</summary>
    public const int Taps = 3;

    private readonly Access _weight;
    private readonly LoopIndex _output;
    private readonly LoopIndex _channel;
    private readonly LoopIndex _row;
    private readonly LoopIndex _column;

    private Convolution3x3(Nest nest, Access input, Access weight, LoopIndex output, LoopIndex channel, LoopIndex row, LoopIndex column, bool flipped, int top, int left)
    {
        Nest = nest;
        Input = input.Value;
        _weight = weight;
        _output = output;
        _channel = channel;
        _row = row;
        _column = column;
        IsFlipped = flipped;
        Top = top;
        Left = left;
    }

    public Nest Nest { get; }

    public Value Input { get; }

    public Value Weight => _weight.Value;

    public int Outputs => _output.Extent;

    public int Channels => _channel.Extent;

    /// <summary>Of the output.</summary>
    public int Height => Nest.Output.Value.Shape[1];

    /// <summary>Of the output.</summary>
    public int Width => Nest.Output.Value.Shape[2];

    /// <summary>The taps run against the positions.</summary>
    public bool IsFlipped { get; }

    /// <summary>Rows of zeros above the input that the first window reads.</summary>
    public int Top { get; }

    public int Left { get; }

    /// <summary>The weight for the input's position (row, column) in the window.</summary>
    public Access WeightAt(LoopIndex output, LoopIndex channel, int row, int column) => _weight.Substitute(new Dictionary<LoopIndex, Affine>
    {
        [_output] = output,
        [_channel] = channel,
        [_row] = IsFlipped ? Taps - 1 - row : row,
        [_column] = IsFlipped ? Taps - 1 - column : column,
    });

    public static Convolution3x3? Match(Nest nest)
    {
        if (nest is not { Kind: NestKind.Sum, HasIdentityOutput: true, Body: BinaryExpr { Op: BinaryOp.Mul, A: ReadExpr a, B: ReadExpr b } }) return null;
        var (input, weight) = a.Access.Value.Kind == ValueKind.Parameter ? (b.Access, a.Access) : (a.Access, b.Access);
        if (weight.Value.Kind != ValueKind.Parameter || !input.Value.Batched || input.Value.Kind is not (ValueKind.Intermediate or ValueKind.Input)) return null;
        if (nest.Output.Map.Count != 3 || input.Map.Count != 3 || nest.Indices.Count != 6) return null;
        if (nest.Output.Map[0].SingleIndex is not { } output || nest.Output.Map[1].SingleIndex is not { } y || nest.Output.Map[2].SingleIndex is not { } x) return null;
        if (input.Map[0].SingleIndex is not { } channel || nest.Output.Map.Any(m => m.Uses(channel)) || channel.Extent != input.Value.Shape[0]) return null;
        if (Window(input.Map[1], y) is not { } vertical || Window(input.Map[2], x) is not { } horizontal || vertical.Flipped != horizontal.Flipped) return null;

        // Each of the weight's dimensions is one of the four remaining indices.
        var left = new HashSet<LoopIndex> { output, channel, vertical.Tap, horizontal.Tap };
        if (left.Count != 4 || weight.Map.Count != 4 || !weight.Map.All(m => m.SingleIndex is { } i && left.Remove(i))) return null;

        // Only conditions that keep the window inside the input, which zeros around it make true.
        if (!nest.Guards.All(g => (g.Expression.Equals(input.Map[1]) && g.Upper == input.Value.Shape[1]) || (g.Expression.Equals(input.Map[2]) && g.Upper == input.Value.Shape[2]))) return null;
        return new(nest, input, weight, output, channel, vertical.Tap, horizontal.Tap, vertical.Flipped, vertical.Before, horizontal.Before);
    }

    /// <summary>position + tap - before, or position - tap + 2 - before.</summary>
    private static (LoopIndex Tap, bool Flipped, int Before)? Window(Affine place, LoopIndex position)
    {
        if (place.Terms.Count != 2 || place.Coefficient(position) != 1) return null;
        var (tap, coefficient) = place.Terms.First(t => t.Index != position);
        if (tap.Extent != Taps || Math.Abs(coefficient) != 1) return null;
        var before = coefficient == 1 ? -place.Constant : Taps - 1 - place.Constant;
        return before >= 0 ? (tap, coefficient < 0, before) : null;
    }
}
