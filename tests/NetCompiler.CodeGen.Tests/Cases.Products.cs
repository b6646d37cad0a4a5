using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Products of layers, and functions of several.</summary>
public static partial class Cases
{
    private static EquatableArray<FunctionSpec> Mixes => new([
        new FunctionSpec("Mix", 2, "(mul (tanh x0) (add 1 (mul x1 x1)))"), new FunctionSpec("Minus", 2, "(sub x0 x1)"), new FunctionSpec("Between", 3, "(add x0 (mul (sub x1 x0) x2))"),
        new FunctionSpec("First", 2, "(sin x0)"), new FunctionSpec("One", 2, "1"), new FunctionSpec("Larger", 2, "(select (gt x0 x1) x0 (mul 0.5 x1))"), new FunctionSpec("Cube", 1, "(mul x0 (mul x0 x0))"),
    ]);

    private static LayerSpec MatMul(string a, string b, params (string, object)[] arguments) => L("MatMul", [("A", a), ("B", b), .. arguments]);

    private static LayerSpec Map(string function, params string[] names) => L("Map", ("Function", function), ("Names", names));

    private static LayerSpec To(params int[] shape) => L("Reshape", ("Shape", shape));

    private static LayerSpec Order(params int[] order) => L("Permute", ("Order", order));

    private static NetworkSpec Mixed(string name, params PropertySpec[] properties) => Net(name, properties) with { Functions = Mixes };

    private static IEnumerable<NetworkSpec> Maps()
    {
        yield return Mixed("MapTwo", P("X", Input(5)), P("A", Dense(19)), P("B", From("X"), Dense(19), L("Sigmoid")), P("M", Map("Mix", "A", "B"), Dense(3)));
        yield return Mixed("MapTwice", P("X", Input(5)), P("A", Dense(17)), P("M", Map("Mix", "A", "A")));
        yield return Mixed("MapNamed", P("X", Input(9)), P("A", Dense(4)), P("M", Map("Cube", "X"), Dense(4)), P("S", Map("Minus", "M", "A")));
        yield return Mixed("MapInputs", P("X", Input(19)), P("Y", Input(19)), P("M", Map("Mix", "X", "Y")));
        yield return Mixed("MapOne", P("X", Input(1)), P("A", Dense(1)), P("M", Map("Minus", "X", "A")));
        yield return Mixed("MapThree", P("X", Input(2, 5, 6)), P("A", Conv(9)), P("B", From("X"), Conv(9), L("Relu")), P("G", L("GlobalAveragePool"), Dense(9), L("Sigmoid"), PerChannel), P("M", Map("Between", "A", "B", "G"), L("Relu"), Conv(3)));
        yield return Mixed("MapPlaces", P("X", Input(3, 5, 6)), P("A", Conv(17)), P("W", Conv(1), L("Sigmoid")), P("M", Map("Mix", "W", "A"), L("GlobalAveragePool")));
        yield return Mixed("MapRowsAndColumns", P("X", Input(7, 1)), P("Y", Input(1, 19)), P("Z", Input(1, 1)), P("M", Map("Between", "X", "Y", "Z"), L("Tanh"), Dense(4)));
        yield return Mixed("MapImageRowsAndColumns", P("X", Input(3, 5, 1)), P("Y", Input(3, 1, 19)), P("M", Map("Larger", "X", "Y"), Conv(4)));
        yield return Mixed("MapInputImage", P("X", Input(3, 8, 7)), P("A", Conv(3)), P("M", Map("Larger", "A", "X")));
        yield return Mixed("MapIgnoring", P("X", Input(5, 17)), P("Y", Dense(1)), P("Z", L("Relu"), Dense(17)), P("M", Map("First", "Y", "Z")));
        yield return Mixed("MapOfNothing", P("X", Input(9)), P("A", Dense(4)), P("M", Map("One", "A", "A")));
        yield return Mixed("MapSequence", P("X", Input(9, 5)), P("A", Dense(16)), P("R", From("X"), L("Gru", ("Units", 16))), P("M", Map("Mix", "A", "R"), L("LayerNorm"), Dense(2)));
        yield return Named("MapInBlock", Network(
            s_squares, [Block("Some.Mixing", P("X", Input()), P("Y", L("Dense", ("Like", "X"))), P("M", Map("Mix", "X", "Y"))) with { Functions = Mixes }], P("X", Input(17)), P("B", Use("Some.Mixing", 3)), P("L", Dense(3))));
    }

    private static IEnumerable<NetworkSpec> Products()
    {
        // Both layers computed, and both given; sizes around those of vectors; each way round.
        foreach (var (n, k, m) in new[] { (1, 1, 1), (3, 5, 7), (1, 17, 9), (9, 1, 17), (8, 16, 1), (24, 32, 48), (33, 19, 20), (64, 64, 16) })
        {
            foreach (var (turnA, turnB) in new[] { (false, false), (true, false), (false, true), (true, true) })
            {
                // Of the large ones in one way each what is special to them.
                if ((n * k * m > 5000 && turnA && turnB) || (n * k * m == 1 && (turnA || turnB))) continue;
                int[] a = turnA ? [k, n] : [n, k], b = turnB ? [m, k] : [k, m];
                (string, object)[] turns = [.. turnA ? [("TransposeA", true)] : Array.Empty<(string, object)>(), .. turnB ? [("TransposeB", true)] : Array.Empty<(string, object)>()];
                var name = $"MatMul{n}x{k}x{m}{(turnA ? "A" : "")}{(turnB ? "B" : "")}";
                yield return Net(name, P("X", Input(a)), P("A", L("Tanh")), P("Y", Input(b)), P("B", L("Sigmoid")), P("M", MatMul("A", "B", turns), L("Relu")));
                if (n is 3 or 9) yield return Net(name + "Inputs", P("X", Input(a)), P("Y", Input(b)), P("M", MatMul("X", "Y", turns)));
            }
        }

        yield return Net("MatMulSelf", P("X", Input(20, 9)), P("V", Dense(17)), P("M", MatMul("V", "V", ("TransposeB", true))));
        yield return Net("MatMulSelfOther", P("X", Input(20, 9)), P("V", Dense(17)), P("M", MatMul("V", "V", ("TransposeA", true)), L("Tanh"), Dense(3)));
        yield return Net("MatMulSquare", P("X", Input(17, 9)), P("V", Dense(17), L("Tanh")), P("M", MatMul("V", "V"), Dense(3)));
        yield return Net("MatMulSelfInput", P("X", Input(9, 5)), P("M", MatMul("X", "X", ("TransposeB", true)), L("Softmax")));
        yield return Net("MatMulSelfStack", P("X", Input(3, 9, 5)), P("M", MatMul("X", "X", ("TransposeB", true)), L("Tanh")));

        // Stacks of matrices, each with its own, with one, and with a matrix.
        foreach (var (name, a, b) in new[] { ("Stacks", new[] { 3, 5, 9 }, new[] { 3, 9, 17 }), ("StackAndOne", [3, 5, 9], [1, 9, 17]), ("OneAndStack", [1, 5, 9], [3, 9, 17]), ("StackAndMatrix", [3, 5, 9], [9, 17]), ("MatrixAndStack", [5, 9], [3, 9, 17]), ("Stacks16", [16, 4, 8], [16, 8, 24]) })
        {
            yield return Net("MatMul" + name, P("X", Input(a)), P("A", L("Tanh")), P("Y", Input(b)), P("B", L("Sigmoid")), P("M", MatMul("A", "B"), L("Relu")));
            yield return Net("MatMul" + name + "A", P("X", Input([.. a[..^2], a[^1], a[^2]])), P("A", L("Tanh")), P("Y", Input(b)), P("B", L("Sigmoid")), P("M", MatMul("A", "B", ("TransposeA", true))));
            yield return Net("MatMul" + name + "B", P("X", Input(a)), P("A", L("Tanh")), P("Y", Input([.. b[..^2], b[^1], b[^2]])), P("B", L("Sigmoid")), P("M", MatMul("A", "B", ("TransposeB", true)), Conv3Unless(a, b)));
        }

        // What such layers are for: a graph's neighbours, scores of two sides, attention of one's own, cosines of all pairs.
        yield return Net("MatMulGraph", P("Edges", Input(19, 19)), P("X", Input(19, 5)), P("N", MatMul("Edges", "X")), P("H", Dense(24), L("Relu")), P("O", MatMul("Edges", "H")), P("L", Dense(3)));
        yield return Net("MatMulBilinear", P("X", Input(7, 9)), P("Y", Input(5, 17)), P("Q", From("X"), Dense(17)), P("S", MatMul("Q", "Y", ("TransposeB", true)), L("Tanh")));
        yield return Net("MatMulCosines", P("X", Input(24, 9)), P("V", Dense(16), L("RmsNorm", ("Affine", false))), P("R", L("Slice", ("Length", 12))), P("C", From("V"), L("Slice", ("Start", 12))), P("S", MatMul("R", "C", ("TransposeB", true)), L("LogSoftmax")));
        yield return Net("MatMulAttention", P("X", Input(17, 24)), P("Q", Dense(24)), P("K", From("X"), Dense(24)), P("V", From("X"), Dense(24)),
            P("S", MatMul("Q", "K", ("TransposeB", true)), L("Softmax")), P("O", MatMul("S", "V"), Dense(9)));
        yield return Net("MatMulHeads", P("X", Input(17, 24)), P("Q", Dense(24), To(17, 3, 8), Order(1, 0, 2)), P("K", From("X"), Dense(24), To(17, 3, 8), Order(1, 0, 2)), P("V", From("X"), Dense(24), To(17, 3, 8), Order(1, 0, 2)),
            P("S", MatMul("Q", "K", ("TransposeB", true)), L("Softmax", ("Axis", 2))), P("O", MatMul("S", "V"), Order(1, 0, 2), To(17, 24)), P("L", Dense(9)));
        yield return Net("MatMulOfImage", P("X", Input(9, 4, 5)), P("F", Conv(17), L("Relu"), To(17, 20)), P("M", MatMul("F", "F", ("TransposeB", true)), L("Flatten"), Dense(3)));
        yield return Net("MatMulOfMaps", P("X", Input(3, 6, 5)), P("A", Conv(8)), P("B", From("X"), Conv(8)), P("M", MatMul("A", "B", ("TransposeB", true)), Conv(4)));
        yield return Net("MatMulOfMapsAdded", P("X", Input(3, 6, 6)), P("A", Conv(8), L("Relu")), P("B", From("X"), Conv(8)), P("M", MatMul("A", "B")), P("S", Merge("Add", "M", "A"), L("Tanh"), Conv(4)));
        yield return Net("MatMulOfConcat", P("X", Input(9, 5)), P("A", Dense(8)), P("C", Merge("Concat", "X", "X", "X")), P("D", L("Slice", ("Axis", 0), ("Start", 3), ("Length", 8)), Dense(17)), P("M", MatMul("A", "D")));
        yield return Net("MatMulOutputs", P("X", Input(9, 5)), Out("A", Dense(8)), Out("M", MatMul("A", "A", ("TransposeB", true))), Out("N", MatMul("M", "X")));
        yield return Net("MatMulRecurrent", P("X", Input(9, 5)), P("R", L("Gru", ("Units", 16))), P("M", MatMul("R", "R", ("TransposeB", true)), L("Softmax")), P("N", MatMul("M", "R"), Dense(3)));
        yield return Net("MatMulManyDimensions", P("X", Input(24, 5)), P("A", Dense(6), To(2, 3, 4, 6)), P("B", From("X"), Dense(8), To(3, 8, 8), L("Slice", ("Axis", 1), ("Length", 6))), P("M", MatMul("A", "B"), L("Flatten"), Dense(3)));
        yield return Named("MatMulInBlock", Network(
            s_squares, [Block("Some.Mixer", P("X", Input()), P("Y", L("Dense", ("Like", "X"))), P("S", MatMul("X", "Y", ("TransposeB", true)), L("Softmax")), P("M", MatMul("S", "X")), P("Z", Merge("Add", "X", "M"), L("LayerNorm")))],
            P("X", Input(7, 17)), P("B", Use("Some.Mixer", 2)), P("L", Dense(3))));

        // A convolution where the product is an image of several channels; else what any shape takes.
        static LayerSpec Conv3Unless(int[] a, int[] b) => a.Length == 3 || b.Length == 3 ? Conv(2) : L("Relu");
    }
}
