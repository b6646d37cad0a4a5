using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>When in a training step something is computed.</summary>
internal enum Moment
{
    /// <summary>As soon as what it reads is there. In a prediction all is.</summary>
    Step,

    /// <summary>Where the loss is computed outside: when the gradients of the outputs are known.</summary>
    AfterLoss,

    /// <summary>When the gradients of the inputs are asked for. If the parameters were updated since, the trainer shows it the ones before.</summary>
    OnDemand,
}

/// <summary>When each nest of a program is computed.</summary>
internal sealed class Moments
{
    private readonly HashSet<Nest> _onDemand;
    private readonly HashSet<Nest> _afterLoss;

    private Moments(HashSet<Nest> onDemand, HashSet<Nest> afterLoss) => (_onDemand, _afterLoss) = (onDemand, afterLoss);

    public Moment this[Nest nest] => _onDemand.Contains(nest) ? Moment.OnDemand : _afterLoss.Contains(nest) ? Moment.AfterLoss : Moment.Step;

    public static Moments Of(Program program)
    {
        var needed = new HashSet<Value>(program.ParameterGradients.Values.Concat(program.BufferUpdates.Select(u => u.NewValue)).Concat(program.Outputs).Concat(program.ShownOutputs).Concat(program.StateWrites));
        if (program.Loss is not null) needed.Add(program.Loss);
        var onDemand = program.Nests.Unwanted(needed, whole: true);
        return new(onDemand, program.ShownOutputs.Count == 0 ? [] : program.Nests.Unwanted([.. program.ShownOutputs], whole: true));
    }
}
