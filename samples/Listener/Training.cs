using System.Diagnostics;
using Listener.Data;
using NetCompiler;
using Spectre.Console;

namespace Listener;

/// <summary>What `train` is told.</summary>
/// <param name="Data">A folder of recordings; null: sounds of its own making.</param>
/// <param name="Output">The folder for the network.</param>
/// <param name="Steps">Minibatches.</param>
/// <param name="Threads">0: one for each processor.</param>
/// <param name="Seed">Decides all random numbers.</param>
internal sealed record TrainSettings(string? Data, string Output, int Steps, int Threads, long Seed);

/// <summary>Learns, and shows now and then how well it hears what it has not learned from.</summary>
internal sealed class Training(Recordings recordings, TrainSettings settings, IAnsiConsole console)
{
    private const int Batch = 32;
    private const int Reports = 6;

    public Ear Run(CancellationToken cancellation)
    {
        var ear = new Ear(settings.Seed);
        using var trainer = new Trainer<Ear>(ear, new AdamW { LearningRate = 3e-3f, WeightDecay = 0.02f }, settings.Threads)
        {
            GradientClipNorm = 1,
            Schedule = new CosineSchedule { TotalSteps = settings.Steps, WarmUpSteps = settings.Steps / 10, Minimum = 3e-5 },
        };
        var scenes = new Scenes(recordings.Learning, settings.Seed);
        var (inputs, labels) = (new float[Batch * Ear.InputSize], new int[Batch * Ear.Results]);
        var watch = Stopwatch.StartNew();
        double loss = 0;
        for (int step = 1, since = 0; step <= settings.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            scenes.Draw(inputs, labels);
            loss += trainer.Step(inputs, labels);
            since++;
            if (step != settings.Steps && step * Reports / settings.Steps == (step - 1) * Reports / settings.Steps) continue;
            console.MarkupLineInterpolated(
                $"[bold]{step,6}[/] of {settings.Steps}  loss {loss / since:F3}  right of held out {100 * new Hearing(ear, recordings).Accuracy:F1} %  {watch.Elapsed.TotalSeconds:F1} s");
            (loss, since) = (0, 0);
        }

        return ear;
    }
}

/// <summary>How often each word that was held out is heard as which.</summary>
internal sealed class Hearing
{
    private readonly int[,] _heard = new int[Ear.Words, Ear.Words];
    private readonly IReadOnlyList<string> _words;

    public Hearing(Ear ear, Recordings recordings)
    {
        _words = recordings.Words;
        foreach (var recording in recordings.HeldOut) _heard[recording.Word, Listening.Recognise(ear, recording.Samples)]++;
        Total = recordings.HeldOut.Count;
        Right = Enumerable.Range(0, Ear.Words).Sum(w => _heard[w, w]);
    }

    public int Total { get; }

    public int Right { get; }

    public double Accuracy => (double)Right / Total;

    /// <summary>A row for each word: how often it was heard right, and as what else.</summary>
    public Table ToTable()
    {
        Table table = new Table().AddColumns("word", "right", "heard as").Border(TableBorder.Simple);
        for (var word = 0; word < _words.Count; word++)
        {
            var all = Enumerable.Range(0, Ear.Words).Sum(w => _heard[word, w]);
            IEnumerable<string> others = Enumerable.Range(0, Ear.Words).Where(w => w != word && _heard[word, w] > 0)
                .OrderByDescending(w => _heard[word, w]).Select(w => $"{(w < _words.Count ? _words[w] : "?")} {_heard[word, w]}");
            table.AddRow(new Text(_words[word]), new Text($"{_heard[word, word]} of {all}"), new Text(string.Join(", ", others)));
        }

        return table;
    }
}
