using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Passes;

/// <summary>Removes nests that no result depends on.</summary>
public static class RemoveDead
{
    public static Program Run(Program program)
    {
        var dead = program.Nests.Unwanted(program.Results());
        return program.With(program.Nests.Where(n => !dead.Contains(n)));
    }
}
