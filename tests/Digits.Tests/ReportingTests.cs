using Digits.Data;
using Digits.Imaging;
using Digits.Reporting;
using NetCompiler;
using SkiaSharp;
using Spectre.Console;

namespace Digits.Tests;

public sealed class ReportingTests
{
    private static IAnsiConsole Plain(StringWriter text) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.No,
        ColorSystem = ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.No,
        Out = new AnsiConsoleOutput(text),
    });

    [Fact]
    public void The_confusion_matrix_counts_and_prints_what_it_was_told()
    {
        var matrix = new ConfusionMatrix();
        for (var digit = 0; digit < 10; digit++)
        {
            for (var n = 0; n < 100 + digit; n++)
                matrix.Add(digit, digit);
        }
        matrix.Add(4, 9);
        matrix.Add(4, 9);
        matrix.Add(7, 2);
        Assert.Equal(1048, matrix.Total);
        Assert.Equal(1045, matrix.Right);
        Assert.Equal(1045.0 / 1048, matrix.Accuracy);
        Assert.Equal((2, 0, 104), (matrix[4, 9], matrix[9, 4], matrix[4, 4]));

        var text = new StringWriter();
        foreach (var line in matrix.ToMarkup())
            Plain(text).MarkupLine(line);
        var lines = text.ToString().TrimEnd().Split('\n', StringSplitOptions.TrimEntries);
        Assert.Equal(11, lines.Length);
        Assert.Equal(["4", ".", ".", ".", ".", "104", ".", ".", ".", ".", "2", "98.1", "%"], lines[5].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void An_empty_matrix_has_no_accuracy_and_prints()
    {
        var matrix = new ConfusionMatrix();
        Assert.Equal(0, matrix.Accuracy);
        Assert.Equal(11, matrix.ToMarkup().Count());
    }

    [Fact]
    public async Task Progress_to_a_file_is_plain_lines()
    {
        var text = new StringWriter();
        var display = new TrainingDisplay(Plain(text), digits: 3200);
        Assert.Equal(7, await display.RunAsync(() =>
        {
            display.Report(new FitProgress(1, 2, 50, 100, 0.5, 0.45, 1e-3, null));
            display.Report(new FitProgress(1, 2, 100, 100, 0.4, 0.35, 1e-3, new EpochResult(1, 0.4, null, 0.3, 0.9, 1e-3)));
            return Task.FromResult(7);
        }));
        var line = Assert.Single(text.ToString().TrimEnd().Split('\n'));
        Assert.StartsWith("epoch 1/2  done  loss 0.400  validation accuracy 90.00 %  ", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', line);
    }

    [Fact]
    public void Digits_are_drawn_side_by_side_as_many_as_fit()
    {
        var digits = new List<(byte[], string)>();
        for (var digit = 0; digit < 4; digit++)
        {
            var image = new byte[784];
            DrawnDigits.Draw(digit, 1, image);
            digits.Add((image, $"is {digit}"));
        }
        var text = new StringWriter();
        var console = Plain(text);
        console.Profile.Width = 80;
        DigitDrawing.Write(console, digits);
        var lines = text.ToString().Split('\n');
        Assert.StartsWith("is 0                       is 1                       is 2", lines[0], StringComparison.Ordinal);
        Assert.Equal("is 3", lines[14].TrimEnd());
        Assert.All(lines, line => Assert.InRange(line.TrimEnd('\r').Length, 0, 79));
        Assert.Contains(lines[1..13], line => line.Contains('@', StringComparison.Ordinal));
    }

    [Fact]
    public void The_curve_falls_from_the_first_row_to_the_last()
    {
        var (lines, low, high) = LossCurve.Draw([2f, 1f, 0.5f, 0.25f, 0.125f], columns: 10, rows: 4);
        Assert.Equal((0.125f, 2f), (low, high));
        Assert.NotEqual('\u2800', lines[0][0]);
        Assert.Equal('\u2800', lines[3][0]);
        Assert.NotEqual('\u2800', lines[3][9]);
        Assert.Equal('\u2800', lines[0][9]);
    }

    [Fact]
    public void The_picture_shows_filters_and_maps_in_their_colours()
    {
        var filters = new Filters(2, 2, [1, 0, 0, -1, 0, 0, 0, 0]);
        var maps = new FeatureMaps("Edges", 1, 2, 2, [0, 0, 0, 3]);
        var png = NetworkPicture.Draw("Nothing", new byte[784], filters, [maps], new float[10]);
        using var bitmap = SKBitmap.Decode(png);
        // The first filter's corners: top left positive (red), bottom right negative (blue).
        var top = FirstRow(bitmap, c => c == new SKColor(0xb0, 0x2a, 0x2a));
        Assert.Equal(new SKColor(0xb0, 0x2a, 0x2a), bitmap.GetPixel(36 + 10, top + 10));
        Assert.Equal(new SKColor(0xf2, 0xf2, 0xf0), bitmap.GetPixel(36 + 70, top + 10));
        Assert.Equal(new SKColor(0x1d, 0x4f, 0xa8), bitmap.GetPixel(36 + 70, top + 70));
        var map = FirstRow(bitmap, c => c == new SKColor(0xfc, 0xf4, 0xb8));
        Assert.Equal(new SKColor(0xfc, 0xf4, 0xb8), bitmap.GetPixel(36 + 70, map + 30));
        Assert.Equal(new SKColor(0x0b, 0x08, 0x18), bitmap.GetPixel(36 + 30, map + 30));
    }

    private static int FirstRow(SKBitmap bitmap, Func<SKColor, bool> wanted)
    {
        for (var y = 0; y < bitmap.Height; y++)
        {
            for (var x = 0; x < bitmap.Width; x++)
            {
                if (wanted(bitmap.GetPixel(x, y)))
                    return y;
            }
        }
        throw new InvalidOperationException("The colour is nowhere.");
    }
}
