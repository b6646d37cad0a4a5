using NetCompiler.Compiler.Tests.Weights;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Files of networks with a weight in two places: PyTorch's may have it under either name, or both.</summary>
public sealed class TiedWeightTests
{
    private const string Owner = "Rows.0.weight";
    private const string Other = "Logits.weight";

    private static readonly int[] s_shape = [19, 12];

    private static readonly (string Name, string Type, int[] Shape, byte[] Data) s_positions = ("Rows.1.weight", "F32", [6, 12], Bytes(6 * 12, 3));

    [Fact]
    public void It_is_one_parameter()
    {
        var type = AgreementTests.Generated("Sequences").GetType("Some.Tied")!;
        Assert.Equal((19 * 12) + (6 * 12), type.GetField("ParameterCount")!.GetValue(null));
        Assert.Contains($"Total {300}", string.Join(' ', ((string)type.GetField("Summary")!.GetValue(null)!).Split(' ', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void Either_name_loads() => Run(nameof(CheckEither));

    [Fact]
    public void Both_load_when_they_are_equal() => Run(nameof(CheckEqual));

    [Fact]
    public void Both_are_refused_when_they_differ() => Run(nameof(CheckDifferent));

    private static void Run(string check) => Generic.Call(typeof(TiedWeightTests), null, check, AgreementTests.Generated("Sequences").GetType("Some.Tied")!);

    private static void CheckEither<T>()
        where T : class, INetwork<T>
    {
        foreach (var name in (string[])[Owner, Other])
        {
            var network = T.Create(1);
            var result = NetworkFile.LoadParameters(network, File((name, "F32", s_shape, Bytes(19 * 12, 2)), s_positions));
            Assert.Equal(2, network.State.Parameters[Owner].ToArray()[7]);
            Assert.Equal([Owner, "Rows.1.weight"], result.Loaded.Order(StringComparer.Ordinal));
            Assert.Empty(result.Ignored);
        }

        var missing = Assert.Throws<SafetensorsException>(() => NetworkFile.Load<T>(File(s_positions)));
        Assert.Contains($"tensor '{Owner}' of shape [19, 12] is expected and not there", missing.Message, StringComparison.Ordinal);
        var shape = Assert.Throws<SafetensorsException>(() => NetworkFile.Load<T>(File((Other, "F32", [12, 19], Bytes(19 * 12, 2)), s_positions)));
        Assert.Contains($"tensor '{Other}' has shape [12, 19]; expected [19, 12]", shape.Message, StringComparison.Ordinal);
    }

    private static void CheckEqual<T>()
        where T : class, INetwork<T>
    {
        var network = T.Create(1);
        var file = File((Other, "BF16", s_shape, SafetensorsBytes.Bytes("BF16", [.. Enumerable.Repeat(2f, 19 * 12)])), s_positions, (Owner, "F32", s_shape, Bytes(19 * 12, 2)));
        Assert.Empty(NetworkFile.LoadParameters(network, file).Ignored);
        Assert.Equal(2, network.State.Parameters[Owner].ToArray()[7]);
    }

    private static void CheckDifferent<T>()
        where T : class, INetwork<T>
    {
        float[] values = [.. Enumerable.Repeat(2f, 19 * 12)];
        values[5] = 0.5f;
        var network = T.Create(1);
        var before = network.State.Parameters[Owner].ToArray();
        MemoryStream Different() => File((Owner, "F32", s_shape, Bytes(19 * 12, 2)), (Other, "F32", s_shape, SafetensorsBytes.Bytes("F32", values)), s_positions);
        var error = Assert.Throws<SafetensorsException>(() => NetworkFile.LoadParameters(network, Different()));
        Assert.Contains($"tensors '{Owner}' and '{Other}' differ (element 5 is 2 and 0.5), but the network has them as one parameter ([TiedTo])", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, network.State.Parameters[Owner].ToArray());

        var result = NetworkFile.LoadParameters(network, Different(), new LoadOptions { Strict = false });
        Assert.Equal([Other], result.Ignored);
        Assert.Equal(2, network.State.Parameters[Owner].ToArray()[5]);
    }

    private static MemoryStream File(params (string Name, string Type, int[] Shape, byte[] Data)[] tensors) => new(SafetensorsBytes.Of([], tensors));

    private static byte[] Bytes(int length, float value) => SafetensorsBytes.Bytes("F32", [.. Enumerable.Repeat(value, length)]);
}
