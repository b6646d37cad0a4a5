using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

/// <summary>Products of layers, and functions of several: torch.matmul, and the function written in tensors.</summary>
internal static class ProductCases
{
    private static readonly LossSpec s_squares = Loss("MeanSquaredError");

    private static EquatableArray<FunctionSpec> Functions => new([
        new FunctionSpec("Between", 3, "(add x0 (mul (sub x1 x0) (div 1 (add 1 (exp (neg x2))))))"), new FunctionSpec("Minus", 2, "(sub x0 x1)"), new FunctionSpec("Square", 1, "(mul x0 x0)"),
    ]);

    public static IEnumerable<TorchCase> All =>
    [
        Product("MatMul", [9, 5], [5, 17], false, false),
        Product("MatMulTransposeA", [5, 9], [5, 17], true, false),
        Product("MatMulTransposeB", [24, 32], [48, 32], false, true),
        Product("MatMulTransposeBoth", [5, 9], [17, 5], true, true),
        Product("MatMulRowAndColumn", [1, 19], [19, 1], false, false),
        Product("MatMulStacks", [3, 7, 5], [3, 5, 9], false, false),
        Product("MatMulStacksTransposed", [3, 5, 7], [3, 9, 5], true, true),
        Product("MatMulStackAndOne", [3, 7, 5], [1, 9, 5], false, true),
        Product("MatMulStackAndMatrix", [3, 7, 5], [5, 9], false, false),
        Product("MatMulMatrixAndStack", [7, 5], [3, 5, 9], false, false),
        new("MatMulSelf",
            Network(s_squares, [], P("X", Input(12, 5)), P("V", Dense(9)), P("M", MatMul("V", "V", false, true), L("Softmax"))),
            () =>
            {
                var v = Linear(5, 9);
                return Wired(x => softmax(matmul(v.call(x), v.call(x).transpose(-1, -2)), -1), ("V", v));
            }),
        new("MatMulGraph",
            Network(s_squares, [], P("Edges", Input(9, 9)), P("X", Input(9, 5)), P("N", MatMul("Edges", "X", false, false)), P("H", Dense(17), L("Relu")), P("O", MatMul("Edges", "H", false, false)), P("L", Dense(3))),
            () =>
            {
                var (h, l) = (Sequence(Linear(5, 17), ReLU()), Linear(17, 3));
                return Several(x => l.call(matmul(x[0], h.call(matmul(x[0], x[1])))), ("H", h), ("L", l));
            }),
        new("MatMulHeads",
            Network(
                s_squares, [], P("X", Input(9, 24)), Heads("Q"), Heads("K"), Heads("V"), P("S", MatMul("Q", "K", false, true), L("Softmax", ("Axis", 2))),
                P("O", MatMul("S", "V", false, false), L("Permute", ("Order", new[] { 1, 0, 2 })), L("Reshape", ("Shape", new[] { 9, 24 }))), P("L", Dense(5))),
            () =>
            {
                var (q, k, v, l) = (Sequence(Linear(24, 24)), Sequence(Linear(24, 24)), Sequence(Linear(24, 24)), Linear(24, 5));
                static Tensor Split(Tensor t) => t.reshape(-1, 9, 3, 8).transpose(1, 2);
                return Wired(
                    x => l.call(matmul(softmax(matmul(Split(q.call(x)), Split(k.call(x)).transpose(-1, -2)), -1), Split(v.call(x))).transpose(1, 2).reshape(-1, 9, 24)),
                    ("Q", q), ("K", k), ("V", v), ("L", l));
            }),
        new("MapThree",
            Network(
                s_squares, [], P("X", Input(3, 6, 5)), P("A", L("Conv2D", ("Channels", 9))), P("B", From("X"), L("Conv2D", ("Channels", 9)), L("Tanh")),
                P("G", L("GlobalAveragePool"), Dense(9), L("Reshape", ("Shape", new[] { -1, 1, 1 }))), P("M", Map("Between", "A", "B", "G"))) with { Functions = Functions },
            () =>
            {
                var (a, b, g) = (Conv2d(3, 9, 3, padding: 1), Sequence(Conv2d(3, 9, 3, padding: 1), Tanh()), Sequence(Sequential(AdaptiveAvgPool2d(1), Flatten()), Linear(9, 9), Unflatten(1, [9, 1, 1])));
                return Wired(
                    x =>
                    {
                        var (left, right) = (a.call(x), b.call(x));
                        return left + ((right - left) * sigmoid(g.call(right)));
                    },
                    ("A", a), ("B", b), ("G", g));
            }),
        new("MapTwo",
            Network(s_squares, [], P("X", Input(7, 1)), P("Y", Input(1, 19)), P("Z", Map("Minus", "X", "Y")), P("S", Map("Square", "Z"))) with { Functions = Functions },
            () => Several(x => (x[0] - x[1]).square())),
    ];

    private static TorchCase Product(string name, int[] a, int[] b, bool turnA, bool turnB) => new(
        name, Network(s_squares, [], P("X", Input(a)), P("A", L("Tanh")), P("Y", Input(b)), P("B", L("Sigmoid")), P("M", MatMul("A", "B", turnA, turnB))),
        () => Several(x =>
        {
            var (left, right) = (x[0].tanh(), x[1].sigmoid());

            // In libtorch the batch is a dimension too, which of a matrix would stand beside the number of a matrix in a stack.
            Tensor Stacked(Tensor matrices) => matrices.ndim <= Math.Max(a.Length, b.Length) ? matrices.unsqueeze(1) : matrices;
            return matmul(Stacked(turnA ? left.transpose(-1, -2) : left), Stacked(turnB ? right.transpose(-1, -2) : right));
        }));

    private static PropertySpec Heads(string name) => P(name, From("X"), Dense(24), L("Reshape", ("Shape", new[] { 9, 3, 8 })), L("Permute", ("Order", new[] { 1, 0, 2 })));

    private static LayerSpec From(string name) => L("From", ("Name", name));

    private static LayerSpec Map(string function, params string[] names) => L("Map", ("Function", function), ("Names", names));

    private static LayerSpec MatMul(string a, string b, bool turnA, bool turnB) => L("MatMul", ("A", a), ("B", b), ("TransposeA", turnA), ("TransposeB", turnB));
}
