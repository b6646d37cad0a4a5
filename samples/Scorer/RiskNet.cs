using NetCompiler;

namespace Scorer;

/// <summary>
/// From a row's features to the log-odds of its label. The width is fixed when the program is built; which columns fill it is decided by the data
/// (<see cref="Data.Schema"/>).
/// </summary>
[Network(Loss = Loss.BinaryCrossEntropy)]
[Input(64), Dense(64), Relu, Dense(32), Relu, Dense(1)]
internal sealed partial class RiskNet
{
    /// <summary>Another network with the same weights.</summary>
    public RiskNet Copy()
    {
        var copy = new RiskNet();
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>Takes the weights of another network.</summary>
    public void CopyFrom(RiskNet other)
    {
        for (var i = 0; i < Parameters.Count; i++)
            Parameters[i].CopyFrom(other.Parameters[i].ToArray());
    }
}
