using System.Reflection;
using NetCompiler.Compiler.Model;

namespace NetCompiler.CodeGen.Tests;

/// <summary>Generated code against the interpreter: every case, instruction path and batch.</summary>
public sealed class AgreementTests
{
    private static readonly Lazy<Assembly> Generated = new(() => InMemory.Compile(Cases.All));

    public static TheoryData<string> Names => [.. Cases.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Generated_code_agrees_with_the_interpreter(string name)
    {
        var runner = new Runner(Cases.All.Single(c => c.Name == name), Generated.Value);
        foreach (var path in new[] { InstructionPath.Vector128, InstructionPath.Vector256, InstructionPath.Vector512 })
            foreach (var batch in new[] { 1, 2, 7, 33 })
                runner.Check(path, batch);
    }
}
