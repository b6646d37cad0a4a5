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

    private const int ShortestSum = 8;

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
        var least = (double)c.Height * c.Width * 9 * c.Channels * Vectors(c.Outputs);
        foreach (var t in training ? new[] { WinogradTransforms.Two } : [WinogradTransforms.Two, WinogradTransforms.Four])
        {
            if (c.Height % t.Outputs != 0 || c.Width % t.Outputs != 0) continue;
            var cost = Cost(c, t);
            if (cost < least) (best, least) = (t, cost);
        }

        return best;
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

    private static double Vectors(int channels) => (channels + Lanes - 1) / Lanes;

    private IEnumerable<Nest> Rewrite(Convolution3x3 c, WinogradTransforms t)
    {
        int points = t.Points * t.Points, down = c.Height / t.Outputs, across = c.Width / t.Outputs;
        var strip = StripHeight(down, across * points * (c.Channels + c.Outputs));
        int strips = down / strip, tiles = strip * across;
        var chain = new Chain();
        Halo(c, down, across, t);

        if (!_weights.TryGetValue((c.Weight, c.IsFlipped, t.Points), out var weights))
        {
            weights = _program.NewValue(c.Weight.Name + " transformed", [c.Outputs, c.Channels, points], batched: false);
            Layouts[weights] = Layout.Ordered(weights.Shape, [2, 1, 0], null, c.Outputs >= 8 ? (c.Outputs + Lanes - 1) / Lanes * Lanes : c.Outputs);
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

        var inputs = Between(c.Input.Name + " transformed", c.Channels);
        var products = Between(c.Nest.Output.Value.Name + " products", c.Outputs);
        var title = c.Nest.Name + " by Winograd" + t.Outputs;

        LoopIndex s = new("s", strips), ty = new("ty", strip), tx = new("tx", across), channel = new("c", c.Channels), output = new("o", c.Outputs);
        LoopIndex[] inputIndices = [s, ty, tx, channel], outputIndices = [s, ty, tx, output];
        var tilesTitle = title + ": tiles";
        Affine tile = (Affine.Of(ty) * across) + tx, row = ((Affine.Of(s) * strip) + ty) * t.Outputs, column = Affine.Of(tx) * t.Outputs;
        Access[] tileReads = [.. Places(t.Points).Select(p => new Access(c.Input, Map(channel, row + (p.Row - c.Top), column + (p.Column - c.Left))))];
        foreach (var (i, j) in Places(t.Points))
            yield return PartOf(t.Input[i, j], tileReads, tilesTitle, 0, inputIndices, new Access(inputs, Map(channel, (i * t.Points) + j, s, tile)));

        LoopIndex point = new("k", points), any = new("t", tiles);
        yield return new Nest(title + ": products", NestKind.Sum, [s, point, any, output, channel], new Access(products, Map(output, point, s, any)),
            ProgramBuilder.Read(inputs, channel, point, s, any) * ProgramBuilder.Read(weights, output, channel, point)) { Owner = c.Nest.Owner, Part = (chain, 1) };

        Access[] productReads = [.. Places(t.Points).Select(p => new Access(products, Map(output, (p.Row * t.Points) + p.Column, s, tile)))];
        foreach (var (i, j) in Places(t.Outputs))
            yield return PartOf(t.Output[i, j], productReads, title, 2, outputIndices, new Access(c.Nest.Output.Value, Map(output, row + i, column + j)));

        Nest PartOf(BodyForm form, Access[] reads, string name, int stage, LoopIndex[] indices, Access place) =>
            new(name, NestKind.Store, indices, place, form, reads) { Owner = c.Nest.Owner, Part = (chain, stage) };
    }

    private static IEnumerable<Nest> TransformWeights(Convolution3x3 c, WinogradTransforms t, Value weights)
    {
        var chain = new Chain();
        LoopIndex channel = new("c", c.Channels), output = new("o", c.Outputs);
        LoopIndex[] indices = [channel, output];
        Access[] taps = [.. Places(Convolution3x3.Taps).Select(p => c.WeightAt(output, channel, p.Row, p.Column))];
        foreach (var (i, j) in Places(t.Points))
            yield return new Nest(weights.Name, NestKind.Store, indices, new Access(weights, Map(output, channel, (i * t.Points) + j)), t.Weight[i, j], taps) { Owner = c.Nest.Owner, Part = (chain, 0) };
    }

    private static EquatableArray<Affine> Map(params Affine[] places) => new(places);

    private static IEnumerable<(int Row, int Column)> Places(int size) => Enumerable.Range(0, size * size).Select(i => (i / size, i % size));

    /// <summary>Rows of tiles in a strip: as many as fit the cache.</summary>
    private static int StripHeight(int down, int floatsOfRow)
    {
        var best = 1;
        for (var height = 2; height <= down; height++)
            if (down % height == 0 && height * floatsOfRow <= StripFloats) best = height;
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
