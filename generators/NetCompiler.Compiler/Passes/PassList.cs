using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler.Passes;

/// <summary>A named rewriting of a program that keeps what it computes.</summary>
public sealed record Pass(string Name, Func<Program, Program> Run);

/// <summary>The passes in the order in which they run, before autodiff and again after it. The result of each is verified.</summary>
public static class PassList
{
    public static IReadOnlyList<Pass> All { get; } =
    [
        new("inline views", InlineViews.Run),
        new("factor sums", FactorSums.Run),
        new("largest first", LargestFirst.Run),
        new("common subexpressions", CommonSubexpressions.Run),
        new("remove dead", RemoveDead.Run),
    ];

    /// <summary>Runs every pass; <paramref name="after"/> sees each result, for dumps.</summary>
    public static Program Run(Program program, Action<Pass, Program>? after = null) => Run(program, after, ProgramVerifier.Verify);

    /// <summary>The same, with <paramref name="verify"/> for what verifies each result.</summary>
    internal static Program Run(Program program, Action<Pass, Program>? after, Action<Program, string> verify)
    {
        foreach (var pass in All)
        {
            program = pass.Run(program);
            verify(program, pass.Name);
            after?.Invoke(pass, program);
        }

        return program;
    }
}
