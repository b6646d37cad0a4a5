using System.Text.RegularExpressions;
using Spectre.Console;

namespace Writer.Tests;

/// <summary>The program from its command line to what it writes.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writer").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("characters")]
    [InlineData("pairs")]
    public void It_learns_a_text_and_continues_a_prompt(string vocabulary)
    {
        var text = Path.Combine(_folder, "text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("the quick brown fox jumps over the lazy dog. ", 2000)));
        var trained = Run("", "--text", text, "--vocabulary", vocabulary, "--output", _folder, "--iterations", "160", "--every", "80");
        Assert.Equal("", trained.Errors);
        Assert.Equal(0, trained.Code);
        var losses = Losses().Matches(trained.Output).Select(m => double.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(2, losses.Length);
        Assert.True(losses[1] < losses[0] && losses[1] < 0.7, $"{losses[0]}, then {losses[1]} nats a character");

        var chat = Run("", "chat", "--output", _folder, "--prompt", "the quick", "--length", "30", "--temperature", "0");
        Assert.Equal(0, chat.Code);
        Assert.StartsWith("the quick brown fox", chat.Output, StringComparison.Ordinal);
        Assert.Equal(chat.Output, Run("", "chat", "--output", _folder, "--prompt", "the quick", "--length", "30", "--temperature", "0").Output);

        // More than the network remembers, from lines of the terminal.
        var lines = Run("the lazy\nover\n", "chat", "--output", _folder, "--length", "150", "--seed", "3");
        Assert.Equal(0, lines.Code);
        Assert.True(lines.Output.Length > 250);
    }

    [Fact]
    public void What_is_wrong_is_said_in_a_line()
    {
        Fails("There is no file", "--text", Path.Combine(_folder, "absent.txt"));
        var zero = Path.Combine(_folder, "zero.bin");
        File.WriteAllBytes(zero, [65, 0, 66]);
        Fails("is no text", "--text", zero);
        var small = Path.Combine(_folder, "small.txt");
        File.WriteAllText(small, "short");
        Fails("at least", "--text", small);
        var wide = Path.Combine(_folder, "wide.txt");
        File.WriteAllText(wide, string.Concat(Enumerable.Range(0x4E00, 2000).Select(c => (char)c)));
        Fails("--vocabulary pairs", "--text", wide);
        Fails("must be at least 1", "--iterations", "0");
        Fails("There is no network", "chat", "--output", _folder);
    }

    [Fact]
    public void The_default_text_is_this_repository()
    {
        var source = TextSource.Repository();
        Assert.Contains("TextSource", source.Text, StringComparison.Ordinal);
        Assert.True(source.Text.Length > 500_000);
    }

    private static void Fails(string message, params string[] args)
    {
        var (code, _, errors) = Run("", args);
        Assert.Equal(1, code);
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
        Assert.Contains(message, errors, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Errors) Run(string input, params string[] args)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = 160;
        return (Program.Run(args, console, new StringReader(input), output, errors), output.ToString(), errors.ToString());
    }

    [GeneratedRegex(@"token, ([0-9.]+) nats")]
    private static partial Regex Losses();
}
