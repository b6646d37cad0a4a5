using NetCompiler.Compiler.Autodiff;
using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Lowering;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Passes;
using NetCompiler.Compiler.Planning;
using NetCompiler.Compiler.Primitives;
using NetCompiler.Compiler.Scheduling;

namespace NetCompiler.Benchmarks.Tiles;

/// <summary>A product that a layer needs.</summary>
internal enum Product
{
    Forward,

    /// <summary>The same in a training step, whose chunks of samples are others.</summary>
    TrainingForward,
    WeightGradient,
    InputGradient,
}

/// <summary>One product of one layer, as the compiler plans it.</summary>
/// <param name="Layer">What tables call the layer.</param>
/// <param name="Product">Which of its products.</param>
/// <param name="Flat">The kernel to be.</param>
/// <param name="Rows">Samples of a call.</param>
internal sealed record TileCase(string Layer, Product Product, FlatUnit Flat, int Rows)
{
    /// <summary>Samples of a minibatch, where a product sums over all of them.</summary>
    private const int Batch = 64;

    public static IEnumerable<TileCase> All()
    {
        foreach (var (inputs, units) in new[] { (784, 128), (128, 512), (512, 512), (512, 64), (128, 10), (64, 64), (32, 32) })
            foreach (var which in Of($"dense {inputs} to {units}", [inputs], new LayerSpec("Dense", new([ArgumentSpec.Of("Units", (double)units)])))) yield return which;
        foreach (var (channels, size, outputs, kernel, stride) in new[] { (1, 28, 8, 3, 1), (8, 14, 16, 3, 1), (3, 32, 16, 3, 1), (16, 32, 16, 3, 1), (32, 16, 32, 3, 1), (64, 8, 64, 3, 1), (16, 32, 32, 3, 2), (64, 12, 128, 1, 1) })
        {
            var layer = new LayerSpec("Conv2D", new([ArgumentSpec.Of("Channels", (double)outputs), ArgumentSpec.Of("Kernel", (double)kernel), ArgumentSpec.Of("Stride", (double)stride), ArgumentSpec.Of("Algorithm", "Direct")]));
            var name = $"conv {kernel}x{kernel}, {channels} to {outputs}, {size} x {size}{(stride > 1 ? $", stride {stride}" : "")}";
            foreach (var which in Of(name, [channels, size, size], layer)) yield return which;
        }
    }

    private static IEnumerable<TileCase> Of(string name, double[] input, LayerSpec layer)
    {
        LayerSpec[] layers = [new LayerSpec("Input", new([ArgumentSpec.Of("Shape", input)])), layer];
        var spec = new NetworkSpec(
            "Some", EquatableArray<ContainingType>.Empty, "Net", "public", "sealed", new LossSpec("MeanSquaredError", EquatableArray<ArgumentSpec>.Empty),
            new([new PropertySpec("", "public", false, new(layers))]), EquatableArray<BlockSpec>.Empty, EquatableArray<FunctionSpec>.Empty);
        var graph = GraphBuilder.Build(spec, [])!;
        var predict = PassList.Run(LoweringStage.Lower(graph, training: false, []));
        var train = PassList.Run(Differentiate.Run(PassList.Run(LoweringStage.Lower(graph, training: true, []))));
        var storage = new ParameterStorage(graph, predict, [predict, train]);
        var (predictPlan, trainPlan) = (Planner.Run(predict, storage.Layouts, storage.Offsets), Planner.Run(train, storage.Layouts, storage.Offsets));
        foreach (var product in Enum.GetValues<Product>())
        {
            var plan = product == Product.Forward ? predictPlan : trainPlan;
            var weights = plan.Program.Values.Where(v => v.Kind == ValueKind.Parameter && v.Shape.Length > 1).ToHashSet();
            var gradients = weights.Where(plan.Program.ParameterGradients.ContainsKey).Select(w => plan.Program.ParameterGradients[w]).ToHashSet();
            var unit = plan.Phases.SelectMany(p => p.Units.Concat(p.SplitUnits)).FirstOrDefault(u => u.Main.Kind == NestKind.Sum && u.Main.Reads.Count > 1 && product switch
            {
                Product.WeightGradient => gradients.Contains(u.Main.Output.Value),
                Product.InputGradient => u.Moment == Moment.OnDemand && u.Kind == UnitKind.Samples,
                _ => u.Moment != Moment.OnDemand && u.Main.Reads.Any(r => weights.Contains(r.Value)),
            });
            if (unit is null) continue;
            var flat = new FlatUnit(unit, plan.Layouts, v => plan.Storages.TryGetValue(v, out var s) && s.Space is Space.Input or Space.Label or Space.Output);
            yield return new(name, product, flat, unit.SplitAxis is null ? plan.ChunkSize : Batch);
        }
    }
}
