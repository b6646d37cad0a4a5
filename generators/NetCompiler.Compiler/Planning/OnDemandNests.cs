using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Planning;

/// <summary>
/// The nests that only the gradients of the inputs need. They run when those are asked for, perhaps after the parameters
/// were updated: so what they read of the parameters is copied while the step runs.
/// </summary>
internal static class OnDemandNests
{
    public static HashSet<Nest> Of(Program program)
    {
        var needed = new HashSet<Value>(program.ParameterGradients.Values.Concat(program.BufferUpdates.Select(u => u.NewValue)).Concat(program.Outputs));
        if (program.Loss is not null) needed.Add(program.Loss);
        var result = new HashSet<Nest>();
        foreach (var nest in program.Nests.AsEnumerable().Reverse())
        {
            if (!needed.Contains(nest.Output.Value) && nest.IsBatched) result.Add(nest);
            else foreach (var read in nest.Reads) needed.Add(read.Value);
        }

        return result;
    }

    /// <summary>Replaces reads of parameters in these nests by reads of copies.</summary>
    public static void CopyParameters(Program program, Dictionary<Value, Layout> layouts)
    {
        var copies = new Dictionary<Value, Value>();
        foreach (var onDemand in Of(program))
        {
            var at = program.Nests.IndexOf(onDemand);
            var nest = onDemand;
            foreach (var parameter in onDemand.Reads.Select(r => r.Value).Where(v => v.Kind == ValueKind.Parameter).Distinct().ToList())
            {
                if (!copies.TryGetValue(parameter, out var copy))
                {
                    copies[parameter] = copy = program.NewValue(parameter.Name + " before the update", parameter.Shape, batched: false);
                    layouts[copy] = layouts[parameter];
                    program.Nests.Insert(0, Rewriter.Copy(copy.Name, parameter, copy));
                    at++;
                }

                nest = Rewriter.ReplaceRead(nest, parameter, copy);
            }

            program.Nests[at] = nest;
        }
    }
}
