using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Tests;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using Attention = TorchSharp.Modules.MultiheadAttention;

namespace NetCompiler.Torch.Tests;

/// <summary>Tokens, positions, attention, and blocks of transformers. libtorch's attention has time first: [T, batch, W].</summary>
internal static class SequenceCases
{
    private static readonly LossSpec s_squares = Loss("MeanSquaredError");

    public static IEnumerable<TorchCase> All =>
    [
        new("TokenRowsDense", Chain(Loss("SoftmaxCrossEntropy"), Tokens(6), Embedded(65, 32), Dense(7)), () => Wired(Embedding(65, 32), [Linear(32, 7)])),
        new("TokenRowsTied", Network(Loss("SoftmaxCrossEntropy"), [],
            P("Ids", Tokens(6)), P("Rows", Embedded(19, 12)), P("Hidden", Dense(12), L("Tanh")), P("Logits", L("Dense", ("Units", 19), ("Bias", false)), L("TiedTo", ("Name", "Rows")))), Tied),
        new("LearnedPositions", Chain(s_squares, Input(6, 5), Dense(8), L("Positions")), () => Positioned(6, 5, 8)),
        new("SinesOfPositions", Chain(s_squares, Input(6, 7), L("Positions", ("Kind", "Sinusoidal"))), () => Function(x => x + Sines(6, 7).to(x.dtype))),

        Self("SelfAttention", [5, 8], 2),
        Self("SelfAttentionCausal", [17, 24], 3, causal: true),
        Self("SelfAttentionLong", [70, 32], 4, causal: true),
        Self("SelfAttentionWindow", [9, 8], 2, causal: true, window: 3),
        Padded("SelfAttentionLengths", causal: false),
        Padded("SelfAttentionCausalLengths", causal: true),
        Cross("CrossAttention"),
        Grouped("GroupedQueries", [6, 24], 4, 2, causal: true, rotary: false),
        Grouped("MultiQueries", [9, 16], 4, 1, causal: false, rotary: false, bias: false),
        Grouped("RotaryQueries", [20, 16], 2, 2, causal: true, rotary: true),

        new("EncoderDecoder", Examples.EncoderDecoder("EncoderDecoder", 2), EncoderAndDecoder) { Least = 1 },
        new("GptNetwork", Network(Loss("SoftmaxCrossEntropy"), [GptBlock],
            P("Ids", Tokens(12)), P("Tokens", Embedded(19, 16)), P("Rows", L("Positions")), P("Blocks", Use("Some.Gpt", 2)),
            P("Logits", L("LayerNorm"), L("Dense", ("Units", 19), ("Bias", false)), L("TiedTo", ("Name", "Tokens")))), Gpt),
        new("LlamaNetwork", Network(Loss("SoftmaxCrossEntropy"), [LlamaBlock],
            P("Ids", Tokens(12)), P("Tokens", Embedded(19, 16)), P("Blocks", Use("Some.Llama", 2)),
            P("Logits", L("RmsNorm", ("Epsilon", 1e-5)), L("Dense", ("Units", 19), ("Bias", false)))), Llama),
    ];

    private static BlockSpec GptBlock => Block("Some.Gpt",
        P("X", Input()),
        P("Seen", L("LayerNorm"), L("SelfAttention", ("Heads", 2), ("Causal", true))),
        P("Middle", Add("X", "Seen")),
        P("Thought", L("LayerNorm"), L("Dense", ("Scale", 4)), L("Gelu"), L("Dense", ("Like", "X"))),
        P("Sum", Add("Middle", "Thought")));

    private static BlockSpec LlamaBlock => Block("Some.Llama",
        P("X", Input()),
        P("Seen", L("RmsNorm", ("Epsilon", 1e-5)), L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 2), ("Causal", true), ("Rotary", true), ("Bias", false))),
        P("Middle", Add("X", "Seen")),
        P("Thought", L("RmsNorm", ("Epsilon", 1e-5)), L("SwiGlu", ("Units", 44), ("Bias", false)), L("Dense", ("Like", "X"), ("Bias", false))),
        P("Sum", Add("Middle", "Thought")));

    private static LayerSpec Tokens(int length) => L("Input", ("Shape", new[] { length }), ("Type", "Int32"));

    private static LayerSpec Embedded(int vocabulary, int width) => L("Embedding", ("Vocabulary", vocabulary), ("Width", width));

    private static LayerSpec Add(params string[] names) => L("Add", ("Names", names));

    private static TorchCase Self(string name, int[] shape, int heads, bool causal = false, int window = 0)
    {
        List<(string, object)> arguments = [("Heads", heads), ("Causal", causal)];
        if (window > 0) arguments.Add(("Window", window));
        return new(name, Chain(s_squares, Input(shape), L("SelfAttention", [.. arguments])), () =>
        {
            var attention = MultiheadAttention(shape[1], heads);
            return Wired(x => Attend(attention, x, x, mask: causal ? CausalMask(shape[0], window, x.dtype) : null), ("0", attention));
        });
    }

    private static TorchCase Padded(string name, bool causal) => new(name, Network(s_squares, [],
        P("X", Input(6, 8)), P("Length", Tokens(1)), P("Y", L("From", ("Name", "X")), L("SelfAttention", ("Heads", 2), ("Causal", causal), ("Lengths", "Length")))), () =>
    {
        var attention = MultiheadAttention(8, 2);
        return Several(x => Attend(attention, x[0], x[0], padding: Padding(6, x[1]), mask: causal ? CausalMask(6, 0, x[0].dtype) : null), ("Y", attention));
    }) { Least = 1 };

    private static TorchCase Cross(string name) => new(name, Network(s_squares, [],
        P("X", Input(5, 8)), P("Memory", Input(7, 8)), P("Length", Tokens(1)),
        P("Y", L("From", ("Name", "X")), L("CrossAttention", ("Memory", "Memory"), ("Heads", 4), ("Lengths", "Length")))), () =>
    {
        var attention = MultiheadAttention(8, 4);
        return Several(x => Attend(attention, x[0], x[1], padding: Padding(7, x[2])), ("Y", attention));
    }) { Least = 1 };

    private static TorchCase Grouped(string name, int[] shape, int heads, int groups, bool causal, bool rotary, bool bias = true) => new(
        name, Chain(s_squares, Input(shape), L("SelfAttention", ("Heads", heads), ("KeyValueHeads", groups), ("Causal", causal), ("Rotary", rotary), ("Bias", bias))),
        () => Sequence(new GroupedAttention(shape[1], heads, groups, causal, rotary, bias)));

    /// <param name="attention">Takes [T, batch, W].</param>
    /// <param name="queries">[batch, T, W].</param>
    /// <param name="memory">What keys and values come from, [batch, S, W].</param>
    /// <param name="padding">True for keys that do not count, [batch, S].</param>
    /// <param name="mask">Added to the scores, [T, S].</param>
    private static Tensor Attend(Attention attention, Tensor queries, Tensor memory, Tensor? padding = null, Tensor? mask = null)
    {
        var (q, m) = (queries.transpose(0, 1), memory.transpose(0, 1));
        return attention.call(q, m, m, padding, true, mask).Item1.transpose(0, 1);
    }

    private static Tensor Padding(int keys, Tensor lengths) => arange(keys).unsqueeze(0) >= lengths;

    private static Tensor CausalMask(int times, int window, ScalarType precision)
    {
        var ahead = arange(times).unsqueeze(0) - arange(times).unsqueeze(1);
        var hidden = window > 0 ? (ahead > 0) | (ahead <= -window) : ahead > 0;
        return zeros(times, times, precision).masked_fill(hidden, double.NegativeInfinity);
    }

    private static Tensor Sines(int times, int width)
    {
        var column = arange(width, float64);
        var angle = arange(times, float64).unsqueeze(1) * pow(10000, (column / 2).floor() * (-2.0 / width)).unsqueeze(0);
        return where((column % 2).unsqueeze(0) > 0, angle.cos(), angle.sin());
    }

    /// <summary>The rows of tokens, then modules in order.</summary>
    private static Module<Tensor, Tensor> Wired(Module<Tensor, Tensor> rows, Module<Tensor, Tensor>[] next) =>
        TorchCase.Wired(x => next.Aggregate(rows.call(x), (value, module) => module.call(value)), [("0", rows), .. next.Select((m, i) => ($"{i + 1}", (Module)m))]);

    private static Module<Tensor, Tensor> Wired(Func<Tensor, Tensor> forward, params (string Name, Module Module)[] children) => TorchCase.Wired(forward, children);

    private static Module<Tensor, Tensor> Positioned(int times, int features, int width)
    {
        var (dense, rows) = (Linear(features, width), Embedding(times, width));
        return Wired(x => dense.call(x) + rows.weight!, ("0", dense), ("1", rows));
    }

    private static Module<Tensor, Tensor> Tied()
    {
        var (rows, hidden) = (Embedding(19, 12), Linear(12, 12));
        return Wired(x => functional.linear(hidden.call(rows.call(x)).tanh(), rows.weight!), ("Rows", rows), ("Hidden", Sequence(hidden, Tanh())));
    }

    private static Module<Tensor[], Tensor> EncoderAndDecoder()
    {
        var encoder = Enumerable.Range(0, 2).Select(_ => TransformerEncoderLayer(8, 2, 12, dropout: 0)).ToArray();
        var decoder = Enumerable.Range(0, 2).Select(_ => TransformerDecoderLayer(8, 2, 12, dropout: 0)).ToArray();
        return Several(
            x =>
            {
                var padding = Padding(6, x[1]);
                var memory = encoder.Aggregate(x[0].transpose(0, 1), (rows, layer) => layer.call(rows, null!, padding));
                var mask = CausalMask(5, 0, x[0].dtype);
                return decoder.Aggregate(x[2].transpose(0, 1), (rows, layer) => layer.call(rows, memory, mask, null, null, padding)).transpose(0, 1);
            },
            ("Memory", Children(encoder)), ("Decoded", Children(decoder)));
    }

    private static Module<Tensor, Tensor> Gpt()
    {
        var (tokens, rows, norm) = (Embedding(19, 16), Embedding(12, 16), LayerNorm(16));
        var blocks = Sequence([.. Enumerable.Range(0, 2).Select(_ => GptModule(12, 16, 2))]);
        return Wired(
            x => functional.linear(norm.call(blocks.call(tokens.call(x) + rows.weight!)), tokens.weight!),
            ("Tokens", tokens), ("Rows", rows), ("Blocks", blocks), ("Logits", Sequence(norm)));
    }

    private static Module<Tensor, Tensor> GptModule(int times, int width, int heads)
    {
        var (norm, attention) = (LayerNorm(width), MultiheadAttention(width, heads));
        var thought = Sequence(LayerNorm(width), Linear(width, 4 * width), GELU(), Linear(4 * width, width));
        return Wired(
            x =>
            {
                var normal = norm.call(x);
                var middle = x + Attend(attention, normal, normal, mask: CausalMask(times, 0, x.dtype));
                return middle + thought.call(middle);
            },
            ("Seen", Children(norm, attention)), ("Thought", thought));
    }

    private static Module<Tensor, Tensor> Llama()
    {
        var tokens = Embedding(19, 16);
        var blocks = Sequence([.. Enumerable.Range(0, 2).Select(_ => LlamaModule(16))]);
        var logits = Sequence(new RootMeanSquare([16], 1e-5), Linear(16, 19, hasBias: false));
        return Wired(x => logits.call(blocks.call(tokens.call(x))), ("Tokens", tokens), ("Blocks", blocks), ("Logits", logits));
    }

    private static Module<Tensor, Tensor> LlamaModule(int width)
    {
        var seen = Sequence(new RootMeanSquare([width], 1e-5), new GroupedAttention(width, 4, 2, causal: true, rotary: true, bias: false));
        var (norm, both, down) = (new RootMeanSquare([width], 1e-5), Linear(width, 88, hasBias: false), Linear(44, width, hasBias: false));
        return Wired(
            x =>
            {
                var middle = x + seen.call(x);
                var halves = both.call(norm.call(middle)).chunk(2, -1);
                return middle + down.call(functional.silu(halves[0]) * halves[1]);
            },
            ("Seen", seen), ("Thought", Children(norm, both, down)));
    }

    /// <summary>Modules by number, which someone else calls.</summary>
    private static Module Children(params Module[] modules) => TorchCase.Wired(x => x, [.. modules.Select((m, i) => ($"{i}", m))]);
}
