using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Primitives;
using static NetCompiler.Compiler.Tests.Declare;

namespace NetCompiler.Compiler.Tests.Graph;

/// <summary>Declarations drawn at random, most of them wrong: each is either refused with a message or lowered to a well-formed program.</summary>
public class RandomDeclarationTests
{
    private static readonly string[] s_names = ["A", "B", "C", "D", "E"];

    private static readonly (string Name, Func<Random, object> Value)[] s_arguments =
    [
        ("Units", Size), ("Channels", Size), ("Kernel", Size), ("KernelWidth", Size), ("Stride", Size), ("StrideHeight", Size), ("Dilation", Size), ("Groups", Size),
        ("Pad", Size), ("PadWidth", Size), ("OutputPadding", Size), ("Factor", Size), ("Size", Size), ("Top", Size), ("Start", Size), ("Length", Size), ("Step", Size),
        ("Axis", Size), ("Dimensions", Size), ("Like", r => Pick(r, s_names)), ("Scale", r => Pick(r, [0.5, 1, 2, -1, 1e300, double.NaN])), ("Rate", r => r.NextDouble() * 1.5),
        ("Shape", r => Enumerable.Range(0, r.Next(4)).Select(_ => (int)Size(r)).ToArray()), ("Order", r => Enumerable.Range(0, r.Next(4)).Select(_ => r.Next(3)).ToArray()),
        ("Bias", r => r.Next(2) == 0), ("Depthwise", r => r.Next(2) == 0), ("Causal", r => r.Next(2) == 0), ("Padding", r => Pick(r, ["Same", "Valid"])), ("Mode", r => Pick(r, ["Nearest", "Bilinear"])),
        ("Epsilon", r => Pick(r, [1e-5, 0, -1])), ("Function", r => Pick(r, ["F", "G"])),
    ];

    // What each layer is likely to be given, so that not everything is refused.
    private static readonly Dictionary<string, string[]> s_usual = new()
    {
        ["Dense"] = ["Units"], ["Conv2D"] = ["Channels"], ["ConvTranspose2D"] = ["Channels"], ["Conv1D"] = ["Channels"], ["ConvTranspose1D"] = ["Channels"], ["GroupNorm"] = ["Groups"], ["Reshape"] = ["Shape"], ["Permute"] = ["Order"], ["Map"] = ["Function"],
    };

    [Fact]
    public void Nothing_crashes_and_nothing_is_lost()
    {
        var accepted = 0;
        var seen = new HashSet<string>();
        for (var seed = 0; seed < 3000; seed++)
        {
            var spec = Draw(new Random(seed));
            var diagnostics = new List<DiagnosticInfo>();
            try
            {
                var graph = GraphBuilder.Build(spec, diagnostics);
                Assert.Equal(graph is null, diagnostics.Count > 0);
                Assert.Equal(diagnostics.Count, diagnostics.Distinct().Count());
                foreach (var diagnostic in diagnostics)
                {
                    seen.Add(diagnostic.Id);
                    Assert.DoesNotContain("{", Message(diagnostic), StringComparison.Ordinal);
                }

                if (graph is null) continue;
                accepted++;
                ProgramVerifier.Verify(LoweringStage.Lower(graph, training: true));
                var prediction = LoweringStage.Lower(graph, training: false);
                ProgramVerifier.Verify(prediction);
                Assert.Equal(graph.Outputs.Select(o => ShapeText.Of(o.Shape)), prediction.Outputs.Select(o => ShapeText.Of(o.Shape)));
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"Seed {seed}: {string.Join(" | ", spec.Properties.Select(p => $"{p.Name}: {string.Join(", ", p.Layers)}"))}", e);
            }
        }

        Assert.True(accepted > 100, $"Only {accepted} were accepted.");
        Assert.True(seen.Count >= 15, $"Only {string.Join(", ", seen)} were seen.");
    }

    private static NetworkSpec Draw(Random random)
    {
        int[] input = Pick<int[]>(random, [[6], [4, 6], [3, 8, 8], [4, 5, 7]]);
        var properties = s_names.Take(random.Next(1, 6)).Select((name, i) => new PropertySpec(
            name, "public", random.Next(8) == 0,
            new([.. i == 0 && random.Next(20) > 0 ? [Input(input)] : Array.Empty<LayerSpec>(), .. Enumerable.Range(0, i == 0 ? 0 : random.Next(1, 3)).Select(_ => Layer(random))])));
        var block = Block("Some.B", P("A", Input()), P("B", Layer(random)), P("C", Layer(random)));
        var loss = Pick<LossSpec?>(random, [null, Loss("SoftmaxCrossEntropy"), Loss("MeanSquaredError"), Loss("Huber")]);
        return Network(loss, [block], [.. properties]) with { Functions = new([new FunctionSpec("F", 1, "(mul x0 x0)"), new FunctionSpec("H", 2, "(sub x0 x1)")]) };
    }

    private static LayerSpec Layer(Random random)
    {
        switch (random.Next(14))
        {
            case 0: return Use("Some.B", random.Next(0, 4));
            case 1: return L("From", ("Name", Pick(random, s_names)));
            case 2: return L(Pick(random, ["Add", "Multiply", "Concat"]), ("Names", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Pick(random, s_names)).ToArray()));
            case 3: return L("MatMul", ("A", Pick(random, s_names)), ("B", Pick(random, s_names)), ("TransposeA", random.Next(2) == 0), ("TransposeB", random.Next(2) == 0));
            case 4: return L("Map", ("Function", Pick(random, ["F", "G", "H"])), ("Names", Enumerable.Range(0, random.Next(1, 3)).Select(_ => Pick(random, s_names)).ToArray()));
        }

        var kind = Pick(random, [.. LayerRules.Known.Select(r => r.Kind).Where(k => k is not ("Add" or "Multiply" or "Concat" or "MatMul"))]);
        var arguments = new Dictionary<string, object>();
        if (s_usual.TryGetValue(kind, out var usual))
            foreach (var name in usual) arguments[name] = s_arguments.Single(a => a.Name == name).Value(random);
        for (var i = random.Next(3); i > 0; i--)
        {
            var (name, value) = Pick(random, s_arguments);
            arguments[name] = value(random);
        }

        return L(kind, [.. arguments.Select(a => (a.Key, a.Value))]);
    }

    private static object Size(Random random) => Pick(random, [1, 2, 3, 4, 6, 1, 2, 3, 4, 6, 1, 2, 3, 4, 6, 0, -1, -2, int.MaxValue, int.MinValue]);

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
}
