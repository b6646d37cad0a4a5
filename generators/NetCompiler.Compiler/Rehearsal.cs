using NetCompiler.Compiler.Emission;
using NetCompiler.Compiler.Graph;
using NetCompiler.Compiler.Model;
using NetCompiler.Compiler.Planning;

namespace NetCompiler.Compiler;

/// <summary>
/// Compiles a small network for nobody, stage by stage on this thread: what the runtime has to do when code runs for the first time (finding machine code, loading types,
/// compiling generic code) then is done for the networks that come.
/// </summary>
internal static class Rehearsal
{
    /// <summary>A convolution, a residual block of another size, and the two layers that end most networks.</summary>
    private static NetworkSpec Example { get; } = new(
        "Rehearsal", EquatableArray<ContainingType>.Empty, "Example", "public", "sealed", new LossSpec("SoftmaxCrossEntropy", EquatableArray<ArgumentSpec>.Empty),
        new([
            Property("Image", Layer("Input", ArgumentSpec.Of("Shape", 3d, 16d, 16d))),
            Property("Stem", Convolution(16, 3, 1), Layer("BatchNorm"), Layer("Relu")),
            Property("Body", Layer("Use", ArgumentSpec.Of("Block", "Rehearsal.Residue"))),
            Property("Logits", Layer("GlobalAveragePool"), Layer("Dense", ArgumentSpec.Of("Units", 10))),
        ]),
        new([
            new BlockSpec(
                "Rehearsal.Residue",
                new([
                    Property("X", Layer("Input")),
                    Property("Inner", Convolution(32, 3, 2), Layer("BatchNorm"), Layer("Relu"), Convolution(32, 3, 1), Layer("BatchNorm")),
                    Property("Short", Layer("From", ArgumentSpec.Of("Name", "X")), Convolution(32, 1, 2), Layer("BatchNorm")),
                    Property("Sum", Layer("Add", ArgumentSpec.Of("Names", "Inner", "Short")), Layer("Relu")),
                ]),
                EquatableArray<FunctionSpec>.Empty),
        ]),
        EquatableArray<FunctionSpec>.Empty);

    /// <summary>The stages in the order in which a network needs them; asked before each of them whether it is over.</summary>
    public static void Run(Func<bool> isOver)
    {
        if (GraphBuilder.Build(Example, []) is not { } graph || isOver()) return;
        var predict = Pipeline.Predicting("predict", graph, [], null);
        if (isOver()) return;
        var train = Pipeline.Training(graph, null);
        if (isOver()) return;
        var storage = new ParameterStorage(graph, predict, [predict, train]);
        var predictPlan = Pipeline.Plan("predict", predict, storage, null);
        if (isOver()) return;
        var trainPlan = Pipeline.Plan("train", train, storage, null);
        if (isOver()) return;
        NetworkEmitter.Write(graph, predictPlan, null, () => isOver() ? null : trainPlan, null, null);
        if (isOver()) return;
        FaceEmitter.Write(graph, NetworkSummary.Write(graph, predict), storage, trainPlan, null);
    }

    private static LayerSpec Layer(string kind, params ArgumentSpec[] arguments) => new(kind, new(arguments));

    private static LayerSpec Convolution(int channels, int kernel, int stride) =>
        Layer("Conv2D", ArgumentSpec.Of("Channels", channels), ArgumentSpec.Of("Kernel", kernel), ArgumentSpec.Of("Stride", stride));

    private static PropertySpec Property(string name, params LayerSpec[] layers) => new(name, "public", false, new(layers));
}
