using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Gradients;

/// <summary>
/// Layers in combinations that nobody thought of: where views, merges and passes meet. The numbers are drawn by seed, so a run is
/// repeated exactly.
/// </summary>
public class RandomNetworkGradientTests
{
    public static TheoryData<int> Seeds => new(Enumerable.Range(0, int.Parse(Environment.GetEnvironmentVariable("NETC_SEEDS") ?? "40", System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Network_of_seed(int seed)
    {
        var spec = Draw(new Random(seed));
        try
        {
            new FiniteDifference { Classes = spec.Loss!.Kind == "SoftmaxCrossEntropy" ? 2 : 0, Batch = 2, Samples = 12, Seed = seed, Step = 1e-6 }
                .Check(LayerGradientTests.Training(spec));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(string.Join(" | ", spec.Properties.Select(p => $"{p.Name}: {string.Join(", ", p.Layers)}")), e);
        }
    }

    /// <summary>Properties are added as long as the network with them is valid.</summary>
    private static NetworkSpec Draw(Random random)
    {
        int[] input = Pick<int[]>(random, [[6], [4, 6], [3, 5, 6], [2, 7, 4]]);
        var loss = Loss(Pick(random, ["MeanSquaredError", "MeanSquaredError", "BinaryCrossEntropy", "SoftmaxCrossEntropy"]));
        List<PropertySpec> properties = [P("A", Input(input)), P("B", L("Reshape", ("Shape", new[] { -1 })), Dense(2))];
        for (var tries = 0; tries < 12 && properties.Count < 8; tries++)
        {
            List<PropertySpec> more = [.. properties];
            var names = properties.Take(properties.Count - 1).Select(p => p.Name).ToArray();
            var from = L("From", ("Name", Pick(random, [names[^1], names[^1], Pick(random, names)])));
            LayerSpec[] layers = random.Next(4) == 0 ? [Merge(random, names)]
                : [from, .. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Layer(random))];
            more.Insert(properties.Count - 1, P("P" + properties.Count, layers));
            if (IsValid(Whole(more))) properties = more;
        }

        return Whole(properties);

        NetworkSpec Whole(List<PropertySpec> of) => Network(loss, [], [.. of]) with { Functions = new([new FunctionSpec("Mix", 2, "(mul (tanh x0) (sub 1 x1))")]) };
    }

    private static LayerSpec Merge(Random random, string[] names) => random.Next(4) switch
    {
        0 => L("MatMul", ("A", Pick(random, names)), ("B", Pick(random, names)), ("TransposeA", random.Next(2) == 0), ("TransposeB", random.Next(2) == 0)),
        1 => L("Map", ("Function", "Mix"), ("Names", new[] { Pick(random, names), Pick(random, names) })),
        _ => L(Pick(random, ["Add", "Multiply", "Concat"]), ("Names", Enumerable.Range(0, random.Next(2, 4)).Select(_ => Pick(random, names)).ToArray())),
    };

    private static bool IsValid(NetworkSpec spec) => GraphBuilder.Build(spec, []) is not null;

    private static LayerSpec Layer(Random random) => random.Next(22) switch
    {
        0 => Dense(random.Next(2, 7)),
        1 => L("Conv2D", ("Channels", random.Next(1, 4)), ("Kernel", random.Next(1, 4)), ("Stride", random.Next(1, 3))),
        2 => L("Conv2D", ("Channels", random.Next(1, 4)), ("Padding", "Valid"), ("KernelWidth", 2)),
        3 => L("Conv2D", ("Depthwise", true)),
        4 => L("ConvTranspose2D", ("Channels", random.Next(1, 3)), ("Stride", random.Next(1, 3))),
        5 => L("MaxPool2D", ("Kernel", random.Next(2, 4)), ("Stride", random.Next(1, 3))),
        6 => L("AveragePool2D", ("Kernel", random.Next(2, 4)), ("Padding", "Same")),
        7 => L("GlobalAveragePool"),
        8 => L("Upsample", ("Mode", Pick(random, ["Nearest", "Bilinear"]))),
        9 => L("BatchNorm"),
        10 => L("LayerNorm"),
        11 => L("Dropout", ("Rate", 0.4)),
        12 => L("Flatten"),
        13 => L("Reshape", ("Shape", Pick<int[]>(random, [[-1], [2, -1], [3, -1], [2, 3, -1], [-1, 2, 2], [1, -1, 3]]))),
        14 => L("Permute", ("Order", Pick<int[]>(random, [[1, 0], [2, 0, 1], [1, 2, 0], [0, 2, 1]]))),
        15 => L("Slice", ("Axis", random.Next(3)), ("Start", random.Next(2)), ("Step", random.Next(1, 3))),
        16 => L("Pad", ("Size", random.Next(2)), ("Left", 2), ("Value", 0.25)),
        17 => L("Softmax"),
        _ => L(Pick(random, ["Relu", "Sigmoid", "Tanh", "Gelu", "Silu", "Elu", "Softplus", "LeakyRelu"])),
    };

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
}
