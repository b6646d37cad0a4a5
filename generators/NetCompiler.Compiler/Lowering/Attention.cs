using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// Attention in heads. The exponentials of the scores are summed as they are, and the result is divided by their sum, so that neither
/// pass divides them one by one. Rows of scores are numbered head by head: [head * T + t, s].
/// </summary>
internal abstract class AttentionRule : LayerRule
{
    /// <summary>In the place of minus infinity for what must not win: the difference of two such is a number.</summary>
    private const double Lowest = -1e30;

    private const double SmallestSum = 1e-30;

    public override IEnumerable<string> FurtherInputs(LayerSpec spec) => new[] { spec.Text("Memory"), spec.Text("Lengths") }.OfType<string>();

    public override int[]? Infer(LayerContext context)
    {
        if (!context.HasRank("[T, W]", 2)) return null;
        var (width, spec) = (context.Input[1], context.Spec);
        if (context.Positive("Heads", 1) is not { } heads) return null;
        var groups = spec.Int("KeyValueHeads", heads);
        if (width % heads != 0) return Wrong("Heads", heads, $"a divisor of the width {ShapeText.Of(width)}");
        if (groups < 1 || heads % groups != 0) return Wrong("KeyValueHeads", groups, $"a divisor of Heads, {ShapeText.Of(heads)}");
        if (spec.Bool("Rotary") && width / heads % 2 != 0) return Wrong("Heads", heads, $"such that a head has an even number of columns, for Rotary (the width is {ShapeText.Of(width)})");
        if (spec.Int("Window") > LayerContext.LargestNumber) return Wrong("Window", spec.Int("Window"), $"at most {ShapeText.Of(LayerContext.LargestNumber)}");
        if (spec.Int("Window") < 0 || (spec.Int("Window") > 0 && !spec.Bool("Causal"))) return Wrong("Window", spec.Int("Window"), "0, or with Causal the number of positions");
        var dropout = spec.Number("Dropout");
        if (dropout is not (>= 0 and < 1))
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Dropout", ShapeText.Of(dropout), "from 0 to below 1");
            return null;
        }

        if (MemoryOf(context) is not { } memory)
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Memory", "missing", "the name of the layer that keys and values come from");
            return null;
        }

        if (memory.Length != 2 || memory[1] != width)
        {
            context.Report(Diagnostics.WrongRank.Id, Kind, $"[S, {ShapeText.Of(width)}] for its memory", ShapeText.Of(memory));
            return null;
        }

        if (spec.Text("Lengths") is { } lengths)
        {
            var last = context.InputShapes.Length - 1;
            if (!context.TakesNumbers(memory[0] + 1, last)) return null;
            if (!context.InputShapes[last].SequenceEqual([1]))
            {
                context.Report(Diagnostics.BadArgument.Id, Kind, "Lengths", $"'{lengths}' {ShapeText.Of(context.InputShapes[last])}", "an input of one whole number, [Input(1, Type = ElementType.Int32)]");
                return null;
            }
        }

        var rows = width + (2 * groups * (width / heads));
        context.Parameter("in_proj_weight", [rows, width], Initializer.Uniform(Math.Sqrt(6.0 / (rows + width))));
        if (spec.Bool("Bias", true)) context.Parameter("in_proj_bias", [rows], Initializer.Value(0));
        context.Parameter("out_proj.weight", [width, width], Initializer.Uniform(1 / Math.Sqrt(width)));
        if (spec.Bool("Bias", true)) context.Parameter("out_proj.bias", [width], Initializer.Value(0));
        return context.Input;

        int[]? Wrong(string name, int value, string expected)
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, name, ShapeText.Of(value), expected);
            return null;
        }
    }

    protected abstract int[]? MemoryOf(LayerContext context);

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var a = new Heads(builder, node);
        var (query, key, value) = Project(a, inputs);
        return Join(a, Attend(a, query, key, value, Visible(a, node.Spec.Text("Lengths") is null ? null : inputs[inputs.Length - 1])));
    }

    /// <summary>What is seen of a key: an expression where position t attends to key s, and otherwise another.</summary>
    protected delegate Expr Mask(LoopIndex t, LoopIndex s, Expr then, double otherwise);

    protected virtual Mask Visible(Heads a, Value? lengths) => (_, s, then, otherwise) =>
        lengths is null ? then : Expr.Select(Expr.Less(new IndexExpr(s), Read(lengths, 0)), then, otherwise);

    /// <summary>Queries, keys and values, each with the column that its heads begin at.</summary>
    protected abstract (Columns Query, Columns Key, Columns Value) Project(Heads a, Value[] inputs);

    /// <summary>Rows of the product with a part of the common weight, with what is added to them.</summary>
    protected static Value Product(Heads a, string what, Value x, int first, int count)
    {
        var weight = a.Parameter("in_proj_weight")!;
        var (t, o, i) = (Index("t", x.Shape[0]), Index("o", count), Index("i", x.Shape[1]));
        var sum = a.Builder.Sum($"{a.Title} {what}", [t.Extent, count], [t, o, i], [t, o], Read(weight, Affine.Of(o) + first, i) * Read(x, t, i));
        if (a.Parameter("in_proj_bias") is not { } bias) return sum;
        var at = IndicesOf(sum.Shape);
        return a.Builder.Pointwise($"{a.Title} {what} bias", at, Read(sum, at) + Read(bias, Affine.Of(at[1]) + first));
    }

    private static Value Attend(Heads a, Columns query, Columns key, Columns value, Mask visible)
    {
        var (builder, spec) = (a.Builder, a.Spec);
        int times = query.Of.Shape[0], places = key.Of.Shape[0];
        int[] shape = [a.Count * times, places];
        var pairs = builder.StepRows > 0 ? null : new PairShape(new([a.Groups, a.Count / a.Groups, times]), spec.Bool("Causal"), spec.Int("Window"));

        // One index for groups and one for the heads of a group, where both are.
        (LoopIndex[] Loops, Affine Head, Affine Group) HeadIndices()
        {
            var group = Index("g", a.Groups);
            if (a.Count == a.Groups) return ([group], group, group);
            var r = Index("r", a.Count / a.Groups);
            return ([group, r], (Affine.Of(group) * r.Extent) + r, group);
        }

        // Step by step, keys after the last one are seen by nobody; a window's lie in a ring, which has no last one.
        LoopIndex Place() => new("s", places) { TakenRows = builder.StepRows > 0 && spec.Int("Window") == 0 ? times : 0 };

        var (heads, h, g) = HeadIndices();
        var (t, s, j) = (Index("t", times), Place(), Index("j", a.Width));
        var score = Read(query.Of, t, (h * a.Width) + query.First + j) * Read(key.Of, s, (g * a.Width) + key.First + j);
        builder.Pairs = pairs;
        var scores = builder.Sum($"{a.Title} scores", shape, [.. heads, t, s, j], [(h * times) + t, s], score);

        builder.Pairs = null;

        var scale = 1 / Math.Sqrt(a.Width);
        (var n, t, s) = (Index("h", a.Count), Index("t", times), Place());
        var row = (Affine.Of(n) * times) + t;
        var largest = builder.Max($"{a.Title} largest scores", [shape[0]], [n, t, s], [row], visible(t, s, Read(scores, row, s), Lowest));

        (n, t, s) = (Index("h", a.Count), Index("t", times), Place());
        row = (Affine.Of(n) * times) + t;
        var exponential = Expr.Exp((Read(scores, row, s) - Expr.StopGradient(Read(largest, row))) * scale);
        builder.Pairs = pairs;
        var weights = builder.Store(
            $"{a.Title} exponentials", shape, [n, t, s], [row, s], visible(t, s, exponential, 0));

        builder.Pairs = null;

        (n, var m) = (Index("t", shape[0]), Place());
        var sum = builder.Sum($"{a.Title} sum of exponentials", [shape[0]], [n, m], [n], Read(weights, n, m));
        var inverse = builder.Pointwise($"{a.Title} inverse sum", v => 1 / Expr.Max(v[0], SmallestSum), sum);
        if (builder.Training && spec.Number("Dropout") is > 0 and var dropout)
        {
            var stream = builder.NewStream();
            (n, m) = (Index("t", shape[0]), Index("s", places));
            var keep = Expr.GreaterOrEqual(new RandomExpr(stream, (Affine.Of(n) * places) + m), dropout);
            builder.Pairs = pairs;
            weights = builder.Pointwise($"{a.Title} dropout", [n, m], Expr.Select(keep, Read(weights, n, m) * (1 / (1 - dropout)), 0));
            builder.Pairs = null;
        }

        (heads, h, g) = HeadIndices();
        (t, s, j) = (Index("t", times), Place(), Index("j", a.Width));
        var mixed = builder.Sum(
            $"{a.Title} values", [times, a.Count * a.Width], [.. heads, t, j, s], [t, (h * a.Width) + j],
            Read(weights, (h * times) + t, s) * Read(value.Of, s, (g * a.Width) + value.First + j));
        (n, t, j) = (Index("h", a.Count), Index("t", times), Index("j", a.Width));
        var column = (Affine.Of(n) * a.Width) + j;
        return builder.Store($"{a.Title} heads", mixed.Shape, [t, n, j], [t, column], Read(mixed, t, column) * Read(inverse, (Affine.Of(n) * times) + t));
    }

    private static Value Join(Heads a, Value heads)
    {
        var weight = a.Parameter("out_proj.weight")!;
        var (t, o, i) = (Index("t", heads.Shape[0]), Index("o", weight.Shape[0]), Index("i", weight.Shape[1]));
        var sum = a.Builder.Sum(a.Title, [t.Extent, o.Extent], [t, o, i], [t, o], Read(weight, o, i) * Read(heads, t, i));
        if (a.Parameter("out_proj.bias") is not { } bias) return sum;
        var at = IndicesOf(sum.Shape);
        return a.Builder.Pointwise(a.Title + " bias", at, Read(sum, at) + Read(bias, at[1]));
    }

    /// <summary>A matrix and the column from which its heads follow each other.</summary>
    protected sealed record Columns(Value Of, int First);

    /// <summary>The layer that is lowered.</summary>
    protected sealed class Heads(ProgramBuilder builder, LayerNode node)
    {
        public ProgramBuilder Builder => builder;

        public LayerSpec Spec => node.Spec;

        public LayerNode Node => node;

        public string Title { get; } = Loops.Title(node);

        /// <summary>Heads of queries.</summary>
        public int Count { get; } = node.Spec.Int("Heads", 1);

        /// <summary>Heads of keys and values.</summary>
        public int Groups { get; } = node.Spec.Int("KeyValueHeads", node.Spec.Int("Heads", 1));

        /// <summary>Columns of a head.</summary>
        public int Width { get; } = node.Shape[1] / node.Spec.Int("Heads", 1);

        public Value? Parameter(string name) => node.FindParameter(name) is { } declaration ? builder.Parameter(declaration) : null;
    }
}

/// <summary>Queries, keys and values come from one product.</summary>
internal sealed class SelfAttentionRule : AttentionRule
{
    public override string Kind => "SelfAttention";

    public override bool CanStep(LayerNode node) => node.Spec.Bool("Causal") && node.Spec.Text("Lengths") is null;

    public override bool IsStateful(LayerNode node) => true;

    protected override int[]? MemoryOf(LayerContext context) => context.Input;

    /// <summary>
    /// Of step by step: how many keys are kept. A block of steps writes its own before it reads those of the window, and the rows of a step lie in one piece: the
    /// ring is a whole number of steps.
    /// </summary>
    private static int Kept(LayerNode node)
    {
        if (node.Spec.Int("Window") is not (> 0 and var window)) return node.Whole!.Shape[0];
        var step = node.BlockRows / Stepping.Block;
        return (window + step - 1) / step * step + node.BlockRows;
    }

    protected override Mask Visible(Heads a, Value? lengths)
    {
        var window = a.Spec.Int("Window");
        if (a.Builder.StepRows > 0) return Seen(a, window);
        var others = base.Visible(a, lengths);
        if (!a.Spec.Bool("Causal")) return others;
        return (t, s, then, otherwise) =>
        {
            then = Expr.Select(Expr.Less(new IndexExpr(t), new IndexExpr(s)), otherwise, then);
            if (window > 0 && window < t.Extent) then = Expr.Select(Expr.Less(new IndexExpr(Affine.Of(s) + (window - 1)), new IndexExpr(t)), otherwise, then);
            return others(t, s, then, otherwise);
        };
    }

    /// <summary>Step by step. The keys of a window lie in a ring: of the one in place s, it is so many positions back.</summary>
    private static Mask Seen(Heads a, int window)
    {
        var kept = Kept(a.Node);
        if (window == 0) return (t, s, then, otherwise) => Expr.Select(Expr.Less(SequenceChecks.Position(a.Builder, t), new IndexExpr(s)), otherwise, then);
        return (t, s, then, otherwise) =>
        {
            var ahead = (new ReadExpr(a.Builder.Counter(t.Extent, kept, limits: false)) + new IndexExpr(t) - new IndexExpr(s)) * (1.0 / kept);
            var back = (ahead - new UnaryExpr(UnaryOp.Floor, ahead)) * kept;
            then = Expr.Select(Expr.Less(back, window - 0.5), then, otherwise);
            return Expr.Select(Expr.Less(back, SequenceChecks.Position(a.Builder, t) + 0.5), then, otherwise);
        };
    }

    /// <summary>The keys or values of all steps so far, those of this step written to them.</summary>
    private static Columns Keep(Heads a, string what, Columns from, bool columnsTogether)
    {
        var (width, kept) = (a.Groups * a.Width, Kept(a.Node));
        var state = a.Builder.State($"{a.Title} {what}", [kept, width], columnsTogether);
        var before = a.Builder.Counter(from.Of.Shape[0], kept, limits: a.Spec.Int("Window") == 0);
        var (t, j) = (Index("t", from.Of.Shape[0]), Index("j", width));
        return new(a.Builder.Write($"{a.Title} {what}", state, [t, j], [t, j], Read(from.Of, t, Affine.Of(j) + from.First), before), 0);
    }

    protected override (Columns Query, Columns Key, Columns Value) Project(Heads a, Value[] inputs)
    {
        var rows = (a.Count + (2 * a.Groups)) * a.Width;
        var all = Product(a, "projection", inputs[0], 0, rows);
        var turned = a.Spec.Bool("Rotary") ? Turn(a, all) : all;
        var (key, value) = (new Columns(turned, a.Count * a.Width), new Columns(all, (a.Count + a.Groups) * a.Width));
        if (a.Builder.StepRows > 0) (key, value) = (Keep(a, "keys", key, columnsTogether: true), Keep(a, "values", value, columnsTogether: false));
        return (new(turned, 0), key, value);
    }

    /// <summary>Queries and keys, each pair of columns turned by the angle of its position.</summary>
    private static Value Turn(Heads a, Value all)
    {
        var half = a.Width / 2;
        var (t, j) = (Index("t", all.Shape[0]), Index("j", half));
        var angle = SequenceChecks.Position(a.Builder, t) * Expr.Exp(new IndexExpr(j) * (-2 * Math.Log(10000) / a.Width));
        var cosines = a.Builder.Pointwise($"{a.Title} cosines", [t, j], new UnaryExpr(UnaryOp.Cos, angle));
        (t, j) = (Index("t", all.Shape[0]), Index("j", half));
        angle = SequenceChecks.Position(a.Builder, t) * Expr.Exp(new IndexExpr(j) * (-2 * Math.Log(10000) / a.Width));
        var sines = a.Builder.Pointwise($"{a.Title} sines", [t, j], new UnaryExpr(UnaryOp.Sin, angle));

        var turned = a.Builder.NewValue($"{a.Title} turned", [all.Shape[0], (a.Count + a.Groups) * a.Width], batched: true);
        for (var part = 0; part < 2; part++)
        {
            (t, var h, j) = (Index("t", all.Shape[0]), Index("h", a.Count + a.Groups), Index("j", half));
            var (first, second) = ((Affine.Of(h) * a.Width) + j, (Affine.Of(h) * a.Width) + j + half);
            var body = part == 0
                ? (Read(all, t, first) * Read(cosines, t, j)) - (Read(all, t, second) * Read(sines, t, j))
                : (Read(all, t, second) * Read(cosines, t, j)) + (Read(all, t, first) * Read(sines, t, j));
            a.Builder.StoreInto($"{a.Title} turned", turned, [t, h, j], [t, part == 0 ? first : second], body);
        }

        return turned;
    }
}

/// <summary>Queries from one layer, keys and values from another.</summary>
internal sealed class CrossAttentionRule : AttentionRule
{
    public override string Kind => "CrossAttention";

    public override IEnumerable<string> FurtherInputs(LayerSpec spec) => spec.Has("Memory") ? base.FurtherInputs(spec) : ["", .. base.FurtherInputs(spec)];

    protected override int[]? MemoryOf(LayerContext context) => context.InputShapes[1];

    protected override (Columns Query, Columns Key, Columns Value) Project(Heads a, Value[] inputs)
    {
        var (width, rest) = (a.Count * a.Width, a.Groups * a.Width);
        var both = Product(a, "keys and values", inputs[1], width, 2 * rest);
        return (new(Product(a, "queries", inputs[0], 0, width), 0), new(both, 0), new(both, rest));
    }
}
