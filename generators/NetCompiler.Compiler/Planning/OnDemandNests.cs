using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// The nests that only the gradients of the inputs need. They run when those are asked for; if the parameters were updated since, the trainer
/// shows them the ones before.
/// </summary>
internal static class OnDemandNests
{
    public static HashSet<Nest> Of(Program program)
    {
        var needed = new HashSet<Value>(program.ParameterGradients.Values.Concat(program.BufferUpdates.Select(u => u.NewValue)).Concat(program.Outputs).Concat(program.StateWrites));
        if (program.Loss is not null) needed.Add(program.Loss);
        return program.Nests.Unwanted(needed, whole: true);
    }
}
