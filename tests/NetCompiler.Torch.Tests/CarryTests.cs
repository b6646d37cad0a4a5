using System.Reflection;
using NetCompiler.CodeGen.Tests;
using NetCompiler.Compiler.Model;
using TorchSharp;
using static NetCompiler.Compiler.Tests.Declare;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NetCompiler.Torch.Tests;

/// <summary>Steps window by window with carried states, against a module whose states are given back to it, detached.</summary>
public sealed class CarryTests
{
    private const int Windows = 4;
    private const int Batch = 19;
    private const int Length = 6;
    private const int Features = 3;
    private const int Units = 9;
    private const int Layers = 2;

    private static readonly LossSpec Squares = Loss("MeanSquaredError");

    private static readonly Lazy<Assembly> Generated = new(() => InMemory.Load(InMemory.Compile(Kinds.Select(k =>
        Chain(Squares, Input(Length, Features), L(k, ("Units", Units), ("Layers", Layers)), Dense(2)) with { Name = "Carry" + k }))));

    private static string[] Kinds => ["Rnn", "Gru", "Lstm"];

    public static TheoryData<string> Names => [.. Kinds];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Windows_agree_with_libtorch(string kind)
    {
        Libtorch.Require();
        Generic.Call(typeof(CarryTests), null, nameof(Compare), Generated.Value.GetType("Some.Carry" + kind)!, kind);
    }

    private static void Compare<T>(string kind)
        where T : class, INetwork<T>
    {
        var description = T.Description;
        var random = new Random(5);
        var begin = Comparison.Parameters(description, random);
        var windows = Comparison.Minibatches(description, Windows, Batch, random);
        var exact = Torch(kind, description, begin, windows, float64);
        var inFloat = Torch(kind, description, begin, windows, float32);
        foreach (var path in new[] { InstructionPath.Vector512, InstructionPath.Vector256, InstructionPath.Vector128 })
        {
            var network = T.Create(1);
            network.InstructionPath = path;
            foreach (var parameter in network.Parameters) parameter.CopyFrom(begin[parameter.Name]);
            using var trainer = new Trainer<T>(network, new Sgd { LearningRate = 0.3f }, threads: 2) { CarryState = true };
            for (var w = 0; w < Windows; w++)
            {
                Comparison.Close($"{path}: the loss of window {w}", exact[w]["the loss"], inFloat[w]["the loss"], [trainer.Step(windows[w].Inputs, windows[w].Labels)]);
                foreach (var parameter in description.Parameters)
                    Comparison.Close($"{path}: the gradient of {parameter.Name} in window {w}", exact[w][parameter.Name], inFloat[w][parameter.Name], trainer.Gradients[parameter.Name].ToArray());
            }
        }
    }

    /// <summary>For each window the loss and the gradients by name; the parameters follow them.</summary>
    private static List<Dictionary<string, double[]>> Torch(
        string kind, NetworkDescription description, Dictionary<string, float[]> begin, List<(float[] Inputs, float[] Labels)> windows, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        var (recurrent, run) = Recurrent(kind);
        var dense = nn.Linear(Units, 2);
        using var module = TorchCase.Wired(x => x, ("0", recurrent), ("1", dense));
        module.to(precision);
        TorchRun.CopyParameters(description, module, begin);
        var states = Enumerable.Range(0, 2).Select(_ => zeros([Layers, Batch, Units], precision)).ToArray();
        using var optimizer = optim.SGD(module.parameters(), 0.3);
        var results = new List<Dictionary<string, double[]>>();
        foreach (var (inputs, labels) in windows)
        {
            optimizer.zero_grad();
            var (output, end) = run(TorchRun.Of(inputs, precision, Batch, Length, Features), states);
            states = [.. end.Select(s => s.detach())];
            var loss = TorchRun.Loss(Squares, dense.call(output), labels, description.Training!.Labels[0]);
            loss.backward();
            var result = module.named_parameters().ToDictionary(p => p.name, p => TorchRun.Numbers(p.parameter.grad!));
            result["the loss"] = TorchRun.Numbers(loss);
            results.Add(result);
            optimizer.step();
        }

        return results;
    }

    private static (nn.Module Module, Func<Tensor, Tensor[], (Tensor Output, Tensor[] End)> Run) Recurrent(string kind)
    {
        switch (kind)
        {
            case "Lstm":
                var lstm = nn.LSTM(Features, Units, Layers, batchFirst: true);
                return (lstm, (x, states) =>
                {
                    var (output, h, c) = lstm.call(x, (states[0], states[1]));
                    return (output, [h, c]);
                });
            case "Gru":
                var gru = nn.GRU(Features, Units, Layers, batchFirst: true);
                return (gru, (x, states) =>
                {
                    var (output, h) = gru.call(x, states[0]);
                    return (output, [h]);
                });
            default:
                var rnn = nn.RNN(Features, Units, Layers, NonLinearities.Tanh, batchFirst: true);
                return (rnn, (x, states) =>
                {
                    var (output, h) = rnn.call(x, states[0]);
                    return (output, [h]);
                });
        }
    }
}
