using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Passes;

/// <summary>Removes nests that no result depends on.</summary>
public static class RemoveDead
{
    public static Program Run(Program program)
    {
        var live = program.Results();
        var kept = new List<Nest>();
        for (var n = program.Nests.Count - 1; n >= 0; n--)
        {
            var nest = program.Nests[n];
            if (!live.Contains(nest.Output.Value)) continue;
            kept.Add(nest);
            live.UnionWith(nest.Reads.Select(r => r.Value));
        }

        kept.Reverse();
        return program.With(kept);
    }
}
