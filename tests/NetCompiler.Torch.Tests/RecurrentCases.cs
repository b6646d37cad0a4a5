using NetCompiler.Compiler.Model;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

internal static class RecurrentCases
{
    private delegate (Module Module, Func<Tensor, (Tensor Sequence, Tensor Last)> Run) Layer(int features, int units, int layers, bool bias, bool both);

    public static IEnumerable<TorchCase> All =>
    [
        .. Of("Rnn", Rnn), .. Of("Gru", Gru), .. Of("Lstm", Lstm),
        Sequence("RnnRelu", [6, 3], L("Rnn", ("Units", 7), ("Nonlinearity", "Relu")), () => Rnn(TorchSharp.torch.nn.NonLinearities.ReLU)(3, 7, 1, true, false)),
        new("LstmClassifier", Chain(Loss("SoftmaxCrossEntropy"), Input(12, 5), L("Lstm", ("Units", 33), ("Layers", 2), ("Bidirectional", true), ("Returns", "Last")), Dense(4)), () =>
        {
            var (module, run) = Lstm(5, 33, 2, true, true);
            var dense = Linear(66, 4);
            return Wired(x => dense.call(LastOfBoth(run(x).Last)), ("0", module), ("1", dense));
        }),
    ];

    private static IEnumerable<TorchCase> Of(string kind, Layer layer)
    {
        yield return Sequence(kind + "Odd", [9, 3], L(kind, ("Units", 17)), () => layer(3, 17, 1, true, false));
        yield return Sequence(kind + "OneStep", [1, 4], L(kind, ("Units", 5)), () => layer(4, 5, 1, true, false));
        yield return Sequence(kind + "OneUnit", [5, 2], L(kind, ("Units", 1)), () => layer(2, 1, 1, true, false));
        yield return Sequence(kind + "Wide", [20, 33], L(kind, ("Units", 64)), () => layer(33, 64, 1, true, false));
        yield return Sequence(kind + "NoBias", [6, 3], L(kind, ("Units", 5), ("Bias", false)), () => layer(3, 5, 1, false, false));
        yield return Sequence(kind + "Layers", [6, 3], L(kind, ("Units", 8), ("Layers", 3)), () => layer(3, 8, 3, true, false));
        yield return Sequence(kind + "Both", [6, 3], L(kind, ("Units", 5), ("Layers", 2), ("Bidirectional", true)), () => layer(3, 5, 2, true, true));
        yield return new(kind + "LastOfBoth", Chain(Loss("MeanSquaredError"), Input(6, 3), L(kind, ("Units", 5), ("Layers", 3), ("Bidirectional", true), ("Returns", "Last"))), () =>
        {
            var (module, run) = layer(3, 5, 3, true, true);
            return Wired(x => LastOfBoth(run(x).Last), ("0", module));
        });
        yield return new(kind + "Last", Chain(Loss("MeanSquaredError"), Input(8, 3), L(kind, ("Units", 6), ("Returns", "Last"))), () =>
        {
            var (module, run) = layer(3, 6, 1, true, false);
            return Wired(x => run(x).Last.squeeze(0), ("0", module));
        });
    }

    private static TorchCase Sequence(string name, int[] shape, LayerSpec layer, Func<(Module Module, Func<Tensor, (Tensor Sequence, Tensor Last)> Run)> make) =>
        new(name, Chain(Loss("MeanSquaredError"), Input(shape), layer), () =>
        {
            var (module, run) = make();
            return Wired(x => run(x).Sequence, ("0", module));
        });

    /// <summary>The last states of the topmost layer, [2 layers, batch, units] to [batch, 2 units].</summary>
    private static Tensor LastOfBoth(Tensor states)
    {
        var layers = states.shape[0];
        return cat([states[layers - 2], states[layers - 1]], 1);
    }

    private static (Module Module, Func<Tensor, (Tensor Sequence, Tensor Last)> Run) Rnn(int features, int units, int layers, bool bias, bool both) => Rnn(TorchSharp.torch.nn.NonLinearities.Tanh)(features, units, layers, bias, both);

    private static Layer Rnn(NonLinearities function) => (features, units, layers, bias, both) =>
    {
        var module = RNN(features, units, layers, function, bias, batchFirst: true, bidirectional: both);
        return (module, x => module.call(x, null));
    };

    private static (Module Module, Func<Tensor, (Tensor Sequence, Tensor Last)> Run) Gru(int features, int units, int layers, bool bias, bool both)
    {
        var module = GRU(features, units, layers, bias, batchFirst: true, bidirectional: both);
        return (module, x => module.call(x, null));
    }

    private static (Module Module, Func<Tensor, (Tensor Sequence, Tensor Last)> Run) Lstm(int features, int units, int layers, bool bias, bool both)
    {
        var module = LSTM(features, units, layers, bias, batchFirst: true, bidirectional: both);
        return (module, x =>
        {
            var (sequence, last, _) = module.call(x, null);
            return (sequence, last);
        });
    }
}
