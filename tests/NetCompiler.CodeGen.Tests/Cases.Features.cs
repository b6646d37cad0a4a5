using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Layers on features and sequences, activations and losses.</summary>
public static partial class Cases
{
    private static IEnumerable<NetworkSpec> Features()
    {
        yield return Squares("DenseOne", [1], Dense(1));
        yield return Squares("DenseToOne", [33], Dense(1));
        yield return Squares("DenseFromOne", [1], Dense(17), L("Tanh"), Dense(3));
        yield return Squares("DenseOdd", [13], Dense(7), L("Relu"), Dense(5));
        yield return Squares("DenseAlone", [20], Dense(17));
        yield return Squares("DenseNoBias", [5], L("Dense", ("Units", 4), ("Bias", false)), L("Relu"), L("Dense", ("Units", 9), ("Bias", false)));

        // Of the narrowest vectors one sample would need too many statements for one method, which calls the kernels instead.
        yield return Squares("DenseMany", [30], Dense(30), L("Relu"), Dense(30), L("Tanh"), Dense(30), L("Relu"), Dense(30), L("Tanh"), Dense(30), L("Relu"), Dense(30), L("Tanh"), Dense(30), L("Relu"), Dense(30));

        // As many tensors as a method with lent memory can have, and one more.
        yield return Net("DenseOfTwo", P("X", Input(5)), P("Y", Input(17)), P("A", From("X"), Dense(19), L("Relu")), P("B", From("Y"), Dense(19)), P("S", Merge("Add", "A", "B"), L("Tanh"), Dense(3)));
        yield return Net("DenseOfThree", P("X", Input(5)), P("Y", Input(17)), P("Z", Input(1)), P("A", From("X"), Dense(19), L("Relu")), P("B", From("Y"), Dense(19)), P("C", From("Z"), Dense(19)), P("S", Merge("Add", "A", "B", "C"), L("Tanh"), Dense(3)));
        yield return Squares("DenseScale", [6], L("Dense", ("Scale", 1.5)), L("Dense", ("Scale", 2.0)));
        yield return Named("DenseWide", Chain(Loss("SoftmaxCrossEntropy"), Input(70), Dense(130), L("Relu"), Dense(10)));
        yield return Squares("DenseSequence", [3, 5], Dense(4), L("Relu"), Dense(17));
        yield return Squares("DenseSequenceOne", [1, 5], Dense(1));
        yield return Squares("DenseSequenceWide", [9, 33], Dense(20), L("Gelu"), L("Dense", ("Units", 33)));

        // Large enough that the gradient of the weights is split over its rows.
        yield return Squares("DenseSplit", [130], Dense(70), L("Relu"), Dense(3));
        yield return Squares("DenseBlocked", [301], Dense(64), L("Relu"), Dense(144), L("Tanh"), Dense(5));
        yield return Squares("DenseSplitOdd", [37], Dense(231), L("Tanh"), Dense(37));
        yield return Squares("SwiGluOne", [1], L("SwiGlu", ("Units", 1)));
        yield return Squares("SwiGluOdd", [7], L("SwiGlu", ("Units", 19)), Dense(3));
        yield return Squares("SwiGluSequence", [9, 33], L("SwiGlu", ("Units", 24), ("Bias", false)), Dense(5));
        yield return Squares("GeGlu", [5, 16], Dense(16), L("GeGlu", ("Scale", 2.0)), Dense(16));
        yield return Squares("GeGluTanh", [40], L("GeGlu", ("Units", 144), ("Approximate", true)));
        yield return Squares("DropoutFirst", [11], L("Dropout", ("Rate", 0.3)), Dense(7));
        yield return Squares("DropoutOnly", [11], L("Dropout"));
        yield return Squares("DropoutBetween", [9], Dense(33), L("Relu"), L("Dropout", ("Rate", 0.25)), Dense(130), L("Dropout"), L("Relu"), Dense(3));
        yield return Squares("DropoutSplit", [130], Dense(70), L("Dropout", ("Rate", 0.1)));
        yield return Squares("DropoutTwice", [8], L("Dropout", ("Rate", 0.1)), L("Dropout", ("Rate", 0.2)), Dense(4), L("Dropout", ("Rate", 0.3)));
        yield return Squares("DropoutImage", [3, 5, 6], Conv(5), L("Dropout", ("Rate", 0.4)), Conv(2));
        yield return Squares("Map1", [9], Dense(17), L("Map", ("Function", "Swish")), L("Map", ("Function", "Odd"))) with
        {
            Functions = new([
                new FunctionSpec("Swish", 1, "(div x0 (add 1 (exp (neg x0))))"),
                new FunctionSpec("Odd", 1, "(add (mul x0 (tanh x0)) (mul 0.5 (sin x0)))"),
            ]),
        };
        yield return Squares("MapFirst", [9], L("Map", ("Function", "Cube")), Dense(3)) with { Functions = new([new FunctionSpec("Cube", 1, "(mul x0 (mul x0 x0))")]) };
        yield return Squares("MapConstant", [9], Dense(4), L("Map", ("Function", "One"))) with { Functions = new([new FunctionSpec("One", 1, "1")]) };
    }

    private static IEnumerable<NetworkSpec> Activations()
    {
        LayerSpec[] all =
        [
            L("Relu"), L("LeakyRelu"), L("LeakyRelu", ("Slope", 0.1)), L("Elu"), L("Elu", ("Alpha", 1.3)), L("Selu"), L("Gelu"), L("Gelu", ("Approximate", true)),
            L("Silu"), L("Mish"), L("Sigmoid"), L("Tanh"), L("Softplus"), L("HardSwish"), L("HardSigmoid"), L("Softmax"), L("LogSoftmax"),
        ];
        for (var i = 0; i < all.Length; i++)
        {
            yield return Squares($"{all[i].Kind}{i}Alone", [13], all[i]);
            yield return Squares($"{all[i].Kind}{i}Between", [7], Dense(19), all[i], Dense(3));
        }

        foreach (var layer in new[] { L("Relu"), L("Gelu"), L("Softmax"), L("LogSoftmax") }) yield return Squares(layer.Kind + "Image", [3, 4, 5], Conv(5), layer);

        var slopes = L("PRelu", ("PerChannel", true));
        yield return Squares("PReluAlone", [13], L("PRelu"));
        yield return Squares("PReluBetween", [7], Dense(19), slopes, Dense(3));
        yield return Squares("PReluSequence", [4, 9], Dense(17), L("PRelu"), L("Conv1D", ("Channels", 5)), slopes);
        yield return Squares("PReluImage", [3, 4, 5], slopes, Conv(9), slopes, Conv(2), L("PRelu"));

        yield return Squares("SoftmaxSequence", [4, 19], L("Softmax"), Dense(3));
        yield return Squares("SoftmaxAxis0", [4, 3], L("Softmax", ("Axis", 0)));
        yield return Squares("SoftmaxAxis1", [4, 3, 17], L("Softmax", ("Axis", 1)));
        yield return Squares("SoftmaxAxisLast", [4, 3, 17], L("Softmax", ("Axis", -1)), Conv(3));
        yield return Squares("LogSoftmaxSequence", [4, 3], Dense(20), L("LogSoftmax"));
        yield return Squares("LogSoftmaxAxis", [4, 3, 5], L("LogSoftmax", ("Axis", 2)));
        yield return Squares("SoftmaxOne", [1], Dense(3), Dense(1), L("Softmax"), Dense(2));
    }

    private static IEnumerable<NetworkSpec> Losses()
    {
        foreach (var (kind, loss) in new (string, LossSpec)[]
        {
            ("Cross", Loss("SoftmaxCrossEntropy")), ("Smoothed", Loss("SoftmaxCrossEntropy", ("LabelSmoothing", 0.1))), ("Binary", Loss("BinaryCrossEntropy")),
            ("Squares", s_squares), ("Absolute", Loss("MeanAbsoluteError")), ("Huber", Loss("Huber")), ("HuberDelta", Loss("Huber", ("HuberDelta", 0.4))),
        })
        {
            yield return Named("Loss" + kind + "1", Chain(loss, Input(5), Dense(3)));
            yield return Named("Loss" + kind + "1Wide", Chain(loss, Input(5), Dense(33)));
            yield return Named("Loss" + kind + "2", Chain(loss, Input(4, 5), Dense(17)));
            yield return Named("Loss" + kind + "3", Chain(loss, Input(2, 3, 7), Conv(3)));
            yield return Named("Loss" + kind + "3Wide", Chain(loss, Input(2, 3, 7), Conv(20, ("Kernel", 1))));
            yield return Named("Loss" + kind + "OfInput", Chain(loss, Input(6)));
        }

        yield return Named("LossBinaryOne", Chain(Loss("BinaryCrossEntropy"), Input(5), Dense(1)));
        yield return Named("NoLoss", Chain(Input(5), Dense(3), L("Softmax")));
        yield return Named("LossOfRelu", Chain(s_squares, Input(5), L("Relu")));
    }
}
