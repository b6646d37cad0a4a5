using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Passes;

public static class ProgramCopy
{
    /// <summary>A program with the same values and results, and these nests; the given one stays as it is.</summary>
    public static Program With(this Program program, IEnumerable<Nest> nests)
    {
        var copy = new Program(program.Name) { Loss = program.Loss, SeparateStates = program.SeparateStates, StepRows = program.StepRows };
        copy.Values.AddRange(program.Values);
        copy.Nests.AddRange(nests);
        copy.Inputs.AddRange(program.Inputs);
        copy.Labels.AddRange(program.Labels);
        copy.Outputs.AddRange(program.Outputs);
        copy.ShownOutputs.AddRange(program.ShownOutputs);
        copy.Parameters.AddRange(program.Parameters);
        copy.BufferUpdates.AddRange(program.BufferUpdates);
        copy.InputGradients.AddRange(program.InputGradients);
        copy.States.AddRange(program.States);
        copy.StateWrites.AddRange(program.StateWrites);
        copy.Counters.AddRange(program.Counters);
        copy.Capacity = program.Capacity;
        foreach (var pair in program.ParameterGradients) copy.ParameterGradients.Add(pair.Key, pair.Value);
        return copy;
    }

    /// <summary>How many nests write each value, by its number.</summary>
    public static int[] Writers(this Program program)
    {
        var writers = new int[program.Values.Count];
        foreach (var nest in program.Nests) writers[nest.Output.Value.Id]++;
        return writers;
    }

    /// <summary>What the program is for: outputs, the loss, gradients, states and new values of buffers.</summary>
    public static HashSet<Value> Results(this Program program)
    {
        var results = new HashSet<Value>(program.Outputs.Concat(program.ShownOutputs).Concat(program.ParameterGradients.Values).Concat(program.InputGradients).Concat(program.StateWrites).Concat(program.BufferUpdates.Select(b => b.NewValue)));
        if (program.Loss is { } loss) results.Add(loss);
        return results;
    }

    /// <summary>What the caller gets: it lies in memory as the caller has it.</summary>
    public static HashSet<Value> ForCaller(this Program program) => [.. program.Outputs, .. program.ShownOutputs, .. program.InputGradients];
}
