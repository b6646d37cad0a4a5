using System.Reflection;
using NetCompiler.CodeGen.Tests;
using NetCompiler.Compiler.Model;
using TorchSharp;
using static NetCompiler.Compiler.Tests.Declare;
using static NetCompiler.Torch.Tests.TorchCase;
using static TorchSharp.torch;
using TorchParameter = TorchSharp.Modules.Parameter;

namespace NetCompiler.Torch.Tests;

/// <summary>Several steps of each optimiser on a small network, each on another minibatch.</summary>
public sealed class OptimizerTests
{
    private const int Steps = 5;
    private const int Batch = 9;

    private static readonly LossSpec Squares = Loss("MeanSquaredError");

    private static readonly (string Name, Optimizer Own, Func<IEnumerable<TorchParameter>, optim.Optimizer> Torch)[] Optimizers =
    [
        ("Sgd", new Sgd { LearningRate = 0.1f }, p => optim.SGD(p, 0.1)),
        ("SgdMomentum", new Sgd { LearningRate = 0.1f, Momentum = 0.9f }, p => optim.SGD(p, 0.1, momentum: 0.9)),
        ("SgdDampened", new Sgd { LearningRate = 0.1f, Momentum = 0.9f, Dampening = 0.25f }, p => optim.SGD(p, 0.1, momentum: 0.9, dampening: 0.25)),
        ("SgdDecay", new Sgd { LearningRate = 0.1f, Momentum = 0.5f, WeightDecay = 0.1f }, p => optim.SGD(p, 0.1, momentum: 0.5, weight_decay: 0.1)),
        ("SgdNesterov", new Sgd { LearningRate = 0.1f, Momentum = 0.9f, Nesterov = true, WeightDecay = 0.01f },
            p => optim.SGD(p, 0.1, momentum: 0.9, weight_decay: 0.01, nesterov: true)),
        ("Adam", new Adam { LearningRate = 0.01f }, p => optim.Adam(p, 0.01)),
        ("AdamSettings", new Adam { LearningRate = 0.02f, Beta1 = 0.8f, Beta2 = 0.95f, Epsilon = 1e-3f, WeightDecay = 0.1f },
            p => optim.Adam(p, 0.02, beta1: 0.8, beta2: 0.95, eps: 1e-3, weight_decay: 0.1)),
        ("AdamW", new AdamW { LearningRate = 0.01f }, p => optim.AdamW(p, 0.01, weight_decay: 0.01)),
        ("AdamWDecay", new AdamW { LearningRate = 0.02f, Beta1 = 0.8f, Beta2 = 0.95f, WeightDecay = 0.5f },
            p => optim.AdamW(p, 0.02, beta1: 0.8, beta2: 0.95, weight_decay: 0.5)),
        ("RMSprop", new RMSprop { LearningRate = 0.01f }, p => optim.RMSProp(p, 0.01)),
        ("RMSpropMomentum", new RMSprop { LearningRate = 0.01f, Alpha = 0.9f, Momentum = 0.7f, WeightDecay = 0.1f },
            p => optim.RMSProp(p, 0.01, alpha: 0.9, momentum: 0.7, weight_decay: 0.1)),
        ("RMSpropCentered", new RMSprop { LearningRate = 0.01f, Alpha = 0.9f, Momentum = 0.7f, Centered = true },
            p => optim.RMSProp(p, 0.01, alpha: 0.9, momentum: 0.7, centered: true)),
    ];

    private static readonly Lazy<Assembly> Generated = new(() => InMemory.Load(InMemory.Compile([Chain(Squares, Input(13), Dense(7), L("Tanh"), Dense(5)) with { Name = "OptimizerNet" }])));

    public static TheoryData<string> Names => [.. Optimizers.Select(o => o.Name)];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void Steps_agree_with_libtorch(string name)
    {
        Libtorch.Require();
        var method = typeof(OptimizerTests).GetMethod(nameof(Compare), BindingFlags.NonPublic | BindingFlags.Static)!;
        var (_, own, torch) = Optimizers.Single(o => o.Name == name);
        method.MakeGenericMethod(Generated.Value.GetType("Some.OptimizerNet")!).Invoke(null, [own, torch]);
    }

    private static void Compare<T>(Optimizer own, Func<IEnumerable<TorchParameter>, optim.Optimizer> torch)
        where T : class, INetwork<T>
    {
        var description = T.Description;
        var random = new Random(3);
        var begin = Comparison.Parameters(description, random);
        var minibatches = Comparison.Minibatches(description, Steps, Batch, random);
        var exact = Torch(description, begin, minibatches, torch, float64);
        var inFloat = Torch(description, begin, minibatches, torch, float32);

        var network = T.Create(1);
        foreach (var parameter in network.Parameters) parameter.CopyFrom(begin[parameter.Name]);
        using var trainer = new Trainer<T>(network, own, threads: 2);
        foreach (var (inputs, labels) in minibatches) trainer.Step(inputs, labels);
        foreach (var parameter in network.Parameters)
        {
            var (end, from) = (exact[parameter.Name], begin[parameter.Name]);
            Assert.Contains(end.Zip(from), p => Math.Abs(p.First - p.Second) > 0.005);
            Comparison.Close($"{parameter.Name} after {Steps} steps", end, inFloat[parameter.Name], parameter.ToArray());
        }
    }

    /// <summary>The parameters after libtorch's steps.</summary>
    private static Dictionary<string, double[]> Torch(
        NetworkDescription description,
        Dictionary<string, float[]> begin,
        List<(float[] Inputs, float[] Labels)> minibatches,
        Func<IEnumerable<TorchParameter>, optim.Optimizer> make,
        ScalarType precision)
    {
        using var scope = NewDisposeScope();
        using var module = Sequence(nn.Linear(13, 7), nn.Tanh(), nn.Linear(7, 5));
        module.to(precision);
        var tensors = TorchRun.CopyParameters(description, module, begin);
        using var optimizer = make(module.parameters());
        foreach (var (inputs, labels) in minibatches)
        {
            optimizer.zero_grad();
            using var loss = TorchRun.Loss(Squares, module.call(TorchRun.Of(inputs, precision, Batch, 13)), labels, description.Training!.Labels[0]);
            loss.backward();
            optimizer.step();
        }

        return tensors.ToDictionary(t => t.Key, t => TorchRun.Numbers(t.Value));
    }
}
