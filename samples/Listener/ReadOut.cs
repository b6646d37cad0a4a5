using System.Diagnostics;
using Spectre.Console;

namespace Listener;

/// <summary>Writes a line whenever what is heard has changed, and what was said.</summary>
internal sealed class ReadOut(IReadOnlyList<string> words, IAnsiConsole console, bool realTime)
{
    /// <summary>So much more or less probable is a change.</summary>
    private const float Change = 0.1f;

    private const int BarWidth = 30;

    public void Show(IEnumerable<Moment> moments, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var (word, probability) = (-1, 0f);
        var said = new List<string>();
        foreach (Moment moment in moments)
        {
            cancellation.ThrowIfCancellationRequested();
            if (realTime && TimeSpan.FromSeconds(moment.Seconds) - watch.Elapsed is { Ticks: > 0 } wait) cancellation.WaitHandle.WaitOne(wait);

            // A word that is improbable as ever is no news, whichever it is.
            bool isAnother = moment.Word != word && (moment.Probability >= Change || probability >= Change);
            if (isAnother || MathF.Abs(moment.Probability - probability) >= Change)
            {
                (word, probability) = (moment.Word, moment.Probability);
                console.MarkupLineInterpolated($"{moment.Seconds,7:F2} s  {new string('#', (int)MathF.Round(probability * BarWidth)),-BarWidth}  {100 * probability,3:F0} %  {Name(word)}");
            }

            if (moment.Said is not { } end) continue;
            said.Add(Name(end));
            console.MarkupLineInterpolated($"{moment.Seconds,7:F2} s  [bold green]{Name(end)}[/]");
        }

        console.MarkupLineInterpolated($"heard: [bold]{(said.Count == 0 ? "nothing" : string.Join(", ", said))}[/]");
    }

    private string Name(int word) => word < words.Count ? words[word] : "?";
}
