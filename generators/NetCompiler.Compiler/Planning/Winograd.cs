using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// Rewrites 3x3 convolutions of stride 1 by Winograd's method, where its fewer products are worth its transforms: forward, and the gradient of
/// the input, which is a convolution too. A strip of tiles is transformed, multiplied and transformed back in one kernel, so that
/// what lies between stays in the first-level cache.
/// </summary>
internal sealed class Winograd
{
    /// <summary>Lanes of the vectors that costs are counted for.</summary>
    private const int Lanes = 16;

    /// <summary>Floats of transformed inputs and products together: three quarters of a first-level cache of 32 KB.</summary>
    private const int StripFloats = 6144;

    /// <summary>The same where the weights ask for more: a quarter of a second cache of 1 MB.</summary>
    private const int LargeStripFloats = 65536;

    private const int ShortestSum = 8;

    /// <summary>Cycles of the sum of a vector's elements.</summary>
    private const int AcrossVector = 9;

    private readonly Program _program;
    private readonly Dictionary<Value, (int Before, int After)[]> _halos;
    private readonly Dictionary<(Value Weight, bool Flipped, int Points), Value> _weights = [];

    private Winograd(Program program, Dictionary<Value, (int Before, int After)[]> halos)
    {
        _program = program;
        _halos = halos;
    }

    /// <summary>Layouts of the values that it added.</summary>
    public Dictionary<Value, Layout> Layouts { get; } = [];

    /// <summary>Rewrites what pays; the zeros that it reads around values are added to <paramref name="halos"/>.</summary>
    public static Dictionary<Value, Layout> Run(Program program, Dictionary<Value, (int Before, int After)[]> halos)
    {
        var pass = new Winograd(program, halos);
        for (var at = 0; at < program.Nests.Count; at++)
        {
            if (Convolution3x3.Match(program.Nests[at]) is not { } convolution || Choose(convolution, program.Loss is not null) is not { } transforms) continue;
            var nests = pass.Rewrite(convolution, transforms).ToList();
            program.Nests.RemoveAt(at);
            program.Nests.InsertRange(at, nests);
            at += nests.Count - 1;
        }

        return pass.Layouts;
    }

    /// <summary>The method with the least cost; null: the direct one.</summary>
    private static WinogradTransforms? Choose(Convolution3x3 c, bool training)
    {
        if (c.Weight.Parameter!.DirectConvolution || c.Channels < ShortestSum) return null;
        WinogradTransforms? best = null;
        var least = Direct(c);
        foreach (var t in training ? new[] { WinogradTransforms.Two } : [WinogradTransforms.Two, WinogradTransforms.Four])
        {
            if (c.Height % t.Outputs != 0 || c.Width % t.Outputs != 0) continue;
            var cost = Cost(c, t);
            if (cost < least) (best, least) = (t, cost);
        }

        return best;
    }

    /// <summary>Of few outputs the direct method runs vectors along the channels, and ends each sum across one; channels that are left over after whole vectors are a sum of their own.</summary>
    private static double Direct(Convolution3x3 c)
    {
        var positions = (double)c.Height * c.Width;
        if (c.Outputs >= LayoutPlanner.LeastAlong) return positions * 9 * c.Channels * Vectors(c.Outputs);
        var sums = c.Channels > Lanes && c.Channels % Lanes != 0 ? 2 : 1;
        return positions * c.Outputs * ((9 * Vectors(c.Channels)) + (sums * AcrossVector));
    }

    /// <summary>
    /// Cycles for one sample: a product or an addition of a vector each, two for storing one; a load is hidden behind them. See docs/cost-model.md for how it compares
    /// with measurements.
    /// </summary>
    private static double Cost(Convolution3x3 c, WinogradTransforms t)
    {
        int points = t.Points * t.Points, tiles = c.Height / t.Outputs * (c.Width / t.Outputs);
        double products = (double)points * c.Channels * Vectors(c.Outputs) * 1.1;
        var input = (t.Outputs == 2 ? 32 : 160) + (2 * points);
        var output = (t.Outputs == 2 ? 24 : 110) + points;
        return tiles * (products + (input * Vectors(c.Channels)) + (output * Vectors(c.Outputs)));
    }

    private static int Padded(int outputs) => outputs >= 8 ? (outputs + Lanes - 1) / Lanes * Lanes : outputs;

    private static double Vectors(int channels) => (channels + Lanes - 1) / Lanes;

    private IEnumerable<Nest> Rewrite(Convolution3x3 c, WinogradTransforms t)
    {
        int points = t.Points * t.Points, down = c.Height / t.Outputs, across = c.Width / t.Outputs;
        var strip = StripHeight(down, across * points * (c.Channels + c.Outputs), points * c.Channels * c.Outputs);
        int strips = down / strip, tiles = strip * across;
        var chain = new Chain();
        Halo(c, down, across, t);

        // In blocks of the widest vector: a register tile narrower than all outputs, as there are with 16 registers, still reads its weights as one stream.
        var block = c.Outputs % Lanes == 0 ? Lanes : c.Outputs;
        if (!_weights.TryGetValue((c.Weight, c.IsFlipped, t.Points), out var weights))
        {
            weights = _program.NewValue(c.Weight.Name + " transformed", [c.Outputs / block, block, c.Channels, points], batched: false);
            Layouts[weights] = Layout.Ordered(weights.Shape, [3, 0, 2, 1], null, Padded(block));
            _weights[(c.Weight, c.IsFlipped, t.Points)] = weights;
            foreach (var nest in TransformWeights(c, t, weights)) yield return nest;
        }

        // One strip's worth of memory: where the strips' index points, the address does not move.
        Value Between(string name, int channels)
        {
            var value = _program.NewValue(name, [channels, points, strips, tiles], batched: true);
            Layouts[value] = new Layout([1, tiles * channels, 0, channels], 0, points * tiles * channels) { IsTransient = true };
            return value;
        }

        // Between the two axes of a transform, tile by tile.
        Value Half(string name, int channels, int rows)
        {
            var value = _program.NewValue(name, [channels, rows, t.Points, strips, tiles], batched: true);
            Layouts[value] = new Layout([1, t.Points * channels, channels, 0, rows * t.Points * channels], 0, rows * t.Points * tiles * channels) { IsTransient = true };
            return value;
        }

        var down1 = Half(c.Input.Name + " half transformed", c.Channels, t.Points);
        var inputs = Between(c.Input.Name + " transformed", c.Channels);
        var products = Between(c.Nest.Output.Value.Name + " products", c.Outputs);
        var up1 = Half(c.Nest.Output.Value.Name + " half", c.Outputs, t.Outputs);
        var title = c.Nest.Name + " by Winograd" + t.Outputs;

        LoopIndex s = new("s", strips), ty = new("ty", strip), tx = new("tx", across), channel = new("c", c.Channels), output = new("o", c.Outputs);
        LoopIndex blocks = new("b", c.Outputs / block), lane = new("l", block);
        LoopIndex any = new("t", tiles), point = new("k", points), i = new("i", t.Points), j = new("j", t.Points), p = new("p", t.Outputs);
        Affine tile = (Affine.Of(ty) * across) + tx, row = ((Affine.Of(s) * strip) + ty) * t.Outputs, column = Affine.Of(tx) * t.Outputs;
        for (var r = 0; r < t.Points; r++)
            yield return Part(title + ": columns of tiles", 0, NestKind.Store, [s, ty, tx, j, channel], new Access(down1, Map(channel, r, j, s, tile)),
                t.Input(r, k => ProgramBuilder.Read(c.Input, channel, row + (k - c.Top), column + j - c.Left)));
        for (var r = 0; r < t.Points; r++)
            yield return Part(title + ": rows of tiles", 1, NestKind.Store, [s, any, i, channel], new Access(inputs, Map(channel, (Affine.Of(i) * t.Points) + r, s, any)),
                t.Input(r, k => ProgramBuilder.Read(down1, channel, i, k, s, any)));
        yield return Part(title + ": products", 2, NestKind.Sum, [s, point, any, blocks, lane, channel], new Access(products, Map((Affine.Of(blocks) * block) + lane, point, s, any)),
            ProgramBuilder.Read(inputs, channel, point, s, any) * ProgramBuilder.Read(weights, blocks, lane, channel, point));
        for (var r = 0; r < t.Outputs; r++)
            yield return Part(title + ": columns of products", 3, NestKind.Store, [s, any, j, output], new Access(up1, Map(output, r, j, s, any)),
                t.Output(r, k => ProgramBuilder.Read(products, output, Affine.Of(j) + (k * t.Points), s, any)));
        for (var r = 0; r < t.Outputs; r++)
            yield return Part(title, 4, NestKind.Store, [s, ty, tx, p, output], new Access(c.Nest.Output.Value, Map(output, row + p, column + r)),
                t.Output(r, k => ProgramBuilder.Read(up1, output, p, k, s, tile)));

        Nest Part(string name, int stage, NestKind kind, LoopIndex[] indices, Access place, Expr body) =>
            new(name, kind, indices, place, body) { Owner = c.Nest.Owner, Part = (chain, stage) };
    }

    /// <summary>Along the columns of the kernels, then along the rows.</summary>
    private IEnumerable<Nest> TransformWeights(Convolution3x3 c, WinogradTransforms t, Value weights)
    {
        var half = _program.NewValue(c.Weight.Name + " half transformed", [c.Outputs, c.Channels, t.Points, Convolution3x3.Taps], batched: false);
        Layouts[half] = Layout.Ordered(half.Shape, [2, 3, 1, 0], null, Padded(c.Outputs));
        Chain columns = new(), rows = new();
        LoopIndex channel = new("c", c.Channels), output = new("o", c.Outputs), i = new("i", t.Points), j = new("j", Convolution3x3.Taps);
        LoopIndex blocks = new("b", weights.Shape[0]), lane = new("l", weights.Shape[1]);
        for (var r = 0; r < t.Points; r++)
            yield return Part(columns, half, [j, channel, output], Map(output, channel, r, j), t.Weight(r, k => new ReadExpr(c.WeightAt(output, channel, k, j))));
        for (var r = 0; r < t.Points; r++)
            yield return Part(rows, weights, [i, blocks, channel, lane], Map(blocks, lane, channel, (Affine.Of(i) * t.Points) + r),
                t.Weight(r, k => ProgramBuilder.Read(half, (Affine.Of(blocks) * lane.Extent) + lane, channel, i, k)));

        Nest Part(Chain chain, Value value, LoopIndex[] indices, EquatableArray<Affine> place, Expr body) =>
            new(value.Name, NestKind.Store, indices, new Access(value, place), body) { Owner = c.Nest.Owner, Part = (chain, 0) };
    }

    private static EquatableArray<Affine> Map(params Affine[] places) => new(places);

    /// <summary>
    /// Rows of tiles in a strip: as many as fit the first-level cache. Every strip reads all weights: where those are at least twice what the strip hands on, it is
    /// cheaper to read them less often and have the strip in the second-level cache.
    /// </summary>
    private static int StripHeight(int down, int floatsOfRow, int weights)
    {
        var best = 1;
        var most = Math.Max(StripFloats, Math.Min(weights / 2, LargeStripFloats));
        for (var height = 2; height <= down; height++)
            if (down % height == 0 && height * floatsOfRow <= most) best = height;
        return best;
    }

    /// <summary>The tiles read zeros around the image.</summary>
    private void Halo(Convolution3x3 c, int down, int across, WinogradTransforms t)
    {
        if (!_halos.TryGetValue(c.Input, out var halo)) _halos[c.Input] = halo = new (int, int)[3];
        int Beyond(int tiles, int before, int size) => Math.Max(0, ((tiles - 1) * t.Outputs) + t.Points - before - size);
        halo[1] = (Math.Max(halo[1].Before, c.Top), Math.Max(halo[1].After, Beyond(down, c.Top, c.Input.Shape[1])));
        halo[2] = (Math.Max(halo[2].Before, c.Left), Math.Max(halo[2].After, Beyond(across, c.Left, c.Input.Shape[2])));
    }
}
