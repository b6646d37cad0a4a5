using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Graph;

/// <summary>Mistakes in layers of sequences: each is reported once, at the layer, with what was given and what was expected.</summary>
public class SequenceDiagnosticsTests
{
    /// <summary>Name -> (declaration whose layer Y is wrong, id, message).</summary>
    private static readonly Dictionary<string, (NetworkSpec Spec, string Id, string Message)> s_cases = new()
    {
        ["heads do not divide the width"] = (
            Of([5, 8], L("SelfAttention", ("Heads", 3))), "NETC0018", "SelfAttention: Heads is 3, but must be a divisor of the width 8"),
        ["no heads"] = (Of([5, 8], L("SelfAttention", ("Heads", 0))), "NETC0010", "SelfAttention: Heads is 0, but must be at least 1"),
        ["heads of keys and values do not divide those of queries"] = (
            Of([5, 8], L("SelfAttention", ("Heads", 4), ("KeyValueHeads", 3))), "NETC0018", "SelfAttention: KeyValueHeads is 3, but must be a divisor of Heads, 4"),
        ["more heads of keys and values than of queries"] = (
            Of([5, 8], L("SelfAttention", ("Heads", 2), ("KeyValueHeads", 4))), "NETC0018", "SelfAttention: KeyValueHeads is 4, but must be a divisor of Heads, 2"),
        ["no heads of keys and values"] = (
            Of([5, 8], L("SelfAttention", ("KeyValueHeads", 0))), "NETC0018", "SelfAttention: KeyValueHeads is 0, but must be a divisor of Heads, 1"),
        ["a negative window"] = (
            Of([5, 8], L("SelfAttention", ("Causal", true), ("Window", -1))), "NETC0018", "SelfAttention: Window is -1, but must be 0, or with Causal the number of positions"),
        ["a window that looks ahead"] = (
            Of([5, 8], L("SelfAttention", ("Window", 3))), "NETC0018", "SelfAttention: Window is 3, but must be 0, or with Causal the number of positions"),
        ["columns that cannot be turned in pairs"] = (
            Of([5, 6], L("SelfAttention", ("Heads", 2), ("Rotary", true))), "NETC0018",
            "SelfAttention: Heads is 2, but must be such that a head has an even number of columns, for Rotary (the width is 6)"),
        ["all weights of attention are dropped"] = (
            Of([5, 8], L("SelfAttention", ("Dropout", 1))), "NETC0018", "SelfAttention: Dropout is 1, but must be from 0 to below 1"),
        ["attention of an image"] = (
            Of([5, 8, 3], L("SelfAttention")), "NETC0017", "SelfAttention needs an input of shape [T, W], but gets [5, 8, 3]"),
        ["lengths are floats"] = (
            WithLengths(Input(1), "Length"), "NETC0040", "SelfAttention takes whole numbers: its input must be an [Input(..., Type = ElementType.Int32)]"),
        ["lengths are no input"] = (
            WithLengths(Tokens(1), "X"), "NETC0040", "SelfAttention takes whole numbers: its input must be an [Input(..., Type = ElementType.Int32)]"),
        ["several lengths"] = (
            WithLengths(Tokens(2), "Length"), "NETC0018",
            "SelfAttention: Lengths is 'Length' [2], but must be an input of one whole number, [Input(1, Type = ElementType.Int32)]"),
        ["unknown lengths"] = (WithLengths(Tokens(1), "Sizes"), "NETC0004", "'Sizes' is not a layer property of 'Some.Net'"),
        ["no memory"] = (Cross([7, 8]), "NETC0004", "'' is not a layer property of 'Some.Net'"),
        ["unknown memory"] = (Cross([7, 8], ("Memory", "Encoded")), "NETC0004", "'Encoded' is not a layer property of 'Some.Net'"),
        ["a memory of another width"] = (
            Cross([7, 6], ("Memory", "M")), "NETC0017", "CrossAttention needs an input of shape [S, 8] for its memory, but gets [7, 6]"),
        ["a memory that is no sequence"] = (
            Cross([8], ("Memory", "M")), "NETC0017", "CrossAttention needs an input of shape [S, 8] for its memory, but gets [8]"),
        ["tokens are floats"] = (
            Of([5], L("Embedding", ("Vocabulary", 9), ("Width", 4))), "NETC0040", "Embedding takes whole numbers: its input must be an [Input(..., Type = ElementType.Int32)]"),
        ["no vocabulary"] = (
            Network(null, [], P("X", Tokens(5)), P("Y", L("Embedding", ("Vocabulary", 0), ("Width", 4)))), "NETC0010", "Embedding: Vocabulary is 0, but must be at least 1"),
        ["rows that all begin at zero"] = (
            Network(null, [], P("X", Tokens(5)), P("Y", L("Embedding", ("Vocabulary", 3), ("Width", 4), ("Deviation", 0)))), "NETC0018", "Embedding: Deviation is 0, but must be greater than 0"),
        ["positions of a row"] = (Of([5], L("Positions")), "NETC0017", "Positions needs an input of shape [T, W], but gets [5]"),
    };

    public static TheoryData<string> Names => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mistake_is_reported_once_at_its_layer(string name)
    {
        var (spec, id, message) = s_cases[name];
        var fault = Fault(spec);
        Assert.Equal((id, "Y", message), (fault.Id, fault.Source.Property, Message(fault)));
    }

    [Fact]
    public void A_layer_without_a_weight_is_not_tied()
    {
        var fault = Fault(Network(null, [], P("X", Tokens(5)), P("E", L("Embedding", ("Vocabulary", 9), ("Width", 4))), P("Y", L("Tanh"), L("TiedTo", ("Name", "E")))));
        Assert.Equal(("NETC0023", "[TiedTo] must follow a layer with a weight, on the same property"), (fault.Id, Message(fault)));
    }

    [Fact]
    public void Weights_of_two_shapes_are_not_tied()
    {
        var fault = Fault(Network(null, [], P("X", Tokens(5)), P("E", L("Embedding", ("Vocabulary", 9), ("Width", 4))), P("Y", Dense(8), L("TiedTo", ("Name", "E")))));
        Assert.Equal(("NETC0041", "[TiedTo] needs a weight of the same shape, but 'E' has the shape [9, 4] and this layer's weight is [8, 4]"), (fault.Id, Message(fault)));
    }

    private static NetworkSpec Of(int[] input, LayerSpec layer) => Network(null, [], P("X", Input(input)), P("Y", layer));

    private static NetworkSpec WithLengths(LayerSpec input, string name) => Network(
        null, [], P("X", Input(5, 8)), P("Length", input), P("Y", L("From", ("Name", "X")), L("SelfAttention", ("Lengths", name))));

    private static NetworkSpec Cross(int[] memory, params (string, object)[] arguments) => Network(
        null, [], P("X", Input(5, 8)), P("M", Input(memory)), P("Y", L("From", ("Name", "X")), L("CrossAttention", arguments)));

    private static LayerSpec Tokens(int length) => L("Input", ("Shape", new[] { length }), ("Type", "Int32"));
}
