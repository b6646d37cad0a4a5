using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Passes;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>Gradients of every layer and every loss, lowered from declarations with small odd sizes.</summary>
public class LayerGradientTests
{
    private static readonly LossSpec s_squares = Loss("MeanSquaredError");

    private static readonly EquatableArray<FunctionSpec> s_mix = new([
        new FunctionSpec("Mix", 2, "(mul (tanh x0) (add 1 (mul x1 x1)))"), new FunctionSpec("Cube", 1, "(mul x0 (mul x0 x0))"), new FunctionSpec("Three", 3, "(add (mul x0 x1) (mul x2 x2))"),
        new FunctionSpec("First", 2, "(sin x0)"),
    ]);

    private static readonly Dictionary<string, NetworkSpec> s_layers = new()
    {
        ["Dense"] = Image([5], Dense(4)),
        ["Dense without bias"] = Image([5], L("Dense", ("Units", 4), ("Bias", false))),
        ["Dense on a sequence"] = Image([3, 5], Dense(4)),
        ["SwiGlu"] = Image([5], L("SwiGlu", ("Units", 4))),
        ["SwiGlu on a sequence, without bias"] = Image([3, 5], L("SwiGlu", ("Units", 1), ("Bias", false)), Dense(2)),
        ["GeGlu"] = Image([3, 4], Dense(5), L("GeGlu", ("Scale", 2))),
        ["GeGlu by tanh"] = Image([3], L("GeGlu", ("Units", 4), ("Approximate", true))),
        ["Conv2D"] = Image([2, 7, 5], L("Conv2D", ("Channels", 3))),
        ["Conv2D without bias, Valid"] = Image([2, 7, 5], L("Conv2D", ("Channels", 3), ("Bias", false), ("Padding", "Valid"))),
        ["Conv2D stride 2, Same"] = Image([3, 7, 6], L("Conv2D", ("Channels", 2), ("Stride", 2))),
        ["Conv2D stride 2, kernel 1"] = Image([3, 7, 6], L("Conv2D", ("Channels", 2), ("Stride", 2), ("Kernel", 1))),
        ["Conv2D stride 3 by 2, kernel 2 by 5"] = Image([2, 9, 8], L("Conv2D", ("Channels", 2), ("StrideHeight", 3), ("StrideWidth", 2), ("KernelHeight", 2), ("KernelWidth", 5))),
        ["Conv2D dilation, padded"] = Image([2, 8, 7], L("Conv2D", ("Channels", 3), ("Dilation", 2), ("Pad", 1))),
        ["Conv2D groups"] = Image([4, 5, 5], L("Conv2D", ("Channels", 6), ("Groups", 2))),
        ["Conv2D depthwise, stride 2"] = Image([3, 6, 5], L("Conv2D", ("Channels", 6), ("Depthwise", true), ("Stride", 2))),
        ["ConvTranspose2D"] = Image([3, 4, 3], L("ConvTranspose2D", ("Channels", 2))),
        ["ConvTranspose2D stride 2"] = Image([3, 4, 3], L("ConvTranspose2D", ("Channels", 2), ("Stride", 2))),
        ["ConvTranspose2D stride 2, Valid, dilation"] = Image([2, 3, 4], L("ConvTranspose2D", ("Channels", 3), ("Stride", 2), ("Padding", "Valid"), ("Dilation", 2))),
        ["ConvTranspose2D groups, padded"] = Image([4, 3, 4], L("ConvTranspose2D", ("Channels", 2), ("Stride", 2), ("Pad", 1), ("OutputPadding", 1), ("Groups", 2))),
        ["MaxPool2D"] = Image([2, 6, 7], L("MaxPool2D")),
        ["MaxPool2D overlapping, Same"] = Image([2, 6, 7], L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Padding", "Same"))),
        ["MaxPool2D padded, dilated"] = Image([2, 8, 9], L("MaxPool2D", ("Kernel", 3), ("Stride", 2), ("Pad", 1), ("Dilation", 2))),
        ["AveragePool2D"] = Image([2, 6, 7], L("AveragePool2D")),
        ["AveragePool2D Same"] = Image([2, 6, 7], L("AveragePool2D", ("Kernel", 3), ("Stride", 2), ("Padding", "Same"))),
        ["AveragePool2D padded"] = Image([2, 6, 7], L("AveragePool2D", ("Kernel", 3), ("Stride", 1), ("Pad", 1), ("CountIncludePad", false))),
        ["GlobalAveragePool"] = Image([3, 5, 4], L("GlobalAveragePool")),
        ["GlobalMaxPool"] = Image([3, 5, 4], L("GlobalMaxPool")),
        ["Upsample nearest"] = Image([2, 3, 4], L("Upsample", ("Factor", 3))),
        ["Upsample bilinear"] = Image([2, 3, 4], L("Upsample", ("Mode", "Bilinear"))),
        ["Upsample bilinear, corners aligned"] = Image([2, 3, 4], L("Upsample", ("Mode", "Bilinear"), ("Factor", 3), ("AlignCorners", true))),
        ["BatchNorm of features"] = Image([5], L("BatchNorm")),
        ["BatchNorm of an image"] = Image([3, 4, 5], L("BatchNorm")),
        ["BatchNorm not affine"] = Image([3, 4, 5], L("BatchNorm", ("Affine", false))),
        ["LayerNorm"] = Image([7], L("LayerNorm")),
        ["LayerNorm of a sequence"] = Image([4, 7], L("LayerNorm")),
        ["LayerNorm of an image"] = Image([2, 3, 5], L("LayerNorm")),
        ["LayerNorm not affine"] = Image([4, 7], L("LayerNorm", ("Affine", false))),
        ["RmsNorm"] = Image([7], L("RmsNorm")),
        ["RmsNorm of an image, not affine"] = Image([2, 3, 5], L("RmsNorm", ("Dimensions", 2), ("Affine", false))),
        ["GroupNorm"] = Image([6, 3, 5], L("GroupNorm", ("Groups", 3))),
        ["GroupNorm of a sequence"] = Image([5, 6], L("GroupNorm", ("Groups", 3))),
        ["GroupNorm not affine"] = Image([4, 3, 5], L("GroupNorm", ("Groups", 2), ("Affine", false))),
        ["Dropout"] = Image([11], L("Dropout", ("Rate", 0.3))),
        ["Flatten between convolution and Dense"] = Image([2, 5, 3], L("Conv2D", ("Channels", 3)), L("Flatten"), Dense(4)),
        ["Flatten, Relu, Dense"] = Image([2, 5, 3], L("Flatten"), L("Relu"), Dense(4)),
        ["Flatten alone"] = Image([2, 5, 3], L("Flatten")),
        ["Reshape"] = Image([2, 6, 3], L("Reshape", ("Shape", new[] { 3, -1 })), L("LayerNorm")),
        ["Reshape to an image"] = Image([30], Dense(24), L("Reshape", ("Shape", new[] { 2, 3, 4 })), L("Conv2D", ("Channels", 2))),
        ["Permute"] = Image([2, 5, 3], L("Permute", ("Order", new[] { 2, 0, 1 })), L("Conv2D", ("Channels", 2))),
        ["Permute, Flatten, Dense"] = Image([2, 5, 3], L("Permute", ("Order", new[] { 1, 2, 0 })), L("Flatten"), Dense(3)),
        ["Slice"] = Image([2, 7, 3], L("Slice", ("Axis", 1), ("Start", 1), ("Length", 3), ("Step", 2)), L("Conv2D", ("Channels", 2))),
        ["Pad"] = Image([2, 3, 4], L("Pad", ("Size", 1), ("Right", 2), ("Value", 0.5)), L("Conv2D", ("Channels", 2))),
        ["Softmax"] = Image([6], L("Softmax")),
        ["Softmax of channels"] = Image([4, 3, 2], L("Softmax")),
        ["Softmax of an axis"] = Image([4, 3], L("Softmax", ("Axis", 0))),
        ["LogSoftmax"] = Image([6], L("LogSoftmax")),
        ["LogSoftmax of a sequence"] = Image([4, 3], L("LogSoftmax")),
        ["Rnn"] = Image([4, 3], L("Rnn", ("Units", 5))),
        ["Rnn with relu, without bias"] = Image([4, 3], L("Rnn", ("Units", 5), ("Nonlinearity", "Relu"), ("Bias", false))),
        ["Rnn of one unit"] = Image([4, 3], L("Rnn", ("Units", 1))),
        ["Rnn of one step"] = Image([1, 3], L("Rnn", ("Units", 5), ("Bidirectional", true))),
        ["Rnn, last state"] = Image([4, 3], L("Rnn", ("Units", 5), ("Returns", "Last"))),
        ["Gru"] = Image([4, 3], L("Gru", ("Units", 5))),
        ["Gru without bias"] = Image([4, 3], L("Gru", ("Units", 2), ("Bias", false))),
        ["Gru of one step and unit"] = Image([1, 3], L("Gru", ("Units", 1))),
        ["Gru in two directions"] = Image([4, 3], L("Gru", ("Units", 5), ("Bidirectional", true))),
        ["Gru in layers and directions"] = Image([4, 3], L("Gru", ("Units", 2), ("Bidirectional", true), ("Layers", 3), ("Returns", "Last"))),
        ["Lstm"] = Image([4, 3], L("Lstm", ("Units", 5))),
        ["Lstm of one unit"] = Image([4, 1], L("Lstm", ("Units", 1))),
        ["Lstm of one step"] = Image([1, 3], L("Lstm", ("Units", 5), ("Layers", 2))),
        ["Lstm, last state"] = Image([4, 3], L("Lstm", ("Units", 5), ("Returns", "Last")), Dense(2)),
        ["Lstm in two directions"] = Image([4, 3], L("Lstm", ("Units", 3), ("Bidirectional", true)), Dense(2)),
        ["Lstm in layers with dropout"] = Image([4, 3], L("Lstm", ("Units", 3), ("Layers", 2), ("Dropout", 0.4)), L("Tanh")),
        ["Lstm after views"] = Image([2, 6, 3], L("Reshape", ("Shape", new[] { 12, 3 })), L("Lstm", ("Units", 3)), L("Flatten"), Dense(2)),
        ["Relu"] = Image([13], L("Relu")),
        ["LeakyRelu"] = Image([13], L("LeakyRelu", ("Slope", 0.1))),
        ["PRelu"] = Image([13], L("PRelu")),
        ["PRelu per channel"] = Image([3, 4, 2], L("PRelu", ("PerChannel", true))),
        ["PRelu per feature"] = Image([4, 5], L("Dense", ("Units", 3)), L("PRelu", ("PerChannel", true)), L("Dense", ("Units", 2))),
        ["Elu"] = Image([13], L("Elu", ("Alpha", 1.3))),
        ["Selu"] = Image([13], L("Selu")),
        ["Gelu"] = Image([13], L("Gelu")),
        ["Gelu by tanh"] = Image([13], L("Gelu", ("Approximate", true))),
        ["Silu"] = Image([13], L("Silu")),
        ["Mish"] = Image([13], L("Mish")),
        ["Sigmoid"] = Image([13], L("Sigmoid")),
        ["Tanh"] = Image([13], L("Tanh")),
        ["Softplus"] = Image([13], L("Softplus")),
        ["HardSwish"] = Image([13], Dense(13), L("HardSwish")),
        ["HardSigmoid"] = Image([13], L("HardSigmoid")),
        ["Add, broadcast to several"] = Network(s_squares, [],
            P("X", Input(5)), P("A", Dense(4), L("Tanh")), P("B", From("X"), Dense(4)), P("S", L("Add", ("Names", new[] { "A", "B", "A" })), L("Sigmoid"))),
        ["Multiply"] = Network(s_squares, [],
            P("X", Input(5)), P("A", Dense(5), L("Tanh")), P("B", From("X"), Dense(5)), P("M", L("Multiply", ("Names", new[] { "A", "B", "X" })))),
        ["Multiply, a weight for each channel"] = Network(s_squares, [],
            P("X", Input(3, 4, 5)), P("A", L("GlobalAveragePool"), Dense(3), L("Sigmoid"), L("Reshape", ("Shape", new[] { -1, 1, 1 }))), P("M", L("Multiply", ("Names", new[] { "A", "X" })))),
        ["Add and multiply, each of size 1 where the other is not"] = Network(s_squares, [],
            P("X", Input(4, 1)), P("Y", Input(1, 5)), P("A", L("Add", ("Names", new[] { "X", "Y", "X" })), L("Tanh")), P("M", L("Multiply", ("Names", new[] { "A", "Y", "X" })))),
        ["Concat of channels"] = Network(s_squares, [],
            P("X", Input(2, 3, 4)), P("A", L("Conv2D", ("Channels", 3))), P("C", L("Concat", ("Names", new[] { "A", "X", "A" })), L("Conv2D", ("Channels", 2)))),
        ["Concat of another axis"] = Network(s_squares, [],
            P("X", Input(2, 3)), P("Y", Input(2, 4)), P("C", L("Concat", ("Names", new[] { "X", "Y" }), ("Axis", 1)), Dense(3))),
        ["Map"] = Image([9], L("Map", ("Function", "Swish"))) with { Functions = new([new FunctionSpec("Swish", 1, "(div x0 (add 1 (exp (neg x0))))")]) },
        ["Map of two layers"] = Network(s_squares, [],
            P("X", Input(5)), P("A", Dense(4), L("Tanh")), P("B", From("X"), Dense(4)), P("M", L("Map", ("Function", "Mix"), ("Names", new[] { "A", "B" })))) with { Functions = s_mix },
        ["Map of one layer, twice"] = Network(s_squares, [],
            P("X", Input(5)), P("A", Dense(4)), P("M", L("Map", ("Function", "Mix"), ("Names", new[] { "A", "A" })))) with { Functions = s_mix },
        ["Map of a named layer"] = Network(s_squares, [], P("X", Input(5)), P("A", Dense(4)), P("M", L("Map", ("Function", "Cube"), ("Names", new[] { "X" })))) with { Functions = s_mix, KeepOutputs = true },
        ["Map of three layers, each of size 1 where another is not"] = Network(s_squares, [],
            P("X", Input(4, 1)), P("Y", Input(1, 5)), P("Z", L("GlobalAveragePool"), Dense(1), L("Reshape", ("Shape", new[] { 1, 1 }))),
            P("M", L("Map", ("Function", "Three"), ("Names", new[] { "X", "Y", "Z" })), L("Tanh"))) with { Functions = s_mix },
        ["Map that ignores a layer"] = Network(s_squares, [],
            P("X", Input(3, 4)), P("Y", Dense(1)), P("Z", L("Sigmoid"), Dense(4)), P("M", L("Map", ("Function", "First"), ("Names", new[] { "Y", "Z" })))) with { Functions = s_mix, KeepOutputs = true },
        ["Map in a block"] = Network(
            s_squares, [Block("Some.B", P("X", Input()), P("Y", L("Dense", ("Like", "X"))), P("Z", L("Map", ("Function", "Mix"), ("Names", new[] { "X", "Y" })))) with { Functions = s_mix }],
            P("X", Input(3)), P("Y", Use("Some.B", 2))),
        ["MatMul"] = MatMul([3, 4], [4, 5]),
        ["MatMul of the left one transposed"] = MatMul([4, 3], [4, 5], ("TransposeA", true)),
        ["MatMul of the right one transposed"] = MatMul([3, 4], [5, 4], ("TransposeB", true)),
        ["MatMul of both transposed"] = MatMul([4, 3], [5, 4], ("TransposeA", true), ("TransposeB", true)),
        ["MatMul of rows and columns"] = MatMul([1, 4], [4, 1]),
        ["MatMul to all pairs"] = MatMul([3, 1], [1, 4]),
        ["MatMul of stacks"] = MatMul([2, 3, 4], [2, 4, 5]),
        ["MatMul of stacks, transposed"] = MatMul([2, 4, 3], [2, 5, 4], ("TransposeA", true), ("TransposeB", true)),
        ["MatMul of a stack and one"] = MatMul([2, 3, 4], [1, 4, 5]),
        ["MatMul of one and a stack"] = MatMul([1, 3, 4], [3, 5, 4], ("TransposeB", true)),
        ["MatMul of a stack and a matrix"] = MatMul([2, 3, 4], [4, 5]),
        ["MatMul of a matrix and a stack"] = MatMul([4, 3], [2, 4, 5], ("TransposeA", true)),
        ["MatMul of a layer and itself"] = Network(s_squares, [], P("X", Input(5, 3)), P("V", Dense(4)), P("M", L("MatMul", ("A", "V"), ("B", "V"), ("TransposeB", true)))),
        ["MatMul of a square and itself"] = Network(s_squares, [], P("X", Input(4, 3)), P("V", Dense(4), L("Tanh")), P("M", L("MatMul", ("A", "V"), ("B", "V")))),
        ["MatMul of an input and itself"] = Network(s_squares, [], P("X", Input(4, 3)), P("M", L("MatMul", ("A", "X"), ("B", "X"), ("TransposeA", true)), Dense(2))),
        ["MatMul as attention"] = Network(s_squares, [],
            P("X", Input(5, 6)), P("Q", Dense(6), L("Reshape", ("Shape", new[] { 5, 2, 3 })), L("Permute", ("Order", new[] { 1, 0, 2 }))),
            P("K", From("X"), Dense(6), L("Reshape", ("Shape", new[] { 5, 2, 3 })), L("Permute", ("Order", new[] { 1, 0, 2 }))),
            P("S", L("MatMul", ("A", "Q"), ("B", "K"), ("TransposeB", true)), L("Softmax", ("Axis", 2))),
            P("Y", L("MatMul", ("A", "S"), ("B", "K")), L("Permute", ("Order", new[] { 1, 0, 2 })), L("Reshape", ("Shape", new[] { 5, 6 })), Dense(2))),
        ["several inputs and outputs"] = Network(s_squares, [],
            P("X", Input(4)), P("Y", Input(3)), Out("A", From("X"), Dense(2)), P("H", From("Y"), Dense(4)), Out("B", L("Add", ("Names", new[] { "H", "X" })), Dense(3))),
        ["an output that others read on"] = Network(s_squares, [], P("X", Input(4)), Out("A", Dense(3), L("Tanh")), Out("B", Dense(2)), Out("C", L("Reshape", ("Shape", new[] { 2, 1 })))),
    };

    public static TheoryData<string> Layers => new(s_layers.Keys);

    [Theory]
    [MemberData(nameof(Layers))]
    public void Layer(string name) => new FiniteDifference().Check(Training(s_layers[name]));

    [Fact]
    public void Every_layer_is_here()
    {
        var tested = s_layers.Values.Concat(SequenceGradientTests.Networks).SelectMany(n => n.Properties).SelectMany(p => p.Layers).Select(l => l.Kind).ToHashSet();
        Assert.DoesNotContain(LayerRules.Known.Select(r => r.Kind), k => !tested.Contains(k));
    }

    [Theory]
    [InlineData("SoftmaxCrossEntropy", 0.0)]
    [InlineData("SoftmaxCrossEntropy", 0.1)]
    public void SoftmaxCrossEntropy(string kind, double smoothing)
    {
        var loss = Loss(kind, ("LabelSmoothing", smoothing));
        var check = new FiniteDifference { Classes = 3, Batch = 5 };
        check.Check(Training(Chain(loss, Input(5), Dense(3))));
        check.Check(Training(Chain(loss, Input(4, 5), Dense(3))));
        check.Check(Training(Chain(loss, Input(2, 3, 4), L("Conv2D", ("Channels", 3)))));

        // Some positions do not count, of two outputs not the same ones.
        check = new FiniteDifference { Batch = 5, Draw = (value, random) => value.Kind == Compiler.Primitives.ValueKind.Label ? random.Next(4) - 1 : null };
        check.Check(Training(Chain(loss, Input(5), Dense(3))));
        check.Check(Training(Chain(loss, Input(4, 5), Dense(3))));
        check.Check(Training(Chain(loss, Input(2, 3, 4), L("Conv2D", ("Channels", 3)))));
        check.Check(Training(Network(loss, [], P("X", Input(4, 5)), Out("A", Dense(3)), Out("B", From("X"), L("Flatten"), Dense(3)))));
    }

    [Theory]
    [InlineData("BinaryCrossEntropy")]
    [InlineData("MeanSquaredError")]
    [InlineData("MeanAbsoluteError")]
    [InlineData("Huber")]
    public void Loss_of_elements(string kind)
    {
        var loss = kind == "Huber" ? Loss(kind, ("HuberDelta", 0.4)) : Loss(kind);
        var check = new FiniteDifference { Batch = 5 };
        check.Check(Training(Chain(loss, Input(5), Dense(3))));
        check.Check(Training(Chain(loss, Input(2, 3, 4), L("Conv2D", ("Channels", 3)))));
    }

    /// <summary>The harness itself: each gradient nest in turn wrong by one part in a hundred thousand.</summary>
    [Fact]
    public void A_gradient_that_is_slightly_wrong_is_noticed()
    {
        var program = Training(Chain(Loss("SoftmaxCrossEntropy"), Input(5), Dense(4), L("Tanh"), Dense(3)));
        var check = new FiniteDifference { Classes = 3 };
        check.Check(program);
        var gradients = Differentiate.Run(program);
        for (var n = program.Nests.Count; n < gradients.Nests.Count; n++)
        {
            var damaged = n;
            var tampered = new FiniteDifference
            {
                Classes = 3,
                Tamper = p => p.With(p.Nests.Select((nest, at) => at == damaged ? nest.With(nest.Body * (1 + 1e-5)) : nest)),
            };
            Assert.Throws<Xunit.Sdk.FailException>(() => tampered.Check(program));
        }
    }

    internal static Compiler.Primitives.Program Training(NetworkSpec spec) => LoweringStage.Lower(Build(spec), training: true);

    /// <summary>Of two layers of those shapes, neither of them an input.</summary>
    private static NetworkSpec MatMul(int[] a, int[] b, params (string, object)[] arguments) => Network(
        s_squares, [], P("X", Input(a)), P("A", L("Tanh")), P("Y", Input(b)), P("B", L("Sigmoid")), P("M", L("MatMul", [("A", "A"), ("B", "B"), .. arguments])));

    private static LayerSpec From(string name) => L("From", ("Name", name));

    private static NetworkSpec Image(int[] input, params LayerSpec[] layers) => Chain(s_squares, [Input(input), .. layers]);
}
