using System.Diagnostics;
using NetCompiler;
using Spectre.Console;

namespace Writer;

/// <summary>Learns, shows the loss and a sample of what it writes now and then.</summary>
internal sealed class Training(Corpus corpus, TrainSettings settings, double charactersPerToken, IAnsiConsole console)
{
    private const int Batch = 12;
    private const int Checks = 20;

    public Gpt Run(CancellationToken cancellation)
    {
        var network = new Gpt(settings.Seed);
        using var trainer = new Trainer<Gpt>(network, new AdamW { LearningRate = 2e-3f, Beta2 = 0.99f, WeightDecay = 0.1f }, settings.Threads)
        {
            GradientClipNorm = 1,
            Schedule = new CosineSchedule { TotalSteps = settings.Iterations, WarmUpSteps = Math.Min(100, settings.Iterations / 10), Minimum = 2e-4 },
        };
        var random = new Random(checked((int)(settings.Seed & int.MaxValue)));
        var (inputs, labels) = (new int[Batch * Gpt.Context], new int[Batch * Gpt.Context]);
        var watch = Stopwatch.StartNew();
        for (int step = 1; step <= settings.Iterations; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            corpus.Draw(random, learning: true, inputs, labels);
            float loss = trainer.Step(inputs, labels);
            if (step % settings.Every != 0 && step != settings.Iterations) continue;
            double checkedLoss = Check(trainer, inputs, labels);
            console.MarkupLineInterpolated(
                $"[bold]{step,6}[/] of {settings.Iterations}  loss {loss:F3}  on unseen text {checkedLoss:F3} a token, {checkedLoss / charactersPerToken:F3} nats a character  {watch.Elapsed.TotalSeconds:F1} s");
            console.WriteLine(Sample(network));
            console.WriteLine();
        }

        return network;
    }

    private double Check(Trainer<Gpt> trainer, int[] inputs, int[] labels)
    {
        // The same windows each time.
        var random = new Random(1);
        double sum = 0;
        for (int i = 0; i < Checks; i++)
        {
            corpus.Draw(random, learning: false, inputs, labels);
            sum += trainer.ComputeGradients(inputs, labels);
        }

        return sum / Checks;
    }

    private string Sample(Gpt network)
    {
        var text = new StringWriter();
        new Continuation(network, corpus.Vocabulary, new Sampler(1) { Temperature = 0.8f, TopK = 40 }).Write("\n", 160, text, CancellationToken.None);
        return text.ToString().Trim();
    }
}
