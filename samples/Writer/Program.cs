using System.CommandLine;
using NetCompiler;
using Spectre.Console;

namespace Writer;

internal static class Program
{
    private const string NetworkFile = "writer.safetensors";
    private const string VocabularyFile = "writer.vocabulary";

    public static Task<int> Main(string[] args) => RunAsync(args, AnsiConsole.Console, Console.In, Console.Out, Console.Error);

    internal static Task<int> RunAsync(string[] args, IAnsiConsole console, TextReader input, TextWriter output, TextWriter errors, CancellationToken stop = default) =>
        CommandLine.RunAsync(CreateRoot(console, input, output), args, errors, alsoTheUsers: e => e is ArgumentException or InvalidDataException, stop: stop);

    private static RootCommand CreateRoot(IAnsiConsole console, TextReader input, TextWriter output)
    {
        Option<string?> text = new("--text") { Description = "A text file to learn; the sources and documents of this repository unless given." };
        Option<string> vocabulary = new("--vocabulary") { Description = "characters, or pairs: bytes that are often together.", DefaultValueFactory = _ => "characters" };
        vocabulary.AcceptOnlyFromAmong("characters", "pairs");
        Option<string> folder = CommandLine.Folder("--output", "The folder for the network.");
        Option<int> iterations = CommandLine.Number("--iterations", 2000, "Steps of 12 windows of 64 tokens.", 1);
        Option<int> every = CommandLine.Number("--every", 250, "Steps between two reports.", 1);
        Option<int> threads = CommandLine.Threads();
        Option<long> seed = new("--seed") { Description = "Decides all random numbers.", DefaultValueFactory = _ => 1 };
        Option<int> length = CommandLine.Number("--length", 400, "Tokens to write for each prompt.", 1);
        Option<string?> prompt = new("--prompt") { Description = "What to continue; without it, lines from the terminal." };
        Option<float> temperature = new("--temperature") { Description = "0: always the most probable.", DefaultValueFactory = _ => 0.8f };
        Option<int> topK = new("--top-k") { Description = "Only so many of the most probable; 0: all.", DefaultValueFactory = _ => 40 };
        Option<float> topP = new("--top-p") { Description = "Only the most probable that make up so much.", DefaultValueFactory = _ => 1 };
        Option<float> penalty = new("--repetition-penalty") { Description = "Above 1: less of what was just there.", DefaultValueFactory = _ => 1 };

        RootCommand root = new("Trains a small GPT on a text and continues prompts with it.") { text, vocabulary, folder, iterations, every, threads, seed };
        root.SetWork((result, cancellation) =>
            Train(new(result.GetValue(text), result.GetValue(vocabulary)!, result.GetValue(folder)!, result.GetValue(iterations), result.GetValue(every), result.GetValue(threads), result.GetValue(seed)), console, cancellation));
        Command chat = new("chat", "Continues prompts with a network that was trained before.") { folder, prompt, length, temperature, topK, topP, penalty, seed };
        chat.SetWork((result, cancellation) =>
            Chat(new(result.GetValue(folder)!, result.GetValue(prompt), result.GetValue(length), result.GetValue(temperature), result.GetValue(topK), result.GetValue(topP), result.GetValue(penalty), result.GetValue(seed)), input, output, cancellation));
        root.Subcommands.Add(chat);
        return root;
    }

    private static void Train(TrainSettings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        CommandLine.MakeWritable(settings.Output);
        TextSource source = settings.Text is { } path ? TextSource.Read(path) : TextSource.Repository();
        Vocabulary vocabulary = Corpus.Choose(settings.Vocabulary, source.Text);
        Corpus corpus = new(vocabulary, source.Text);
        console.WriteLine($"Learning {source.Name}: {source.Text.Length} characters, {corpus.Count} tokens of {vocabulary.Count}.");
        Gpt network = new Training(corpus, settings, corpus.CharactersPerToken(source.Text), console).Run(cancellation);
        network.Save(Path.Combine(settings.Output, NetworkFile));
        vocabulary.Save(Path.Combine(settings.Output, VocabularyFile));
        console.Profile.Out.Writer.WriteLine($"Saved in {Path.GetFullPath(settings.Output)}. Continue a prompt with: chat --output {settings.Output} --prompt \"...\"");
    }

    private static void Chat(ChatSettings settings, TextReader input, TextWriter output, CancellationToken cancellation)
    {
        string file = Path.Combine(settings.Folder, NetworkFile);
        if (!File.Exists(file)) throw new UserErrorException($"There is no network '{file}'. Train one first, or say with --output where it is.");
        Gpt network = Gpt.Load(file);
        Sampler sampler = new(settings.Seed) { Temperature = settings.Temperature, TopK = settings.TopK, TopP = settings.TopP, RepetitionPenalty = settings.Penalty };
        Continuation continuation = new(network, Vocabulary.Load(Path.Combine(settings.Folder, VocabularyFile)), sampler);
        if (settings.Prompt is { } prompt)
        {
            output.Write(prompt);
            continuation.Write(prompt, settings.Length, output, cancellation);
            output.WriteLine();
            return;
        }

        while (!cancellation.IsCancellationRequested && ReadLine(input, cancellation) is { } line)
        {
            continuation.Write(line + "\n", settings.Length, output, cancellation);
            output.WriteLine();
        }
    }
    /// <summary>The next line; null at the end, and after Ctrl+C: the thread that waits for the line cannot be woken, but does not keep the program alive.</summary>
    private static string? ReadLine(TextReader input, CancellationToken cancellation)
    {
        Task<string?> line = Task.Run(input.ReadLine, CancellationToken.None);
        return WaitHandle.WaitAny([cancellation.WaitHandle, ((IAsyncResult)line).AsyncWaitHandle]) == 0 ? null : line.Result;
    }
}
