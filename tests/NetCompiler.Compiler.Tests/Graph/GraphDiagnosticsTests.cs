using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Graph;

/// <summary>Each mistake is reported once, at its place, with what was given and what was expected; nothing follows from it.</summary>
public class GraphDiagnosticsTests
{
    private static readonly SourceKey s_network = new("Some.Net", "", -1);

    private static readonly BlockSpec s_plain = Block("Some.Plain", P("X", Input()), P("Y", Dense(4)));

    private static readonly BlockSpec s_two = Block("Some.Two", P("X", Input()), P("W", Input()), P("Y", L("Add", ("Names", new[] { "X", "W" }))));

    private static SourceKey Layer(int index) => new("Some.Net", "", index);

    private static SourceKey At(string property, int index = 0) => new("Some.Net", property, index);

    /// <summary>Name -> (declaration, id, place, message).</summary>
    private static readonly Dictionary<string, (NetworkSpec Spec, string Id, SourceKey Source, string Message)> s_cases = new()
    {
        ["no input"] = (
            Chain(Dense(10), Dense(5)), "NETC0003", s_network,
            "'Some.Net' has no [Input]: its first layer must be [Input(shape of one sample)], or plain [Input] in a block"),
        ["no input in a block"] = (
            Network(null, [Block("Some.B", P("Y", Dense(4)))], P("X", Input(3)), P("Y", Use("Some.B", 3)), P("Z", Use("Some.B"))), "NETC0003", new("Some.B", "", -1),
            "'Some.B' has no [Input]: its first layer must be [Input(shape of one sample)], or plain [Input] in a block"),
        ["input comes too late"] = (
            Network(null, [], P("A", Dense(3)), P("X", Input(3))), "NETC0003", At("A", -1),
            "'Some.Net' has no [Input]: its first layer must be [Input(shape of one sample)], or plain [Input] in a block"),
        ["unknown name"] = (
            Network(null, [], P("X", Input(3)), P("Y", L("From", ("Name", "Nowhere")), Dense(3)), P("Z", Dense(2))), "NETC0004", At("Y"),
            "'Nowhere' is not a layer property of 'Some.Net'"),
        ["unknown name in Like"] = (
            Network(null, [], P("X", Input(3)), P("Y", L("Relu"), L("Dense", ("Like", "Nowhere")))), "NETC0004", At("Y", 1),
            "'Nowhere' is not a layer property of 'Some.Net'"),
        ["a block does not see the network's names"] = (
            Network(null, [Block("Some.B", P("I", Input()), P("O", L("Add", ("Names", new[] { "I", "X" }))))], P("X", Input(3)), P("Y", Use("Some.B", 2))),
            "NETC0004", new("Some.B", "O", 0), "'X' is not a layer property of 'Some.B'"),
        ["later name"] = (
            Network(null, [], P("X", Input(3)), P("Y", L("Add", ("Names", new[] { "X", "Z" }))), P("Z", Dense(3))), "NETC0005", At("Y"),
            "'Z' comes after this layer or depends on it (a cycle): a layer can only take earlier properties as inputs"),
        ["a layer of itself"] = (
            Network(null, [], P("X", Input(3)), P("Y", L("From", ("Name", "Y")), Dense(3))), "NETC0005", At("Y"),
            "'Y' comes after this layer or depends on it (a cycle): a layer can only take earlier properties as inputs"),
        ["shapes do not add"] = (
            Network(null, [], P("X", Input(16, 28, 28)), P("Y", L("Flatten")), P("Z", L("Add", ("Names", new[] { "X", "Y" })), L("Relu"))), "NETC0006", At("Z"),
            "Add needs inputs whose dimensions are alike or 1, but 'X' is [16, 28, 28] and 'Y' is [12544]"),
        ["shapes do not add in a block used many times"] = (
            Network(
                null, [Block("Some.B", P("I", Input()), P("J", Dense(5)), P("O", L("Add", ("Names", new[] { "I", "J" }))))],
                P("X", Input(3)), P("Y", Use("Some.B", 4)), P("Z", L("From", ("Name", "X")), Use("Some.B"))),
            "NETC0006", new("Some.B", "O", 0), "Add needs inputs whose dimensions are alike or 1, but 'I' is [3] and 'J' is [5]"),
        ["shapes do not concatenate"] = (
            Network(null, [], P("X", Input(2, 5)), P("Y", Dense(4)), P("Z", L("Concat", ("Names", new[] { "X", "Y" })))), "NETC0007", At("Z"),
            "Concat along axis 0 needs inputs alike in all other dimensions, but 'X' is [2, 5] and 'Y' is [2, 4]"),
        ["no units"] = (Chain(Input(3), Dense(0)), "NETC0010", Layer(1), "Dense: Units is 0, but must be at least 1"),
        ["empty input"] = (Chain(Input(3, 0), Dense(2)), "NETC0010", Layer(0), "Input: size 2 of the shape is 0, but must be at least 1"),
        ["no repetition"] = (
            Network(null, [s_plain], P("X", Input(3)), P("Y", L("Use", ("Block", "Some.Plain"), ("Repeat", 0)))), "NETC0010", At("Y"),
            "Use<Plain>: Repeat is 0, but must be at least 1"),
        ["reshape to another size"] = (
            Chain(Input(6), L("Reshape", ("Shape", new[] { 2, 4 }))), "NETC0011", Layer(1),
            "Reshape from [6] (6 elements) to [2, 4] (8 elements): the number of elements must stay the same"),
        ["reshape with a size left open"] = (
            Chain(Input(6), L("Reshape", ("Shape", new[] { -1, 4 }))), "NETC0011", Layer(1),
            "Reshape from [6] (6 elements) to [-1, 4] (a multiple of 4 elements): the number of elements must stay the same"),
        ["loss does not fit"] = (
            Chain(Loss("SoftmaxCrossEntropy"), Input(3), Dense(1)), "NETC0012", s_network,
            "SoftmaxCrossEntropy does not fit the output 'Output' [1]: it needs at least 2 classes in dimension 0; for one yes-or-no number use BinaryCrossEntropy"),
        ["label smoothing"] = (
            Chain(Loss("SoftmaxCrossEntropy", ("LabelSmoothing", 1.5)), Input(3), Dense(4)), "NETC0018", s_network,
            "SoftmaxCrossEntropy: LabelSmoothing is 1.5, but must be at least 0 and less than 1"),
        ["recursive blocks"] = (
            Network(
                null,
                [Block("Some.A", P("X", Input()), P("Y", Dense(3), Use("Some.B"))), Block("Some.B", P("X", Input()), P("Z", Use("Some.A")))],
                P("X", Input(3)), P("Y", Use("Some.A"), Use("Some.B"))),
            "NETC0013", new("Some.B", "Z", 0), "Block 'Some.A' contains itself (A -> B -> A): blocks are expanded at build time and cannot recurse"),
        ["no function"] = (
            Chain(Input(3), L("Map", ("Function", "Swish"))), "NETC0015", Layer(1),
            "'Swish' cannot be read as a pointwise function: the class has no static method of that name, with its source in this project, that takes and returns a float"),
        ["a function of two layers after one"] = (
            Chain(Input(3), L("Map", ("Function", "Mix"))) with { Functions = new([new FunctionSpec("Mix", 2, "(add x0 x1)")]) }, "NETC0015", Layer(1),
            "'Mix' cannot be read as a pointwise function: it has 2 parameters, but is given one float, that of the layer before; name a layer for each parameter, in order: [Map(nameof(Mix), nameof(A), nameof(B))]"),
        ["a function of more layers after one"] = (
            Chain(Input(3), L("Map", ("Function", "Mix"))) with { Functions = new([new FunctionSpec("Mix", 3, "(add x0 x2)")]) }, "NETC0015", Layer(1),
            "'Mix' cannot be read as a pointwise function: it has 3 parameters, but is given one float, that of the layer before; name a layer for each parameter, in order: [Map(nameof(Mix), nameof(A), nameof(B), ...)]"),
        ["a function of one layer with two named"] = (
            Network(null, [], P("X", Input(3)), P("Y", L("Map", ("Function", "Mix"), ("Names", new[] { "X", "X" })))) with { Functions = new([new FunctionSpec("Mix", 1, "x0")]) }, "NETC0015", At("Y"),
            "'Mix' cannot be read as a pointwise function: it has 1 parameter, but 2 layers are named; name a layer for each parameter, in order"),
        ["a function of two layers with one named"] = (
            Network(null, [], P("X", Input(3)), P("Y", L("Map", ("Function", "Mix"), ("Names", new[] { "X" })))) with { Functions = new([new FunctionSpec("Mix", 2, "x0")]) }, "NETC0015", At("Y"),
            "'Mix' cannot be read as a pointwise function: it has 2 parameters, but 1 layer is named; name a layer for each parameter, in order"),
        ["a map of an unknown layer"] = (
            Network(null, [], P("X", Input(3)), P("Y", L("Map", ("Function", "Mix"), ("Names", new[] { "X", "Z" })))) with { Functions = new([new FunctionSpec("Mix", 2, "x0")]) }, "NETC0004", At("Y"),
            "'Z' is not a layer property of 'Some.Net'"),
        ["a map of layers that do not fit"] = (
            Network(null, [], P("X", Input(3)), P("Y", Dense(4)), P("Z", L("Map", ("Function", "Mix"), ("Names", new[] { "X", "Y" })))) with { Functions = new([new FunctionSpec("Mix", 2, "x0")]) },
            "NETC0006", At("Z"), "Map needs inputs whose dimensions are alike or 1, but 'X' is [3] and 'Y' is [4]"),
        ["a map that names its layers in the middle"] = (
            Network(null, [], P("X", Input(3)), P("Y", Dense(3), L("Map", ("Function", "Mix"), ("Names", new[] { "X" })))) with { Functions = new([new FunctionSpec("Mix", 1, "x0")]) }, "NETC0023", At("Y", 1),
            "[Map] must come first on its property: it names its inputs, so what stands before it would have no effect"),
        ["matrices that do not multiply"] = (
            Network(null, [], P("X", Input(5, 3)), P("Y", L("MatMul", ("A", "X"), ("B", "X")))), "NETC0044", At("Y"),
            "MatMul needs [.., n, k] and [.., k, m], alike or 1 in what comes before, but 'X' is [5, 3] and 'X' is [5, 3]"),
        ["matrices that do not multiply as they are turned"] = (
            Network(null, [], P("X", Input(5, 3)), P("Y", L("MatMul", ("A", "X"), ("B", "X"), ("TransposeA", true), ("TransposeB", true)))), "NETC0044", At("Y"),
            "MatMul needs [.., n, k] and [.., k, m], alike or 1 in what comes before, but 'X' is [5, 3], transposed [3, 5] and 'X' is [5, 3], transposed [3, 5]"),
        ["as many matrices as do not multiply"] = (
            Network(null, [], P("X", Input(2, 5, 3)), P("Y", Input(4, 3, 5)), P("Z", L("MatMul", ("A", "X"), ("B", "Y")))), "NETC0044", At("Z"),
            "MatMul needs [.., n, k] and [.., k, m], alike or 1 in what comes before, but 'X' is [2, 5, 3] and 'Y' is [4, 3, 5]"),
        ["a vector is no matrix"] = (
            Network(null, [], P("X", Input(5, 3)), P("Y", Input(3)), P("Z", L("MatMul", ("A", "X"), ("B", "Y")))), "NETC0017", At("Z"),
            "MatMul needs an input of shape [T, F] or [N, T, F] (of a vector, Reshape(1, -1) makes a row and Reshape(-1, 1) a column), but gets [3] of 'Y'"),
        ["a product of what is not there"] = (
            Network(null, [], P("X", Input(5, 3)), P("Z", L("MatMul", ("A", "X"), ("B", "Y")))), "NETC0004", At("Z"), "'Y' is not a layer property of 'Some.Net'"),
        ["a product too large"] = (
            Network(null, [], P("X", Input(60000, 1)), P("Z", L("MatMul", ("A", "X"), ("B", "X"), ("TransposeB", true)))), "NETC0016", At("Z"),
            "'MatMul' needs 13.4 GB of memory for the output [60000, 60000] of one sample, more than the 8 GB that can be addressed"),
        ["one layer too large"] = (
            Chain(Input(70000), Dense(70000), L("Relu")), "NETC0016", Layer(1),
            "'Dense' needs 18.3 GB of memory for '0.weight' [70000, 70000], more than the 8.0 GB that can be addressed"),
        ["input too large"] = (
            Chain(Input(100000, 100000)), "NETC0016", Layer(0), "'Input' needs 37.3 GB of memory for its output [100000, 100000], more than the 0.5 GB that can be addressed"),
        ["output too large"] = (
            Chain(Input(1), Dense(400_000_000)), "NETC0016", Layer(1), "'Dense' needs 1.5 GB of memory for its output [400000000], more than the 0.5 GB that can be addressed"),
        ["input larger than what ints double to"] = (
            Chain(Input(1_073_741_825), Dense(1)), "NETC0016", Layer(0), "'Input' needs 4.0 GB of memory for its output [1073741825], more than the 0.5 GB that can be addressed"),
        ["loss with a number beyond floats"] = (
            Chain(Loss("MeanSquaredError", ("HuberDelta", 1e300)), Input(8), Dense(2)), "NETC0018", s_network, "MeanSquaredError: HuberDelta is 1E+300, but must be a number in the range of floats"),
        ["delta that is 0 as a float"] = (
            Chain(Loss("Huber", ("HuberDelta", 1e-300)), Input(8), Dense(2)), "NETC0018", s_network, "Huber: HuberDelta is 1E-300, but must be greater than 0, in the range of floats (at least 1.2e-38)"),
        ["epsilon that is 0 as a float"] = (
            Chain(Input(8), L("LayerNorm", ("Epsilon", 1e-320))), "NETC0018", Layer(1), "LayerNorm: Epsilon is 1E-320, but must be greater than 0, in the range of floats (at least 1.2e-38)"),
        ["all layers together too large"] = (
            Chain(Input(40000), Dense(40000), Dense(40000)), "NETC0016", s_network,
            "'Some.Net' needs 11.9 GB of memory for its parameters, more than the 8.0 GB that can be addressed"),
        ["wrong rank"] = (
            Chain(Input(3, 32, 32), Dense(10)), "NETC0017", Layer(1),
            "Dense needs an input of shape [F] or [T, F] (use Flatten or GlobalAveragePool before it), but gets [3, 32, 32]"),
        ["no shape"] = (
            Chain(Input(), Dense(10)), "NETC0018", Layer(0),
            "Input: Shape is missing, but must be the shape of one sample, such as [Input(784)] or [Input(1, 28, 28)]"),
        ["no such axis"] = (
            Chain(Input(3), L("Softmax", ("Axis", 1))), "NETC0018", Layer(1), "Softmax: Axis is 1, but must be between -1 and 0 for an input of shape [3]"),
        ["scale to a fraction"] = (
            Chain(Input(3), L("Dense", ("Scale", 0.5))), "NETC0018", Layer(1),
            "Dense: Scale is 0.5, but must be a factor that gives a whole number of units, at least 1 (0.5 x 3 = 1.5)"),
        ["drop everything"] = (Chain(Input(3), L("Dropout", ("Rate", 1))), "NETC0018", Layer(1), "Dropout: Rate is 1, but must be at least 0 and less than 1"),
        ["no permutation"] = (
            Chain(Input(3, 4), L("Permute", ("Order", new[] { 1, 1 }))), "NETC0018", Layer(1),
            "Permute: Order is [1, 1], but must be each of the dimensions 0 to 1 of the input [3, 4] once"),
        ["slice beyond the end"] = (
            Chain(Input(9), L("Slice", ("Start", 2), ("Length", 5), ("Step", 2))), "NETC0018", Layer(1),
            "Slice: Length is 5, but must be at most 4: from 2 in steps of 2 along axis 0 of the input [9]"),
        ["endless repetition"] = (
            Network(null, [s_plain], P("X", Input(4)), P("Y", Use("Some.Plain", 2_000_000_000))), "NETC0018", At("Y"),
            "Use<Plain>: Repeat is 2000000000, but must be small enough for at most 20,000 layers in all"),
        ["no size"] = (
            Chain(Input(3), L("Dense")), "NETC0021", Layer(1),
            "Dense needs its number of units: a number, Like = nameof(layer) or Scale = factor, and only one of them"),
        ["two sizes"] = (
            Chain(Input(3), L("Dense", ("Units", 3), ("Scale", 2))), "NETC0021", Layer(1),
            "Dense needs its number of units: a number, Like = nameof(layer) or Scale = factor, and only one of them"),
        ["input in the middle"] = (
            Chain(Input(3), Dense(3), Input(4), Dense(2)), "NETC0023", Layer(2), "[Input] must come first on its property: what stands before it would have no effect"),
        ["From in the middle"] = (
            Network(null, [], P("X", Input(3)), P("Y", Dense(3), L("From", ("Name", "X")))), "NETC0023", At("Y", 1),
            "[From] must come first on its property: what stands before it would have no effect"),
        ["Add in the middle"] = (
            Network(null, [], P("X", Input(3)), P("Y", Dense(3)), P("Z", Dense(3), L("Add", ("Names", new[] { "X", "Y" })))), "NETC0023", At("Z", 1),
            "[Add] must come first on its property: it names its inputs, so what stands before it would have no effect"),
        ["a block's input has no shape"] = (
            Network(null, [Block("Some.B", P("X", Input(3)), P("Y", Dense(3)))], P("X", Input(3)), P("Y", Use("Some.B", 2))), "NETC0023", new("Some.B", "X", 0),
            "[Input] takes no shape in a block: the block's input is the layer that it is used on"),
        ["a block's further input is not named"] = (
            Network(null, [s_two], P("X", Input(3)), P("Y", Use("Some.Two", 2))), "NETC0042", At("Y"),
            "Use<Two> names 0 further inputs, but the block has 'W' after its first input; name a layer for each of them, in order: [Use<Block>(nameof(Memory))]"),
        ["more inputs than a block has"] = (
            Network(null, [s_two], P("X", Input(3)), P("Y", UseWith("Some.Two", 1, "X", "X"))), "NETC0042", At("Y"),
            "Use<Two> names 2 further inputs, but the block has 'W' after its first input; name a layer for each of them, in order: [Use<Block>(nameof(Memory))]"),
        ["inputs for a block that has none"] = (
            Network(null, [s_plain], P("X", Input(3)), P("Y", UseWith("Some.Plain", 2, "X"))), "NETC0042", At("Y"),
            "Use<Plain> names 1 further inputs, but the block has no input after its first; name a layer for each of them, in order: [Use<Block>(nameof(Memory))]"),
        ["a block's input is unknown"] = (
            Network(null, [s_two], P("X", Input(3)), P("Y", UseWith("Some.Two", 2, "Z"))), "NETC0004", At("Y"), "'Z' is not a layer property of 'Some.Net'"),
        ["a block's input comes later"] = (
            Network(null, [s_two], P("X", Input(3)), P("Y", UseWith("Some.Two", 2, "Z")), P("Z", Dense(3))), "NETC0005", At("Y"),
            "'Z' comes after this layer or depends on it (a cycle): a layer can only take earlier properties as inputs"),
        ["a block's input has another shape"] = (
            Network(null, [s_two], P("V", Input(4)), P("X", Input(3)), P("Y", UseWith("Some.Two", 2, "V"))), "NETC0006", new("Some.Two", "Y", 0),
            "Add needs inputs whose dimensions are alike or 1, but 'X' is [3] and 'W' is [4]"),
        ["a block's further input has no shape"] = (
            Network(null, [Block("Some.B", P("X", Input()), P("W", Input(3)), P("Y", L("Add", ("Names", new[] { "X", "W" }))))], P("X", Input(3)), P("Y", UseWith("Some.B", 2, "X"))),
            "NETC0023", new("Some.B", "W", 0), "[Input] takes no shape in a block: the block's input is the layer that it is used on"),
        ["a block needs whole numbers"] = (
            Network(null, [Block("Some.B", P("X", Input()), P("W", L("Input", ("Type", "Int32"))), P("Y", L("From", ("Name", "X"))))], P("X", Input(3)), P("Y", UseWith("Some.B", 2, "X"))),
            "NETC0040", new("Some.B", "W", 0), "Input takes whole numbers: its input must be an [Input(..., Type = ElementType.Int32)]"),
        ["a block's output"] = (
            Network(null, [Block("Some.B", P("X", Input()), Out("Y", Dense(3)))], P("X", Input(3)), P("Y", Use("Some.B", 2))), "NETC0023", new("Some.B", "Y", -1),
            "[Output] has no place in a block: a block's result is its last property"),
        ["a property without layers"] = (
            Network(null, [], P("X", Input(3)), P("Y"), P("Z", Dense(2))), "NETC0023", At("Y", -1), "'Y' has no layers: give it at least one layer attribute"),
        ["too few inputs"] = (
            Network(null, [], P("X", Input(3)), P("Y", L("Concat", ("Names", new[] { "X" })))), "NETC0024", At("Y"),
            "Concat needs at least two layer names, but has 1"),
        ["unknown layer"] = (
            Chain(Input(3), L("Quantum"), Dense(3)), "NETC0025", Layer(1),
            "Quantum is not a layer that this version of the compiler knows; the library and the generator must be of one version"),
    };

    public static TheoryData<string> Names => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mistake_is_reported_once_at_its_place(string name)
    {
        var (spec, id, source, message) = s_cases[name];
        var fault = Fault(spec);
        Assert.Equal((id, source, message), (fault.Id, fault.Source, Message(fault)));
    }

    [Fact]
    public void Mistakes_that_do_not_follow_from_each_other_are_all_reported()
    {
        var diagnostics = new List<DiagnosticInfo>();
        var spec = Network(
            null, [], P("X", Input(3)), P("Y", Dense(0)), P("Z", L("Add", ("Names", new[] { "X", "Q" }))), P("W", L("From", ("Name", "X")), L("Dense")));
        Assert.Null(Compiler.Graph.GraphBuilder.Build(spec, diagnostics));
        Assert.Equal([("NETC0010", "Y"), ("NETC0004", "Z"), ("NETC0021", "W")], diagnostics.Select(d => (d.Id, d.Source.Property)));
    }
}
