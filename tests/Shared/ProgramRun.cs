using Spectre.Console;

namespace NetCompiler.Testing;

/// <summary>A sample's program, run in this process.</summary>
/// <param name="Code">Its exit code.</param>
/// <param name="Output">What it wrote.</param>
/// <param name="Errors">What it said went wrong.</param>
internal readonly record struct ProgramRun(int Code, string Output, string Errors)
{
    /// <summary>Runs a program that is given a console, the writer behind it, and one for errors.</summary>
    public static async Task<ProgramRun> OfAsync(Func<IAnsiConsole, TextWriter, TextWriter, Task<int>> program)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var code = await program(ConsoleOf(output), output, errors);
        return new(code, output.ToString(), errors.ToString());
    }

    /// <summary>Runs a program until it works, and ends it as Ctrl+C does.</summary>
    public static async Task<ProgramRun> StoppedAsync(Func<IAnsiConsole, TextWriter, TextWriter, CancellationToken, Task<int>> program)
    {
        using var stop = new CancellationTokenSource();
        var run = OfAsync((console, output, errors) => program(console, output, errors, stop.Token));
        Assert.False(run.IsCompleted); // it has given its task back, so that the library has come to look for Ctrl+C
        await stop.CancelAsync();
        return await run;
    }

    /// <summary>A console without colours, whose lines are long enough for what the tests look for.</summary>
    public static IAnsiConsole ConsoleOf(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = 200;
        return console;
    }

    /// <summary>A mistake of the user's: exit code 1, and one line that says what is wrong.</summary>
    public void HasFailed(string expected)
    {
        Assert.Equal(1, Code);
        var line = Assert.Single(Errors.TrimEnd().Split('\n'));
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.Contains(expected, line, StringComparison.Ordinal);
    }
}
