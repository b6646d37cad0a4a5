using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Tests;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Views of values, merging, several inputs and outputs, blocks.</summary>
public static partial class Cases
{
    private static IEnumerable<NetworkSpec> Views()
    {
        yield return Squares("FlattenAlone", [2, 5, 3], L("Flatten"));
        yield return Squares("FlattenConvDense", [2, 5, 3], Conv(3), L("Flatten"), Dense(4));
        yield return Squares("FlattenLast", [15, 7, 5], L("LogSoftmax"), L("Flatten"));
        yield return Squares("FlattenRelu", [2, 5, 3], L("Flatten"), L("Relu"), Dense(4));
        yield return Squares("FlattenReluAfter", [2, 5, 3], Conv(9), L("Flatten"), L("Relu"), L("LayerNorm"), Dense(4));
        yield return Squares("ReshapeSequence", [2, 6, 3], L("Reshape", ("Shape", new[] { 3, -1 })), L("LayerNorm"));
        yield return Squares("ReshapeImage", [30], Dense(24), L("Reshape", ("Shape", new[] { 2, 3, 4 })), Conv(9));
        yield return Squares("ReshapeBack", [3, 4, 5], Conv(8), L("Reshape", ("Shape", new[] { 8, 20 })), Dense(6), L("Reshape", ("Shape", new[] { 4, 4, 3 })), Conv(2));
        yield return Squares("ReshapeMixed", [4, 6], L("Reshape", ("Shape", new[] { 6, 4 })), Dense(5));
        yield return Squares("ReshapeAlone", [4, 6], L("Reshape", ("Shape", new[] { 2, 3, 4 })));
        yield return Squares("PermuteAlone", [2, 5, 3], L("Permute", ("Order", new[] { 2, 0, 1 })));
        yield return Squares("PermuteConv", [2, 5, 3], L("Permute", ("Order", new[] { 2, 0, 1 })), Conv(9));
        yield return Squares("ConvPermuteConv", [2, 5, 3], Conv(8), L("Permute", ("Order", new[] { 2, 0, 1 })), Conv(9));
        yield return Squares("ConvPermuteConv2", [2, 5, 3], Conv(8), L("Permute", ("Order", new[] { 1, 0, 2 })), Conv(9), L("Permute", ("Order", new[] { 0, 2, 1 })), Conv(2));
        yield return Squares("PermuteFlatten", [2, 5, 3], Conv(8), L("Permute", ("Order", new[] { 1, 2, 0 })), L("Flatten"), Dense(3));
        yield return Squares("PermuteSequence", [5, 17], L("Permute", ("Order", new[] { 1, 0 })), Dense(3), L("Permute", ("Order", new[] { 1, 0 })), Dense(9));
        yield return Squares("SliceAlone", [7, 3], L("Slice", ("Start", 2), ("Length", 3)));
        yield return Squares("SliceFeatures", [19], L("Slice", ("Start", 2), ("Step", 3)), Dense(4));
        yield return Squares("SliceStepConv", [2, 7, 3], L("Slice", ("Axis", 1), ("Start", 1), ("Length", 3), ("Step", 2)), Conv(2));
        yield return Squares("SliceChannels", [3, 5, 4], Conv(9), L("Slice", ("Start", 1), ("Length", 5)), Conv(2));
        yield return Squares("SliceChannelsStep", [3, 5, 4], Conv(9), L("Relu"), L("Slice", ("Start", 1), ("Step", 2)), Conv(2));
        yield return Squares("SliceChannelsStride", [2, 7, 7], Conv(9), L("Slice", ("Start", 1), ("Step", 2)), Conv(4, ("Stride", 2)));
        yield return Squares("SliceRowsPool", [2, 9, 7], Conv(9), L("Slice", ("Axis", 1), ("Start", 1), ("Step", 2)), L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)));
        yield return Squares("SliceLast", [3, 5, 8], Conv(9), L("Relu"), L("Slice", ("Axis", -1), ("Start", 1), ("Step", 3)));
        yield return Squares("SliceRelu", [3, 5, 8], Conv(9), L("Slice", ("Axis", 2), ("Start", 3)), L("Relu"), L("Slice", ("Axis", 1), ("Step", 2)), L("Tanh"), L("MaxPool2D"));
        yield return Squares("SliceOfInputDense", [6, 8], L("Slice", ("Axis", 1), ("Start", 3), ("Length", 4)), Dense(5));
    }

    /// <summary>Numbers to be combined with the channels of an image.</summary>
    private static LayerSpec PerChannel => L("Reshape", ("Shape", new[] { -1, 1, 1 }));

    private static IEnumerable<NetworkSpec> Graphs()
    {
        yield return Net("AddTwice", P("X", Input(5)), P("A", Dense(4), L("Tanh")), P("B", From("X"), Dense(4)), P("S", Merge("Add", "A", "B", "A"), L("Sigmoid")));
        yield return Net("AddInput", P("X", Input(5)), P("A", Dense(5)), P("S", Merge("Add", "A", "X")));
        yield return Net("AddSame", P("X", Input(5)), P("A", Dense(5)), P("S", Merge("Add", "A", "A")));
        yield return Net("AddImages", P("X", Input(3, 5, 6)), P("A", Conv(9), L("Relu")), P("B", Conv(9)), P("S", Merge("Add", "A", "B"), L("Relu"), Conv(2)), P("T", Merge("Add", "S", "S")));
        // The gradient through the first layer reads the shared weights in pieces of eight, the other one in whole blocks of 16.
        yield return Net("TiedThroughView", P("X", Input(64, 8)), P("H", Dense(8)), P("F", L("Flatten")), P("A", Dense(64)), P("B", Dense(512), L("Relu")), P("C", Dense(64), L("TiedTo", ("Name", "A"))));
        yield return Net("MultiplyThree", P("X", Input(5)), P("A", Dense(5), L("Tanh")), P("B", From("X"), Dense(5)), P("M", Merge("Multiply", "A", "B", "X")));
        yield return Net("MultiplySelf", P("X", Input(5)), P("A", Dense(19)), P("M", Merge("Multiply", "A", "A"), Dense(3)));
        yield return Net("MultiplyGate", P("X", Input(2, 5, 6)), P("A", Conv(8), L("Sigmoid")), P("B", From("X"), Conv(8)), P("M", Merge("Multiply", "A", "B"), Conv(3)));
        yield return Net("MultiplyChannels", P("X", Input(2, 5, 6)), P("A", Conv(17), L("Relu")), P("W", L("GlobalAveragePool"), Dense(5), L("Relu"), Dense(17), L("Sigmoid"), PerChannel), P("M", Merge("Multiply", "A", "W"), Conv(3)));
        yield return Net("MultiplyChannelsToOutput", P("X", Input(16, 3, 3)), P("W", L("GlobalMaxPool"), PerChannel), P("M", Merge("Multiply", "W", "X")));
        yield return Net("MultiplyPlaces", P("X", Input(3, 5, 6)), P("A", Conv(9)), P("W", Conv(1), L("Sigmoid")), P("M", Merge("Multiply", "A", "W"), L("GlobalAveragePool")));
        yield return Net("MultiplyRowsAndColumns", P("X", Input(3, 5, 1)), P("Y", Input(3, 1, 19)), P("Z", Input(1, 1, 1)), P("M", Merge("Multiply", "X", "Y", "Z"), Conv(4)), P("S", Merge("Add", "M", "Z"), L("Tanh")));
        yield return Net("AddRow", P("X", Input(7, 5)), P("Y", Input(3)), P("C", Dense(9), L("Reshape", ("Shape", new[] { 1, 9 }))), P("A", From("X"), Dense(9)), P("S", Merge("Add", "A", "C"), L("LayerNorm"), L("Gelu"), Dense(2)));
        yield return Net("AddOne", P("X", Input(19)), P("A", Dense(1)), P("S", Merge("Add", "A", "X"), L("Relu"), Dense(3)));
        yield return Net("ScaleAndShift", P("X", Input(3, 6, 4)), P("Y", Input(5)), P("G", Dense(8), PerChannel), P("B", From("Y"), Dense(8), PerChannel),
            P("C", From("X"), Conv(8), L("BatchNorm")), P("D", Merge("Multiply", "C", "G")), P("E", Merge("Add", "D", "B"), L("Relu"), L("MaxPool2D"), Conv(2)));
        yield return Net("ConcatChannels", P("X", Input(2, 3, 4)), P("A", Conv(3)), P("C", Merge("Concat", "A", "X", "A"), Conv(2)));
        yield return Net("ConcatWide", P("X", Input(2, 5, 4)), P("A", Conv(16), L("Relu")), P("B", From("X"), Conv(17), L("Relu")), P("C", Merge("Concat", "A", "B"), Conv(9), L("Relu")), P("D", Merge("Concat", "C", "A"), L("GlobalAveragePool")));
        yield return Net("ConcatRows", P("X", Input(2, 3, 4)), P("A", Conv(2)), P("C", Concat(1, "A", "X"), Conv(2)));
        yield return Net("ConcatColumns", P("X", Input(2, 3, 4)), P("A", Conv(2)), P("C", Concat(2, "A", "X", "X"), L("Relu"), Conv(2)));
        yield return Net("ConcatLast", P("X", Input(2, 3, 4)), P("A", Conv(2)), P("C", Concat(-1, "A", "X")));
        yield return Net("ConcatFeatures", P("X", Input(5)), P("A", Dense(17), L("Relu")), P("B", From("X"), Dense(3)), P("C", Merge("Concat", "A", "B", "X"), L("Tanh"), Dense(9)));
        yield return Net("ConcatInputs", P("X", Input(2, 3)), P("Y", Input(2, 4)), P("C", Concat(1, "X", "Y"), Dense(3)));
        yield return Net("ConcatInputsRows", P("X", Input(2, 3)), P("Y", Input(4, 3)), P("C", Concat(0, "X", "Y"), Dense(3)));
        yield return Net("ConcatOfChains", P("X", Input(16, 8, 8)), P("A", Conv(16)), P("B", From("X"), Conv(32)), P("C", Merge("Concat", "A", "B"), Conv(9, ("Kernel", 1))));
        yield return Net("ConcatOfChainsPadded", P("X", Input(16, 8, 8)), P("A", Conv(16)), P("B", From("X"), Conv(32)), P("C", Merge("Concat", "A", "B"), Conv(9)));
        yield return Net("ConcatToOutput", P("X", Input(2, 3, 4)), P("A", Conv(3)), P("C", Merge("Concat", "A", "X")));
        yield return Net("ConcatMax", P("X", Input(2, 5, 4)), P("A", Conv(3)), P("C", Merge("Concat", "A", "X"), L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1)), Conv(2)));
        yield return Net("ConcatPadded", P("X", Input(2, 5, 4)), P("A", Conv(3, ("Padding", "Valid")), L("Pad", ("Size", 1), ("Value", 0.5))), P("C", Merge("Concat", "A", "X"), Conv(2)));
        yield return Net("ConcatPermuted", P("X", Input(4, 5, 4)), P("A", Conv(4)), P("C", Merge("Concat", "A", "X"), L("Permute", ("Order", new[] { 2, 1, 0 })), Conv(9)));
        yield return Net("DenseBlock", P("X", Input(3, 4, 5)), P("A", L("BatchNorm"), L("Relu"), Conv(4)), P("B", Merge("Concat", "X", "A"), L("BatchNorm"), L("Relu"), Conv(4)), P("C", Merge("Concat", "X", "A", "B"), L("BatchNorm"), L("Relu"), L("GlobalAveragePool"), Dense(3)));
        yield return Net("TwoInTwoOut", P("X", Input(4)), P("Y", Input(3)), Out("A", From("X"), Dense(2)), P("H", From("Y"), Dense(4)), Out("B", Merge("Add", "H", "X"), Dense(3)));
        yield return Net("OutputsReadOn", P("X", Input(4)), Out("A", Dense(3), L("Tanh")), Out("B", Dense(2)), Out("C", L("Reshape", ("Shape", new[] { 2, 1 }))));
        yield return Net("OutputsImages", P("X", Input(2, 5, 4)), Out("A", Conv(3), L("Relu")), Out("B", Conv(9)), Out("C", From("A"), L("GlobalMaxPool")));
        yield return Net("OutputIsInput", P("X", Input(4)), Out("A", From("X")), Out("B", From("X"), Dense(3)));
        yield return Net("OutputIsView", P("X", Input(2, 3, 4)), Out("A", L("Flatten")), Out("B", From("X"), Conv(2), L("Flatten")));
        yield return Net("UnusedLayer", P("X", Input(4)), P("A", Dense(3)), P("B", From("X"), Dense(2))) with { Loss = null };
        yield return Named("ClassesOfTwo", Network(Loss("SoftmaxCrossEntropy", ("LabelSmoothing", 0.2)), [], P("X", Input(2, 5, 4)), P("Y", Input(7)), P("F", From("X"), Conv(5), L("Relu")),
            Out("A", Conv(3)), P("G", From("F"), L("GlobalAveragePool")), P("H", From("Y"), Dense(5)), Out("B", Merge("Add", "G", "H"), Dense(10))));
        yield return Named("Nested", Network(s_squares, [Inner, Middle], P("X", Input(2, 5, 4)), P("S", Conv(8), L("Relu")), P("B", Use("Some.Middle", 2)), P("L", L("GlobalMaxPool"), Dense(3))));
        yield return Named("BlockOfDense", Network(s_squares, [DenseInner], P("X", Input(9)), P("B", Use("Some.DenseInner", 4)), P("L", Dense(3))));
        yield return Named("BlockDown", Network(Loss("SoftmaxCrossEntropy"), [Examples.BasicBlock, Examples.DownBlock],
            P("X", Input(3, 6, 6)), P("S", Conv(8), L("BatchNorm"), L("Relu")), P("B", Use("Some.BasicBlock", 2)), P("D", Use("Some.DownBlock")), P("L", L("GlobalAveragePool"), Dense(5))));
        yield return Net("Unet", P("X", Input(2, 8, 8)), P("A", Conv(6), L("Relu")), P("B", L("MaxPool2D"), Conv(12), L("Relu")), P("U", L("ConvTranspose2D", ("Channels", 6), ("Stride", 2), ("Kernel", 2))),
            P("C", Merge("Concat", "A", "U"), Conv(6), L("Relu"), Conv(1, ("Kernel", 1))));
        yield return Net("UpsampleUnet", P("X", Input(2, 8, 8)), P("A", Conv(5), L("Relu")), P("B", L("AveragePool2D"), Conv(9), L("Silu")), P("U", L("Upsample", ("Mode", "Bilinear"))), P("C", Merge("Concat", "U", "A"), Conv(3)));
        yield return Net("Split", P("X", Input(12)), P("H", Dense(18)), P("A", L("Slice", ("Length", 9)), L("Sigmoid")), P("B", From("H"), L("Slice", ("Start", 9)), L("Tanh")), P("M", Merge("Multiply", "A", "B"), Dense(3)));
        yield return Net("ChannelShuffle", P("X", Input(6, 4, 5)), P("A", Conv(6, ("Groups", 2)), L("Reshape", ("Shape", new[] { 2, 3, 20 })), L("Permute", ("Order", new[] { 1, 0, 2 })), L("Reshape", ("Shape", new[] { 6, 4, 5 })), Conv(6, ("Groups", 3))));
    }

    private static BlockSpec Inner => Block("Some.Inner", P("X", Input()), P("A", L("Conv2D", ("Like", "X")), L("Relu")), P("S", Merge("Add", "X", "A")));

    private static BlockSpec Middle => Block("Some.Middle", P("X", Input()), P("A", Use("Some.Inner", 2)), P("B", From("X"), L("BatchNorm")), P("S", Merge("Add", "A", "B"), L("Relu")));

    private static BlockSpec DenseInner => Block("Some.DenseInner", P("X", Input()), P("A", L("Dense", ("Like", "X")), L("LayerNorm"), L("Gelu")), P("S", Merge("Add", "X", "A")));

    private static NetworkSpec Net(string name, params PropertySpec[] properties) => Named(name, Network(s_squares, [], properties));
}
