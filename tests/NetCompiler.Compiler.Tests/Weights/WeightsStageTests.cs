using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Weights;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Weights;

public sealed class WeightsStageTests
{
    private static readonly NetworkSpec s_net = Chain(Input(3), Dense(2), L("BatchNorm"));

    private static readonly (string Name, string Type, int[] Shape)[] s_tensors =
    [
        ("0.weight", "F32", [2, 3]), ("0.bias", "F16", [2]), ("1.weight", "BF16", [2]), ("1.bias", "F64", [2]), ("1.running_mean", "F32", [2]), ("1.running_var", "F32", [2]),
    ];

    [Fact]
    public void Sound_weights_become_places_in_the_resource()
    {
        var file = File("/project/net.safetensors", SafetensorsBytes.Zeros([.. s_tensors.Reverse()]));
        var result = Run("net.safetensors", file);
        Assert.Empty(result.Diagnostics);
        Assert.Equal("Some.Net.Weights.g.cs", result.File.HintName);
        Assert.False(result.File.IsFace);
        Assert.Contains($"EmbeddedWeights.Open(typeof(Net), \"NetCompiler.Weights/net.safetensors\", {file.Length},", result.File.Text, StringComparison.Ordinal);

        // In the order of the declaration, whatever the file's.
        var places = s_tensors.Select(t => $"new(\"{t.Type}\", {file.Tensors.Single(f => f.Name == t.Name).Begin}), // {t.Name}").ToList();
        Assert.Equal(places, result.File.Text.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith("new(", StringComparison.Ordinal)));
    }

    [Fact]
    public void PyTorchs_counter_of_minibatches_does_no_harm() =>
        Assert.Empty(Run("net.safetensors", File("net.safetensors", SafetensorsBytes.Zeros([.. s_tensors, ("1.num_batches_tracked", "I64", [])]))).Diagnostics);

    [Fact]
    public void A_tied_weight_may_have_either_name()
    {
        var spec = Network(null, [], P("X", Input(3)), P("A", L("Dense", ("Units", 3), ("Bias", false))), P("B", L("Relu"), L("Dense", ("Units", 3), ("Bias", false)), L("TiedTo", ("Name", "A"))));
        var request = Pipeline.Compile(spec with { Weights = "net.safetensors" }).Weights!;
        foreach (var name in (string[])["A.weight", "B.1.weight"])
        {
            var result = WeightsStage.Run(request, [File("net.safetensors", SafetensorsBytes.Zeros((name, "F32", [3, 3])))]);
            Assert.Empty(result.Diagnostics);
            Assert.Contains("new(\"F32\", ", result.File.Text, StringComparison.Ordinal);
        }

        // Nothing compares the two when the project is built, and one of them would be in the assembly for nothing.
        var both = WeightsStage.Run(request, [File("net.safetensors", SafetensorsBytes.Zeros(("A.weight", "F32", [3, 3]), ("B.1.weight", "F32", [3, 3])))]);
        Assert.Equal("'net.safetensors' has 'B.1.weight' [3, 3], which 'Some.Net' has not", Message(Assert.Single(both.Diagnostics)));
    }

    [Theory]
    [InlineData("net.safetensors", "/a/net.safetensors")]
    [InlineData("net.safetensors", "net.safetensors")]
    [InlineData("a/net.safetensors", "/a/net.safetensors")]
    [InlineData("./a/net.safetensors", "/a/net.safetensors")]
    [InlineData("../../net.safetensors", "/a/net.safetensors")]
    [InlineData("a\\net.safetensors", "C:\\a\\net.safetensors")]
    [InlineData("C:/a/net.safetensors", "C:\\a\\net.safetensors")]
    [InlineData("net.safetensors", "/a/net.safetensors", "/a/other-net.safetensors")]
    [InlineData("b/net.safetensors", "/b/net.safetensors", "/a/net.safetensors")]
    [InlineData("/net.safetensors", "/net.safetensors", "/a/net.safetensors")]
    public void File_is_found_by_the_end_of_its_path(string name, params string[] paths) =>
        Assert.Empty(Run(name, [.. paths.Select(p => File(p, SafetensorsBytes.Zeros(s_tensors)))]).Diagnostics);

    [Theory]
    [InlineData("NETC0028 'net.safetensors' is none of the project's AdditionalFiles: add <AdditionalFiles Include=\"net.safetensors\" /> to the project", "net.safetensors")]
    [InlineData("NETC0028 'net.safetensors' is none of the project's AdditionalFiles: those that end in .safetensors are '/a/Net.safetensors', '/my-net.safetensors'", "net.safetensors", "/a/Net.safetensors", "/my-net.safetensors")]
    [InlineData("NETC0028 'net.bin' is none of the project's AdditionalFiles: only names that end in .safetensors are looked for", "net.bin", "/net.safetensors")]
    [InlineData("NETC0028 '' is none of the project's AdditionalFiles: only names that end in .safetensors are looked for", "", "/net.safetensors")]
    [InlineData("NETC0029 'net.safetensors' is the end of several paths: '/a/net.safetensors', '/b/net.safetensors'; name more of the path", "net.safetensors", "/a/net.safetensors", "/b/net.safetensors")]
    public void File_is_not_found(string message, string name, params string[] paths) =>
        Assert.Equal([message], Messages(name, [.. paths.Select(p => File(p, SafetensorsBytes.Zeros(s_tensors)))]));

    [Fact]
    public void File_is_no_resource() => Assert.Equal(
        ["NETC0035 'net.safetensors' is not embedded in the assembly: its AdditionalFiles item says NetCompilerEmbed=\"false\", or the project does not import NetCompiler.Weights.targets"],
        Messages("net.safetensors", File("net.safetensors", SafetensorsBytes.Zeros(s_tensors)) with { Resource = "" }));

    [Fact]
    public void File_is_damaged() => Assert.Equal(
        ["NETC0030 'net.safetensors' cannot be read as safetensors: 3 bytes are too few: it begins with 8 bytes that give the header's length"],
        Messages("net.safetensors", File("net.safetensors", [1, 2, 3])));

    [Fact]
    public void Every_kind_of_misfit_is_said_once() => Assert.Equal(
        [
            "NETC0031 'net.safetensors' lacks '1.bias' [2], '1.running_mean' [2], which 'Some.Net' has",
            "NETC0032 'net.safetensors' does not fit 'Some.Net': '0.weight' is [3, 2], but must be [2, 3], '0.bias' is [2, 1], but must be [2]",
            "NETC0033 'net.safetensors' has tensors that are no floats: '1.weight' is I32; F32, F16, BF16 and F64 can be used",
            "NETC0034 'net.safetensors' has '1.mean' [2], '0.num_batches_tracked' [], '@m.0.weight' [6], which 'Some.Net' has not",
        ],
        Messages("net.safetensors", File("net.safetensors", SafetensorsBytes.Zeros(
            ("0.weight", "F32", [3, 2]), ("0.bias", "F32", [2, 1]), ("1.weight", "I32", [2]), ("1.running_var", "F32", [2]), ("1.mean", "F32", [2]),
            ("0.num_batches_tracked", "I64", []), ("@m.0.weight", "F32", [6])))));

    [Fact]
    public void Long_lists_are_cut() => Assert.Equal(
        ["NETC0031 'net.safetensors' lacks '0.weight' [2, 3], '0.bias' [2], '1.weight' [2], '1.bias' [2], '1.running_mean' [2] and 1 more, which 'Some.Net' has"],
        Messages("net.safetensors", File("net.safetensors", SafetensorsBytes.Zeros())));

    [Fact]
    public void Packed_weights_are_for_one_layout_only()
    {
        var request = Request("net.safetensors");
        Assert.Equal([], Messages(request.Layout, request.StorageLength + 64, "F32"));
        string[] fault = ["NETC0036 'net.safetensors' is packed for other layers than those of 'Some.Net', or by another version of the compiler; pack the parameters again, or save them with Save"];
        Assert.Equal(fault, Messages("0123456789abcdef", request.StorageLength + 64, "F32"));
        Assert.Equal(fault, Messages(request.Layout, request.StorageLength, "F32"));
        Assert.Equal(fault, Messages(request.Layout, request.StorageLength + 64, "I32"));

        static string[] Messages(string layout, int length, string type) => WeightsStageTests.Messages(
            "net.safetensors", File("net.safetensors", SafetensorsBytes.Of([("layout", layout)], ("@storage", type, [length], new byte[4 * length]))));
    }

    [Fact]
    public void Layouts_of_other_parameters_have_other_names()
    {
        NetworkSpec[] specs =
        [
            s_net, Chain(Input(3), Dense(2), L("Relu"), L("BatchNorm")), Chain(Input(3), Dense(3), L("BatchNorm")), Chain(Input(16), Dense(32)), Chain(Input(32), Dense(16)),
        ];
        var layouts = specs.Select(s => Pipeline.Compile(s with { Weights = "net.safetensors" }).Weights!.Layout).ToList();
        Assert.Equal(layouts.Count, layouts.Distinct().Count());
        Assert.All(layouts, l => Assert.Matches("^[0-9a-f]{16}$", l));
        Assert.Equal(layouts[0], Pipeline.Compile(s_net with { Weights = "other.safetensors", Name = "Other" }).Weights!.Layout);
    }

    [Fact]
    public void A_network_without_weights_wants_none() => Assert.Null(Pipeline.Compile(s_net).Weights);

    private static WeightsRequest Request(string name) => Pipeline.Compile(s_net with { Weights = name }).Weights!;

    private static WeightsResult Run(string name, params WeightsFile[] files) => WeightsStage.Run(Request(name), files);

    private static string[] Messages(string name, params WeightsFile[] files)
    {
        var result = Run(name, files);
        if (result.Diagnostics.Count > 0) Assert.Contains("throw new global::System.InvalidOperationException", result.File.Text, StringComparison.Ordinal);
        Assert.All(result.Diagnostics, d => Assert.Equal(SourceKey.WeightsOf("Some.Net"), d.Source));
        return [.. result.Diagnostics.Select(d => d.Id + " " + Message(d))];
    }

    private static WeightsFile File(string path, byte[] bytes) => WeightsReader.Read(new MemoryStream(bytes), path, "NetCompiler.Weights/net.safetensors");
}
