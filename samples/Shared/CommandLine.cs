using System.CommandLine;

namespace NetCompiler.Samples;

/// <summary>What all samples with commands and options have in common.</summary>
internal static class CommandLine
{
    private const int Cancelled = 130;

    /// <summary>Runs a command line; errors of the user's are one line each and exit code 1.</summary>
    /// <param name="root">What there is to run.</param>
    /// <param name="args">What was given.</param>
    /// <param name="errors">Where errors go.</param>
    /// <param name="terminationTime">How long the program may take to end after Ctrl+C or SIGTERM; 5 s unless given.</param>
    /// <param name="alsoTheUsers">Which exceptions are the user's to mend, beside <see cref="UserErrorException"/> and those of files.</param>
    /// <param name="stop">Ends the program, as Ctrl+C and SIGTERM do.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        RootCommand root, string[] args, TextWriter errors, TimeSpan? terminationTime = null, Func<Exception, bool>? alsoTheUsers = null, CancellationToken stop = default)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await errors.WriteLineAsync($"error: {OneLine(parsed.Errors[0].Message)} (--help shows what there is)");
            return 1;
        }
        try
        {
            // Without a time-out, version 2.0.0 leaves Ctrl+C to the system, which ends the process on the spot.
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = terminationTime ?? TimeSpan.FromSeconds(5) };
            return await parsed.InvokeAsync(configuration, stop);
        }
        catch (Exception e) when (e is UserErrorException or IOException or UnauthorizedAccessException || alsoTheUsers?.Invoke(e) == true)
        {
            await errors.WriteLineAsync("error: " + OneLine(e.Message));
            return 1;
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync("Cancelled; nothing was written.");
            return Cancelled;
        }
    }

    /// <summary>An option that is a number within bounds.</summary>
    public static Option<int> Number(string name, int standard, string description, int least, int most = int.MaxValue)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            // A value that is no number at all has its own error already.
            if (result.Errors.Any() || result.Tokens.Count == 0 || !int.TryParse(result.Tokens[0].Value, out var value))
                return;
            if (value < least || value > most)
                result.AddError($"{name} must be {(most == int.MaxValue ? $"at least {least}" : $"from {least} to {most}")}, not {value}.");
        });
        return option;
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
