using System.CommandLine;

namespace NetCompiler.Samples;

/// <summary>What all samples with commands and options have in common.</summary>
internal static class CommandLine
{
    private const int Cancelled = 130;
    private const int MostThreads = 1024;

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

    /// <summary>
    /// What a command does, away from the calling thread: the library looks for Ctrl+C only once the action has given its task back.
    /// </summary>
    public static void SetWork(this Command command, Action<ParseResult, CancellationToken> work) => command.SetAction((result, cancellation) => Task.Run(
        () =>
        {
            work(result, cancellation);
            return 0;
        },
        CancellationToken.None));

    /// <summary>An option that is a number within bounds.</summary>
    public static Option<int> Number(string name, int standard, string description, int least, int most = int.MaxValue)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        Limit(option, least, most);
        return option;
    }

    /// <summary>An option that is a number within bounds, or is left out.</summary>
    public static Option<int?> NumberOrNone(string name, string description, int least, int most = int.MaxValue)
    {
        var option = new Option<int?>(name) { Description = description };
        Limit(option, least, most);
        return option;
    }

    /// <summary>The option for how many threads share the work.</summary>
    public static Option<int> Threads() => Number("--threads", 0, "Threads to train with, 0: one for each processor; the result does not depend on it.", 0, MostThreads);

    /// <summary>An option that is a folder, the current one unless given.</summary>
    public static Option<string> Folder(string name, string description, bool recursive = false)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => ".", Recursive = recursive };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && string.IsNullOrWhiteSpace(result.Tokens[0].Value))
                result.AddError($"{name} is empty. Give a folder, or leave it out: then it is the current one.");
        });
        return option;
    }

    /// <summary>Makes a folder, and finds out whether it can be written to: before the work whose result it is for, not after it.</summary>
    public static void MakeWritable(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            File.Create(Path.Combine(folder, $"{Guid.NewGuid():N}.tmp"), bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"Cannot write to the folder '{folder}': {e.Message}");
        }
    }

    private static void Limit(Option option, int least, int most) =>
        option.Validators.Add(result =>
        {
            // A value that is no number at all has its own error already.
            if (result.Errors.Any() || result.Tokens.Count == 0 || !int.TryParse(result.Tokens[0].Value, out var value))
                return;
            if (value < least || value > most)
                result.AddError($"{option.Name} must be {(most == int.MaxValue ? $"at least {least}" : $"from {least} to {most}")}, not {value}.");
        });

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
