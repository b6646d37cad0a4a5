using System.CommandLine;
using Listener.Audio;
using Listener.Data;
using NetCompiler;
using Spectre.Console;

namespace Listener;

internal static class Program
{
    private const int MadeSoundsOfAKind = 40;
    private const string NetworkFile = "listener.safetensors";
    private const string WordsFile = "listener.words";
    private const string SoundsFile = "sounds.wav";

    public static Task<int> Main(string[] args) => RunAsync(args, AnsiConsole.Console, Console.Error);

    internal static Task<int> RunAsync(string[] args, IAnsiConsole console, TextWriter errors, CancellationToken stop = default) =>
        CommandLine.RunAsync(CreateRoot(console), args, errors, alsoTheUsers: e => e is InvalidDataException or ArgumentException, stop: stop);

    private static RootCommand CreateRoot(IAnsiConsole console)
    {
        Option<string> folder = CommandLine.Folder("--output", "The folder for the network.");
        Option<string?> data = new("--data") { Description = "A folder with files word_speaker_number.wav, ten words at most; without it, tones and chirps of its own making." };
        Option<int?> steps = CommandLine.NumberOrNone("--steps", "Minibatches of 32 sequences of 1.28 s; 2000 for recordings and 300 for sounds of its own making, unless given.", 1);
        Option<int> threads = CommandLine.Threads();
        Option<long> seed = new("--seed") { Description = "Decides all random numbers.", DefaultValueFactory = _ => 1 };
        Argument<string[]> files = new("FILE") { Description = "WAV files.", Arity = ArgumentArity.OneOrMore };
        Option<bool> realTime = new("--real-time") { Description = "As fast as the sound is." };

        RootCommand root = new("Learns to hear words in a waveform, and says what it hears while it goes on.");
        Command train = new("train", "Learns recorded words, or sounds that it makes itself.") { data, folder, steps, threads, seed };
        Command listen = new("listen", "Says what it hears in WAV files.") { files, folder, realTime };
        root.Subcommands.Add(train);
        root.Subcommands.Add(listen);
        foreach (Option option in train.Options) root.Options.Add(option);
        root.SetWork(Train);
        train.SetWork(Train);
        listen.SetWork((result, cancellation) => Listen(result.GetValue(folder)!, result.GetValue(files)!, result.GetValue(realTime), console, cancellation));
        return root;

        void Train(ParseResult result, CancellationToken cancellation)
        {
            string? from = result.GetValue(data);
            Program.Train(new(from, result.GetValue(folder)!, result.GetValue(steps) ?? (from is null ? 300 : 2000), result.GetValue(threads), result.GetValue(seed)), console, cancellation);
        }
    }

    private static void Train(TrainSettings settings, IAnsiConsole console, CancellationToken cancellation)
    {
        CommandLine.MakeWritable(settings.Output);
        Recordings recordings = settings.Data is { } path ? Recordings.Read(path) : MadeSounds.Make(MadeSoundsOfAKind, settings.Seed);
        console.WriteLine($"Learning {recordings.Words.Count} words from {recordings.Name}: {recordings.Learning.Count} recordings, and {recordings.HeldOut.Count} held out.");
        Ear ear = new Training(recordings, settings, console).Run(cancellation);
        console.Write(new Hearing(ear, recordings).ToTable());

        ear.Save(Path.Combine(settings.Output, NetworkFile));
        File.WriteAllLines(Path.Combine(settings.Output, WordsFile), recordings.Words);
        string example = settings.Data is null ? Path.Combine(settings.Output, SoundsFile) : recordings.HeldOut[0].Source;
        if (settings.Data is null) WavFile.Write(example, MadeSounds.InARow(settings.Seed + 1), Ear.SampleRate);
        console.Profile.Out.Writer.WriteLine($"Saved in {Path.GetFullPath(settings.Output)}. Hear with it: listen {example} --output {settings.Output}");
    }

    private static void Listen(string folder, string[] files, bool realTime, IAnsiConsole console, CancellationToken cancellation)
    {
        string network = Path.Combine(folder, NetworkFile);
        if (!File.Exists(network)) throw new UserErrorException($"There is no network '{network}'. Train one first, or say with --output where it is.");
        Ear ear = Ear.Load(network);
        string[] words = File.ReadAllLines(Path.Combine(folder, WordsFile));
        foreach (string file in files)
        {
            Sound sound = WavFile.Read(file);
            console.MarkupLineInterpolated($"[bold]{file}[/]: {(double)sound.Samples.Length / sound.SampleRate:F2} s at {sound.SampleRate} Hz");
            new ReadOut(words, console, realTime).Show(Listening.Hear(ear, sound.ForEar()), cancellation);
        }
    }
}
