using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Digits.Reporting;

/// <summary>Where training stands. Losses and accuracies are means since the epoch began.</summary>
internal readonly record struct TrainingProgress(int Epoch, int Epochs, int Step, int Steps, int Batch, float Loss, float Accuracy);

/// <summary>How an epoch ended.</summary>
internal readonly record struct EpochResult(int Epoch, float Loss, float Accuracy, float ValidationLoss, float ValidationAccuracy);

/// <summary>
/// Shows training: a table of epochs, a bar and the curve of the loss, redrawn in place; where output is redirected, a line now and then.
/// </summary>
internal sealed class TrainingDisplay(IAnsiConsole console)
{
    private const int CurveColumns = 58;
    private const int CurveRows = 5;
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(120);

    private readonly Lock _lock = new();
    private readonly List<(EpochResult Result, TimeSpan Time)> _epochs = [];
    private readonly List<float> _losses = [];
    private readonly Stopwatch _clock = new();
    private readonly bool _plain = !console.Profile.Capabilities.Ansi || !console.Profile.Out.IsTerminal;
    private TrainingProgress _now;
    private TimeSpan _epochBegan;
    private TimeSpan _lastLine;

    /// <summary>Runs the training, which reports through this object's methods, and shows it.</summary>
    public async Task RunAsync(Func<Task> train)
    {
        _clock.Start();
        if (_plain)
        {
            await train();
            return;
        }
        await console.Live(Picture()).StartAsync(async context =>
        {
            var training = train();
            while (await Task.WhenAny(training, Task.Delay(Redraw)) != training)
                context.UpdateTarget(Picture());
            context.UpdateTarget(Picture());
            await training;
        });
    }

    public void Report(TrainingProgress progress)
    {
        lock (_lock)
        {
            _now = progress;
            _losses.Add(progress.Loss);
            if (!_plain || _clock.Elapsed - _lastLine < PlainInterval || progress.Step == progress.Steps)
                return;
            _lastLine = _clock.Elapsed;
            WriteLine($"epoch {progress.Epoch}/{progress.Epochs}  {Percent((float)progress.Step / progress.Steps, "0"),4}  loss {Number(progress.Loss)}  " +
                $"training {Percent(progress.Accuracy)}  {Seconds(_clock.Elapsed)}");
        }
    }

    public void Report(EpochResult result)
    {
        lock (_lock)
        {
            _epochs.Add((result, _clock.Elapsed - _epochBegan));
            _epochBegan = _lastLine = _clock.Elapsed;
            if (_plain)
            {
                WriteLine($"epoch {result.Epoch}/{_now.Epochs}  done  loss {Number(result.Loss)}  training {Percent(result.Accuracy)}  " +
                    $"validation {Percent(result.ValidationAccuracy)}  {Seconds(_clock.Elapsed)}");
            }
        }
    }

    /// <summary>What is on the screen now.</summary>
    internal IRenderable Picture()
    {
        lock (_lock)
        {
            var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey35);
            foreach (var heading in new[] { "epoch", "loss", "training", "validation loss", "validation", "time" })
                table.AddColumn(new TableColumn(heading).RightAligned());
            foreach (var (result, time) in _epochs)
            {
                table.AddRow(result.Epoch.ToString(CultureInfo.InvariantCulture), Number(result.Loss), Percent(result.Accuracy), Number(result.ValidationLoss),
                    $"[green]{Percent(result.ValidationAccuracy)}[/]", Seconds(time));
            }
            var running = _now.Steps > 0 && _epochs.Count < _now.Epoch;
            if (running)
            {
                table.AddRow($"[yellow]{_now.Epoch}[/]", Number(_now.Loss), Percent(_now.Accuracy), "", "",
                    $"[yellow]{Seconds(_clock.Elapsed - _epochBegan)}[/]");
            }
            return new Rows([table, new Markup(Bar()), .. Curve()]);
        }
    }

    private string Bar()
    {
        const int Cells = 40;
        if (_now.Steps == 0)
            return "[grey]preparing ...[/]";
        var done = (_now.Epoch - 1 + (double)_now.Step / _now.Steps) / _now.Epochs;
        var full = (int)(Cells * done);
        var elapsed = _clock.Elapsed;
        var speed = done * _now.Epochs * _now.Steps * _now.Batch / Math.Max(elapsed.TotalSeconds, 1e-3);
        var left = elapsed * ((1 - done) / Math.Max(done, 1e-6));
        return $"[green]{new string('━', full)}[/][grey35]{new string('━', Cells - full)}[/] {Percent((float)done, "0"),4}  " +
            $"{speed.ToString("N0", CultureInfo.InvariantCulture)} digits/s  {(done < 1 ? Seconds(left) + " left" : Seconds(elapsed))}";
    }

    private IEnumerable<IRenderable> Curve()
    {
        if (_losses.Count < 2)
            yield break;
        var (lines, low, high) = LossCurve.Draw(_losses, CurveColumns, CurveRows);
        for (var i = 0; i < lines.Length; i++)
        {
            var axis = i == 0 ? Number(high) : i == lines.Length - 1 ? Number(low) : i == lines.Length / 2 ? "loss" : "";
            yield return new Markup($"[grey]{axis,7}[/] [deepskyblue1]{lines[i]}[/]");
        }
    }

    private void WriteLine(string text) => console.WriteLine(text);

    private static string Number(float value) => value.ToString(value < 0.1f ? "0.0000" : "0.000", CultureInfo.InvariantCulture);

    private static string Percent(float share, string format = "0.00") => (100 * share).ToString(format, CultureInfo.InvariantCulture) + " %";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
}
