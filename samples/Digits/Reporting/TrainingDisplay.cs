using System.Diagnostics;
using System.Globalization;
using NetCompiler;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Digits.Reporting;

/// <summary>
/// Shows training: a table of epochs, a bar and the curve of the loss, redrawn in place; where output is redirected, a line now and then.
/// </summary>
/// <param name="console">Where to show it.</param>
/// <param name="digits">How many digits an epoch has.</param>
internal sealed class TrainingDisplay(IAnsiConsole console, int digits) : IProgress<FitProgress>
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
    private FitProgress _now;
    private double _smooth;
    private TimeSpan _epochBegan;
    private TimeSpan _lastLine;

    /// <summary>Runs the training, which reports to this object, and shows it.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> train)
    {
        _clock.Start();
        if (_plain)
            return await train();
        return await console.Live(Picture()).StartAsync(async context =>
        {
            var training = train();
            while (await Task.WhenAny(training, Task.Delay(Redraw)) != training)
                context.UpdateTarget(Picture());
            context.UpdateTarget(Picture());
            return await training;
        });
    }

    public void Report(FitProgress value)
    {
        lock (_lock)
        {
            _now = value;
            if (value.Completed is { } result)
            {
                _epochs.Add((result, _clock.Elapsed - _epochBegan));
                _epochBegan = _lastLine = _clock.Elapsed;
                if (_plain)
                {
                    WriteLine($"epoch {result.Epoch}/{value.Epochs}  done  loss {Number(result.Loss)}  " +
                        $"validation accuracy {Percent(result.ValidationAccuracy)}  {Seconds(_clock.Elapsed)}");
                }
                return;
            }
            // Single minibatches jump about; the curve shows a running mean of some thirty of them.
            _smooth = _losses.Count == 0 ? value.BatchLoss : _smooth + (value.BatchLoss - _smooth) / 30;
            _losses.Add((float)_smooth);
            if (!_plain || _clock.Elapsed - _lastLine < PlainInterval)
                return;
            _lastLine = _clock.Elapsed;
            WriteLine($"epoch {value.Epoch}/{value.Epochs}  {Percent((double)value.Step / value.StepsPerEpoch, "0"),4}  loss {Number(value.Loss)}  {Seconds(_clock.Elapsed)}");
        }
    }

    /// <summary>What is on the screen now.</summary>
    internal IRenderable Picture()
    {
        lock (_lock)
        {
            var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey35);
            foreach (var heading in new[] { "epoch", "loss", "validation accuracy", "time" })
                table.AddColumn(new TableColumn(heading).RightAligned());
            foreach (var (result, time) in _epochs)
            {
                table.AddRow(
                    result.Epoch.ToString(CultureInfo.InvariantCulture), Number(result.Loss), $"[green]{Percent(result.ValidationAccuracy)}[/]", Seconds(time));
            }
            var running = _now.StepsPerEpoch > 0 && _epochs.Count < _now.Epoch;
            if (running)
            {
                table.AddRow($"[yellow]{_now.Epoch}[/]", Number(_now.Loss), "", $"[yellow]{Seconds(_clock.Elapsed - _epochBegan)}[/]");
            }
            return new Rows([table, new Markup(Bar()), .. Curve()]);
        }
    }

    private string Bar()
    {
        const int Cells = 40;
        if (_now.StepsPerEpoch == 0)
            return "[grey]preparing ...[/]";
        var done = (_now.Epoch - 1 + (double)_now.Step / _now.StepsPerEpoch) / _now.Epochs;
        var full = (int)(Cells * done);
        var elapsed = _clock.Elapsed;
        var speed = done * _now.Epochs * digits / Math.Max(elapsed.TotalSeconds, 1e-3);
        var left = elapsed * ((1 - done) / Math.Max(done, 1e-6));
        return $"[green]{new string('━', full)}[/][grey35]{new string('━', Cells - full)}[/] {Percent(done, "0"),4}  " +
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

    /// <summary>Past Spectre, which would break lines longer than it takes the width of a file to be.</summary>
    private void WriteLine(string text) => console.Profile.Out.Writer.WriteLine(text);

    private static string Number(double value) => value.ToString(value < 0.1 ? "0.0000" : "0.000", CultureInfo.InvariantCulture);

    private static string Percent(double? share, string format = "0.00") =>
        share is { } known ? (100 * known).ToString(format, CultureInfo.InvariantCulture) + " %" : "";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
}
