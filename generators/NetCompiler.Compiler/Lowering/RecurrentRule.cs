using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Primitives.ProgramBuilder;

namespace NetCompiler.Compiler.Lowering;

/// <summary>
/// Recurrent layers as PyTorch has them: [T, F] -> [T, Units], or [Units] for the last state alone; twice as many units in two directions. Several layers
/// take each other's sequences.
/// </summary>
internal abstract class RecurrentRule(string kind, int gates) : LayerRule
{
    /// <summary>More than anyone stacks. The code grows with each, and so does the time to compile it.</summary>
    private const int MostLayers = 64;

    public override string Kind => kind;

    public override bool CanStep(LayerNode node) => Directions(node.Spec) == 1;

    public override bool IsStateful(LayerNode node) => true;

    public override bool IsRecurrent => true;

    public override int[]? Infer(LayerContext context)
    {
        if (!context.HasRank("[T, F]: a sequence of T steps with F features each", 2)) return null;
        if (context.Size("Units", "units", context.Input[1]) is not { } units || LayerChecks.Size(context, "Layers", 1, MostLayers) is not { } layers) return null;
        var rate = context.Spec.Number("Dropout");
        if (!(rate >= 0 && rate < 1))
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Dropout", ShapeText.Of(rate), "at least 0 and less than 1");
            return null;
        }

        if (rate > 0 && layers == 1) context.Report(Diagnostics.NoEffect.Id, Kind, "Dropout", "with Layers = 1: it drops what one layer gives to the next; [Dropout] behind this one drops what it gives");
        var directions = Directions(context.Spec);
        var most = int.MaxValue / (gates * directions);
        if (units > most)
        {
            context.Report(Diagnostics.BadArgument.Id, Kind, "Units", ShapeText.Of(units), $"at most {ShapeText.Of(most)}");
            return null;
        }

        var uniform = Initializer.Uniform(1 / Math.Sqrt(units));
        for (var layer = 0; layer < layers; layer++)
        {
            var width = layer == 0 ? context.Input[1] : units * directions;
            for (var direction = 0; direction < directions; direction++)
            {
                var suffix = Suffix(layer, direction == 1);
                context.Parameter("weight_ih" + suffix, [gates * units, width], uniform);
                context.Parameter("weight_hh" + suffix, [gates * units, units], uniform);
                if (!context.Spec.Bool("Bias", true)) continue;
                context.Parameter("bias_ih" + suffix, [gates * units], uniform);
                context.Parameter("bias_hh" + suffix, [gates * units], uniform);
            }
        }

        var result = units * directions;
        return ReturnsLast(context.Spec) ? [result] : [context.Input[0], result];
    }

    public override Value Lower(ProgramBuilder builder, LayerNode node, Value[] inputs)
    {
        var layers = node.Spec.Int("Layers", 1);
        var directions = Directions(node.Spec);
        var rate = node.Spec.Number("Dropout");
        var units = node.Shape[node.Shape.Length - 1] / directions;
        var x = inputs[0];
        for (var layer = 0; layer < layers; layer++)
        {
            if (layer > 0 && builder.Training && rate > 0) x = DropoutRule.Drop(builder, Loops.Title(node) + " dropout", x, rate);
            var isLast = layer == layers - 1 && ReturnsLast(node.Spec);
            int[] shape = isLast ? [units * directions] : [x.Shape[0], units * directions];
            var result = builder.Program.NewValue(Loops.Title(node), shape, batched: true);
            for (var direction = 0; direction < directions; direction++)
                LowerOne(builder, node, x, layer, direction == 1, units, result, isLast);
            x = result;
        }

        return x;
    }

    /// <summary>Writes the steps and gives the state that the layer shows.</summary>
    protected abstract RecurrentState Steps(LayerNode node, RecurrentCell cell);

    /// <summary>Both biases may be added before the steps: none of them is multiplied by anything within.</summary>
    protected virtual bool AddsBiasesFirst => true;

    private static bool ReturnsLast(LayerSpec spec) => spec.Text("Returns") == "Last";

    private static int Directions(LayerSpec spec) => spec.Bool("Bidirectional") ? 2 : 1;

    private static string Suffix(int layer, bool isReverse) => $"_l{ShapeText.Of(layer)}{(isReverse ? "_reverse" : "")}";

    /// <summary>One layer in one direction, into its part of the result.</summary>
    private void LowerOne(ProgramBuilder builder, LayerNode node, Value x, int layer, bool isReverse, int units, Value result, bool isLast)
    {
        var suffix = Suffix(layer, isReverse);
        var title = Loops.Title(node) + (node.Spec.Int("Layers", 1) > 1 || isReverse ? suffix.Replace('_', ' ') : "");
        var bias = Parameter("bias_hh");
        Value?[] biases = [Parameter("bias_ih"), AddsBiasesFirst ? bias : null];
        var weight = Parameter("weight_ih")!;
        var cell = new RecurrentCell(builder, title, x.Shape[0], units, isReverse, Parameter("weight_hh")!, (first, rows) => InputProduct(builder, title, x, weight, first, rows, biases))
        {
            RecurrentBias = AddsBiasesFirst ? null : bias,
        };
        var from = isReverse ? units : 0;
        var shown = Steps(node, cell);
        if (!isLast)
        {
            var (t, j) = cell.Loops();
            builder.StoreInto(Loops.Title(node), result, [t, j], [t, j + from], shown.After(t, j));
        }

        cell.End();
        if (!isLast) return;
        var last = Index("j", units);
        builder.StoreInto(Loops.Title(node), result, [last], [last + from], shown.Last(last));

        Value? Parameter(string name) => node.FindParameter(name + suffix) is { } declaration ? builder.Parameter(declaration) : null;
    }

    /// <summary>What the input gives to those rows of the gates, for all steps in one product.</summary>
    private static Value InputProduct(ProgramBuilder builder, string title, Value x, Value weight, int first, int rows, Value?[] biases)
    {
        LoopIndex t = Index("t", x.Shape[0]), k = Index("k", rows), f = Index("f", weight.Shape[1]);
        var product = builder.Sum(title + " input product", [t.Extent, k.Extent], [t, k, f], [t, k], Read(weight, k + first, f) * Read(x, t, f));
        if (biases.All(b => b is null)) return product;
        LoopIndex[] at = IndicesOf(product.Shape);
        return builder.Pointwise(title + " input bias", at, biases.OfType<Value>().Aggregate(Read(product, at), (sum, bias) => sum + Read(bias, at[1] + first)));
    }
}

/// <summary>h' = f(W x + b + W' h + b') for f = tanh or relu.</summary>
internal sealed class RnnRule() : RecurrentRule("Rnn", 1)
{
    protected override RecurrentState Steps(LayerNode node, RecurrentCell cell)
    {
        var h = cell.NewState("state");
        cell.Begin();
        var z = cell.InputAndRecurrent(h);
        var isRelu = node.Spec.Text("Nonlinearity") == "Relu";
        h.Write((t, j) => isRelu ? Expr.Max(z(t, 0, j), 0) : Expr.Tanh(z(t, 0, j)));
        return h;
    }
}

/// <summary>Gates r, z and the new content n, in this order; h' = (1 - z) n + z h.</summary>
internal sealed class GruRule() : RecurrentRule("Gru", 3)
{
    // The reset gate multiplies what the state gives to n, its bias included.
    protected override bool AddsBiasesFirst => false;

    protected override RecurrentState Steps(LayerNode node, RecurrentCell cell)
    {
        var h = cell.NewState("state");
        cell.Begin();
        var recurrent = cell.Recurrent(h);
        var r = cell.Store("reset gate", 0, (t, j) => Expr.Sigmoid(cell.Input(t, 0, j) + recurrent(t, 0, j)));
        var z = cell.Store("update gate", 1, (t, j) => Expr.Sigmoid(cell.Input(t, 1, j) + recurrent(t, 1, j)));
        var n = cell.Store("new content", (t, j) => Expr.Tanh(cell.Input(t, 2, j) + (Read(r, t, j) * recurrent(t, 2, j))));
        h.Write((t, j) => Read(n, t, j) + (Read(z, t, j) * (h.Before(t, j) - Read(n, t, j))));
        return h;
    }
}

/// <summary>Gates i, f, g, o in this order; c' = f c + i g, h' = o tanh(c').</summary>
internal sealed class LstmRule() : RecurrentRule("Lstm", 4)
{
    protected override RecurrentState Steps(LayerNode node, RecurrentCell cell)
    {
        var (h, c) = (cell.NewState("state"), cell.NewState("cell"));
        cell.Begin();
        var gates = cell.InputAndRecurrent(h);
        var i = cell.Store("input gate", 0, (t, j) => Expr.Sigmoid(gates(t, 0, j)));
        var f = cell.Store("forget gate", 1, (t, j) => Expr.Sigmoid(gates(t, 1, j)));
        var g = cell.Store("new content", 2, (t, j) => Expr.Tanh(gates(t, 2, j)));
        var o = cell.Store("output gate", 3, (t, j) => Expr.Sigmoid(gates(t, 3, j)));
        c.Write((t, j) => (Read(f, t, j) * c.Before(t, j)) + (Read(i, t, j) * Read(g, t, j)));
        var shown = cell.Store("shown cell", (t, j) => Expr.Tanh(c.After(t, j)));
        h.Write((t, j) => Read(o, t, j) * Read(shown, t, j));
        return h;
    }
}
