using TorchSharp;
using static TorchSharp.torch;

namespace NetCompiler.Benchmarks.Peers;

/// <summary>An input of a Relu: which Relu, in order, and which of its values.</summary>
internal readonly record struct Kink(int Relu, long Index, double Value);

/// <summary>
/// The Relus of one run. A value so near 0 that rounding may move it to the other side takes its whole share of the gradient with it. This finds
/// such values, and computes a run with some of them on the other side.
/// </summary>
internal sealed class Kinks(IReadOnlyCollection<Kink> otherSide)
{
    /// <summary>Values of order one, after some twenty sums in float32, are known to about this.</summary>
    private const double Nearness = 2e-6;

    private int relus;

    /// <summary>Those of the run.</summary>
    public List<Kink> Near { get; } = [];

    /// <summary>A Relu with the chosen values on the other side.</summary>
    public Tensor Rectify(Tensor x)
    {
        using var scope = NewDisposeScope();
        var flat = x.detach().flatten();
        foreach (var index in flat.abs().lt(Nearness).nonzero().flatten().data<long>().ToArray()) Near.Add(new(relus, index, flat[index].ToDouble()));
        var passes = flat.gt(0);
        foreach (var kink in otherSide.Where(k => k.Relu == relus)) passes[kink.Index] = passes[kink.Index].logical_not();
        relus++;
        return (x * passes.view(x.shape).to(x.dtype)).MoveToOuterDisposeScope();
    }
}
