using System.Globalization;
using Digits.Data;
using Spectre.Console;

namespace Digits.Reporting;

/// <summary>What is said once a network has been tested, or has read a picture.</summary>
internal static class Report
{
    private const int MisreadsShown = 6;

    public static void WriteEvaluation(IAnsiConsole console, Evaluation evaluation, DigitSet set, string kind)
    {
        var matrix = evaluation.Matrix;
        console.WriteLine();
        console.MarkupLine(string.Create(CultureInfo.InvariantCulture,
            $"[bold]Test accuracy: [green]{100 * matrix.Accuracy:0.00} %[/][/]  ({matrix.Right:N0} of {matrix.Total:N0} {Markup.Escape(kind)} right)"));
        console.WriteLine();
        foreach (var line in matrix.ToMarkup())
            console.MarkupLine(line);
        console.WriteLine();
        if (evaluation.Misreads.Count == 0)
            return;
        console.MarkupLine("[bold]Misread, the most confident first[/]");
        console.WriteLine();
        DigitDrawing.Write(console, [.. evaluation.Misreads.Take(MisreadsShown).Select(m => (
            set.Image(m.Index).ToArray(),
            string.Create(CultureInfo.InvariantCulture, $"a {m.Digit}, read as {m.ReadAs} ({100 * m.Probability:0} %)")))]);
    }

    public static void WriteReading(IAnsiConsole console, byte[] image, ReadOnlySpan<float> probabilities)
    {
        const int Cells = 30;
        var best = Evaluation.Best(probabilities);
        DigitDrawing.Write(console, [(image, "as the network sees it")]);
        for (var digit = 0; digit < probabilities.Length; digit++)
        {
            var bar = (int)MathF.Round(Cells * probabilities[digit]);
            var colour = digit == best.Digit ? "green" : "grey";
            console.MarkupLine(string.Create(CultureInfo.InvariantCulture,
                $"[{colour}]{digit} {100 * probabilities[digit],7:0.00} % [/][{colour}]{new string('█', bar)}[/][grey23]{new string('·', Cells - bar)}[/]"));
        }
        console.WriteLine();
        console.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"[bold]This is a [green]{best.Digit}[/].[/]  ({100 * best.Probability:0.0} %)"));
    }
}
