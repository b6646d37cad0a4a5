using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Graph;

/// <summary>A network that would remember, but cannot be run step by step, names the first layer that stands against it; also the comment of its Forward does.</summary>
public class SteppingTests
{
    private static readonly LayerSpec s_gru = L("Gru", ("Units", 4));

    private static readonly EquatableArray<FunctionSpec> s_mix = new([new FunctionSpec("Mix", 2, "(mul x0 x1)")]);

    private static readonly Dictionary<string, (NetworkSpec Spec, string? Obstacle)> s_cases = new()
    {
        ["two directions"] = (Chain(Input(5, 3), L("Lstm", ("Units", 4), ("Bidirectional", true))), "0 Lstm needs more of the sequence than each row and those before it"),
        ["not causal"] = (
            Network(null, [], P("X", Input(5, 4)), P("Seen", L("LayerNorm"), L("SelfAttention"))), "Seen.1 SelfAttention needs more of the sequence than each row and those before it"),
        ["after the layer that remembers"] = (
            Network(null, [], P("X", Input(5, 3)), P("Rows", s_gru), P("Pooled", L("GlobalAveragePool"), Dense(2))), "Pooled.0 GlobalAveragePool needs more of the sequence than each row and those before it"),
        ["before it"] = (Chain(Input(5, 3), L("Conv1D", ("Channels", 4)), s_gru), "0 Conv1D needs more of the sequence than each row and those before it"),
        ["the first of two"] = (Chain(Input(5, 3), s_gru, L("Permute", ("Order", new[] { 1, 0 })), L("Flatten")), "1 Permute needs more of the sequence than each row and those before it"),
        ["beside a sequence"] = (
            Network(null, [], P("X", Input(5, 3)), P("C", Input(5, 3, 1)), P("D", L("Reshape", ("Shape", new[] { 5, 3 }))), P("Sum", L("Add", ("Names", new[] { "X", "D" })), s_gru)),
            "Sum.0 Add takes, beside a sequence, what has not a row for each of its rows"),
        ["a map beside a sequence"] = (
            Network(null, [], P("X", Input(5, 3)), P("C", Input(1, 3, 1)), P("D", L("Reshape", ("Shape", new[] { 1, 3 }))), P("Sum", L("Map", ("Function", "Mix"), ("Names", new[] { "X", "D" })), s_gru)) with { Functions = s_mix },
            "Sum.0 Map needs more of the sequence than each row and those before it"),
        ["a map of two sequences"] = (
            Network(null, [], P("X", Input(5, 3)), P("Y", s_gru), P("Z", L("From", ("Name", "X")), Dense(4)), P("Sum", L("Map", ("Function", "Mix"), ("Names", new[] { "Y", "Z" })))) with { Functions = s_mix }, null),
        ["a product of sequences"] = (
            Network(null, [], P("X", Input(5, 3)), P("Y", s_gru), P("Z", L("MatMul", ("A", "Y"), ("B", "Y"), ("TransposeB", true)))), "Z MatMul needs more of the sequence than each row and those before it"),
        ["a sequence of two, three of them a step"] = (
            Chain(Input(2, 3), s_gru, L("Conv1D", ("Channels", 4), ("Kernel", 1), ("Stride", 3))), "its sequence is shorter than one step"),
        ["it can"] = (Chain(Input(5, 3), s_gru), null),
        ["nothing remembers"] = (Chain(Input(5, 3), L("GlobalAveragePool"), Dense(2)), null),
        ["a sequence as an image"] = (Chain(Input(5, 6), L("Reshape", ("Shape", new[] { 1, 5, 6 })), L("Conv2D", ("Channels", 2))), null),
        ["an image"] = (Chain(Input(1, 5, 5), L("Conv2D", ("Channels", 2))), null),
    };

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Obstacle(string name)
    {
        var (spec, expected) = s_cases[name];
        var graph = Build(spec);
        Assert.Equal(expected, Stepping.Obstacle(graph));
        if (expected is not null) Assert.Null(Stepping.Of(graph, 1));
    }

    [Theory]
    [InlineData("two directions")]
    [InlineData("it can")]
    public void Comment(string name)
    {
        var (spec, expected) = s_cases[name];
        var face = Pipeline.Compile(spec).Files.Single(f => f.IsFace).Text;
        if (expected is null) Assert.DoesNotContain("There is no Step", face, StringComparison.Ordinal);
        else Assert.Contains($"<remarks>There is no Step, for one row of the sequence after the other: {expected}.</remarks>", face, StringComparison.Ordinal);
    }
}
