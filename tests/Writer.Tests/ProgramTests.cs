using System.Text;
using System.Text.RegularExpressions;
using NetCompiler;

namespace Writer.Tests;

/// <summary>The program from its command line to what it writes.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("characters")]
    [InlineData("pairs")]
    public async Task It_learns_a_text_and_continues_a_prompt(string vocabulary)
    {
        var text = _folder.Write("text.txt", string.Concat(Enumerable.Repeat("the quick brown fox jumps over the lazy dog. ", 2000)));
        var trained = await Run("", "--text", text, "--vocabulary", vocabulary, "--output", _folder.Path, "--iterations", "160", "--every", "80");
        Assert.Equal("", trained.Errors);
        Assert.Equal(0, trained.Code);
        var losses = Losses().Matches(trained.Output).Select(m => double.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(2, losses.Length);
        Assert.True(losses[1] < losses[0] && losses[1] < 0.7, $"{losses[0]}, then {losses[1]} nats a character");

        var chat = await Run("", "chat", "--output", _folder.Path, "--prompt", "the quick", "--length", "30", "--temperature", "0");
        Assert.Equal(0, chat.Code);
        Assert.StartsWith("the quick brown fox", chat.Output, StringComparison.Ordinal);
        Assert.Equal(chat.Output, (await Run("", "chat", "--output", _folder.Path, "--prompt", "the quick", "--length", "30", "--temperature", "0")).Output);

        // More than the network remembers, from lines of the terminal.
        var lines = await Run("the lazy\nover\n", "chat", "--output", _folder.Path, "--length", "150", "--seed", "3");
        Assert.Equal(0, lines.Code);
        Assert.True(lines.Output.Length > 250);
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_a_line()
    {
        await Fails("There is no file", "--text", _folder.File("absent.txt"));
        var zero = _folder.File("zero.bin");
        File.WriteAllBytes(zero, [65, 0, 66]);
        await Fails("is no text", "--text", zero);
        var small = _folder.Write("small.txt", "short");
        await Fails("at least", "--text", small);
        var wide = _folder.Write("wide.txt", string.Concat(Enumerable.Range(0x4E00, 2000).Select(c => (char)c)));
        await Fails("--vocabulary pairs", "--text", wide);
        await Fails("must be at least 1", "--iterations", "0");
        await Fails("There is no network", "chat", "--output", _folder.Path);
        await Fails("is empty", "--text", _folder.Write("empty.txt", ""));
        await Fails("--output is empty", "--output", "");
        await Fails("Cannot write to the folder", "--output", small);
        await Fails("--threads must be from 0 to 1024", "--threads", "100000");
    }

    [Fact]
    public async Task A_damaged_vocabulary_is_said_in_a_line()
    {
        new Gpt(1).Save(_folder.File("writer.safetensors"));
        _folder.Write("writer.vocabulary", "junk");
        await Fails("is not the JSON of a vocabulary", "chat", "--output", _folder.Path, "--prompt", "a");
    }

    [Fact]
    public async Task Ctrl_C_ends_training_and_talking()
    {
        var text = _folder.Write("text.txt", new string('a', 2000));
        var training = await ProgramRun.StoppedAsync((console, output, errors, stop) =>
            Program.RunAsync(["--text", text, "--iterations", "1000000", "--output", _folder.Path], console, TextReader.Null, output, errors, stop));
        Assert.Equal(130, training.Code);
        Assert.Equal(["text.txt"], _folder.Files);

        new Gpt(1).Save(_folder.File("writer.safetensors"));
        CharacterVocabulary.FromText("a").Save(_folder.File("writer.vocabulary"));
        using var hangUp = new CancellationTokenSource();
        using var line = new NeverALine();
        var talking = ProgramRun.OfAsync((console, output, errors) => Program.RunAsync(["chat", "--output", _folder.Path], console, line, output, errors, hangUp.Token));
        await line.IsAwaited;
        await hangUp.CancelAsync();
        Assert.Equal(0, (await talking).Code);
    }

    [Fact]
    public void Texts_are_read_as_what_they_are()
    {
        const string Text = "café\n";
        var path = _folder.File("text.txt");
        foreach (var encoding in new[] { new UTF8Encoding(false), Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.Latin1 })
        {
            File.WriteAllText(path, Text, encoding);
            Assert.Equal(Text, TextSource.Read(path).Text);
        }

        Assert.Contains("Latin-1", TextSource.Read(path).Name, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_text_is_this_repository()
    {
        var source = TextSource.Repository();
        Assert.Contains("TextSource", source.Text, StringComparison.Ordinal);
        Assert.True(source.Text.Length > 500_000);
    }

    private static async Task Fails(string message, params string[] args) => (await Run("", args)).HasFailed(message);

    private static Task<ProgramRun> Run(string input, params string[] args) =>
        ProgramRun.OfAsync((console, output, errors) => Program.RunAsync(args, console, new StringReader(input), output, errors));

    /// <summary>A terminal at which nobody types.</summary>
    private sealed class NeverALine : TextReader
    {
        private readonly TaskCompletionSource _awaited = new();
        private readonly ManualResetEventSlim _end = new();

        public Task IsAwaited => _awaited.Task;

        public override string? ReadLine()
        {
            _awaited.TrySetResult();
            _end.Wait();
            return null;
        }

        protected override void Dispose(bool disposing)
        {
            _end.Set();
            base.Dispose(disposing);
        }
    }

    [GeneratedRegex(@"token, ([0-9.]+) nats")]
    private static partial Regex Losses();
}
