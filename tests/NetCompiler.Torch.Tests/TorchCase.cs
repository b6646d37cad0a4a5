using NetCompiler.Compiler.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace NetCompiler.Torch.Tests;

/// <summary>A network and the same network in PyTorch's modules, whose parameters have the same names.</summary>
/// <param name="Name">The network's name.</param>
/// <param name="Spec">Its declaration.</param>
/// <param name="Module">Takes a tensor or, for several inputs, an array of them.</param>
/// <param name="Batch">Samples that it is compared with.</param>
public sealed record TorchCase(string Name, NetworkSpec Spec, Func<nn.Module> Module, int Batch = 7)
{
    /// <summary>It is compared once with inputs that are uniform in [-scale, scale], for each of these.</summary>
    public float[] Scales { get; init; } = [1];

    /// <summary>The least of the whole numbers that it is given.</summary>
    public int Least { get; init; }

    /// <summary>The least of the class numbers that are its labels: -1 for one that does not count.</summary>
    public int LeastClass { get; init; }

    /// <summary>The declaration under the case's own name.</summary>
    public NetworkSpec Named => Spec with { Name = Name };

    public static nn.Module<Tensor, Tensor> Sequence(params nn.Module<Tensor, Tensor>[] modules) => nn.Sequential(modules);

    /// <summary>A module without parameters.</summary>
    public static nn.Module<Tensor, Tensor> Function(Func<Tensor, Tensor> forward) => new Graph(forward);

    /// <summary>A module of named modules; <paramref name="forward"/> says how they are wired.</summary>
    public static nn.Module<Tensor, Tensor> Wired(Func<Tensor, Tensor> forward, params (string Name, nn.Module Module)[] children) => new Graph(forward, children);

    /// <summary>The same with several inputs.</summary>
    public static nn.Module<Tensor[], Tensor> Several(Func<Tensor[], Tensor> forward, params (string Name, nn.Module Module)[] children) => new GraphOfSeveral(forward, children);

    private sealed class GraphOfSeveral : nn.Module<Tensor[], Tensor>
    {
        private readonly Func<Tensor[], Tensor> _forward;

        public GraphOfSeveral(Func<Tensor[], Tensor> forward, params (string Name, nn.Module Module)[] children)
            : base("GraphOfSeveral")
        {
            _forward = forward;
            foreach (var (name, module) in children) register_module(name, module);
        }

        public override Tensor forward(Tensor[] input) => _forward(input);
    }

    private sealed class Graph : nn.Module<Tensor, Tensor>
    {
        private readonly Func<Tensor, Tensor> _forward;

        public Graph(Func<Tensor, Tensor> forward, params (string Name, nn.Module Module)[] children)
            : base("Graph")
        {
            _forward = forward;
            foreach (var (name, module) in children) register_module(name, module);
        }

        public override Tensor forward(Tensor input) => _forward(input);
    }
}
