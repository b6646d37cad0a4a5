using NetCompiler.Compiler.Primitives;

namespace NetCompiler.Compiler;

/// <summary>
/// Verifies the programs that stages give on another thread, in order, while later stages work: those leave a program that they are given as it is. Of several programs that are not well
/// formed the first is reported, also where a later stage fails because of it.
/// </summary>
internal sealed class Verification
{
    private Task _last = Task.CompletedTask;

    private Verification()
    {
    }

    /// <summary>What the work gives, when all programs that it added have been verified.</summary>
    public static T Of<T>(Func<Verification, T> work)
    {
        var verification = new Verification();
        try
        {
            return work(verification);
        }
        finally
        {
            verification.Finish(); // what it throws takes the place of what came of a broken program
        }
    }

    public void Add(Program program, string stage) => _last = _last.ContinueWith(
        before =>
        {
            before.GetAwaiter().GetResult();
            ProgramVerifier.Verify(program, stage);
        },
        TaskScheduler.Default);

    private void Finish() => _last.GetAwaiter().GetResult();
}
